package lease

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"
)

var bucket = []byte("leases")

// BoltStore keeps leases in a file on the local disk, for one process at a time.
type BoltStore struct {
	db *bolt.DB

	mu     sync.Mutex
	leased map[string]uint64 // calls that may have a lease in the file; the number changes with each lease
}

// lockTimeout is how long another process may take to close the file.
const lockTimeout = 2 * time.Second

// OpenBolt opens the file, or makes it, for its owner only.
func OpenBolt(path string) (*BoltStore, error) {
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: lockTimeout})
	if err != nil {
		return nil, fmt.Errorf("lease: open %s: %w", path, err)
	}
	err = db.Update(func(tx *bolt.Tx) error {
		_, err := tx.CreateBucketIfNotExists(bucket)
		return err
	})
	if err != nil {
		db.Close()
		return nil, fmt.Errorf("lease: open %s: %w", path, err)
	}
	s := &BoltStore{db: db, leased: map[string]uint64{}}
	err = db.View(func(tx *bolt.Tx) error {
		return tx.Bucket(bucket).ForEach(func(callID, _ []byte) error {
			s.leased[string(callID)] = 1
			return nil
		})
	})
	if err != nil {
		db.Close()
		return nil, fmt.Errorf("lease: open %s: %w", path, err)
	}
	return s, nil
}

// Put writes a lease.
func (s *BoltStore) Put(_ context.Context, l Lease) error {
	value, err := json.Marshal(l)
	if err != nil {
		return err
	}
	s.mark(l.CallID)
	defer s.mark(l.CallID) // again: a Delete at the same time may have come before or after
	return s.db.Batch(func(tx *bolt.Tx) error { return tx.Bucket(bucket).Put([]byte(l.CallID), value) })
}

// Get reads the lease of a call.
func (s *BoltStore) Get(_ context.Context, callID string) (l Lease, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		value := tx.Bucket(bucket).Get([]byte(callID))
		if value == nil {
			return ErrNotFound
		}
		return json.Unmarshal(value, &l)
	})
	return l, err
}

func (s *BoltStore) mark(callID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leased[callID]++
}

func (s *BoltStore) marked(callID string) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.leased[callID]
}

// Delete forgets the lease of a call. Most calls have none, and then the file is left alone: to wait for the disk would cost
// more than all else that ending a call does.
func (s *BoltStore) Delete(_ context.Context, callID string) error {
	mark := s.marked(callID)
	if mark == 0 {
		return nil
	}
	if err := s.db.Batch(func(tx *bolt.Tx) error { return tx.Bucket(bucket).Delete([]byte(callID)) }); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.leased[callID] == mark {
		delete(s.leased, callID)
	}
	return nil
}

// All reads every lease. One that cannot be read is left out.
func (s *BoltStore) All(context.Context) (all []Lease, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		return tx.Bucket(bucket).ForEach(func(_, value []byte) error {
			var l Lease
			if json.Unmarshal(value, &l) == nil {
				all = append(all, l)
			}
			return nil
		})
	})
	return all, err
}

// Close closes the file.
func (s *BoltStore) Close() error { return s.db.Close() }
