package ledger

import (
	"context"
	"math/rand/v2"
	"time"
)

// firstPoll is the time between the first and the second look at an operation that another process has in flight.
const firstPoll = 10 * time.Millisecond

// lead asks the store for an operation. While another process has it in flight, it asks again and again, unless told not
// to wait. The flight has landed when lead returns, unless there is an Entry.
func (l *Ledger) lead(ctx context.Context, f *flight, wait bool) (entry *Entry, answer Answer, err error) {
	defer func() {
		switch {
		case entry != nil:
			f.settle()
		case err != nil:
			l.land(f, nil)
		default:
			l.land(f, &answer)
		}
	}()
	joined := false
	for pause := firstPoll; ; pause = min(2*pause, l.options.PollInterval) {
		claim := reserved(newToken(), f.content)
		found, v, err := l.claim(ctx, f, &claim)
		if err != nil {
			entry, err := l.proceed(ctx, f, claim, err)
			return entry, Answer{}, err
		}
		switch v {
		case verdictReserve, verdictTakeOver:
			return l.newEntry(f, claim), Answer{}, nil
		case verdictReused:
			l.observe(EventReused, nil)
			return nil, Answer{}, ErrReused
		case verdictReplay:
			return nil, l.replay(found, joined), nil
		}
		if !wait {
			return nil, Answer{}, ErrInFlight
		}
		f.settle()
		joined = true
		if err := sleep(ctx, pause/2+rand.N(pause)); err != nil {
			return nil, Answer{}, &InterruptedError{Sent: true, Err: err}
		}
	}
}

// claim tries to make the claim the operation's record. The verdict is what came of it: verdictReserve and verdictTakeOver
// say that the claim stands.
func (l *Ledger) claim(ctx context.Context, f *flight, claim *Record) (Snapshot, verdict, error) {
	found, from, record, v := Snapshot{}, Version{}, *claim, verdictReserve
	for {
		write := l.write(record)
		var err error
		if found, err = l.store.Swap(ctx, f.id, from, write); err != nil {
			return Snapshot{}, 0, err
		}
		if write.Made(found) {
			l.announce(v)
			if v == verdictDeclare {
				v = verdictReplay
			}
			return found, v, nil
		}
		v, from = judge(found, f.content), found.Version
		switch v {
		case verdictReserve, verdictTakeOver:
			record = *claim
		case verdictDeclare:
			record = declared(found.Record)
		default:
			return found, v, nil
		}
	}
}

func (l *Ledger) announce(v verdict) {
	switch v {
	case verdictReserve:
		l.observe(EventReserved, nil)
	case verdictTakeOver:
		l.observe(EventTakenOver, nil)
	case verdictDeclare:
		l.observe(EventDeclared, nil)
	}
}

func (l *Ledger) replay(found Snapshot, joined bool) Answer {
	answer := Answer{State: found.State, Result: found.Result, Source: SourceReplayed}
	if joined {
		answer.Source = SourceJoined
		l.observe(EventJoined, nil)
		return answer
	}
	l.observe(EventReplayed, nil)
	return answer
}

// proceed decides what follows when the store failed: by default, nothing.
func (l *Ledger) proceed(ctx context.Context, f *flight, claim Record, failure error) (*Entry, error) {
	if ctx.Err() == nil {
		l.observe(EventStoreFailed, failure)
		if l.options.ProceedWithoutStore {
			entry := l.newEntry(f, claim)
			entry.unrecorded = true
			return entry, nil
		}
	}
	l.retract(f.id, claim)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return nil, failure
}

// retract removes a claim that may have reached the store though the store failed. If it cannot, the lease will end it.
func (l *Ledger) retract(id ID, claim Record) {
	l.start()
	go func() {
		defer l.done()
		ctx, cancel := context.WithTimeout(l.base, l.options.Lease)
		defer cancel()
		_, err := l.store.Swap(ctx, id, claim.Version, Write{})
		if err != nil && ctx.Err() == nil {
			l.observe(EventStoreFailed, err)
		}
	}()
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
