package boltstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/umgateway/umgateway/internal/ledger"
)

// Store keeps records in a file. It is safe for concurrent use.
type Store struct {
	options Options
	db      *bbolt.DB
	epoch   uint64
	broken  atomic.Pointer[ledger.StoreError] // set after a failure that leaves the disk's content uncertain

	panicked atomic.Bool

	writes  chan *request
	once    sync.Once
	closing chan struct{} // closed to end the write loop
	closed  chan struct{} // closed when it has ended
}

// Swap writes the record if the version is still from. It returns when the write is on the disk.
func (s *Store) Swap(ctx context.Context, id ledger.ID, from ledger.Version, write ledger.Write) (ledger.Snapshot, error) {
	if err := s.usable(ctx); err != nil {
		return ledger.Snapshot{}, err
	}
	// Most repeats end here, without a transaction that writes.
	found, err := s.read(id)
	if err != nil || found.Version != from {
		return found, err
	}
	return s.enqueue(ctx, &request{ctx: ctx, id: id, from: from, write: write, done: make(chan struct{})})
}

// Close waits for writes that have begun, and closes the file. Later calls fail.
func (s *Store) Close() error {
	var err error
	s.once.Do(func() {
		close(s.closing)
		<-s.closed
		if s.panicked.Load() {
			// bbolt may have kept its locks. The end of the process releases the file.
			err = errors.New("boltstore: the file was left open after a panic of bbolt")
			return
		}
		if err = s.db.Close(); err != nil {
			err = fmt.Errorf("boltstore: %w", err)
		}
	})
	return err
}

func (s *Store) usable(ctx context.Context) error {
	if broken := s.broken.Load(); broken != nil {
		return broken
	}
	select {
	case <-s.closing:
		return down(errors.New("it was closed"))
	case <-ctx.Done():
		return down(ctx.Err())
	default:
		return nil
	}
}

func down(err error) error { return &ledger.StoreError{Op: "swap", Kind: ledger.StoreDown, Err: err} }

// read looks a record up without waiting for writers.
func (s *Store) read(id ledger.ID) (found ledger.Snapshot, err error) {
	err = s.guard(func() error {
		return s.db.View(func(tx *bbolt.Tx) error {
			var r row
			if found, err = s.find(tx, id, &r); err != nil {
				return err
			}
			return nil
		})
	})
	return found, s.classify(err)
}

// find reads a row, if there is one, and says what it means now.
func (s *Store) find(tx *bbolt.Tx, id ledger.ID, r *row) (ledger.Snapshot, error) {
	data := tx.Bucket(bucketRecords).Get(id[:])
	if data == nil {
		return ledger.Snapshot{}, nil
	}
	if err := r.parse(data); err != nil {
		return ledger.Snapshot{}, err
	}
	return r.snapshot(s.epoch, s.options.Now()), nil
}

// guard turns a panic of bbolt, which it has for damaged files, into an error.
func (s *Store) guard(do func() error) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			s.panicked.Store(true)
			err = fmt.Errorf("bbolt panicked: %v", reason)
		}
	}()
	return do()
}

// classify says what kind of failure an error is. Where it cannot tell, the store counts as broken from then on.
func (s *Store) classify(err error) error {
	var failure *ledger.StoreError
	switch {
	case err == nil, errors.As(err, &failure):
		return err
	case errors.Is(err, bolterrors.ErrDatabaseNotOpen):
		return down(errors.New("it was closed"))
	case isNoRoom(err):
		return &ledger.StoreError{Op: "swap", Kind: ledger.StoreFull, Err: err}
	}
	failure = &ledger.StoreError{Op: "swap", Kind: ledger.StoreBroken, Err: err}
	s.broken.CompareAndSwap(nil, failure)
	return failure
}

// isNoRoom tells whether a write was refused for want of room. Nothing of the transaction counts then. A failed fsync is
// another matter, whatever its reason.
func isNoRoom(err error) bool {
	if strings.HasPrefix(err.Error(), "file resize error: ") {
		// bbolt makes the file larger before it writes to it, and does not wrap the cause (v1.5.0, DB.grow).
		return true
	}
	var refused *fs.PathError
	if !errors.As(err, &refused) || refused.Op != "write" {
		return false
	}
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG)
}
