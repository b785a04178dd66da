package resilience

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/umgateway/umgateway/soapbridge/transport"
)

// bring makes an endpoint be left alone.
func bring(t *testing.T, e *Endpoints, client *fakeClient) {
	t.Helper()
	client.become(refuses)
	for range 5 {
		if send(e) == nil {
			t.Fatal("the endpoint answers, want it to refuse")
		}
	}
	if state := e.Stats()[0].State; state != StateDown {
		t.Fatalf("after five failures in a row it is %v, want down", state)
	}
}

func TestFiveFailuresInARowAndNothingIsSentForFiveSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := newFake(refuses)
		e := newEndpoints(t, Config{}, client)
		for range 4 {
			send(e)
		}
		client.become(wellAnswer)
		send(e)
		bring(t, e, client)
		asked := client.asked.Load()
		wantRefusal(t, send(e), transport.KindUnavailable, 5*time.Second)
		time.Sleep(3 * time.Second)
		wantRefusal(t, send(e), transport.KindUnavailable, 2*time.Second)
		if more := client.asked.Load() - asked; more != 0 {
			t.Errorf("the endpoint was asked %d times while left alone", more)
		}
	})
}

func TestHalfOfManyExchangesFailingIsEnough(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := newFake(wellAnswer)
		e := newEndpoints(t, Config{}, client)
		for i := range 20 {
			if state := e.Stats()[0].State; state != StateUp {
				t.Fatalf("after %d exchanges it is %v", i, state)
			}
			client.become(wellAnswer)
			if i%2 == 1 {
				client.become(refuses)
			}
			send(e)
		}
		if state := e.Stats()[0].State; state != StateDown {
			t.Errorf("after 10 failures in 20 exchanges it is %v, want down", state)
		}
	})
}

func TestWhatIsNotTheEndpointsFaultIsNotCounted(t *testing.T) {
	t.Parallel()
	fault := answers(500, "text/xml", "<soap:Envelope><soap:Body><soap:Fault/></soap:Body></soap:Envelope>")
	tests := map[string]func(context.Context, *transport.Request) (*transport.Reply, error){
		"a soap fault in 500":     fault,
		"401":                     answers(401, "text/html", "<html>"),
		"403":                     answers(403, "text/html", "<html>"),
		"429":                     answers(429, "text/html", "<html>"),
		"a rejected credential":   fails(transport.KindUnauthorized, transport.FullySent),
		"a credential held off":   fails(transport.KindHeldOff, transport.NothingSent),
		"a caller who went away":  fails(transport.KindCanceled, transport.FullySent),
		"a hook that stopped it":  fails(transport.KindStopped, transport.NothingSent),
		"an impatient caller":     fails(transport.KindDeadline, transport.FullySent),
		"the client's line full":  fails(transport.KindOverloaded, transport.NothingSent),
		"an error of its context": func(context.Context, *transport.Request) (*transport.Reply, error) { return nil, context.Canceled },
	}
	for name, do := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := newFake(do)
			e := newEndpoints(t, Config{}, client)
			for range 100 {
				send(e)
			}
			client.become(refuses)
			send(e)
			if state := e.Stats()[0].State; state != StateUp {
				t.Errorf("after 100 of it and one failure the endpoint is %v, want up", state)
			}
		})
	}
}

func TestAnswersThatSayNothingDoNotHideFailures(t *testing.T) {
	t.Parallel()
	rejects := answers(401, "text/html", "<html>")
	var got []State
	for _, config := range []Config{{}, {FailuresInARow: 1000}} { // five in a row, or half of twenty
		client := newFake(wellAnswer)
		e := newEndpoints(t, config, client)
		for range 10 {
			for _, do := range []func(context.Context, *transport.Request) (*transport.Reply, error){refuses, rejects, rejects, rejects} {
				client.become(do)
				send(e)
			}
		}
		for range 10 {
			client.become(refuses)
			send(e)
		}
		got = append(got, e.Stats()[0].State)
	}
	if got[0] != StateDown || got[1] != StateDown {
		t.Errorf("among rejected credentials the endpoint is %v after 20 failures, want down", got)
	}
}

