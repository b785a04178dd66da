package resilience

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"
)

// State is whether an endpoint is used.
type State int32

const (
	// StateUp: the endpoint is used.
	StateUp State = iota
	// StateTrying: it was left alone for long enough, and one request at a time tries it.
	StateTrying
	// StateDown: it is left alone.
	StateDown
)

// String names the state.
func (s State) String() string {
	switch s {
	case StateUp:
		return "up"
	case StateTrying:
		return "trying"
	}
	return "down"
}

var (
	errFailed    = errors.New("failed")
	errUncounted = errors.New("not counted")
)

// breaker decides whether an endpoint is used. It remembers the state for those who must not wait for its lock.
type breaker struct {
	circuit *gobreaker.CircuitBreaker[struct{}]
	state   atomic.Int32
	born    time.Time
	until   atomic.Int64 // when a trial is due, in nanoseconds after born; while down
	trial   atomic.Bool  // one is under way
	changed atomic.Bool  // the state has changed and nobody has looked yet
	openFor time.Duration

	// The circuit forgets failures in a row after its window, and exchanges that take longer than it: one that stalls for
	// half a minute counts all the same.
	inARow atomic.Int64
	epoch  atomic.Uint64 // counts the changes of state
}

func newBreaker(url string, config Config) *breaker {
	b := &breaker{openFor: config.OpenFor, born: time.Now()}
	b.circuit = gobreaker.NewCircuitBreaker[struct{}](gobreaker.Settings{
		Name: url, MaxRequests: 1, Timeout: config.OpenFor, Interval: ratioWindow, BucketPeriod: ratioBucket,
		ReadyToTrip: func(n gobreaker.Counts) bool {
			counted := n.TotalFailures + n.TotalSuccesses
			return b.inARow.Load() >= int64(config.FailuresInARow) ||
				counted >= ratioAtLeast && float64(n.TotalFailures) >= config.FailureRatio*float64(counted)
		},
		IsSuccessful:  func(err error) bool { return err == nil },
		IsExcluded:    func(err error) bool { return err != nil && err != errFailed }, // a panic among them
		OnStateChange: b.change,
	})
	return b
}

// change is called with the circuit's lock held.
func (b *breaker) change(_ string, _, to gobreaker.State) {
	switch to {
	case gobreaker.StateClosed:
		b.state.Store(int32(StateUp))
	case gobreaker.StateHalfOpen:
		b.state.Store(int32(StateTrying))
	case gobreaker.StateOpen:
		b.until.Store(int64(time.Since(b.born) + b.openFor))
		b.state.Store(int32(StateDown))
	}
	b.epoch.Add(1)
	b.inARow.Store(0)
	b.changed.Store(true)
}

// now returns the state, and how long an endpoint that is down is to be left alone yet.
func (b *breaker) now() (State, time.Duration) {
	state := State(b.state.Load())
	if state != StateDown {
		return state, 0
	}
	left := time.Duration(b.until.Load()) - time.Since(b.born)
	if left < 0 {
		return StateTrying, 0
	}
	return StateDown, left
}

// wake notices that the time to be left alone is over, without a request.
func (b *breaker) wake() { b.circuit.State() }

// do has the exchange take place, if the endpoint is used, and notes its outcome. An exchange that panics has none.
func (b *breaker) do(exchange func() outcome) error {
	refused := true
	b.circuit.Execute(func() (struct{}, error) {
		refused = false
		trial, epoch := State(b.state.Load()) != StateUp, b.epoch.Load()
		if trial {
			b.trial.Store(true)
			defer b.trial.Store(false)
		}
		o := exchange()
		switch {
		case epoch != b.epoch.Load():
		case o == failed:
			b.inARow.Add(1)
		case o == well && b.inARow.Load() != 0:
			b.inARow.Store(0)
		}
		return struct{}{}, counted(o, trial)
	})
	if refused {
		return errDown
	}
	return nil
}

// counted translates an outcome for the circuit. A trial ends well when something answers at all.
func counted(o outcome, trial bool) error {
	switch {
	case o == well, o == answering && trial:
		return nil
	case o == failed:
		return errFailed
	}
	return errUncounted
}
