package boltstore

import (
	"context"
	"errors"
	"time"

	"go.etcd.io/bbolt"

	"github.com/umgateway/umgateway/internal/ledger"
)

const (
	// maxBatch is the most writes that go to the disk together.
	maxBatch = 256
	// purgeBatch is the most records that one transaction removes.
	purgeBatch = 1000
)

// request is a Swap on its way to the disk.
type request struct {
	ctx   context.Context
	id    ledger.ID
	from  ledger.Version
	write ledger.Write

	done  chan struct{} // closed when found and err are set
	found ledger.Snapshot
	err   error
}

func (s *Store) enqueue(ctx context.Context, r *request) (ledger.Snapshot, error) {
	select {
	case s.writes <- r:
	case <-s.closing:
		return ledger.Snapshot{}, down(errors.New("it was closed"))
	case <-ctx.Done():
		return ledger.Snapshot{}, down(ctx.Err())
	}
	select {
	case <-r.done:
		return r.found, r.err
	case <-ctx.Done():
		return ledger.Snapshot{}, down(ctx.Err())
	}
}

// writeLoop is the only one that writes. While it waits for the disk, requests gather, and then go together.
func (s *Store) writeLoop() {
	defer close(s.closed)
	purge := time.NewTicker(s.options.PurgeInterval)
	defer purge.Stop()
	batch := make([]*request, 0, maxBatch)
	for {
		select {
		case <-s.closing:
			return
		case <-purge.C:
			s.purge()
		case first := <-s.writes:
			batch = s.gather(append(batch[:0], first))
			s.commit(batch)
			clear(batch)
		}
	}
}

func (s *Store) gather(batch []*request) []*request {
	for len(batch) < maxBatch {
		select {
		case r := <-s.writes:
			batch = append(batch, r)
		default:
			return batch
		}
	}
	return batch
}

var errNothingToWrite = errors.New("nothing to write")

// commit carries out a batch in one transaction and answers all of it.
func (s *Store) commit(batch []*request) {
	err := s.guard(func() error {
		return s.db.Update(func(tx *bbolt.Tx) error {
			wrote := false
			for _, r := range batch {
				did, err := s.apply(tx, r)
				if err != nil {
					return err
				}
				wrote = wrote || did
			}
			if !wrote {
				return errNothingToWrite
			}
			return nil
		})
	})
	if errors.Is(err, errNothingToWrite) {
		err = nil
	}
	err = s.classify(err)
	for _, r := range batch {
		if err != nil {
			r.found, r.err = ledger.Snapshot{}, err
		}
		close(r.done)
	}
}

// apply carries out one request within the transaction. A failure of the request alone is left in it.
func (s *Store) apply(tx *bbolt.Tx, r *request) (wrote bool, err error) {
	if err := r.ctx.Err(); err != nil {
		r.err = down(err)
		return false, nil
	}
	var old row
	if r.found, err = s.find(tx, r.id, &old); err != nil || r.found.Version != r.from {
		return false, err
	}
	fresh, remove := r.from == (ledger.Version{}), r.write.Record.State == ledger.StateNone
	switch {
	case fresh && remove:
		return false, nil
	case fresh && s.full(tx):
		r.err = &ledger.StoreError{Op: "swap", Kind: ledger.StoreFull, Err: errors.New("the configured size is reached")}
		return false, nil
	}
	r.found = ledger.Snapshot{Record: r.write.Record}
	return true, s.replace(tx, r, &old)
}

// replace puts the new row, if there is one, in the place of the old, if there is one.
func (s *Store) replace(tx *bbolt.Tx, r *request, old *row) error {
	records, expiry := tx.Bucket(bucketRecords), tx.Bucket(bucketExpiry)
	if old.record.State != ledger.StateNone {
		if err := errors.Join(records.Delete(r.id[:]), expiry.Delete(old.expiryKey(r.id))); err != nil {
			return err
		}
	}
	if r.write.Record.State == ledger.StateNone {
		return nil
	}
	now := s.options.Now()
	fresh := row{
		epoch: s.epoch, lease: now.Add(r.write.Lease).UnixMilli(), expires: now.Add(r.write.Keep).UnixMilli(),
		record: r.write.Record,
	}
	data, err := fresh.appendTo(make([]byte, 0, 128+len(fresh.record.Result)))
	if err != nil {
		return err
	}
	return errors.Join(records.Put(r.id[:], data), expiry.Put(fresh.expiryKey(r.id), nil))
}

// full tells whether as much of the file is in use as may be.
func (s *Store) full(tx *bbolt.Tx) bool {
	free := int64(s.db.Stats().FreePageN) * int64(s.db.Info().PageSize)
	return tx.Size()-free > s.options.MaxBytes
}
