package gateway

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// bounded makes a context with a deadline.
type bounded func(parent context.Context, deadline time.Time) (context.Context, context.CancelFunc)

func lazily(parent context.Context, deadline time.Time) (context.Context, context.CancelFunc) {
	c := new(deadlineContext)
	return c.begin(parent, deadline), c.end
}

type tagKey struct{}

var errWentAway = errors.New("went away")

// life is a context with a deadline in a second, and what can happen to it.
type life struct {
	ctx          context.Context
	cancel       context.CancelFunc
	cancelParent context.CancelCauseFunc
	asked        error
}

func (l *life) end()       { l.cancel() }
func (l *life) endParent() { l.cancelParent(errWentAway) }
func (l *life) sleep()     { time.Sleep(2 * time.Second) }
func (l *life) nap()       { time.Sleep(time.Second / 2) }
func (l *life) ask()       { l.asked = l.ctx.Err() }

// sight is what those who hold a context see of it.
type sight struct {
	deadline           time.Duration // from the beginning
	tag                any
	asked, err, cause  error
	closed             bool // Done
	childErr, childWhy error
	told               error // to a function that runs after the end
	stopped            bool  // the function will not run any more
}

// see asks for everything, of the context and of one below it, that was made now or before.
func (l *life) see(start time.Time, child context.Context, stop func() bool, told *error) sight {
	s := sight{tag: l.ctx.Value(tagKey{}), asked: l.asked, err: l.ctx.Err(), cause: context.Cause(l.ctx)}
	deadline, _ := l.ctx.Deadline()
	s.deadline = deadline.Sub(start)
	select {
	case <-l.ctx.Done():
		s.closed = true
	default:
	}
	synctest.Wait()
	s.childErr, s.childWhy = child.Err(), context.Cause(child)
	s.stopped = stop()
	s.told = *told
	return s
}

// live has things happen to a context, and tells what is seen of it. Those who are to be told of its end ask for that before, or
// only afterwards.
func live(make bounded, early bool, happen []func(*life)) sight {
	start := time.Now()
	parent, cancelParent := context.WithCancelCause(context.WithValue(context.Background(), tagKey{}, "tag"))
	defer cancelParent(nil)
	l := &life{cancelParent: cancelParent}
	l.ctx, l.cancel = make(parent, start.Add(time.Second))
	defer l.cancel()
	if !early {
		for _, step := range happen {
			step(l)
		}
	}
	child, cancel := context.WithTimeout(l.ctx, time.Hour)
	defer cancel()
	var told error
	stop := context.AfterFunc(l.ctx, func() { told = l.ctx.Err() })
	if early {
		for _, step := range happen {
			step(l)
		}
	}
	return l.see(start, child, stop, &told)
}

func TestDeadlineContextDoesWhatTheStandardLibrarysDoes(t *testing.T) {
	t.Parallel()
	end, endParent, sleep, nap, ask := (*life).end, (*life).endParent, (*life).sleep, (*life).nap, (*life).ask
	for name, happen := range map[string][]func(*life){
		"nothing":                             {},
		"a question":                          {ask},
		"time that is left":                   {nap, ask},
		"the deadline":                        {sleep},
		"the end":                             {end},
		"the end, twice":                      {end, end},
		"the end, in time":                    {nap, end, sleep},
		"the end, and then the parent's":      {end, endParent},
		"the end after the deadline":          {sleep, end},
		"the end of the parent":               {endParent},
		"the end of the parent, in time":      {nap, endParent, sleep},
		"the end of the parent, then its own": {endParent, end},
		"a question after the deadline":       {sleep, ask, endParent},
		"a question after the end":            {end, ask, sleep, endParent},
		"a question after the parent's":       {endParent, ask, sleep, end},
	} {
		for when, early := range map[string]bool{"told": true, "asking": false} {
			t.Run(name+"/"+when, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					want := live(context.WithDeadline, early, happen)
					if got := live(lazily, early, happen); got != want {
						t.Errorf("seen:\n%+v\nwant:\n%+v", got, want)
					}
				})
			})
		}
	}
}

func TestDeadlineContextLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // which fails if a goroutine stays
		parent, cancelParent := context.WithCancel(context.WithoutCancel(t.Context()))
		defer cancelParent()
		ctx, end := lazily(parent, time.Now().Add(time.Hour))
		child, cancel := context.WithCancel(ctx)
		defer cancel()
		context.AfterFunc(child, func() {})
		end()
		<-child.Done()
		synctest.Wait()
	})
}

func TestDeadlineContextMakesNothingUntilSomebodyWantsToBeTold(t *testing.T) {
	parent, cancel := context.WithCancel(t.Context())
	defer cancel()
	deadline := time.Now().Add(time.Hour)
	c := new(deadlineContext)
	if n := testing.AllocsPerRun(100, func() {
		ctx := c.begin(parent, deadline)
		if at, bounded := ctx.Deadline(); !bounded || at != deadline || ctx.Err() != nil || ctx.Value(tagKey{}) != nil {
			t.Error("the context has ended, or has no deadline")
		}
	}); n > 0 {
		t.Errorf("%v objects are allocated", n)
	}
	c.end()
}

func TestDeadlineContextMayBeUsedByManyAtOnce(t *testing.T) {
	t.Parallel()
	for round := range 400 {
		parent, cancelParent := context.WithCancelCause(t.Context())
		ctx, end := lazily(parent, time.Now().Add(time.Hour))
		var seen [8]error
		var ready, all sync.WaitGroup
		ready.Add(len(seen))
		for i := range seen {
			all.Go(func() {
				ready.Done()
				ready.Wait()
				child, cancel := context.WithCancel(ctx)
				defer cancel()
				<-child.Done()
				<-ctx.Done()
				seen[i] = ctx.Err()
			})
		}
		all.Go(func() {
			ready.Wait()
			if round%2 == 0 {
				cancelParent(errWentAway)
			}
			end()
		})
		all.Wait()
		cancelParent(nil)
		if slices.ContainsFunc(seen[:], func(err error) bool { return err != context.Canceled }) {
			t.Fatalf("the reasons are %v", seen)
		}
	}
}
