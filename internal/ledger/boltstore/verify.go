package boltstore

import (
	"bytes"
	"crypto/subtle"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/umgateway/umgateway/internal/ledger"
)

// firstTransaction is the number of the transaction that fills a new file.
const firstTransaction = 2

// refuse looks at what a file holds, whose pages are in order. A new one holds nothing.
func refuse(tx *bbolt.Tx) error {
	if key, _ := tx.Cursor().First(); key == nil && tx.ID() == firstTransaction {
		return nil
	}
	meta := tx.Bucket(bucketMeta)
	if meta == nil {
		return notALedger(errors.New("it does not say its format"))
	}
	if found := number(meta.Get(keyFormat)); found != format {
		return fmt.Errorf("the file has format %d, this version reads format %d", found, format)
	}
	if number(meta.Get(keyEpoch)) == 0 {
		return notALedger(errors.New("it does not say how often it was opened"))
	}
	records, expiry := tx.Bucket(bucketRecords), tx.Bucket(bucketExpiry)
	if records == nil || expiry == nil {
		return notALedger(errors.New("a part of it is not there"))
	}
	if err := compare(records, expiry); err != nil {
		return notALedger(err)
	}
	return nil
}

// expirySize is the size of the keys by which records are forgotten.
const expirySize = 8 + len(ledger.ID{})

// compare reads all records, and sees whether they are those that are due some time: a record that is not found under its id is
// one that rings again.
func compare(records, expiry *bbolt.Bucket) error {
	var sum [expirySize]byte // all keys, by exclusive or
	count := 0
	err := records.ForEach(func(key, value []byte) error {
		if len(key) != len(ledger.ID{}) {
			return fmt.Errorf("a record has an id of %d bytes", len(key))
		}
		var r row
		if err := r.parse(value); err != nil {
			return err
		}
		subtle.XORBytes(sum[:], sum[:], r.expiryKey(ledger.ID(key)))
		count++
		return nil
	})
	if err != nil {
		return err
	}
	err = expiry.ForEach(func(key, value []byte) error {
		if len(key) != expirySize || len(value) > 0 {
			return fmt.Errorf("a record is due by %d bytes", len(key))
		}
		subtle.XORBytes(sum[:], sum[:], key)
		count--
		return nil
	})
	if err == nil && (count != 0 || !bytes.Equal(sum[:], make([]byte, expirySize))) {
		err = errors.New("its records are not those that are due some time")
	}
	return err
}
