package ledger

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

// recordTimeout is how long a caller waits for the recording of its outcome. The recording itself is not given up.
const recordTimeout = 5 * time.Second

// Exchange carries an operation out. It must call beforeSend immediately before the first byte leaves, each time that it
// sends, and must not send if that returns an error. It must return when ctx ends. It says what is proven: NotExecuted only
// if the operation certainly did not run, and Unknown in every case of doubt.
type Exchange func(ctx context.Context, beforeSend func(context.Context) error) Outcome

// Do has the exchange carried out unless it was before, or is being, and returns the answer of whoever did. The error is
// that of Begin; of NotExecuted or, before that, of beforeSend; or an *InterruptedError when ctx ends first: then the
// exchange goes on if its request may have left, and is stopped if not.
func (l *Ledger) Do(ctx context.Context, key Key, content Digest, exchange Exchange) (Answer, error) {
	entry, answer, err := l.Begin(ctx, key, content)
	if entry == nil {
		return answer, err
	}
	type result struct {
		answer Answer
		err    error
	}
	results := make(chan result, 1)
	go func() {
		answer, err := entry.run(ctx, exchange)
		results <- result{answer, err}
	}()
	select {
	case r := <-results:
		if r.err != nil && ctx.Err() != nil {
			return Answer{}, &InterruptedError{Err: ctx.Err()}
		}
		return r.answer, r.err
	case <-ctx.Done():
		return Answer{}, &InterruptedError{Sent: !entry.stopUnsent(ctx.Err()), Err: ctx.Err()}
	}
}

// run carries the exchange out, and ends the entry.
func (e *Entry) run(parent context.Context, exchange Exchange) (Answer, error) {
	ctx, cancel := e.Context(parent)
	outcome := e.protect(ctx, exchange)
	cancel()
	record, stop := context.WithTimeout(context.WithoutCancel(parent), recordTimeout)
	defer stop()
	if outcome.State == StateNone {
		e.Abandon(record)
		return Answer{}, e.failure(outcome)
	}
	e.Finish(record, outcome)
	return Answer{State: outcome.State, Result: outcome.Result, Source: SourceExecuted}, nil
}

// protect keeps a panic of the exchange from leaving the entry without an owner.
func (e *Entry) protect(ctx context.Context, exchange Exchange) (outcome Outcome) {
	defer func() {
		reason := recover()
		if reason == nil {
			return
		}
		failure := &PanicError{Reason: reason, Stack: debug.Stack()}
		e.ledger.observe(EventPanicked, failure)
		outcome = NotExecuted(failure)
		if e.WasSent() {
			outcome = Unknown(nil)
		}
	}()
	return exchange(ctx, e.Sent)
}

// failure prefers the ledger's own refusal over what the exchange made of it.
func (e *Entry) failure(outcome Outcome) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.refused != nil:
		return e.refused
	case outcome.Err != nil:
		return outcome.Err
	}
	return errors.New("ledger: the operation did not run")
}

// PanicError is what a caller of Do gets when its exchange panicked before anything was sent.
type PanicError struct {
	Reason any
	Stack  []byte
}

// Error gives the reason, without the stack.
func (e *PanicError) Error() string {
	return fmt.Sprintf("ledger: the exchange panicked: %v", e.Reason)
}
