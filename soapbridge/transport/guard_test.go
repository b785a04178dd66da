package transport_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/umgateway/umgateway/soapbridge/transport"
)

// changing is a password that a test changes.
type changing struct{ atomic.Value }

func (c *changing) Password() (string, error) { return c.Load().(string), nil }

func wrong(password string) *transport.Identity {
	return &transport.Identity{Username: `CONTOSO\alice`, Password: transport.StaticPassword(password)}
}

// wantKind checks an error of a request that was certainly not executed.
func wantKind(t *testing.T, err error, want transport.Kind) *transport.Error {
	t.Helper()
	var failure *transport.Error
	if !errors.As(err, &failure) || failure.Kind != want || failure.Sent != transport.NothingSent {
		t.Fatalf("error %v, want kind %d with nothing sent", err, want)
	}
	return failure
}

func TestWrongPasswordIsTriedOnceHoweverManyCall(t *testing.T) {
	for auth, offer := range map[string]string{"basic": `Basic realm="x"`, "ntlm": "NTLM", "negotiate": "Negotiate"} {
		t.Run(auth, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBackend(t, offer)
				var everybodyIsThere chan struct{}
				b.judge = func() { <-everybodyIsThere }
				b.startInMemory()
				client := b.client(t, auth, func(c *transport.Config) { c.MaxConns = 20 })
				for round, heldOff := range []time.Duration{5 * time.Minute, 10 * time.Minute} {
					everybodyIsThere = make(chan struct{})
					kinds := callAtOnce(t, client, everybodyIsThere, heldOff)
					if b.rejections != round+1 || kinds[transport.KindUnauthorized] != 1 || kinds[transport.KindHeldOff] != 199 {
						t.Errorf("%d attempts, kinds %v", b.rejections, kinds)
					}
					if got := client.Stats(); got.Rejections != uint64(round+1) || got.Connects > uint64(20*(round+1)) {
						t.Errorf("stats %+v", got)
					}
					time.Sleep(heldOff)
				}
			})
		})
	}
}

// callAtOnce makes 200 calls with a wrong password, opens the gate when all of them are waiting for something, and counts the
// kinds of their errors.
func callAtOnce(t *testing.T, client *transport.Client, gate chan struct{}, heldOff time.Duration) map[transport.Kind]int {
	const calls = 200
	failures := make(chan error, calls)
	for range calls {
		go func() { _, err := call(t, client, wrong("guess"), "body"); failures <- err }()
	}
	synctest.Wait()
	close(gate)
	kinds := map[transport.Kind]int{}
	for range calls {
		var failure *transport.Error
		if err := <-failures; !errors.As(err, &failure) || failure.RetryAfter != heldOff {
			t.Fatalf("error %v", err)
		}
		kinds[failure.Kind]++
	}
	return kinds
}

func TestRightPasswordIsTriedByOneBeforeTheOthersFollow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBackend(t, "NTLM")
		var judged chan struct{}
		b.judge = func() { <-judged }
		b.startInMemory()
		client := b.client(t, "ntlm", nil)
		for round := range 2 {
			before := b.challenged
			judged = make(chan struct{})
			results := make(chan error, 10)
			for range 10 {
				go func() { _, err := call(t, client, identity(`CONTOSO\alice`), "body"); results <- err }()
			}
			synctest.Wait()
			if got := b.challenged - before; got != 1 {
				t.Errorf("round %d: %d calls tried", round, got)
			}
			close(judged)
			for range 10 {
				if err := <-results; err != nil {
					t.Error(err)
				}
			}
			time.Sleep(15 * time.Minute) // then the last acceptance says nothing any more
		}
	})
}

func TestCallThatTriesIsNotHeldUpByThoseThatWaitForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBackend(t, "NTLM")
		next, first := b.Config.Handler, true
		b.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if first {
				first = false
				w.Header().Set("Connection", "close") // the one that tries needs another connection
			}
			next.ServeHTTP(w, r)
		})
		b.startInMemory()
		everybodyIsThere := make(chan struct{})
		client := b.client(t, "ntlm", func(c *transport.Config) {
			c.MaxConns = 2
			c.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				<-everybodyIsThere
				return b.pipes.dial(ctx, network, address)
			}
		})
		results := make(chan error, 5)
		for range 5 {
			go func() { _, err := call(t, client, identity(`CONTOSO\alice`), "body"); results <- err }()
		}
		synctest.Wait()
		close(everybodyIsThere)
		for range 5 {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
	})
}

