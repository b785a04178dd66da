package boltstore

import "go.etcd.io/bbolt"

// Commits returns how many transactions were written.
func (s *Store) Commits() uint64 {
	var id int
	_ = s.db.View(func(tx *bbolt.Tx) error {
		id = tx.ID()
		return nil
	})
	return uint64(id)
}

// Records returns how many rows the file holds.
func (s *Store) Records() (n int) {
	_ = s.db.View(func(tx *bbolt.Tx) error {
		n = tx.Bucket(bucketRecords).Stats().KeyN
		return nil
	})
	return n
}

// Classify is the store's judgement of an error.
func (s *Store) Classify(err error) error { return s.classify(err) }
