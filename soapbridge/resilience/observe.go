package resilience

import (
	"errors"
	"time"

	"github.com/umgateway/umgateway/soapbridge/transport"
)

// EventKind says what happened.
type EventKind int

const (
	// EventState: an endpoint's state has changed to State.
	EventState EventKind = iota
	// EventShed: a call was refused with nothing sent; Reason says why, Priority what was given up.
	EventShed
	// EventFailover: a request goes to another endpoint, Endpoint, after the proof that nothing has left for the first.
	EventFailover
	// EventHeldBack: the backend asked to hold an identity back for RetryAfter.
	EventHeldBack
)

// Event is something that happens seldom and is worth counting.
type Event struct {
	Kind       EventKind
	Endpoint   string             // URL; empty if it is about no endpoint in particular
	State      State              // of EventState
	Reason     transport.Kind     // of EventShed: KindUnavailable, KindOverloaded or KindThrottled
	Priority   transport.Priority // of EventShed and EventFailover
	RetryAfter time.Duration      // when another try makes sense; 0 if unknown
}

// refused reports a call that was refused before it reached an endpoint.
func (e *Endpoints) refused(err error, priority transport.Priority) {
	var failure *transport.Error
	if !errors.As(err, &failure) || failure.Op != "wait" {
		return
	}
	switch failure.Kind {
	case transport.KindUnavailable, transport.KindOverloaded, transport.KindThrottled:
		e.config.Observe(Event{
			Kind: EventShed, Endpoint: failure.Endpoint, Reason: failure.Kind, Priority: priority, RetryAfter: failure.RetryAfter,
		})
	}
}

// Stats is one endpoint at a moment.
type Stats struct {
	URL   string
	State State
	// RetryAfter is how long it is left alone yet; 0 unless it is down.
	RetryAfter time.Duration
	Busy       int // exchanges under way
	Waiting    int // calls in line
	Limit      int // how many exchanges may be under way just now
}

// Stats returns the endpoints in the order in which they were given.
func (e *Endpoints) Stats() []Stats {
	stats := make([]Stats, 0, len(e.nodes))
	for _, n := range e.nodes {
		state, left := n.breaker.now()
		busy, waiting, limit := n.line.numbers()
		stats = append(stats, Stats{URL: n.url, State: state, RetryAfter: left, Busy: busy, Waiting: waiting, Limit: limit})
	}
	return stats
}
