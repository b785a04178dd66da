package ledger

import (
	"errors"
	"time"
)

// Options change the defaults of Open. Zero values stand for the defaults.
type Options struct {
	// Lease is how long an owner may be silent before others take it for dead. A live owner renews it. It should be longer
	// than any pause of a healthy process and its store. Default 10 s.
	Lease time.Duration
	// Retention is how long a record is kept after it was last written; it must exceed MaxExchange and Lease together. A
	// request id that is repeated later is executed again. Default 24 h.
	Retention time.Duration
	// MaxExchange is the most time from the reservation to the answer, also without the caller. Default 90 s.
	MaxExchange time.Duration
	// MaxResult is the most bytes of a response or status. Default 64 KiB.
	MaxResult int
	// PollInterval is the longest time between two looks at an operation that another process has in flight. The first
	// looks follow each other faster. Default 250 ms.
	PollInterval time.Duration
	// ProceedWithoutStore has operations carried out, unrecorded, when the store fails. A repeat may then ring twice.
	// Default: refuse.
	ProceedWithoutStore bool
	// Observe is told what happens. It must be quick and safe for concurrent use. Default: nobody is told.
	Observe func(Event)
}

// Event is something that an operator may want to count or log. It holds nothing that a caller sent.
type Event struct {
	Kind EventKind
	// Err is the failure of EventStoreFailed and EventUnrecorded, and the *PanicError of EventPanicked.
	Err error
}

// EventKind says what happened.
type EventKind int

const (
	EventReserved    EventKind = iota // a new operation was reserved
	EventTakenOver                    // a reservation was taken over from a dead owner
	EventJoined                       // a repeat got the answer of an operation that was in flight
	EventReplayed                     // a repeat got a recorded answer
	EventReused                       // a request id came with other content
	EventDeclared                     // an operation was declared UNKNOWN because its owner died after sending
	EventStoreFailed                  // the store failed; the operation was refused, or went on unrecorded if so configured
	EventUnrecorded                   // an outcome could not be recorded yet, and recording it is being retried
	EventRecorded                     // such an outcome was recorded after all
	EventUnannounced                  // an operation was executed though Sent was not called before: a defect of the wiring
	EventPanicked                     // an exchange panicked; after it was sent, its outcome is UNKNOWN
)

var eventTexts = [...]string{
	"reserved", "taken_over", "joined", "replayed", "reused", "declared_unknown", "store_failed", "unrecorded", "recorded_late",
	"unannounced", "panicked",
}

// String returns the kind's name as metrics have it.
func (k EventKind) String() string {
	if k < 0 || int(k) >= len(eventTexts) {
		return "unspecified"
	}
	return eventTexts[k]
}

func (o Options) withDefaults() (Options, error) {
	for _, n := range [...]time.Duration{o.Lease, o.Retention, o.MaxExchange, o.PollInterval, time.Duration(o.MaxResult)} {
		if n < 0 {
			return o, errors.New("a limit must not be negative")
		}
	}
	or := func(d *time.Duration, standard time.Duration) {
		if *d == 0 {
			*d = standard
		}
	}
	or(&o.Lease, 10*time.Second)
	or(&o.Retention, 24*time.Hour)
	or(&o.MaxExchange, 90*time.Second)
	or(&o.PollInterval, 250*time.Millisecond)
	if o.MaxResult == 0 {
		o.MaxResult = 64 << 10
	}
	if o.Observe == nil {
		o.Observe = func(Event) {}
	}
	if o.Retention <= o.MaxExchange+o.Lease {
		return o, errors.New("the retention must be longer than the longest exchange and the lease together")
	}
	return o, nil
}
