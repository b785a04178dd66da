package ledger

import "fmt"

// Outcome is how an exchange with the backend ended.
type Outcome struct {
	// State is StateAccepted, StateRejected or StateUnknown; or StateNone if the operation certainly did not run and may
	// be tried again, so that nothing is recorded.
	State State
	// Result is the response, or the status, as a repeat shall get it.
	Result []byte
	// Err is what the caller gets with StateNone.
	Err error
}

// Accepted is the outcome of an operation that was executed.
func Accepted(response []byte) Outcome { return Outcome{State: StateAccepted, Result: response} }

// Rejected is the outcome of an operation that was refused for good.
func Rejected(status []byte) Outcome { return Outcome{State: StateRejected, Result: status} }

// Unknown is the outcome of an operation that may or may not have been executed. The status may be nil.
func Unknown(status []byte) Outcome { return Outcome{State: StateUnknown, Result: status} }

// NotExecuted is the outcome of an operation that certainly did not run: nothing was sent, or the backend's answer proves
// it. A repeat tries anew.
func NotExecuted(err error) Outcome { return Outcome{Err: err} }

// Answer is what a caller gets.
type Answer struct {
	// State is StateAccepted, StateRejected or StateUnknown.
	State State
	// Result is the outcome's. It is shared with other callers and must not be changed. Nil for an operation that was
	// declared unknown because its owner died.
	Result []byte
	Source Source
}

// Source says where an answer comes from.
type Source int

const (
	SourceExecuted Source = iota // this caller's own exchange
	SourceJoined                 // the exchange of another caller that was in flight
	SourceReplayed               // the record of an exchange that had ended
)

// String returns the source in one word.
func (s Source) String() string {
	switch s {
	case SourceExecuted:
		return "executed"
	case SourceJoined:
		return "joined"
	case SourceReplayed:
		return "replayed"
	}
	return fmt.Sprintf("source %d", int(s))
}
