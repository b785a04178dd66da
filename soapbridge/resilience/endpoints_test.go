package resilience

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/umgateway/umgateway/soapbridge/transport"
)

func TestWrongConfigurationsAreRefused(t *testing.T) {
	t.Parallel()
	client := newFake(wellAnswer)
	one := []Endpoint{{URL: "a", Client: client}}
	tests := []struct {
		name      string
		endpoints []Endpoint
		config    Config
		want      string
	}{
		{"no endpoint", nil, Config{}, "1 to 64 endpoints"},
		{"too many", make([]Endpoint, 65), Config{}, "1 to 64 endpoints"},
		{"no url", []Endpoint{{Client: client}}, Config{}, "needs a URL and a client"},
		{"no client", []Endpoint{{URL: "a"}}, Config{}, "needs a URL and a client"},
		{"twice the same", []Endpoint{one[0], one[0]}, Config{}, "listed twice"},
		{"a negative limit", one, Config{MaxWaiters: -1}, "negative"},
		{"a negative time", one, Config{OpenFor: -1}, "negative"},
		{"a ratio above one", one, Config{FailureRatio: 1.5}, "failure ratio"},
		{"limits that cross", one, Config{MaxConcurrent: 2, MinConcurrent: 3}, "at least 3"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := New(tt.endpoints, tt.config)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error about %q", err, tt.want)
			}
		})
	}
}

func TestADeadEndpointAmongSeveralCostsNoCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dead, left, right := newFake(refuses), newFake(wellAnswer), newFake(wellAnswer)
		var seen events
		e := newEndpoints(t, Config{Observe: seen.observe}, dead, left, right)
		for i := range 300 {
			if err := send(e); err != nil {
				t.Fatalf("call %d: %v", i, err)
			}
		}
		if asked := dead.asked.Load(); asked != 5 {
			t.Errorf("the dead endpoint was asked %d times, want 5", asked)
		}
		if l, r := left.asked.Load(), right.asked.Load(); l+r != 300 || l < 100 || r < 100 {
			t.Errorf("the others were asked %d and %d times, want 300 in all, evenly", l, r)
		}
		if n := seen.count(func(e Event) bool { return e.Kind == EventFailover }); n != 5 {
			t.Errorf("%d failovers were reported, want 5", n)
		}
		if n := seen.count(func(e Event) bool { return e.Kind == EventShed }); n != 0 {
			t.Errorf("%d calls were reported as shed, want none", n)
		}
	})
}

func TestOnlyTheProofThatNothingLeftAllowsAnotherEndpoint(t *testing.T) {
	t.Parallel()
	unsent := func(status int) func(context.Context, *transport.Request) (*transport.Reply, error) {
		return func(ctx context.Context, r *transport.Request) (*transport.Reply, error) {
			reply, err := answers(status, "text/html", "<html>")(ctx, r)
			reply.Unsent = true
			return reply, err
		}
	}
	tests := []struct {
		name     string
		first    func(context.Context, *transport.Request) (*transport.Reply, error)
		failover bool
	}{
		{"refused", refuses, true},
		{"no tls", fails(transport.KindTLS, transport.NothingSent), true},
		{"its own line full", fails(transport.KindOverloaded, transport.NothingSent), true},
		{"503 to a first leg of authentication", unsent(503), true},
		{"401 to a first leg", unsent(401), false},
		{"503 to the request itself", answers(503, "text/html", "<html>"), false},
		{"lost after some bytes", fails(transport.KindUnavailable, transport.PartlySent), false},
		{"lost after all bytes", fails(transport.KindUnavailable, transport.FullySent), false},
		{"cut in its header", fails(transport.KindTruncated, transport.FullySent), false},
		{"the caller's deadline", fails(transport.KindDeadline, transport.NothingSent), false},
		{"a rejected credential, which must not be tried elsewhere", fails(transport.KindUnauthorized, transport.NothingSent), false},
		{"a credential held off", fails(transport.KindHeldOff, transport.NothingSent), false},
		{"a hook that stopped the request", fails(transport.KindStopped, transport.NothingSent), false},
		{"another error", func(context.Context, *transport.Request) (*transport.Reply, error) {
			return nil, errors.New("unheard of")
		}, false},
	}
	for _, tt := range tests {
		for _, repeatable := range []bool{false, true} {
			name := tt.name + ", a dial"
			if repeatable {
				name = tt.name + ", a read" // the bridge repeats it, with its budget, not the endpoints
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				first, second := newFake(tt.first), newFake(wellAnswer)
				e := newEndpoints(t, Config{}, first, second)
				_, err := e.RoundTrip(t.Context(), &transport.Request{Avoid: "b", Repeatable: repeatable})
				if asked := second.asked.Load() == 1; asked != tt.failover || first.asked.Load() != 1 {
					t.Errorf("the second endpoint was asked: %v, want %v (%v)", asked, tt.failover, err)
				}
				if tt.failover && err != nil {
					t.Errorf("got %v after a failover", err)
				}
			})
		}
	}
}

