package resilience

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/umgateway/umgateway/soapbridge/transport"
)

// throttles answers 429 with a Retry-After.
func throttles(retryAfter string) func(context.Context, *transport.Request) (*transport.Reply, error) {
	return func(context.Context, *transport.Request) (*transport.Reply, error) {
		return &transport.Reply{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {retryAfter}}}, nil
	}
}

func as(name string) *transport.Request {
	return &transport.Request{Identity: &transport.Identity{Username: name}}
}

func TestABackOffOfASecondIsAnsweredAtOnceForThatIdentityOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := newFake(throttles("1"))
		e := newEndpoints(t, Config{}, client)
		if _, err := e.RoundTrip(t.Context(), as("alice")); err != nil {
			t.Fatal(err)
		}
		client.become(wellAnswer)
		start := time.Now()
		_, err := e.RoundTrip(t.Context(), as("alice"))
		wantRefusal(t, err, transport.KindThrottled, time.Second)
		if _, err := e.RoundTrip(t.Context(), as("bob")); err != nil {
			t.Errorf("another identity: %v", err)
		}
		if _, err := e.RoundTrip(t.Context(), &transport.Request{}); err != nil {
			t.Errorf("the service's own identity: %v", err)
		}
		if waited := time.Since(start); waited != 0 {
			t.Errorf("waited %v, want to be answered at once", waited)
		}
		if asked := client.asked.Load(); asked != 3 {
			t.Errorf("the endpoint was asked %d times, want 3", asked)
		}
		time.Sleep(time.Second)
		if _, err := e.RoundTrip(t.Context(), as("alice")); err != nil {
			t.Errorf("after the back-off: %v", err)
		}
	})
}

func TestAShortBackOffIsWaitedOutWhereTimeAllows(t *testing.T) {
	t.Parallel()
	const backOff = 999 * time.Millisecond
	tests := []struct {
		name     string
		deadline time.Duration
		priority transport.Priority
		refused  bool
	}{
		{"with enough time", 3 * time.Second, dial, false},
		{"without a deadline", 0, dial, false},
		{"when half of the time would not do", 1900 * time.Millisecond, dial, true},
		{"by a status poll", 3 * time.Second, poll, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				e := newEndpoints(t, Config{}, newFake(wellAnswer))
				request := as("alice")
				request.Priority = tt.priority
				e.HoldOff(t.Context(), request, backOff)
				ctx := t.Context()
				if tt.deadline > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, tt.deadline)
					defer cancel()
				}
				start := time.Now()
				_, err := e.RoundTrip(ctx, request)
				waited := time.Since(start)
				if tt.refused {
					wantRefusal(t, err, transport.KindThrottled, backOff)
					if waited != 0 {
						t.Errorf("waited %v before the refusal", waited)
					}
					return
				}
				if err != nil || waited != backOff {
					t.Errorf("got %v after %v, want success after %v", err, waited, backOff)
				}
			})
		})
	}
}

func TestTheCallersEndEndsTheWaitForABackOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := newFake(wellAnswer)
		e := newEndpoints(t, Config{}, client)
		e.HoldOff(t.Context(), as("alice"), 500*time.Millisecond)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(100*time.Millisecond, cancel)
		_, err := e.RoundTrip(ctx, as("alice"))
		wantRefusal(t, err, transport.KindCanceled, 0)
		if asked := client.asked.Load(); asked != 0 {
			t.Errorf("the endpoint was asked %d times, want never", asked)
		}
	})
}

func TestOnlySoManyWaitForABackOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoints(t, Config{MaxWaiters: 2}, newFake(wellAnswer))
		e.HoldOff(t.Context(), as("alice"), 500*time.Millisecond)
		results := make(chan error, 3)
		for range 3 {
			go func() {
				_, err := e.RoundTrip(t.Context(), as("alice"))
				results <- err
			}()
		}
		wantRefusal(t, <-results, transport.KindThrottled, 500*time.Millisecond)
		for range 2 {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
	})
}

func TestBackOffsDoNotCutEachOtherShort(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHoldOffs(Config{MaxHoldOff: time.Minute, MaxWaiters: 1})
		h.add("alice", 30*time.Second)
		h.add("alice", 10*time.Second)
		if left := h.left("alice"); left != 30*time.Second {
			t.Errorf("%v are left, want 30s", left)
		}
		h.add("alice", 24*time.Hour)
		if left := h.left("alice"); left != time.Minute {
			t.Errorf("%v are left, want the longest that is allowed, 1m", left)
		}
	})
}

func TestBackOffsThatAreOverAreForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHoldOffs(Config{MaxHoldOff: time.Minute, MaxWaiters: 1})
		for i := range 10_000 {
			h.add(time.Duration(i).String(), time.Second)
			time.Sleep(100 * time.Millisecond)
		}
		if n := len(h.until); n > 128 {
			t.Errorf("%d identities are remembered, of which ten are held back", n)
		}
		time.Sleep(time.Second)
		if left := h.left("9.999µs"); left != 0 || h.held.Load() != int64(len(h.until)) {
			t.Errorf("%v left, %d held, %d remembered", left, h.held.Load(), len(h.until))
		}
	})
}
