package endurance

import (
	"context"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

const callers = 24

// load places calls through gateways while victims are killed, and checks every answer.
type load struct {
	exchange *exchange
	chaos    *chaos
	gateways []umv1.CallServiceClient

	mu      sync.Mutex
	answers map[string][]answer // by number
}

// run places as many calls as told. Some are asked for by two callers at once.
func (l *load) run(t *testing.T, calls int) {
	t.Helper()
	ctx, fail := context.WithCancelCause(t.Context())
	defer fail(nil)
	begun := time.Now()
	l.answers = map[string][]answer{}
	go l.chaos.run(fail)
	l.ask(t, ctx, fail, calls)
	blows := l.chaos.finish()
	if ctx.Err() != nil {
		t.Fatal(context.Cause(ctx))
	}
	if blows < len(l.chaos.victims) {
		t.Errorf("of %d victims, only %d were killed", len(l.chaos.victims), blows)
	}
	took := time.Since(begun)
	l.check(t)
	l.report(t, blows, took)
	l.askAgain(t, ctx)
}

func (l *load) ask(t *testing.T, ctx context.Context, fail func(error), calls int) {
	t.Helper()
	numbers := make(chan string)
	var group sync.WaitGroup
	for range callers {
		group.Go(func() {
			for number := range numbers {
				l.chaos.at(asked)
				got, err := place(ctx, l.gateways, number)
				if err != nil {
					fail(err)
					return
				}
				l.chaos.at(answered)
				l.note(number, got)
			}
		})
	}
	defer group.Wait()
	defer close(numbers)
	for i := range calls {
		for range 1 + i%5/4 { // each fifth twice
			select {
			case numbers <- number(i):
			case <-ctx.Done():
				return
			}
		}
	}
}

func (l *load) note(number string, got answer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answers[number] = append(l.answers[number], got)
}

// check holds every answer against what rang.
func (l *load) check(t *testing.T) {
	t.Helper()
	rang := l.exchange.rang()
	for number, answers := range l.answers {
		for _, a := range answers {
			if lie := a.lie(number, rang[number]); lie != "" {
				t.Errorf("%s: %s", number, lie)
			}
		}
	}
}

// askAgain repeats some of the requests once more, now that nothing goes wrong: nothing may ring.
func (l *load) askAgain(t *testing.T, ctx context.Context) {
	t.Helper()
	const repeats = 200
	before, left := len(l.exchange.Calls("default")), repeats
	for number := range l.answers { // in no order
		got, err := place(ctx, l.gateways, number)
		if err != nil {
			t.Fatal(err)
		}
		l.note(number, got)
		if left--; left == 0 {
			break
		}
	}
	l.check(t)
	if after := len(l.exchange.Calls("default")); after != before {
		t.Errorf("%d calls were placed anew", after-before)
	}
}

// checkDoubts makes sure that exactly the answers that were lost are unknown. It is so where nothing is killed.
func (l *load) checkDoubts(t *testing.T) {
	t.Helper()
	for number, answers := range l.answers {
		for _, a := range answers {
			if isLost := strings.HasPrefix(number, lost); isLost != (a.reason == outcomeUnknown) {
				t.Errorf("%s: the answer is %+v", number, a)
			}
		}
	}
}

func (l *load) report(t *testing.T, blows int, took time.Duration) {
	t.Helper()
	var placed, unknown, refusals, tries int
	for _, answers := range l.answers {
		switch a := answers[rand.IntN(len(answers))]; {
		case a.callID != "":
			placed++
		case a.reason == outcomeUnknown:
			unknown++
		default:
			refusals++
		}
		for _, a := range answers {
			tries += a.tries
		}
	}
	t.Logf("%d calls in %v: %d placed, %d unknown, %d refused; asked %d times, killed %d times; at most one dial each",
		len(l.answers), took.Round(time.Millisecond), placed, unknown, refusals, tries, blows)
}
