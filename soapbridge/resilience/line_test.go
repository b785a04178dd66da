package resilience

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/umgateway/umgateway/soapbridge/transport"
)

const (
	dial = transport.PriorityNormal
	poll = transport.PriorityPoll
)

// oneAtATime is a line that admits one exchange and lets some wait.
func oneAtATime(waiters int) *line {
	return newLine(Config{MaxConcurrent: 1, MinConcurrent: 1, MaxWaiters: waiters})
}

// queueUp has calls wait, in this order, and returns what became of each in the order in which that was known.
func queueUp(ctx context.Context, l *line, names ...string) chan string {
	known := make(chan string, len(names))
	for _, name := range names {
		priority := dial
		if strings.HasPrefix(name, "poll") {
			priority = poll
		}
		go func() {
			switch err := l.enter(ctx, priority, time.Time{}); {
			case err == nil:
				known <- name
			case errors.Is(err, context.Canceled):
				known <- name + " canceled"
			default:
				known <- name + ": " + err.Error()
			}
		}()
		synctest.Wait()
	}
	return known
}

func TestDialsGoBeforePollsAndOtherwiseInTheirOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := oneAtATime(1000)
		if err := l.enter(t.Context(), dial, time.Time{}); err != nil {
			t.Fatal(err)
		}
		known := queueUp(t.Context(), l, "poll 1", "dial 1", "poll 2", "dial 2")
		var order []string
		for range 4 {
			l.leave(true, false)
			order = append(order, <-known)
		}
		if want := []string{"dial 1", "dial 2", "poll 1", "poll 2"}; !slices.Equal(order, want) {
			t.Errorf("got %q, want %q", order, want)
		}
	})
}

func TestAFullLineGivesUpThePollThatCameLast(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := oneAtATime(3)
		if err := l.enter(t.Context(), dial, time.Time{}); err != nil {
			t.Fatal(err)
		}
		known := queueUp(t.Context(), l, "poll 1", "dial 1", "poll 2", "poll 3", "dial 2", "dial 3", "dial 4")
		want := []string{
			"poll 3: " + errLineFull.Error(), // no room, and nobody gives way to a poll
			"poll 2: " + errGaveWay.Error(),  // to dial 2
			"poll 1: " + errGaveWay.Error(),  // to dial 3
			"dial 4: " + errLineFull.Error(), // three dials wait already
		}
		for _, want := range want {
			if got := <-known; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
		for _, want := range []string{"dial 1", "dial 2", "dial 3"} {
			l.leave(true, false)
			if got := <-known; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
	})
}

func TestByDefaultAThousandCallersMayWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		config, err := Config{MaxConcurrent: 1}.withDefaults()
		if err != nil {
			t.Fatal(err)
		}
		l := newLine(config)
		ctx, cancel := context.WithCancel(t.Context())
		known := make(chan error, 1001)
		for range 1001 {
			go func() { known <- l.enter(ctx, dial, time.Time{}) }()
		}
		synctest.Wait()
		if busy, waiting, _ := l.numbers(); busy != 1 || waiting != 1000 {
			t.Errorf("%d have their turn and %d wait, want 1 and 1,000", busy, waiting)
		}
		if err := l.enter(ctx, dial, time.Time{}); err != errLineFull {
			t.Errorf("one more got %v, want %v", err, errLineFull)
		}
		cancel()
		for range 1001 {
			<-known
		}
		if _, waiting, _ := l.numbers(); waiting != 0 {
			t.Errorf("%d wait after all have gone away", waiting)
		}
	})
}

func TestNobodyWaitsLongerThanToTheLatestMoment(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := oneAtATime(10)
		if err := l.enter(t.Context(), dial, time.Time{}); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if err := l.enter(t.Context(), dial, start.Add(3*time.Second)); err != errTooLate {
			t.Errorf("got %v, want %v", err, errTooLate)
		}
		if waited := time.Since(start); waited != 3*time.Second {
			t.Errorf("waited %v, want 3s", waited)
		}
		l.leave(true, false)
		if busy, waiting, _ := l.numbers(); busy != 0 || waiting != 0 {
			t.Errorf("%d have their turn and %d wait, want nobody", busy, waiting)
		}
	})
}

func TestATurnThatNobodyWantsAnyMoreGoesToTheNext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := oneAtATime(10)
		if err := l.enter(t.Context(), dial, time.Time{}); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		gone := queueUp(ctx, l, "dial 1")
		known := queueUp(t.Context(), l, "dial 2")
		// Both at once: dial 1 gets its turn and its caller goes away, whichever it notices first.
		cancel()
		l.leave(true, false)
		if got := <-gone; got == "dial 1" {
			l.leave(true, false)
		}
		if got := <-known; got != "dial 2" {
			t.Errorf("got %q, want dial 2", got)
		}
		l.leave(true, false)
		if busy, waiting, _ := l.numbers(); busy != 0 || waiting != 0 {
			t.Errorf("%d have their turn and %d wait, want nobody", busy, waiting)
		}
	})
}

func TestAnAbandonedTurnIsGivenBack(t *testing.T) {
	t.Parallel()
	l := oneAtATime(10)
	if err := l.enter(t.Context(), dial, time.Time{}); err != nil {
		t.Fatal(err)
	}
	l.mu.Lock()
	w, err := l.queue(dial)
	l.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	l.leave(true, false) // w has its turn now
	if err := l.abandon(w, errTooLate); err != errTooLate {
		t.Errorf("got %v, want the reason", err)
	}
	if busy, waiting, _ := l.numbers(); busy != 0 || waiting != 0 {
		t.Errorf("%d have their turn and %d wait, want nobody", busy, waiting)
	}
}

func TestNobodyWaitsForAnEndpointThatIsDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := oneAtATime(10)
		if err := l.enter(t.Context(), dial, time.Time{}); err != nil {
			t.Fatal(err)
		}
		known := queueUp(t.Context(), l, "poll 1", "dial 1")
		l.setDown(true)
		for range 2 {
			if got := <-known; !strings.HasSuffix(got, errDown.Error()) {
				t.Errorf("got %q, want %q", got, errDown)
			}
		}
		if err := l.enter(t.Context(), dial, time.Time{}); err != errDown {
			t.Errorf("one more got %v, want %v", err, errDown)
		}
		if busy, waiting, _ := l.numbers(); busy != 1 || waiting != 0 {
			t.Errorf("%d have their turn and %d wait, want 1 and 0", busy, waiting)
		}
		l.setDown(false)
		known = queueUp(t.Context(), l, "dial 2")
		l.leave(true, false)
		if got := <-known; got != "dial 2" {
			t.Errorf("got %q when it is up again, want dial 2", got)
		}
	})
}
