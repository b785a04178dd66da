package lease

import (
	"context"
	"errors"
	"time"
)

// task looks after one call until its lease is gone.
type task struct {
	*Keeper
	callID string

	noted time.Time // the last sign that was written down
	away  bool      // the store cannot be reached
	final time.Time // when the call ends in any case, as far as was seen; zero for never
}

// run ends the call when its lease has run out.
func (t *task) run() {
	for {
		l, err := t.read()
		switch {
		case errors.Is(err, ErrNotFound), t.alive.Err() != nil:
			return
		case err != nil:
			if !t.wait(err) {
				return
			}
		case t.away:
			// Others may have been kept from writing down that somebody cares. They get the time to do so.
			t.away = false
			if !t.sleep(2 * t.config.RetryWait) {
				return
			}
		case l.Left == 0:
			t.end()
			return
		case !t.sleep(nextLook(l)):
			return
		}
	}
}

// read tells how the lease stands, after it has written down whether somebody cares. A lease that has run out is claimed.
func (t *task) read() (Lease, error) {
	l, err := t.renew()
	if err == nil && l.Left == 0 && !t.away {
		l, err = t.store.Claim(t.alive, t.callID)
	}
	if err == nil && l.Longest != Endless {
		t.final = time.Now().Add(l.Longest)
	}
	return l, err
}

func (t *task) renew() (Lease, error) {
	if seen := t.seen(t.callID); seen.After(t.noted) {
		l, err := t.store.Renew(t.alive, t.callID, time.Since(seen))
		if !errors.Is(err, ErrNotFound) {
			if err == nil {
				t.noted = seen
			}
			return l, err
		}
	}
	// A lease that another gateway has claimed must not be forgotten: the other may have died.
	return t.store.Get(t.alive, t.callID)
}

// nextLook is how long the lease need not be looked at: others must be told in good time that somebody cares.
func nextLook(l Lease) time.Duration {
	if l.Unattended == 0 {
		return l.Left
	}
	return min(l.Left, l.Unattended/3)
}

// wait waits for a store that is away, and tells whether to try again. The longest duration is kept to without it.
func (t *task) wait(err error) bool {
	if !t.away {
		t.away = true
		t.config.Log.Warn("a lease cannot be read", "error", err)
	}
	wait := t.config.RetryWait
	if !t.final.IsZero() {
		wait = min(wait, time.Until(t.final))
	}
	if wait > 0 {
		return t.sleep(wait)
	}
	t.end()
	return false
}

// end hangs up, and tries again as long as that fails.
func (t *task) end() {
	begun, wait := time.Now(), t.config.RetryWait
	for {
		err := t.hangUp()
		if err == nil {
			t.config.Log.Info("a call was hung up because its lease ran out")
			break
		}
		if t.alive.Err() != nil {
			return
		}
		if time.Since(begun) > t.config.GiveUp {
			t.config.Log.Error("a call whose lease ran out is given up: it could not be hung up", "error", err)
			break
		}
		t.config.Log.Warn("a call whose lease ran out cannot be hung up yet", "error", err)
		if !t.sleep(wait) {
			return
		}
		wait = min(wait*2, 10*t.config.RetryWait)
	}
	if err := t.Release(t.alive, t.callID); err != nil && t.alive.Err() == nil {
		t.config.Log.Warn("a lease cannot be forgotten yet", "error", err)
	}
}

func (t *task) hangUp() error {
	limited, cancel := context.WithTimeout(t.alive, t.config.HangUpTimeout)
	defer cancel()
	return t.config.HangUp(limited, t.callID)
}
