package lease

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"
)

var bucket = []byte("leases")

// BoltStore keeps leases in a file on the local disk, for one process at a time.
type BoltStore struct {
	db *bolt.DB
	// opened is when the file was opened, by the clock on the wall and by the one that only goes forward: setting the former
	// must end no calls.
	opened time.Time

	mu     sync.Mutex
	leased map[string]uint64 // calls that may have a lease in the file; the number changes with each lease
}

var errRecord = errors.New("lease: what is kept is no lease")

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
	s := &BoltStore{db: db, opened: time.Now(), leased: map[string]uint64{}}
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

func (s *BoltStore) now() time.Time { return s.opened.Add(time.Since(s.opened)).Round(0) }

// Grant begins a lease.
func (s *BoltStore) Grant(_ context.Context, callID string, terms Terms) error {
	s.mark(callID)
	defer s.mark(callID) // again: a Delete at the same time may have come before or after
	return s.db.Batch(func(tx *bolt.Tx) error { return put(tx, callID, newRecord(terms, s.now())) })
}

// Get reads a lease.
func (s *BoltStore) Get(_ context.Context, callID string) (l Lease, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		r, err := get(tx, callID)
		l = r.at(s.now())
		return err
	})
	return l, err
}

// Renew notes that somebody cares.
func (s *BoltStore) Renew(_ context.Context, callID string, ago time.Duration) (l Lease, err error) {
	if s.marked(callID) == 0 {
		return l, ErrNotFound
	}
	s.mark(callID)
	defer s.mark(callID)
	err = s.db.Batch(func(tx *bolt.Tx) error {
		r, err := get(tx, callID)
		if err != nil {
			return err
		}
		now := s.now()
		if !r.renew(now.Add(-ago)) {
			return ErrNotFound
		}
		l = r.at(now)
		return put(tx, callID, r)
	})
	return l, err
}

// Claim reads a lease, and keeps it from being renewed if it has run out.
func (s *BoltStore) Claim(_ context.Context, callID string) (l Lease, err error) {
	err = s.db.Batch(func(tx *bolt.Tx) error {
		r, err := get(tx, callID)
		if err != nil {
			return err
		}
		now := s.now()
		claimed := r.claim(now)
		l = r.at(now)
		if !claimed {
			return nil
		}
		return put(tx, callID, r)
	})
	return l, err
}

func get(tx *bolt.Tx, callID string) (r record, err error) {
	value := tx.Bucket(bucket).Get([]byte(callID))
	if value == nil {
		return r, ErrNotFound
	}
	if json.Unmarshal(value, &r) != nil || r.Unattended <= 0 && r.End.IsZero() {
		return r, errRecord
	}
	return r, nil
}

func put(tx *bolt.Tx, callID string, r record) error {
	value, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return tx.Bucket(bucket).Put([]byte(callID), value)
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

// All lists the calls that have leases.
func (s *BoltStore) All(context.Context) (all []string, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		return tx.Bucket(bucket).ForEach(func(callID, _ []byte) error {
			all = append(all, string(callID))
			return nil
		})
	})
	return all, err
}

// Close closes the file.
func (s *BoltStore) Close() error { return s.db.Close() }
