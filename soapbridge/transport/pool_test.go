package transport_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/umgateway/umgateway/soapbridge/transport"
)

// gated has the backend answer one request for each value sent, and notes the bodies in order.
func gated(b *backend) (release chan struct{}, order func() []string) {
	release = make(chan struct{})
	var bodies []string
	next := b.handler
	b.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		b.count(func() { bodies = append(bodies, string(body)) })
		<-release
		next.ServeHTTP(w, r)
	})
	return release, func() []string { b.mu.Lock(); defer b.mu.Unlock(); return slices.Clone(bodies) }
}

func TestConnectionsAreBoundedAndCallsServedInTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBackend(t)
		release, order := gated(b)
		b.startInMemory()
		client := b.client(t, "none", func(c *transport.Config) { c.MaxConns = 2 })
		results := make(chan error)
		var want []string
		for i := range 8 {
			want = append(want, fmt.Sprint(i))
			go func() { _, err := call(t, client, nil, fmt.Sprint(i)); results <- err }()
			synctest.Wait()
		}
		if got := client.Stats(); got.Open != 2 || got.Waiting != 6 {
			t.Errorf("stats %+v", got)
		}
		for range 8 {
			release <- struct{}{}
			if err := <-results; err != nil {
				t.Error(err)
			}
			synctest.Wait()
		}
		if got := order(); !slices.Equal(got, want) || b.connections != 2 {
			t.Errorf("served in the order %v over %d connections", got, b.connections)
		}
	})
}

func TestTooManyWaitingCallsAreRefusedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBackend(t)
		release, _ := gated(b)
		b.startInMemory()
		client := b.client(t, "none", func(c *transport.Config) { c.MaxConns, c.MaxWaiters = 1, 2 })
		for range 3 {
			go call(t, client, nil, "body")
			synctest.Wait()
		}
		_, err := call(t, client, nil, "one too many")
		wantKind(t, err, transport.KindOverloaded)
		close(release)
	})
}

func TestCallThatGivesUpWaitingLeavesItsPlaceToTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBackend(t)
		release, order := gated(b)
		b.startInMemory()
		client := b.client(t, "none", func(c *transport.Config) { c.MaxConns = 1 })
		results := make(chan error)
		go func() { _, err := call(t, client, nil, "first"); results <- err }()
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		gaveUp := make(chan error)
		go func() {
			_, err := client.RoundTrip(ctx, &transport.Request{Body: []byte("gives up")})
			gaveUp <- err
		}()
		synctest.Wait()
		go func() { _, err := call(t, client, nil, "third"); results <- err }()
		synctest.Wait()
		cancel()
		wantKind(t, <-gaveUp, transport.KindCanceled)
		close(release)
		if err := errors.Join(<-results, <-results); err != nil {
			t.Error(err)
		}
		if got := order(); !slices.Equal(got, []string{"first", "third"}) {
			t.Errorf("the server saw %q", got)
		}
	})
}

func TestIdleConnectionsAreClosedInTheirTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBackend(t).startInMemory()
		client := b.client(t, "none", nil)
		time.Sleep(30 * time.Second)
		mustCall(t, client, nil, "body")
		for _, test := range []struct {
			after time.Duration
			open  int
		}{{90*time.Second - 1, 1}, {1, 0}} {
			time.Sleep(test.after)
			synctest.Wait()
			if got := client.Stats(); got.Open != test.open || got.Idle != test.open {
				t.Errorf("after %v: stats %+v, want %d open", test.after, got, test.open)
			}
		}
		mustCall(t, client, nil, "body")
		if b.connections != 2 {
			t.Errorf("%d connections", b.connections)
		}
		time.Sleep(16 * time.Minute)
		if got := client.Stats().Sessions; got != 0 {
			t.Errorf("%d sessions are kept", got)
		}
	})
}

func TestIdleConnectionThatTheServerClosedIsNotUsed(t *testing.T) {
	t.Parallel()
	b := newBackend(t, "NTLM").start()
	client := b.client(t, "ntlm", nil)
	for i := range 3 {
		if got := mustCall(t, client, identity(`CONTOSO\alice`), "body"); got != `contoso\alice` {
			t.Errorf("call %d arrived as %q", i, got)
		}
		b.CloseClientConnections()
	}
	if b.connections != 3 || b.challenged != 3 || len(b.unexecuted) != 0 {
		t.Errorf("%d connections, %d handshakes, refused %q", b.connections, b.challenged, b.unexecuted)
	}
}

func TestConnectionOnWhichTheServerSpokeUnaskedIsNotUsed(t *testing.T) {
	t.Parallel()
	server := rawServer(t, func(c net.Conn, n int) {
		readRequest(c)
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n"+fmt.Sprint(n)+"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong")
		readRequest(c)
	})
	client := rawClient(t, server, nil)
	for i := range 3 {
		if got := mustCall(t, client, nil, "body"); got != fmt.Sprint(i) {
			t.Errorf("call %d got the reply %q", i, got)
		}
	}
}

