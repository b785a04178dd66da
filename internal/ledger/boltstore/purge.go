package boltstore

import (
	"encoding/binary"
	"errors"

	"go.etcd.io/bbolt"
)

// purge removes what is past its retention.
func (s *Store) purge() {
	for s.broken.Load() == nil && s.purgeSome() == purgeBatch {
	}
}

// purgeSome removes up to purgeBatch records and returns how many it removed.
func (s *Store) purgeSome() (removed int) {
	now := uint64(s.options.Now().UnixMilli())
	err := s.guard(func() error {
		return s.db.Update(func(tx *bbolt.Tx) error {
			due := dueBefore(tx.Bucket(bucketExpiry), now)
			for _, key := range due {
				if err := tx.Bucket(bucketRecords).Delete(key[8:]); err != nil {
					return err
				}
				if err := tx.Bucket(bucketExpiry).Delete(key); err != nil {
					return err
				}
			}
			removed = len(due)
			if removed == 0 {
				return errNothingToWrite
			}
			return nil
		})
	})
	if errors.Is(err, errNothingToWrite) || s.classify(err) != nil {
		return 0
	}
	return removed
}

func dueBefore(expiry *bbolt.Bucket, now uint64) (due [][]byte) {
	cursor := expiry.Cursor()
	for key, _ := cursor.First(); len(key) > 8 && binary.BigEndian.Uint64(key) < now && len(due) < purgeBatch; key, _ = cursor.Next() {
		due = append(due, append([]byte(nil), key...))
	}
	return due
}