func TestAnExchangeFromBeforeIsNotHeldAgainstAnEndpointThatIsBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hold := newHolds()
		client := newFake(func(ctx context.Context, r *transport.Request) (*transport.Reply, error) {
			hold.do(ctx, r)
			return refuses(ctx, r)
		})
		e := newEndpoints(t, Config{FailuresInARow: 2}, client)
		late := make(chan error, 1)
		go func() { late <- send(e) }()
		<-hold.entered
		client.become(refuses)
		send(e)
		send(e)
		time.Sleep(5*time.Second + time.Millisecond)
		client.become(wellAnswer)
		if err := send(e); err != nil {
			t.Fatal(err)
		}
		close(hold.letGo)
		if err := <-late; err == nil {
			t.Fatal("the exchange from before succeeded")
		}
		client.become(refuses)
		send(e)
		if state := e.Stats()[0].State; state != StateUp {
			t.Errorf("after one failure it is %v, want up: the other was from before", state)
		}
	})
}

func TestAnEndpointThatKeepsSilentIsLeftAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := newFake(takes(time.Hour))
		e := newEndpoints(t, Config{MaxConcurrent: 1}, client)
		for range 5 {
			ctx, cancel := context.WithTimeout(t.Context(), 6*time.Second)
			if _, err := e.RoundTrip(ctx, &transport.Request{}); err == nil {
				t.Error("it answered")
			}
			cancel()
		}
		wantRefusal(t, send(e), transport.KindUnavailable, 5*time.Second)
	})
}

func TestAfterItsTimeAloneOneRequestTriesTheEndpoint(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := newFake(refuses)
		e := newEndpoints(t, Config{}, client)
		bring(t, e, client)
		time.Sleep(5*time.Second + time.Millisecond)

		// The try fails: it is left alone for another five seconds.
		asked := client.asked.Load()
		if send(e) == nil {
			t.Fatal("the endpoint answers")
		}
		if more := client.asked.Load() - asked; more != 1 {
			t.Errorf("it was asked %d times, want once", more)
		}
		wantRefusal(t, send(e), transport.KindUnavailable, 5*time.Second)
		time.Sleep(5*time.Second + time.Millisecond)

		// The try is under way: everybody else is sent away.
		hold := newHolds()
		client.become(hold.do)
		tried := make(chan error, 1)
		go func() { tried <- send(e) }()
		<-hold.entered
		for range 3 {
			wantRefusal(t, send(e), transport.KindUnavailable, time.Second)
		}
		close(hold.letGo)
		if err := <-tried; err != nil {
			t.Fatal(err)
		}

		// The try succeeded.
		if err := send(e); err != nil {
			t.Error(err)
		}
		if state := e.Stats()[0].State; state != StateUp {
			t.Errorf("it is %v, want up", state)
		}
	})
}

func TestATryThatSaysNothingLeavesTheWayToTheNext(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		do   func(context.Context, *transport.Request) (*transport.Reply, error)
		want State
	}{
		{"the caller went away", fails(transport.KindCanceled, transport.FullySent), StateTrying},
		{"the credential is held off", fails(transport.KindHeldOff, transport.NothingSent), StateTrying},
		{"401 shows that something answers", answers(401, "text/html", "<html>"), StateUp},
		{"a fault is an answer", answers(500, "text/xml", "<Envelope/>"), StateUp},
		{"a page with 503 is trouble", answers(503, "text/html", "<html>"), StateDown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client := newFake(refuses)
				e := newEndpoints(t, Config{}, client)
				bring(t, e, client)
				time.Sleep(5*time.Second + time.Millisecond)
				client.become(tt.do)
				send(e)
				if state := e.Stats()[0].State; state != tt.want {
					t.Fatalf("it is %v, want %v", state, tt.want)
				}
				if tt.want != StateTrying {
					return
				}
				client.become(wellAnswer)
				if err := send(e); err != nil {
					t.Errorf("the next try: %v", err)
				}
			})
		})
	}
}

