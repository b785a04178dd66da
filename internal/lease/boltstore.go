package lease

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/umgateway/umgateway/internal/boltfile"
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

// firstTransaction is the number of the transaction that fills a new file.
const firstTransaction = 2

// OpenBolt opens the file, or makes it, for its owner only. The errors say what an operator should do.
func OpenBolt(path string) (*BoltStore, error) {
	db, err := boltfile.Open(path, bolt.Options{Timeout: lockTimeout})
	if err != nil {
		return nil, openError(path, err)
	}
	s := &BoltStore{db: db, opened: time.Now(), leased: map[string]uint64{}}
	if err := db.Update(s.prepare); err != nil {
		db.Close()
		return nil, openError(path, err)
	}
	return s, nil
}

func openError(path string, err error) error {
	if errors.Is(err, boltfile.ErrDamaged) || errors.Is(err, errRecord) {
		return fmt.Errorf("lease: open %s: the file is damaged or holds no leases (%w): without it, nobody hangs up the calls that it names; restore it, or move it away to accept that", path, err)
	}
	return fmt.Errorf("lease: open %s: %w", path, err)
}

// prepare makes the bucket of a new file, and reads the leases of one that is not.
func (s *BoltStore) prepare(tx *bolt.Tx) error {
	if tx.Bucket(bucket) == nil {
		if other, _ := tx.Cursor().First(); other != nil || tx.ID() > firstTransaction {
			return errRecord
		}
		_, err := tx.CreateBucket(bucket)
		return err
	}
	return tx.Bucket(bucket).ForEach(func(callID, _ []byte) error {
		s.leased[string(callID)] = 1
		_, err := get(tx, string(callID))
		return err
	})
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

// Check tells whether the file is open.
func (s *BoltStore) Check(context.Context) error {
	return s.db.View(func(*bolt.Tx) error { return nil })
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
