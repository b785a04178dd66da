package ledger

import (
	"context"
	"errors"
	"time"
)

// renew extends the lease and arranges for the next time. It runs on its own every third of a lease, so that one failure
// of the store does not lose it.
func (e *Entry) renew() {
	options := &e.ledger.options
	if time.Since(e.start) > options.MaxExchange || e.ledger.base.Err() != nil {
		return
	}
	ctx, cancel := context.WithTimeout(e.ledger.base, options.Lease/3)
	defer cancel()
	err := e.take(ctx, stepRenew, Outcome{})
	if errors.Is(err, ErrLost) {
		e.stopUnsent(ErrLost)
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.timer != nil {
		e.timer.Reset(options.Lease / 3)
	}
}

// letLapse ends the renewals.
func (e *Entry) letLapse() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.timer != nil {
		e.timer.Stop()
		e.timer = nil
	}
}

// stopUnsent makes Sent refuse from now on, with the cause, and ends the context of the exchange. It returns false, and
// changes nothing, if Sent has let the request pass before.
func (e *Entry) stopUnsent(cause error) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.sent {
		return false
	}
	if e.stopped == nil {
		e.stopped = cause
	}
	if e.cancel != nil {
		e.cancel(e.stopped)
	}
	return true
}

func (e *Entry) whyStopped() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.stopped
}

// Context returns a context for the exchange. Until Sent has returned nil it ends with parent, and when the reservation is
// lost. After that it ends neither with the parent nor at the parent's deadline, but Options.MaxExchange after Begin, so
// that the answer of what may have been executed is not lost. It holds the parent's values. The caller must call the
// returned function at the end of the exchange.
func (e *Entry) Context(parent context.Context) (context.Context, context.CancelFunc) {
	limit := e.start.Add(e.ledger.options.MaxExchange)
	timed, release := context.WithDeadline(context.WithoutCancel(parent), limit)
	inner, cancel := context.WithCancelCause(timed)
	e.mu.Lock()
	e.cancel = cancel
	stopped := e.stopped
	e.mu.Unlock()
	if stopped != nil {
		cancel(stopped)
	}
	unbind := context.AfterFunc(parent, func() { e.stopUnsent(parent.Err()) })
	return exchangeContext{inner, e, parent}, func() {
		unbind()
		cancel(context.Canceled)
		release()
	}
}

// exchangeContext is the context of an exchange. Its deadline is the parent's until the request is sent.
type exchangeContext struct {
	context.Context
	entry  *Entry
	parent context.Context
}

// Deadline returns the parent's deadline before the request is sent, and the end of the longest exchange afterwards.
func (c exchangeContext) Deadline() (time.Time, bool) {
	limit, ok := c.Context.Deadline()
	if c.entry.WasSent() {
		return limit, ok
	}
	if early, bound := c.parent.Deadline(); bound && early.Before(limit) {
		return early, true
	}
	return limit, ok
}

// Err tells a deadline of the parent from its cancellation, which a cancelled context of the standard library does not.
func (c exchangeContext) Err() error {
	err := c.Context.Err()
	if err != nil && errors.Is(context.Cause(c.Context), context.DeadlineExceeded) {
		return context.DeadlineExceeded
	}
	return err
}
