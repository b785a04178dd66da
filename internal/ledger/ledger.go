package ledger

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// Ledger hands out operations to callers, so that each is executed at most once. It is safe for concurrent use.
type Ledger struct {
	store   Store
	options Options
	// base ends when the ledger no longer waits for what it does in the background.
	base context.Context
	stop context.CancelFunc

	mu      sync.Mutex
	closed  bool
	flights map[ID]*flight
	work    int           // flights, and what is done in the background
	idle    chan struct{} // closed when the ledger is closed and no work is left
}

// Open makes a ledger over a store, which it owns from then on.
func Open(store Store, options Options) (*Ledger, error) {
	if store == nil {
		return nil, errors.New("ledger: there is no store")
	}
	options, err := options.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	l := &Ledger{store: store, options: options, flights: map[ID]*flight{}, idle: make(chan struct{})}
	l.base, l.stop = context.WithCancel(context.Background())
	return l, nil
}

// Begin asks for an operation. Either the caller gets the Entry and must carry the operation out, and end the Entry with
// Finish or Abandon; or the Entry is nil and the Answer is that of another caller, for which Begin waits until ctx ends.
// content is the Digest of the request. The errors are ErrKey, ErrReused, ErrClosed, a *StoreError, an *InterruptedError,
// or ctx's.
func (l *Ledger) Begin(ctx context.Context, key Key, content Digest) (*Entry, Answer, error) {
	return l.begin(ctx, key, content, true)
}

// TryBegin is Begin without waiting: ErrInFlight says that another caller carries the operation out.
func (l *Ledger) TryBegin(ctx context.Context, key Key, content Digest) (*Entry, Answer, error) {
	return l.begin(ctx, key, content, false)
}

func (l *Ledger) begin(ctx context.Context, key Key, content Digest, wait bool) (*Entry, Answer, error) {
	id, err := key.ID()
	if err != nil {
		return nil, Answer{}, err
	}
	for {
		f, first, err := l.board(id, content)
		switch {
		case err != nil:
			return nil, Answer{}, err
		case first:
			return l.lead(ctx, f, wait)
		}
		answer, answered, err := l.follow(ctx, f, content, wait)
		if answered || err != nil {
			return nil, answer, err
		}
	}
}

// Check tells whether the store can be used now, and so whether operations would be refused. The error is a *StoreError.
func (l *Ledger) Check(ctx context.Context) error {
	// To remove a record from a version that it cannot have changes nothing.
	_, err := l.store.Swap(ctx, ID{}, newVersion(), Write{})
	return err
}

// Close waits for operations in flight, the detached ones included, and for outcomes that are still to be recorded, until
// ctx ends. Then it closes the store. Begin fails from the start. The error is ctx's if something was left behind.
func (l *Ledger) Close(ctx context.Context) error {
	l.mu.Lock()
	if !l.closed {
		l.closed = true
		l.checkIdle()
	}
	l.mu.Unlock()
	var left error
	select {
	case <-l.idle:
	case <-ctx.Done():
		left = fmt.Errorf("ledger: closed with operations in flight: %w", ctx.Err())
	}
	l.stop()
	return errors.Join(left, l.store.Close())
}

// start counts a piece of work that Close waits for.
func (l *Ledger) start() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.work++
}

// done takes away what start counted.
func (l *Ledger) done() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.work--
	if l.closed {
		l.checkIdle()
	}
}

func (l *Ledger) checkIdle() {
	if l.work == 0 {
		close(l.idle)
	}
}

func (l *Ledger) observe(kind EventKind, err error) { l.options.Observe(Event{Kind: kind, Err: err}) }

// write is a record with the ledger's times to live.
func (l *Ledger) write(record Record) Write {
	return Write{Record: record, Lease: l.options.Lease, Keep: l.options.Retention}
}