func TestIdentityTakesThePlaceOfAnothersIdleConnectionButNeverTheConnection(t *testing.T) {
	t.Parallel()
	b := newBackend(t, "NTLM").start()
	client := b.client(t, "ntlm", func(c *transport.Config) { c.MaxConns = 2 })
	for _, name := range []string{`CONTOSO\alice`, `CONTOSO\bob`, "carol@contoso.com", "carol@contoso.com", `CONTOSO\bob`, `CONTOSO\alice`} {
		if got := mustCall(t, client, identity(name), "body"); got != strings.ToLower(name) {
			t.Errorf("the call of %s arrived as %s", name, got)
		}
	}
	// alice, bob, carol in alice's place, carol and bob again, alice in the place of whoever was idle for longest: carol.
	if got := client.Stats(); got.Open != 2 || got.Connects != 4 {
		t.Errorf("stats %+v", got)
	}
}

func TestIdentityThatWaitsLongestIsServedThoughOthersKeepComing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBackend(t)
		release, order := gated(b)
		b.startInMemory()
		client := b.client(t, "none", func(c *transport.Config) { c.MaxConns = 1 })
		var all sync.WaitGroup
		start := func(name string) {
			all.Go(func() { call(t, client, &transport.Identity{Username: name}, name) })
			synctest.Wait()
		}
		start("alice")
		start("bob")
		for range 40 {
			start("alice")
		}
		close(release)
		all.Wait()
		if i := slices.Index(order(), "bob"); i != 17 {
			t.Errorf("bob was served after %d others, want 17: the one before and 16 that overtook", i)
		}
	})
}

func TestSessionLastsAsLongAsItIsUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, seen := newBackend(t), map[string][]string{}
		b.handler = countCookies(seen)
		client := b.startInMemory().client(t, "none", nil)
		for _, pause := range []time.Duration{10, 14, 13, 1, 12, 17, 5} {
			time.Sleep(pause * time.Minute)
			mustCall(t, client, nil, "body")
			if got := client.Stats().Sessions; got != 1 {
				t.Errorf("%d sessions", got)
			}
		}
		if got, want := seen[""], []string{"", "affinity=", "affinity=", "affinity=", "affinity=", "", "affinity="}; !slices.Equal(got, want) {
			t.Errorf("cookies %q, want %q", got, want)
		}
		time.Sleep(17 * time.Minute)
		if got := client.Stats().Sessions; got != 0 {
			t.Errorf("%d sessions that nobody uses", got)
		}
	})
}

// TestSessionInUseIsKeptHoweverLongConnectionsMayBeIdle: the pool's clock is then the older, the longer that is.
func TestSessionInUseIsKeptHoweverLongConnectionsMayBeIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBackend(t).startInMemory()
		client := b.client(t, "none", func(c *transport.Config) { c.IdleTimeout = 20 * time.Minute })
		time.Sleep(20*time.Minute - time.Second)
		mustCall(t, client, nil, "first")
		time.Sleep(2 * time.Second)
		mustCall(t, client, nil, "second")
		if b.connections != 1 {
			t.Errorf("%d connections", b.connections)
		}
	})
}

func TestCloseSendsAwayWhoWaitsAndLetsTheOthersFinish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBackend(t)
		release, _ := gated(b)
		b.startInMemory()
		client := b.client(t, "none", func(c *transport.Config) { c.MaxConns = 1 })
		first, second := make(chan error, 1), make(chan error, 1)
		go func() { _, err := call(t, client, nil, "first"); first <- err }()
		synctest.Wait()
		go func() { _, err := call(t, client, nil, "second"); second <- err }()
		synctest.Wait()
		client.Close()
		wantKind(t, <-second, transport.KindClosed)
		close(release)
		if err := <-first; err != nil {
			t.Error(err)
		}
		_, err := call(t, client, nil, "third")
		wantKind(t, err, transport.KindClosed)
		if got := client.Stats(); got.Open != 0 {
			t.Errorf("stats %+v", got)
		}
	})
}

func TestPlacesAreNotLostWhateverHappens(t *testing.T) {
	t.Parallel()
	b := newBackend(t, "NTLM")
	b.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch rand.IntN(4) {
		case 0:
			panic(http.ErrAbortHandler)
		case 1:
			w.Header().Set("Connection", "close")
		}
	})
	b.start()
	client := b.client(t, "ntlm", func(c *transport.Config) { c.MaxConns = 4 })
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			name := []string{`CONTOSO\alice`, `CONTOSO\bob`}[i%2]
			for range 50 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rand.IntN(5000))*time.Microsecond)
				if reply, err := client.RoundTrip(ctx, &transport.Request{Body: []byte("x"), Identity: identity(name)}); err == nil {
					reply.Release()
				}
				cancel()
			}
		})
	}
	all.Wait()
	got := client.Stats()
	if got.Open != got.Idle || got.Open > 4 || got.Waiting != 0 {
		t.Errorf("stats %+v", got)
	}
}

func TestConnectionOutlivesTheDeadlineOfItsLastCall(t *testing.T) {
	t.Parallel()
	b := newBackend(t).start()
	client := b.client(t, "none", nil)
	for range 3 {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		reply, err := client.RoundTrip(ctx, &transport.Request{Body: []byte("x")})
		if err != nil {
			t.Fatal(err)
		}
		reply.Release()
		<-ctx.Done()
		cancel()
	}
	if got := client.Stats().Connects; got != 1 {
		t.Errorf("%d connections", got)
	}
}
