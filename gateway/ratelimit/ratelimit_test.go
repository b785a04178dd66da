package ratelimit

import (
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"
)

// clock is driven by the test.
type clock struct{ time time.Time }

func (c *clock) now() time.Time { return c.time }

func newLimiter(t *testing.T, config Config) (*Limiter, *clock) {
	t.Helper()
	c := &clock{time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)}
	l, err := New(config, c.now)
	if err != nil {
		t.Fatal(err)
	}
	return l, c
}

// pass counts how many of n calls pass.
func pass(l *Limiter, caller string, n int) int {
	passed := 0
	for range n {
		if l.Allow(caller).Allowed {
			passed++
		}
	}
	return passed
}

func TestCallerHasItsBurstAndThenItsRate(t *testing.T) {
	t.Parallel()
	l, c := newLimiter(t, Config{PerCaller: Limit{Rate: 2, Burst: 5}})
	if got := pass(l, "a", 20); got != 5 {
		t.Errorf("%d pass at once", got)
	}
	for second := range 10 {
		c.time = c.time.Add(time.Second)
		if got := pass(l, "a", 20); got != 2 {
			t.Errorf("%d pass in second %d", got, second)
		}
	}
	c.time = c.time.Add(time.Hour)
	if got := pass(l, "a", 20); got != 5 {
		t.Errorf("%d pass after a pause", got)
	}
}

func TestRefusalSaysWhenTheNextCallPasses(t *testing.T) {
	t.Parallel()
	l, c := newLimiter(t, Config{PerCaller: Limit{Rate: 0.5, Burst: 1}, Total: Limit{Rate: 4, Burst: 2}})
	for _, step := range []struct {
		caller string
		want   Verdict
	}{
		{"a", Verdict{Allowed: true}}, {"a", Verdict{Scope: ScopeCaller, RetryAfter: 2 * time.Second}},
		{"a", Verdict{Scope: ScopeCaller, RetryAfter: 2 * time.Second}}, {"b", Verdict{Allowed: true}},
		{"c", Verdict{Scope: ScopeTotal, RetryAfter: 250 * time.Millisecond}},
	} {
		if got := l.Allow(step.caller); got != step.want {
			t.Fatalf("%s: got %+v, want %+v", step.caller, got, step.want)
		}
	}
	c.time = c.time.Add(250 * time.Millisecond)
	if got := l.Allow("c"); !got.Allowed {
		t.Errorf("at the time that was named: %+v", got)
	}
	c.time = c.time.Add(2*time.Second - 250*time.Millisecond - time.Nanosecond)
	if got := l.Allow("a"); got.Allowed || got.RetryAfter != time.Nanosecond {
		t.Errorf("just before the time that was named: %+v", got)
	}
	c.time = c.time.Add(time.Nanosecond)
	if got := l.Allow("a"); !got.Allowed {
		t.Errorf("at the time that was named: %+v", got)
	}
}

func TestGreedyCallerTakesNothingFromOthers(t *testing.T) {
	t.Parallel()
	l, c := newLimiter(t, Config{PerCaller: Limit{Rate: 10, Burst: 10}, Total: Limit{Rate: 20, Burst: 20}})
	for range 10 {
		if greedy, modest := pass(l, "greedy", 1000), pass(l, "modest", 10); greedy != 10 || modest != 10 {
			t.Fatalf("%d and %d pass", greedy, modest)
		}
		c.time = c.time.Add(time.Second)
	}
}

func TestCallRefusedInTotalIsNotCountedAgainstItsCaller(t *testing.T) {
	t.Parallel()
	l, c := newLimiter(t, Config{PerCaller: Limit{Rate: 1, Burst: 3}, Total: Limit{Rate: 1, Burst: 1}})
	pass(l, "other", 1)
	if got := pass(l, "a", 50); got != 0 {
		t.Fatalf("%d pass", got)
	}
	for second := range 3 {
		c.time = c.time.Add(time.Second)
		if got := l.Allow("a"); !got.Allowed {
			t.Errorf("second %d: %+v", second, got)
		}
	}
}

