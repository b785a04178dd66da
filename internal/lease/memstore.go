package lease

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

// MemStore keeps leases in memory, for demonstrations and tests.
type MemStore struct {
	mu     sync.Mutex
	leases map[string]record
}

// NewMemStore makes an empty store.
func NewMemStore() *MemStore { return &MemStore{leases: map[string]record{}} }

// Grant begins a lease.
func (s *MemStore) Grant(_ context.Context, callID string, terms Terms) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leases[callID] = newRecord(terms, time.Now())
	return nil
}

// Get reads a lease.
func (s *MemStore) Get(_ context.Context, callID string) (Lease, error) {
	return s.change(callID, func(*record, time.Time) bool { return true })
}

// Renew notes that somebody cares.
func (s *MemStore) Renew(_ context.Context, callID string, ago time.Duration) (Lease, error) {
	return s.change(callID, func(r *record, now time.Time) bool { return r.renew(now.Add(-ago)) })
}

// Claim reads a lease, and keeps it from being renewed if it has run out.
func (s *MemStore) Claim(_ context.Context, callID string) (Lease, error) {
	return s.change(callID, func(r *record, now time.Time) bool {
		r.claim(now)
		return true
	})
}

// change changes a lease, unless the change says that there is none.
func (s *MemStore) change(callID string, change func(*record, time.Time) bool) (Lease, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, found := s.leases[callID]
	now := time.Now()
	if !found || !change(&r, now) {
		return Lease{}, ErrNotFound
	}
	s.leases[callID] = r
	return r.at(now), nil
}

// Delete forgets the lease of a call.
func (s *MemStore) Delete(_ context.Context, callID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.leases, callID)
	return nil
}

// Check finds nothing wrong.
func (s *MemStore) Check(context.Context) error { return nil }

// All lists the calls that have leases.
func (s *MemStore) All(context.Context) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Keys(s.leases)), nil
}

// Close does nothing: what is kept outlives the keeper.
func (s *MemStore) Close() error { return nil }
