package resilience

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/umgateway/umgateway/soapbridge/transport"
)

// watcher collects what a subscription is told.
type watcher struct {
	mu   sync.Mutex
	told []bool
}

func watch(e *Endpoints) (w *watcher, cancel func()) {
	w = &watcher{}
	return w, e.Subscribe(func(serving bool) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.told = append(w.told, serving)
	})
}

func wantTold(t *testing.T, w *watcher, want ...bool) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if !slices.Equal(w.told, want) {
		t.Errorf("was told %v, want %v", w.told, want)
	}
}

func TestHealthFollowsTheCallersRequests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := newFake(refuses)
		e := newEndpoints(t, Config{}, client)
		told, cancel := watch(e)
		bring(t, e, client)
		wantTold(t, told, true, false)
		// Nobody but a caller can find out that it is back, so that the callers are let in again.
		time.Sleep(5*time.Second + time.Millisecond)
		synctest.Wait()
		wantTold(t, told, true, false, true)
		send(e)
		wantTold(t, told, true, false, true, false)
		time.Sleep(5*time.Second + time.Millisecond)
		client.become(wellAnswer)
		if err := send(e); err != nil {
			t.Error(err)
		}
		wantTold(t, told, true, false, true, false, true)
		cancel()
		bring(t, e, client)
		wantTold(t, told, true, false, true, false, true)
		if e.Serving() {
			t.Error("it serves while its only endpoint is down")
		}
	})
}

func TestOneEndpointUpIsEnough(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		left, right := newFake(refuses), newFake(wellAnswer)
		e := newEndpoints(t, Config{}, left, right)
		told, _ := watch(e)
		for range 20 {
			send(e)
		}
		wantTold(t, told, true)
		right.become(refuses)
		for range 20 {
			send(e)
		}
		wantTold(t, told, true, false)
	})
}

func TestNothingIsSentThatNoCallerAskedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := newFake(refuses)
		e := newEndpoints(t, Config{}, client)
		bring(t, e, client)
		asked := client.asked.Load()
		time.Sleep(time.Hour)
		if more := client.asked.Load() - asked; more != 0 {
			t.Errorf("the endpoint was asked %d times in an hour without calls", more)
		}
	})
}

func TestAProbeFindsOutWithoutCallers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := newFake(refuses)
		config := Config{Probe: func(ctx context.Context, c Client) error {
			_, err := c.RoundTrip(ctx, &transport.Request{Repeatable: true})
			return err
		}}
		e := newEndpoints(t, config, client)
		told, _ := watch(e)
		time.Sleep(45 * time.Second) // probes at 0, 10, 20, 30, 40 s
		synctest.Wait()
		wantTold(t, told, true, false)
		if asked := client.asked.Load(); asked != 5 {
			t.Errorf("it was probed %d times in 45s, want 5", asked)
		}
		time.Sleep(3 * time.Second) // it is due to be tried at 45 s: the probe fails
		synctest.Wait()
		wantTold(t, told, true, false)
		if asked := client.asked.Load(); asked != 6 {
			t.Errorf("it was probed %d times in 48s, want 6", asked)
		}
		client.become(wellAnswer)
		time.Sleep(3 * time.Second)
		synctest.Wait()
		wantTold(t, told, true, false, true)
	})
}

func TestTrafficSparesTheProbe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		probed := 0
		config := Config{Probe: func(context.Context, Client) error { probed++; return nil }}
		e := newEndpoints(t, config, newFake(wellAnswer))
		synctest.Wait()
		for range 60 {
			if err := send(e); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		synctest.Wait()
		if probed != 1 {
			t.Errorf("it was probed %d times beside traffic, want once, at the start", probed)
		}
	})
}

func TestAProbeEndsInItsTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		config := Config{FailuresInARow: 1, Probe: func(ctx context.Context, _ Client) error {
			<-ctx.Done()
			return ctx.Err()
		}}
		e := newEndpoints(t, config, newFake(wellAnswer))
		told, _ := watch(e)
		time.Sleep(5*time.Second + time.Millisecond)
		synctest.Wait()
		wantTold(t, told, true, false)
	})
}

func TestAProbeThatIsTurnedAwayIsNoOutage(t *testing.T) {
	t.Parallel()
	for _, kind := range []transport.Kind{transport.KindUnauthorized, transport.KindHeldOff} {
		synctest.Test(t, func(t *testing.T) {
			client := newFake(fails(kind, transport.NothingSent))
			e := newEndpoints(t, Config{FailuresInARow: 1, Probe: func(ctx context.Context, c Client) error {
				_, err := c.RoundTrip(ctx, &transport.Request{})
				return fmt.Errorf("probe: %w", err)
			}}, client)
			time.Sleep(time.Minute)
			if asked := client.asked.Load(); !e.Serving() || asked < 5 {
				t.Errorf("kind %d: serving %v after %d probes, want true after several", kind, e.Serving(), asked)
			}
		})
	}
}

func TestDrainLetsCallsUnderWayEndAndNoOthersIn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hold := newHolds()
		client := newFake(hold.do)
		e := newEndpoints(t, Config{MaxConcurrent: 1}, client)
		told, _ := watch(e)
		results := make(chan error, 2) // one is under way, one waits in line
		for range 2 {
			go func() { results <- send(e) }()
		}
		<-hold.entered
		synctest.Wait()
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := e.Drain(short); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v while two calls are under way, want the context's error", err)
		}
		wantTold(t, told, true, false)
		wantRefusal(t, send(e), transport.KindClosed, 0)
		drained := make(chan error, 1)
		go func() { drained <- e.Drain(t.Context()) }()
		hold.letGo <- struct{}{}
		synctest.Wait()
		select {
		case err := <-drained:
			t.Errorf("drained (%v) while a call is under way", err)
		default:
		}
		hold.letGo <- struct{}{}
		if err := <-drained; err != nil {
			t.Error(err)
		}
		for range 2 {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		if !client.closed.Load() {
			t.Error("the client was not closed")
		}
	})
}
