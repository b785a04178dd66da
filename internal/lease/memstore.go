package lease

import (
	"context"
	"maps"
	"slices"
	"sync"
)

// MemStore keeps leases in memory, for demonstrations and tests.
type MemStore struct {
	mu     sync.Mutex
	leases map[string]Lease
}

// NewMemStore makes an empty store.
func NewMemStore() *MemStore { return &MemStore{leases: map[string]Lease{}} }

// Put writes a lease.
func (s *MemStore) Put(_ context.Context, l Lease) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leases[l.CallID] = l
	return nil
}

// Get reads the lease of a call.
func (s *MemStore) Get(_ context.Context, callID string) (Lease, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, found := s.leases[callID]
	if !found {
		return l, ErrNotFound
	}
	return l, nil
}

// Delete forgets the lease of a call.
func (s *MemStore) Delete(_ context.Context, callID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.leases, callID)
	return nil
}

// All reads every lease.
func (s *MemStore) All(context.Context) ([]Lease, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Values(s.leases)), nil
}

// Close does nothing: what is kept outlives the keeper.
func (s *MemStore) Close() error { return nil }
