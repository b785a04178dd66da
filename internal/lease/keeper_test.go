package lease_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/umgateway/umgateway/internal/lease"
)

// line notes when calls were hung up.
type line struct {
	mu    sync.Mutex
	start time.Time
	ended map[string]time.Duration
	fail  func(elapsed time.Duration) error
}

func newLine() *line { return &line{start: time.Now(), ended: map[string]time.Duration{}} }

func (l *line) hangUp(_ context.Context, callID string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fail != nil {
		if err := l.fail(time.Since(l.start)); err != nil {
			return err
		}
	}
	if _, twice := l.ended[callID]; !twice {
		l.ended[callID] = time.Since(l.start)
	}
	return nil
}

func (l *line) endedAt(callID string) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ended[callID]
}

func open(t *testing.T, store lease.Store, config lease.Config) *lease.Keeper {
	t.Helper()
	k, err := lease.Open(store, config)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestCallsEndWithTheirLeases(t *testing.T) {
	for name, c := range map[string]struct {
		unattended, longest time.Duration
		attendedFor         time.Duration // somebody watches until then
		renewed             []time.Duration
		want                time.Duration
	}{
		"unattended":             {3 * time.Second, 0, 0, nil, 3 * time.Second},
		"longest":                {0, 7 * time.Second, 0, nil, 7 * time.Second},
		"longest though watched": {3 * time.Second, 7 * time.Second, time.Hour, nil, 7 * time.Second},
		"renewed":                {3 * time.Second, 0, 0, []time.Duration{2 * time.Second, 4 * time.Second}, 7 * time.Second},
		"renewed beyond the end": {3 * time.Second, 5 * time.Second, 0, []time.Duration{2 * time.Second, 4 * time.Second}, 5 * time.Second},
		"watched, then not":      {3 * time.Second, 0, 10 * time.Second, nil, 13 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLine()
				k := open(t, lease.NewMemStore(), lease.Config{
					HangUp: l.hangUp, Attended: func(string) bool { return time.Since(l.start) < c.attendedFor },
				})
				defer k.Close()
				if err := k.Grant(t.Context(), "x", c.unattended, c.longest); err != nil {
					t.Fatal(err)
				}
				time.AfterFunc(c.attendedFor, func() { k.Seen("x") })
				for _, at := range c.renewed {
					time.Sleep(at - time.Since(l.start))
					if _, err := k.Renew(t.Context(), "x"); err != nil {
						t.Error(err)
					}
				}
				time.Sleep(time.Hour)
				if got := l.endedAt("x"); got < c.want-time.Millisecond || got > c.want+time.Millisecond {
					t.Errorf("the call was hung up after %v, want %v", got, c.want)
				}
				if _, err := k.Renew(t.Context(), "x"); !errors.Is(err, lease.ErrNotFound) {
					t.Errorf("renewing afterwards gives %v, want ErrNotFound", err)
				}
			})
		})
	}
}

func TestHangingUpIsTriedUntilItSucceeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine()
		l.fail = func(elapsed time.Duration) error {
			if elapsed < time.Minute {
				return errors.New("unavailable")
			}
			return nil
		}
		k := open(t, lease.NewMemStore(), lease.Config{HangUp: l.hangUp})
		defer k.Close()
		if err := k.Grant(t.Context(), "x", time.Second, 0); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Minute)
		if got := l.endedAt("x"); got < time.Minute || got > time.Minute+10*time.Second {
			t.Errorf("the call was hung up after %v, want soon after a minute", got)
		}
	})
}

func TestReleasedCallsAreLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine()
		k := open(t, lease.NewMemStore(), lease.Config{HangUp: l.hangUp})
		defer k.Close()
		if err := errors.Join(k.Grant(t.Context(), "x", time.Second, 0), k.Release(t.Context(), "x")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		if got := l.endedAt("x"); got != 0 {
			t.Errorf("a call that had ended was hung up after %v", got)
		}
	})
}

func TestLeasesOutliveTheGateway(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "leases.db")
	store, err := lease.OpenBolt(path)
	if err != nil {
		t.Fatal(err)
	}
	k := open(t, store, lease.Config{HangUp: func(context.Context, string) error { return errors.New("too early") }})
	if err := k.Grant(t.Context(), "x", 20*time.Millisecond, 0); err != nil {
		t.Fatal(err)
	}
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	if store, err = lease.OpenBolt(path); err != nil {
		t.Fatal(err)
	}
	ended := make(chan string, 1)
	k = open(t, store, lease.Config{HangUp: func(_ context.Context, callID string) error {
		ended <- callID
		return nil
	}})
	if got := <-ended; got != "x" {
		t.Errorf("%q was hung up, want x", got)
	}
	if err := k.Close(); err != nil {
		t.Error(err)
	}
}

// TestAnotherGatewayMayRenew: two keepers share a store, and only the second knows that somebody cares.
func TestAnotherGatewayMayRenew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, store := newLine(), lease.NewMemStore()
		first := open(t, store, lease.Config{HangUp: l.hangUp})
		defer first.Close()
		second := open(t, store, lease.Config{HangUp: l.hangUp, Attended: func(string) bool { return time.Since(l.start) < time.Minute }})
		defer second.Close()
		if err := first.Grant(t.Context(), "x", 30*time.Second, 0); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		if got := l.endedAt("x"); got < time.Minute+20*time.Second || got > 90*time.Second {
			t.Errorf("the call was hung up after %v, want half a minute after a minute, less what nobody has written down", got)
		}
	})
}

// unfitStore is one that would lose what it is told.
type unfitStore struct{ lease.Store }

func (unfitStore) Check(context.Context) error { return errors.New("it may forget") }

func TestWhoStartsBeforeAStoreThatGrantsNothingIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		k := open(t, unfitStore{lease.NewMemStore()}, lease.Config{
			HangUp: newLine().hangUp, Log: slog.New(slog.NewTextHandler(&log, nil)),
		})
		time.Sleep(time.Hour)
		if err := k.Close(); err != nil {
			t.Error(err)
		}
		if n := strings.Count(log.String(), "it may forget"); n != 1 {
			t.Errorf("it is told %d times:\n%s", n, &log)
		}
	})
}