func TestWithoutLimitsEverythingPasses(t *testing.T) {
	t.Parallel()
	l, _ := newLimiter(t, Config{})
	if got := pass(l, "a", 1000); got != 1000 || l.Callers() != 0 {
		t.Errorf("%d pass, %d callers remembered", got, l.Callers())
	}
	l, _ = newLimiter(t, Config{Total: Limit{Rate: 5}})
	if got := pass(l, "a", 1000); got != 5 || l.Callers() != 0 {
		t.Errorf("%d pass, %d callers remembered", got, l.Callers())
	}
}

func TestLongestSilentCallerIsForgottenFirst(t *testing.T) {
	t.Parallel()
	l, _ := newLimiter(t, Config{PerCaller: Limit{Rate: 1, Burst: 1}, MaxCallers: 3})
	for _, caller := range []string{"a", "b", "c", "a", "d"} {
		l.Allow(caller)
	}
	if got := l.Callers(); got != 3 {
		t.Errorf("%d are remembered", got)
	}
	for caller, remembered := range map[string]bool{"a": true, "c": true, "d": true} {
		if l.Allow(caller).Allowed == remembered {
			t.Errorf("%s is forgotten", caller)
		}
	}
	if !l.Allow("b").Allowed {
		t.Error("b is remembered")
	}
}

func TestMemoryIsBoundedWhateverCallersCallThemselves(t *testing.T) {
	t.Parallel()
	l, _ := newLimiter(t, Config{PerCaller: Limit{Rate: 1, Burst: 1}, MaxCallers: 100})
	for i := range 10_000 {
		l.Allow(fmt.Sprint(i))
	}
	if len(l.callers) != 100 || l.recent.Len() != 100 {
		t.Errorf("%d and %d are kept", len(l.callers), l.recent.Len())
	}
}

func TestManyCallersAtOnceGetNoMoreThanTheTotal(t *testing.T) {
	t.Parallel()
	l, _ := newLimiter(t, Config{PerCaller: Limit{Rate: 1, Burst: 10}, Total: Limit{Rate: 1, Burst: 50}})
	var group sync.WaitGroup
	passed := make(chan int, 20)
	for i := range 20 {
		group.Go(func() { passed <- pass(l, fmt.Sprint(i), 100) })
	}
	group.Wait()
	close(passed)
	sum := 0
	for n := range passed {
		if n > 10 {
			t.Errorf("one caller got %d", n)
		}
		sum += n
	}
	if sum != 50 {
		t.Errorf("all callers got %d", sum)
	}
}

func TestMistakesInLimitsAreReportedTogether(t *testing.T) {
	t.Parallel()
	_, err := New(Config{PerCaller: Limit{Rate: -1}, Total: Limit{Burst: 5}, MaxCallers: -1}, nil)
	for _, want := range []string{"per_caller: rate: -1", "total: burst: has no meaning", "max_callers"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in %v", want, err)
		}
	}
	for _, limit := range []Limit{{Rate: math.NaN()}, {Rate: math.Inf(1)}, {Rate: 1, Burst: -1}} {
		if _, err := New(Config{Total: limit}, nil); err == nil {
			t.Errorf("%+v passes", limit)
		}
	}
}

func TestBurstIsTheRateRoundedUpByDefault(t *testing.T) {
	t.Parallel()
	for limit, want := range map[float64]int{0.1: 1, 1: 1, 2.5: 3} {
		l, _ := newLimiter(t, Config{PerCaller: Limit{Rate: limit}})
		if got := pass(l, "a", 100); got != want {
			t.Errorf("rate %v: %d pass", limit, got)
		}
	}
}

func BenchmarkAllow(b *testing.B) {
	l, err := New(Config{PerCaller: Limit{Rate: 1}, Total: Limit{Rate: 1e9}}, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		l.Allow("jwt:issuer:alice")
	}
}