func TestThoseWhoWaitAreSentAwayWhenTheEndpointIsLeftAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hold := newHolds()
		client := newFake(hold.do)
		e := newEndpoints(t, Config{MaxConcurrent: 1, FailuresInARow: 1}, client)
		first := make(chan error, 1)
		go func() { first <- send(e) }()
		<-hold.entered
		waiting := make(chan error, 1)
		go func() { waiting <- send(e) }()
		synctest.Wait()
		// The exchange under way fails.
		go e.nodes[0].fail()
		wantRefusal(t, <-waiting, transport.KindUnavailable, 5*time.Second)
		close(hold.letGo)
		if err := <-first; err != nil {
			t.Error(err)
		}
	})
}

func TestATryDoesNotWaitForWhatIsStuck(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hold := newHolds()
		client := newFake(hold.do)
		e := newEndpoints(t, Config{MaxConcurrent: 1, FailuresInARow: 1}, client)
		stuck := make(chan error, 1)
		go func() { stuck <- send(e) }()
		<-hold.entered
		e.nodes[0].fail()
		time.Sleep(5*time.Second + time.Millisecond)
		client.become(wellAnswer)
		start := time.Now()
		if err := send(e); err != nil || time.Since(start) != 0 {
			t.Errorf("the try: %v after %v, want success at once", err, time.Since(start))
		}
		close(hold.letGo)
		if err := <-stuck; err != nil {
			t.Error(err)
		}
		if stats := e.Stats()[0]; stats.Busy != 0 || stats.State != StateUp {
			t.Errorf("afterwards: %+v, want up and idle", stats)
		}
	})
}

// TestATurnThatCameTooLateIsGivenBack: the endpoint went down between the choice and the turn.
func TestATurnThatCameTooLateIsGivenBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := newFake(refuses)
		e := newEndpoints(t, Config{}, client)
		bring(t, e, client)
		_, err := e.nodes[0].send(t.Context(), &transport.Request{}, terms{})
		wantRefusal(t, err, transport.KindUnavailable, 5*time.Second)
		if busy := e.Stats()[0].Busy; busy != 0 {
			t.Errorf("%d turns were not given back", busy)
		}
	})
}

// TestASecondTryAtATimeIsRefused: it was chosen before the first had begun.
func TestASecondTryAtATimeIsRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := newFake(refuses)
		e := newEndpoints(t, Config{}, client)
		bring(t, e, client)
		time.Sleep(5*time.Second + time.Millisecond)
		answer, first := make(chan struct{}), make(chan error)
		client.become(func(ctx context.Context, r *transport.Request) (*transport.Reply, error) {
			<-answer
			return wellAnswer(ctx, r)
		})
		go func() { first <- send(e) }()
		synctest.Wait()
		reply, err := e.nodes[0].send(t.Context(), &transport.Request{}, terms{})
		if wantRefusal(t, err, transport.KindUnavailable, time.Second); reply != nil {
			t.Errorf("got %+v", reply)
		}
		close(answer)
		if err := <-first; err != nil {
			t.Error(err)
		}
		if stats := e.Stats()[0]; stats.Busy != 0 || stats.State != StateUp {
			t.Errorf("afterwards: %+v, want up and idle", stats)
		}
	})
}

func TestAPanicCostsNeitherATurnNorATry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := newFake(wellAnswer)
		e := newEndpoints(t, Config{MaxConcurrent: 1}, client)
		panics := func() {
			client.become(func(context.Context, *transport.Request) (*transport.Reply, error) { panic("a hook") })
			defer func() {
				if recover() == nil {
					t.Error("the panic got lost")
				}
			}()
			send(e)
		}
		panics()
		bring(t, e, client)
		time.Sleep(5*time.Second + time.Millisecond)
		panics()
		client.become(wellAnswer)
		if err := send(e); err != nil {
			t.Error(err)
		}
		if stats := e.Stats()[0]; stats.Busy != 0 || stats.State != StateUp {
			t.Errorf("afterwards: %+v, want up and idle", stats)
		}
		if err := e.Drain(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// fail lets the breaker see a failed exchange.
func (n *node) fail() {
	n.breaker.do(func() outcome { return failed })
	n.notice()
}
