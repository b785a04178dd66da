package ledger

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Entry is an operation that its holder owns and must carry out: call Sent immediately before each time that the request
// leaves, and then Finish or Abandon exactly once. Until then the ledger renews the lease, though not for longer than
// Options.MaxExchange.
type Entry struct {
	ledger *Ledger
	flight *flight
	owner  Token
	start  time.Time
	// unrecorded says that the store had failed and that the operation shall go on all the same.
	unrecorded bool

	// turn is held, as its one element, by whoever talks to the store about this entry. It guards known.
	turn  chan struct{}
	known Record // what the store held when it was last heard of

	mu        sync.Mutex
	timer     *time.Timer // of the next renewal; nil when there is nothing more to renew
	sent      bool
	stopped   error // why nothing may be sent any more
	cancel    context.CancelCauseFunc
	refused   error // what Sent returned last
	concluded bool
}

func (l *Ledger) newEntry(f *flight, claim Record) *Entry {
	e := &Entry{ledger: l, flight: f, owner: claim.Owner, known: claim, start: time.Now(), turn: make(chan struct{}, 1)}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.timer = time.AfterFunc(l.options.Lease/3, e.renew)
	return e
}

// Sent records, durably, that the request is about to leave. Unless it returns nil, nothing may be sent: the errors are
// ErrLost if the reservation was taken over, a *StoreError, what ended the context that Context returned, or ctx's. It may
// be called again before another attempt, when it is proven that the one before was not executed.
func (e *Entry) Sent(ctx context.Context) error {
	err := e.passSent(ctx)
	e.mu.Lock()
	e.refused = err
	e.mu.Unlock()
	return err
}

func (e *Entry) passSent(ctx context.Context) error {
	if err := e.whyStopped(); err != nil {
		return err
	}
	if err := e.take(ctx, stepSend, Outcome{}); err != nil {
		var failure *StoreError
		if !errors.As(err, &failure) {
			return err
		}
		e.ledger.observe(EventStoreFailed, err)
		if !e.ledger.options.ProceedWithoutStore {
			return err
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.stopped != nil {
		return e.stopped
	}
	e.sent = true
	return nil
}

// WasSent tells whether Sent has returned nil.
func (e *Entry) WasSent() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.sent
}

// Finish records how the operation ended, and gives that to those who joined. The outcome must not be NotExecuted. It
// returns when the outcome is durable, or when ctx ends or the store fails: then the recording goes on in the background,
// until it succeeds or the ledger is closed, and the outcome is as true as before. The error is for the log.
func (e *Entry) Finish(ctx context.Context, outcome Outcome) error {
	if !outcome.State.final() {
		return errors.New("ledger: finish: not a final outcome")
	}
	if outcome.State == StateAccepted && !e.WasSent() {
		e.ledger.observe(EventUnannounced, nil)
	}
	answer := Answer{State: outcome.State, Result: outcome.Result}
	var oversize error
	if len(outcome.Result) > e.ledger.options.MaxResult {
		outcome, oversize = Unknown(nil), ErrResultSize
	}
	return errors.Join(oversize, e.conclude(ctx, stepFinish, outcome, &answer))
}

// Abandon gives the operation up, after a proof that it did not run: the next caller may try. Like Finish, it goes on in
// the background if the store fails.
func (e *Entry) Abandon(ctx context.Context) error {
	return e.conclude(ctx, stepAbandon, Outcome{}, nil)
}

// conclude takes the last step, and lets the followers go.
func (e *Entry) conclude(ctx context.Context, s step, outcome Outcome, answer *Answer) error {
	e.stopUnsent(ErrLost)
	e.mu.Lock()
	twice := e.concluded
	e.concluded = true
	e.mu.Unlock()
	if twice {
		return errors.New("ledger: the entry was ended before")
	}
	defer e.ledger.land(e.flight, answer)
	err := e.take(ctx, s, outcome)
	if err == nil || errors.Is(err, ErrLost) {
		e.letLapse()
		return err
	}
	e.ledger.observe(EventUnrecorded, err)
	e.ledger.start()
	go e.recordLate(s, outcome)
	return err
}

// recordLate repeats the last step until the store takes it or the ledger is closed.
func (e *Entry) recordLate(s step, outcome Outcome) {
	defer e.ledger.done()
	defer e.letLapse()
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		if sleep(e.ledger.base, pause) != nil {
			return
		}
		ctx, cancel := context.WithTimeout(e.ledger.base, e.ledger.options.Lease)
		err := e.take(ctx, s, outcome)
		cancel()
		if err == nil {
			e.ledger.observe(EventRecorded, nil)
		}
		if err == nil || errors.Is(err, ErrLost) {
			return
		}
	}
}

// take carries out one step of the owner in the store. Only the state machine's ErrLost, a *StoreError and ctx's error
// come back.
func (e *Entry) take(ctx context.Context, s step, outcome Outcome) error {
	if e.unrecorded {
		return nil
	}
	select {
	case e.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-e.turn }()
	for {
		after, write, err := next(e.known, e.owner, s, outcome)
		if err != nil || !write {
			return err
		}
		request := e.ledger.write(after)
		found, err := e.ledger.store.Swap(ctx, e.flight.id, e.known.Version, request)
		if err != nil {
			return preferContext(ctx, err)
		}
		// If the write was not made, the record is no longer as it was known: because of another owner, a verdict, or a
		// write of this owner that seemed to have failed.
		e.known = found.Record
		if request.Made(found) {
			return nil
		}
	}
}

// preferContext blames the caller's context if that has ended, and not the store.
func preferContext(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}
