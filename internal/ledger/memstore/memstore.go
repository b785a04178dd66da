// Package memstore is a ledger.Store in memory, for tests and for a gateway that shall forget all when it ends. It promises
// to refuse new records, and not to drop old ones, when it is full.
package memstore

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/umgateway/umgateway/internal/ledger"
)

// Options change the defaults of New. Zero values stand for the defaults.
type Options struct {
	// MaxRecords is the most records that are kept. Default 100,000.
	MaxRecords int
	// Now is the clock. Default time.Now.
	Now func() time.Time
}

// sweepInterval is the time between two removals of what is past its retention.
const sweepInterval = time.Minute

type row struct {
	record  ledger.Record
	lease   time.Time
	expires time.Time
}

// Store keeps records in memory. It is safe for concurrent use.
type Store struct {
	options Options

	mu     sync.Mutex
	closed bool
	rows   map[ledger.ID]row
	swept  time.Time
}

// New makes an empty store.
func New(options Options) *Store {
	if options.MaxRecords <= 0 {
		options.MaxRecords = 100_000
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	return &Store{options: options, rows: map[ledger.ID]row{}, swept: options.Now()}
}

// Swap writes the record if the version is still from. A new record is refused when the store is full; otherwise it fails
// only when ctx has ended or the store was closed.
func (s *Store) Swap(ctx context.Context, id ledger.ID, from ledger.Version, write ledger.Write) (ledger.Snapshot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return ledger.Snapshot{}, &ledger.StoreError{Op: "swap", Kind: ledger.StoreDown, Err: err}
	}
	now := s.options.Now()
	found := s.find(id, now)
	if found.Version != from {
		return found, nil
	}
	if write.Record.State == ledger.StateNone {
		delete(s.rows, id)
		return ledger.Snapshot{}, nil
	}
	s.sweep(now)
	if _, old := s.rows[id]; !old && len(s.rows) >= s.options.MaxRecords {
		return ledger.Snapshot{}, &ledger.StoreError{Op: "swap", Kind: ledger.StoreFull, Err: errors.New("the configured number of records is reached")}
	}
	write.Record.Result = slices.Clone(write.Record.Result)
	s.rows[id] = row{record: write.Record, lease: now.Add(write.Lease), expires: now.Add(write.Keep)}
	return ledger.Snapshot{Record: write.Record}, nil
}

// Close forgets everything.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed, s.rows = true, nil
	return nil
}

func (s *Store) usable(ctx context.Context) error {
	if s.closed {
		return errors.New("it was closed")
	}
	return ctx.Err()
}

func (s *Store) find(id ledger.ID, now time.Time) ledger.Snapshot {
	r, ok := s.rows[id]
	if !ok || r.expires.Before(now) {
		return ledger.Snapshot{}
	}
	return ledger.Snapshot{Record: r.record, Expired: r.lease.Before(now)}
}

// sweep removes what is past its retention, at most once in a sweepInterval, and whenever the store is full.
func (s *Store) sweep(now time.Time) {
	if now.Sub(s.swept) < sweepInterval && len(s.rows) < s.options.MaxRecords {
		return
	}
	s.swept = now
	for id, r := range s.rows {
		if r.expires.Before(now) {
			delete(s.rows, id)
		}
	}
}
