package resilience

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/umgateway/umgateway/soapbridge/transport"
)

// waitable is the shortest back-off that is not waited out but answered at once.
const waitable = time.Second

var errHeldBack = errors.New("the backend asked for fewer requests of this identity")

// holdOffs remembers which identities the backend asked to hold back, and until when.
type holdOffs struct {
	longest    time.Duration
	maxWaiters int

	mu      sync.Mutex
	until   map[string]time.Time
	sweepAt int // the size of the map at which those that are over are dropped

	held    atomic.Int64 // len(until), so that the usual case costs no lock
	waiting atomic.Int64
}

func newHoldOffs(config Config) *holdOffs {
	return &holdOffs{longest: config.MaxHoldOff, maxWaiters: config.MaxWaiters, until: map[string]time.Time{}, sweepAt: 64}
}

// add holds an identity back from now on. A shorter back-off does not cut a longer one short.
func (h *holdOffs) add(key string, d time.Duration) {
	now := time.Now()
	until := now.Add(min(d, h.longest))
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.until[key].After(until) {
		return
	}
	h.until[key] = until
	if len(h.until) >= h.sweepAt {
		for key, until := range h.until {
			if !until.After(now) {
				delete(h.until, key)
			}
		}
		h.sweepAt = max(64, 2*len(h.until))
	}
	h.held.Store(int64(len(h.until)))
}

// left returns how long the identity must be held back yet.
func (h *holdOffs) left(key string) time.Duration {
	if h.held.Load() == 0 {
		return 0
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	until, found := h.until[key]
	if !found {
		return 0
	}
	left := time.Until(until)
	if left <= 0 {
		delete(h.until, key)
		h.held.Store(int64(len(h.until)))
	}
	return max(left, 0)
}

// pass lets the identity's request through, after a short wait if need be. A back-off that is too long to wait out, or
// that leaves too little of the caller's time, is answered at once; so is every status poll.
func (h *holdOffs) pass(ctx context.Context, key string, priority transport.Priority, latest time.Time) error {
	for {
		left := h.left(key)
		switch {
		case left == 0:
			return nil
		case left >= waitable, priority == transport.PriorityPoll, !latest.IsZero() && time.Until(latest) < left:
			return throttled(left)
		}
		if err := h.wait(ctx, left); err != nil {
			return err
		}
	}
}

func (h *holdOffs) wait(ctx context.Context, left time.Duration) error {
	defer h.waiting.Add(-1)
	if h.waiting.Add(1) > int64(h.maxWaiters) {
		return throttled(left)
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ended(ctx)
	}
}

func throttled(left time.Duration) error {
	return &transport.Error{Op: "wait", Kind: transport.KindThrottled, RetryAfter: left, Err: errHeldBack}
}
