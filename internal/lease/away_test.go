package lease_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/umgateway/umgateway/internal/lease"
)

// cutOff is a store that can be away.
type cutOff struct {
	lease.Store
	mu   sync.Mutex
	away error
}

func (s *cutOff) set(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away = err
}

func (s *cutOff) state() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.away
}

func (s *cutOff) Get(ctx context.Context, callID string) (lease.Lease, error) {
	if err := s.state(); err != nil {
		return lease.Lease{}, err
	}
	return s.Store.Get(ctx, callID)
}

func (s *cutOff) Renew(ctx context.Context, callID string, ago time.Duration) (lease.Lease, error) {
	if err := s.state(); err != nil {
		return lease.Lease{}, err
	}
	return s.Store.Renew(ctx, callID, ago)
}

func (s *cutOff) Claim(ctx context.Context, callID string) (lease.Lease, error) {
	if err := s.state(); err != nil {
		return lease.Lease{}, err
	}
	return s.Store.Claim(ctx, callID)
}

// TestNoCallEndsBecauseTheStoreIsAway: two gateways share a store that is away from 1 s to 30 s.
func TestNoCallEndsBecauseTheStoreIsAway(t *testing.T) {
	for name, c := range map[string]struct {
		longest     time.Duration
		attendedFor time.Duration
		renewedAt   time.Duration // a renewal that the store does not see
		from, to    time.Duration // when the call may end
	}{
		"abandoned":              {0, 0, 0, 30 * time.Second, 35 * time.Second},
		"watched":                {0, time.Minute, 0, 62 * time.Second, 63 * time.Second},
		"renewed, to no avail":   {0, 0, 29 * time.Second, 32 * time.Second, 35 * time.Second},
		"at most for some time":  {10 * time.Second, time.Minute, 0, 10 * time.Second, 10 * time.Second},
		"the longest is no less": {40 * time.Second, time.Minute, 0, 40 * time.Second, 40 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l, shared := newLine(), lease.NewMemStore()
				mine, others := &cutOff{Store: shared}, &cutOff{Store: shared}
				k := open(t, mine, lease.Config{HangUp: l.hangUp, Attended: func(string) bool { return time.Since(l.start) < c.attendedFor }})
				defer k.Close()
				other := open(t, others, lease.Config{HangUp: l.hangUp})
				defer other.Close()
				if err := k.Grant(t.Context(), "x", 3*time.Second, c.longest); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Second + time.Millisecond)
				mine.set(errors.New("away"))
				others.set(errors.New("away"))
				if c.renewedAt > 0 {
					time.Sleep(c.renewedAt - time.Since(l.start))
					if _, err := k.Renew(t.Context(), "x"); err == nil {
						t.Error("a renewal that nobody wrote down succeeds")
					}
				}
				time.Sleep(30*time.Second - time.Since(l.start))
				mine.set(nil)
				others.set(nil)
				time.Sleep(time.Hour)
				if got := l.endedAt("x"); got < c.from-2*time.Millisecond || got > c.to+2*time.Millisecond {
					t.Errorf("the call ended after %v, want %v to %v", got, c.from, c.to)
				}
			})
		})
	}
}