func TestHoldOffEndsWhenTheSecretChanges(t *testing.T) {
	t.Parallel()
	b := newBackend(t, "NTLM").start()
	client := b.client(t, "ntlm", nil)
	password := &changing{}
	who := &transport.Identity{Username: `CONTOSO\alice`, Password: password}
	password.Store("outdated")
	_, err := call(t, client, who, "1")
	wantKind(t, err, transport.KindUnauthorized)
	_, err = call(t, client, who, "2")
	wantKind(t, err, transport.KindHeldOff)
	password.Store(accounts[`contoso\alice`])
	mustCall(t, client, who, "3")
}

func TestHoldOffEndsByItselfAndDoubles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBackend(t, `Basic realm="x"`).startInMemory()
		client := b.client(t, "basic", nil)
		for i, minutes := range []time.Duration{5, 10, 20, 40, 60, 60} {
			_, err := call(t, client, wrong("guess"), "body")
			if got := wantKind(t, err, transport.KindUnauthorized).RetryAfter; got != minutes*time.Minute {
				t.Errorf("rejection %d holds off for %v, want %d min", i+1, got, minutes)
			}
			time.Sleep(minutes*time.Minute - time.Nanosecond)
			_, err = call(t, client, wrong("guess"), "body")
			wantKind(t, err, transport.KindHeldOff)
			time.Sleep(time.Nanosecond)
		}
		if b.rejections != 6 {
			t.Errorf("%d attempts", b.rejections)
		}
	})
}

func TestCredentialThatWorkedIsTriedAgainSooner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBackend(t, "NTLM").startInMemory()
		guard := transport.NewGuard(transport.GuardConfig{HoldOff: 100 * time.Second})
		client := b.client(t, "ntlm", func(c *transport.Config) { c.Guard = guard })
		mustCall(t, client, identity(`CONTOSO\bob`), "first")
		time.Sleep(2 * time.Minute) // the connection is closed meanwhile
		b.lockOut.Store(true)
		_, err := call(t, client, identity(`CONTOSO\bob`), "second")
		if got := wantKind(t, err, transport.KindUnauthorized).RetryAfter; got != 10*time.Second {
			t.Errorf("held off for %v", got)
		}
		if got := guard.HeldOff(); got != 1 {
			t.Errorf("%d held off", got)
		}
		time.Sleep(10 * time.Second)
		b.lockOut.Store(false)
		mustCall(t, client, identity(`CONTOSO\bob`), "third")
		if got := guard.HeldOff(); got != 0 {
			t.Errorf("%d held off", got)
		}
	})
}

func TestGuessingPasswordsOfAnAccountEndsSoon(t *testing.T) {
	t.Parallel()
	b := newBackend(t, `Basic realm="x"`).start()
	client := b.client(t, "basic", nil)
	mustCall(t, client, identity(`CONTOSO\alice`), "proven")
	for i := range 10 {
		_, err := call(t, client, wrong(fmt.Sprint("guess ", i)), "body")
		want := transport.KindUnauthorized
		if i >= 3 {
			want = transport.KindHeldOff
		}
		wantKind(t, err, want)
	}
	if b.rejections != 3 {
		t.Errorf("%d attempts", b.rejections)
	}
	mustCall(t, client, identity(`CONTOSO\alice`), "the right password goes on working")
	mustCall(t, client, identity(`CONTOSO\bob`), "so do other accounts")
}

func TestEndpointsThatShareAGuardShareRejections(t *testing.T) {
	t.Parallel()
	guard := transport.NewGuard(transport.GuardConfig{})
	share := func(c *transport.Config) { c.Guard = guard }
	one, two := newBackend(t, "NTLM").start(), newBackend(t, "NTLM").start()
	_, err := call(t, one.client(t, "ntlm", share), wrong("guess"), "body")
	wantKind(t, err, transport.KindUnauthorized)
	_, err = call(t, two.client(t, "ntlm", share), wrong("guess"), "body")
	wantKind(t, err, transport.KindHeldOff)
	if two.connections != 0 {
		t.Error("a credential that is held off was not worth a connection")
	}
}

func TestWaitingForAnotherCallsTrialEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBackend(t, "NTLM").startInMemory()
		release := make(chan struct{})
		next := b.handler
		b.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { <-release; next.ServeHTTP(w, r) })
		client := b.client(t, "ntlm", nil)
		first := make(chan error, 1)
		go func() { _, err := call(t, client, identity(`CONTOSO\alice`), "slow"); first <- err }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := client.RoundTrip(ctx, &transport.Request{Body: []byte("x"), Identity: identity(`CONTOSO\alice`)})
		wantKind(t, err, transport.KindDeadline)
		close(release)
		if err := <-first; err != nil {
			t.Error(err)
		}
	})
}