func TestTheLastErrorIsTheAnswerWhenEveryEndpointFails(t *testing.T) {
	t.Parallel()
	clients := []Client{newFake(refuses), newFake(refuses), newFake(refuses)}
	e := newEndpoints(t, Config{}, clients...)
	err := send(e)
	var failure *transport.Error
	if !errors.As(err, &failure) || failure.Op != "connect" {
		t.Errorf("got %v, want the error of connecting", err)
	}
	for i, client := range clients {
		if asked := client.(*fakeClient).asked.Load(); asked != 1 {
			t.Errorf("endpoint %d was asked %d times, want once", i, asked)
		}
	}
}

func TestARetryGoesElsewhereIfThereIsAnElsewhere(t *testing.T) {
	t.Parallel()
	left, right := newFake(wellAnswer), newFake(wellAnswer)
	e := newEndpoints(t, Config{}, left, right)
	for range 10 {
		if _, err := e.RoundTrip(t.Context(), &transport.Request{Avoid: "a"}); err != nil {
			t.Fatal(err)
		}
	}
	if asked := left.asked.Load(); asked != 0 {
		t.Errorf("the endpoint to be avoided was asked %d times", asked)
	}
	alone := newEndpoints(t, Config{}, newFake(wellAnswer))
	if _, err := alone.RoundTrip(t.Context(), &transport.Request{Avoid: "a"}); err != nil {
		t.Errorf("the only endpoint was avoided: %v", err)
	}
}

func TestTheEndpointWithTheLeastToDoIsAsked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hold := newHolds()
		slow, quick := newFake(hold.do), newFake(wellAnswer)
		e := newEndpoints(t, Config{}, slow, quick)
		done := make(chan error, 1)
		go func() {
			_, err := e.RoundTrip(t.Context(), &transport.Request{Avoid: "b"})
			done <- err
		}()
		<-hold.entered
		for range 50 {
			if err := send(e); err != nil {
				t.Fatal(err)
			}
		}
		if asked := quick.asked.Load(); asked != 50 {
			t.Errorf("the idle endpoint was asked %d times of 50", asked)
		}
		close(hold.letGo)
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestADialNeverTriesAnEndpointWhileAnotherIsUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sick, well := newFake(refuses), newFake(wellAnswer)
		e := newEndpoints(t, Config{}, sick, well)
		for range 20 {
			if err := send(e); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(5*time.Second + time.Millisecond)
		asked := sick.asked.Load()
		for range 20 {
			if err := send(e); err != nil {
				t.Fatal(err)
			}
		}
		if more := sick.asked.Load() - asked; more != 0 {
			t.Errorf("dials asked the sick endpoint %d times", more)
		}
		if err := read(e); err != nil {
			t.Errorf("the read that tries it: %v", err)
		}
		if more := sick.asked.Load() - asked; more != 1 {
			t.Errorf("reads asked the sick endpoint %d times, want once", more)
		}
	})
}

