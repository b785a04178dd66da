package transport_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/umgateway/umgateway/soapbridge/transport"
)

// silentAfterOne serves a connection that takes its time to answer the first request, and never answers the second.
func silentAfterOne(c net.Conn) {
	readRequest(c)
	time.Sleep(time.Second)
	io.WriteString(c, ok)
	readRequest(c)
	io.Copy(io.Discard, c)
}

// wantBrokenOff fails the test unless the exchange ended so after its request had been sent.
func wantBrokenOff(t *testing.T, err error, kind transport.Kind) {
	t.Helper()
	var failure *transport.Error
	if !errors.As(err, &failure) || failure.Kind != kind || failure.Sent != transport.FullySent {
		t.Errorf("error %v, want kind %d with everything sent", err, kind)
	}
}

func TestDeadlineIsKeptToTheMomentHoweverNearItIs(t *testing.T) {
	for _, limit := range []time.Duration{1, 9, 10, 15, 20, 21, 49, 50, 51, 60, 1000, 3_600_000} {
		limit *= time.Millisecond
		t.Run(limit.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := scripted(t, silentAfterOne)
				mustCall(t, client, nil, "first") // has the connection made
				ctx, cancel := context.WithTimeout(t.Context(), limit)
				defer cancel()
				start := time.Now()
				_, err := client.RoundTrip(ctx, &transport.Request{Body: []byte("x")})
				wantBrokenOff(t, err, transport.KindDeadline)
				if took := time.Since(start); took != limit {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}

func TestCallerThatGoesAwayInterruptsTheExchange(t *testing.T) {
	for _, after := range []time.Duration{0, 1, 10, 19, 20, 21, 30, 5000} {
		after *= time.Millisecond
		t.Run(after.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := scripted(t, silentAfterOne)
				mustCall(t, client, nil, "first")
				time.Sleep(7 * time.Millisecond) // the watchdog is between two looks
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(after, cancel)
				start := time.Now()
				_, err := client.RoundTrip(ctx, &transport.Request{Body: []byte("x")})
				wantBrokenOff(t, err, transport.KindCanceled)
				if took := time.Since(start); took > max(after, 20*time.Millisecond) {
					t.Errorf("took %v", took)
				}
				if got := client.Stats().Open; got != 0 {
					t.Errorf("%d connections are left", got)
				}
			})
		})
	}
}

func TestDeadlineOfOneCallDoesNotEndTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBackend(t)
		b.handler = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			wait, _ := time.ParseDuration(string(body))
			time.Sleep(wait)
		})
		client := b.startInMemory().client(t, "none", nil)
		for _, round := range []struct{ wait, limit time.Duration }{
			{30 * time.Millisecond, time.Second}, {2 * time.Second, time.Minute}, // the deadline was set because it lasted
			{time.Millisecond, 40 * time.Millisecond}, {time.Second, time.Minute}, // because it was near
			{2 * time.Minute, 0},
		} {
			ctx, cancel := t.Context(), func() {}
			if round.limit > 0 {
				ctx, cancel = context.WithTimeout(ctx, round.limit)
			}
			reply, err := client.RoundTrip(ctx, &transport.Request{Body: []byte(round.wait.String())})
			cancel()
			if err != nil {
				t.Fatalf("%v of %v: %v", round.wait, round.limit, err)
			}
			reply.Release()
		}
		if b.connections != 1 {
			t.Errorf("%d connections", b.connections)
		}
	})
}

// TestCancellationEndsItsOwnExchangeOnly has callers go away at the very moments at which replies come and exchanges are
// found to last, for the clock stands still meanwhile. Who does not go away is answered, with the reply to their own request.
func TestCancellationEndsItsOwnExchangeOnly(t *testing.T) {
	for _, auth := range []string{"none", "ntlm"} {
		t.Run(auth, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBackend(t)
				if auth == "ntlm" {
					b.offers = []string{"NTLM"}
				}
				b.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					time.Sleep(time.Duration(rand.IntN(9)) * 5 * time.Millisecond)
					body, _ := io.ReadAll(r.Body)
					w.Write(body)
				})
				client := b.startInMemory().client(t, auth, func(c *transport.Config) { c.MaxConns = 8 })
				var answered, gone atomic.Int64
				var all sync.WaitGroup
				for i := range 32 {
					all.Go(func() {
						for j := range 60 {
							switch err := callThatMayGo(t, client, fmt.Sprint(i, " ", j), (i+j)%2 == 0); {
							case errors.Is(err, context.Canceled):
								gone.Add(1)
							case err != nil:
								t.Error(err)
							default:
								answered.Add(1)
							}
						}
					})
				}
				all.Wait()
				if answered.Load() < 32*30 || gone.Load() == 0 {
					t.Errorf("%d answered, %d went away", answered.Load(), gone.Load())
				}
			})
		})
	}
}

// callThatMayGo sends a request whose caller stays, or goes away within 40 ms, and returns context.Canceled if it did before
// there was a reply.
func callThatMayGo(t *testing.T, client *transport.Client, body string, stays bool) error {
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	if !stays {
		defer time.AfterFunc(time.Duration(rand.IntN(9))*5*time.Millisecond, cancel).Stop()
	}
	reply, err := client.RoundTrip(ctx, &transport.Request{Body: []byte(body), Identity: identity(`CONTOSO\alice`)})
	var failure *transport.Error
	switch {
	case errors.As(err, &failure) && failure.Kind == transport.KindCanceled && !stays:
		return context.Canceled
	case err != nil:
		return err
	}
	defer reply.Release()
	if string(reply.Body) != body {
		return fmt.Errorf("%q got the reply to %q", body, reply.Body)
	}
	return nil
}

func TestExchangeThatIsQuickAsksTheContextForNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newBackend(t).startInMemory().client(t, "none", nil)
		mustCall(t, client, nil, "first") // connecting takes a context of its own
		ctx := &undone{Context: t.Context()}
		reply, err := client.RoundTrip(ctx, &transport.Request{Body: []byte("x")})
		if err != nil {
			t.Fatal(err)
		}
		reply.Release()
		if n := ctx.asked.Load(); n != 0 {
			t.Errorf("the channel was asked for %d times", n)
		}
	})
}

// undone is a context that counts how often its channel is asked for.
type undone struct {
	context.Context
	asked atomic.Int64
}

func (u *undone) Done() <-chan struct{} { u.asked.Add(1); return u.Context.Done() }
