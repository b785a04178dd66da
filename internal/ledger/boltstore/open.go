package boltstore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"go.etcd.io/bbolt"

	"github.com/umgateway/umgateway/internal/boltfile"
)

// format is the version of the file's layout.
const format = 1

var (
	bucketMeta    = []byte("meta")
	bucketRecords = []byte("records")  // id → row
	bucketExpiry  = []byte("expiries") // end of retention, id → nothing
	keyFormat     = []byte("format")
	keyEpoch      = []byte("epoch")
)

// Open opens the file, or makes it. The errors say what an operator should do.
func Open(options Options) (*Store, error) {
	options, err := options.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("boltstore: %w", err)
	}
	db, err := openFile(options)
	if err != nil {
		return nil, fmt.Errorf("boltstore: open %s: %w", options.Path, err)
	}
	s := &Store{options: options, db: db, writes: make(chan *request), closing: make(chan struct{}), closed: make(chan struct{})}
	if err := s.prepare(); err != nil {
		db.Close()
		return nil, fmt.Errorf("boltstore: open %s: %w", options.Path, err)
	}
	go s.writeLoop()
	return s, nil
}

func openFile(options Options) (*bbolt.DB, error) {
	db, err := boltfile.Open(options.Path, bbolt.Options{
		Timeout: options.LockTimeout,
		// The list of free pages is found again by a scan at the next opening, which is cheaper than to write it each time.
		FreelistType: bbolt.FreelistMapType, NoFreelistSync: true,
	})
	switch {
	case errors.Is(err, boltfile.ErrLocked):
		return nil, fmt.Errorf("%w: a ledger file serves one gateway, several gateways need Redis", err)
	case errors.Is(err, boltfile.ErrDamaged):
		return nil, notALedger(err)
	case err != nil:
		return nil, err
	}
	if err := syncDirectory(filepath.Dir(options.Path)); err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

// notALedger says what to do with a file that cannot be used. It is never replaced by an empty one without being asked.
func notALedger(err error) error {
	return fmt.Errorf("the file is damaged or not a ledger (%w): without it, requests that were sent may be sent again; restore it, or move it away to accept that", err)
}

// syncDirectory makes the name of a new file durable.
func syncDirectory(path string) error {
	if runtime.GOOS == "windows" {
		return nil // a directory cannot be synced there
	}
	directory, err := os.Open(path)
	if err != nil {
		return err
	}
	defer directory.Close()
	return directory.Sync()
}

// prepare makes the buckets of a new file, refuses what a later version has written or what is damaged, and begins another epoch.
func (s *Store) prepare() error {
	return s.guard(func() error {
		return s.db.Update(func(tx *bbolt.Tx) error {
			if err := refuse(tx); err != nil {
				return err
			}
			for _, name := range [][]byte{bucketRecords, bucketExpiry} {
				if _, err := tx.CreateBucketIfNotExists(name); err != nil {
					return err
				}
			}
			meta, err := tx.CreateBucketIfNotExists(bucketMeta)
			if err != nil {
				return err
			}
			s.epoch = number(meta.Get(keyEpoch)) + 1
			return errors.Join(meta.Put(keyFormat, bytesOf(format)), meta.Put(keyEpoch, bytesOf(s.epoch)))
		})
	})
}

func bytesOf(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

func number(data []byte) uint64 {
	if len(data) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64(data)
}