func TestOneTryAtATimeIsEnough(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sick, well := newFake(refuses), newFake(wellAnswer)
		var seen events
		e := newEndpoints(t, Config{FailuresInARow: 1, Observe: seen.observe}, sick, well)
		for range 2 {
			send(e)
		}
		time.Sleep(5*time.Second + time.Millisecond)
		hold := newHolds()
		sick.become(hold.do)
		tried := make(chan error, 1)
		go func() { tried <- read(e) }()
		<-hold.entered
		asked, moved := sick.asked.Load(), seen.count(func(e Event) bool { return e.Kind == EventFailover })
		for range 10 {
			if err := read(e); err != nil {
				t.Error(err)
			}
		}
		if more := seen.count(func(e Event) bool { return e.Kind == EventFailover }) - moved; more != 0 || sick.asked.Load() != asked {
			t.Errorf("%d reads beside a try were sent to the sick endpoint first", more)
		}
		close(hold.letGo)
		if err := <-tried; err != nil {
			t.Error(err)
		}
	})
}

func TestHalfOfTheTimeIsKeptForTheExchange(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := newFake(takes(time.Minute))
		var seen events
		e := newEndpoints(t, Config{MaxConcurrent: 1, Observe: seen.observe}, client)
		go send(e)
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 8*time.Second)
		defer cancel()
		start := time.Now()
		_, err := e.RoundTrip(ctx, &transport.Request{})
		wantRefusal(t, err, transport.KindOverloaded, time.Second)
		if waited := time.Since(start); waited != 4*time.Second {
			t.Errorf("waited %v of 8s, want 4s", waited)
		}
		if n := seen.count(func(e Event) bool { return e.Kind == EventShed && e.Reason == transport.KindOverloaded }); n != 1 {
			t.Errorf("%d calls were reported as shed, want 1", n)
		}
		time.Sleep(time.Minute)
	})
}

func TestPriorityAndIdentityAreAlsoReadFromTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var seen events
		e := newEndpoints(t, Config{Observe: seen.observe}, newFake(wellAnswer))
		e.HoldOff(t.Context(), as("alice"), 500*time.Millisecond)
		ctx := transport.WithIdentity(t.Context(), &transport.Identity{Key: "alice"})
		ctx = transport.WithPriority(ctx, poll)
		_, err := e.RoundTrip(ctx, &transport.Request{})
		wantRefusal(t, err, transport.KindThrottled, 500*time.Millisecond)
		if n := seen.count(func(e Event) bool { return e.Kind == EventShed && e.Priority == poll }); n != 1 {
			t.Errorf("%d polls were reported as shed, want 1", n)
		}
		if n := seen.count(func(e Event) bool { return e.Kind == EventHeldBack }); n != 1 {
			t.Errorf("%d back-offs were reported, want 1", n)
		}
	})
}

func TestOneCallCostsFewAllocations(t *testing.T) {
	e := newEndpoints(t, Config{}, newFake(func(context.Context, *transport.Request) (*transport.Reply, error) { return cheap, nil }))
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	request := &transport.Request{}
	allocations := testing.AllocsPerRun(1000, func() {
		if _, err := e.RoundTrip(ctx, request); err != nil {
			t.Fatal(err)
		}
	})
	if allocations > 0 {
		t.Errorf("%v allocations, want none", allocations)
	}
}

var cheap = &transport.Reply{Status: 200, Header: map[string][]string{"Content-Type": {"text/xml"}}, Body: []byte("<Envelope/>")}

func BenchmarkRoundTrip(b *testing.B) {
	e := newEndpoints(b, Config{}, newFake(func(context.Context, *transport.Request) (*transport.Reply, error) { return cheap, nil }))
	ctx, cancel := context.WithTimeout(b.Context(), time.Hour)
	defer cancel()
	request := &transport.Request{}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			e.RoundTrip(ctx, request)
		}
	})
}
