package ledger

// This file is the whole state machine, as functions without side effects. Ledger and Entry carry out what it decides.

// verdict is what a caller does with the record that it finds.
type verdict int

const (
	verdictReserve  verdict = iota // nobody has the operation: reserve it
	verdictTakeOver                // its owner died before anything was sent: reserve it anew
	verdictDeclare                 // its owner died after something may have been sent: the outcome is unknown
	verdictJoin                    // its owner is at work: wait
	verdictReplay                  // it has ended: the record holds the answer
	verdictReused                  // the request id stands for other content
)

// judge decides what a caller with a request of the given content does.
func judge(found Snapshot, content Digest) verdict {
	switch {
	case found.State == StateNone:
		return verdictReserve
	case found.Digest != content:
		return verdictReused
	case found.State.final():
		return verdictReplay
	case !found.Expired:
		return verdictJoin
	case found.State == StateSent:
		return verdictDeclare
	}
	return verdictTakeOver
}

// reserved is the record of an operation that the owner is about to carry out.
func reserved(owner Token, content Digest) Record {
	return Record{State: StateReserved, Version: newVersion(), Owner: owner, Digest: content}
}

// declared is the record of an operation whose owner died after it was sent. It keeps the owner, who may only be slow.
func declared(found Record) Record {
	return Record{State: StateUnknown, Version: newVersion(), Owner: found.Owner, Digest: found.Digest}
}

// step is something that an owner wants to do with its record.
type step int

const (
	stepRenew   step = iota // extend the lease
	stepSend                // something is about to be sent
	stepFinish              // the operation has ended
	stepAbandon             // the operation certainly did not run
)

// next returns the record after an owner's step. write is false if the record is already as the step wants it. The error is
// ErrLost if the step is not the owner's to take.
func next(found Record, owner Token, s step, outcome Outcome) (after Record, write bool, err error) {
	if found.State == StateNone && s == stepAbandon {
		return Record{}, false, nil
	}
	if found.State == StateNone || found.Owner != owner {
		return Record{}, false, ErrLost
	}
	state := nextState(found.State, s, outcome.State)
	switch {
	case state == StateNone && s != stepAbandon:
		return Record{}, false, ErrLost
	case state == StateNone:
		return Record{}, true, nil
	case state == found.State && found.State.final():
		return found, false, nil
	}
	after = Record{State: state, Version: newVersion(), Owner: owner, Digest: found.Digest}
	if s == stepFinish {
		after.Result = outcome.Result
	}
	return after, true, nil
}

// nextState returns where a step of the owner leads; StateNone stands for the removal of the record if the step is
// stepAbandon, and for "not allowed" otherwise.
func nextState(from State, s step, outcome State) State {
	inFlight := from == StateReserved || from == StateSent
	switch {
	case s == stepRenew && inFlight:
		return from
	case s == stepSend && inFlight:
		// A second time is allowed: an exchange that provably did not run may be followed by another.
		return StateSent
	case s == stepFinish && inFlight:
		// From RESERVED as well: whoever has an answer must be able to record it, or a repeat would be sent.
		return outcome
	case s == stepFinish && from == StateUnknown && outcome != StateUnknown:
		return outcome
	case s == stepFinish && from == outcome:
		return outcome
	case s == stepAbandon && !inFlight:
		// UNKNOWN was told to others, who were promised that nobody tries again.
		return from
	}
	return StateNone
}
