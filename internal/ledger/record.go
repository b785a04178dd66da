package ledger

import (
	"errors"
	"fmt"
	"slices"
)

// State is how far an operation has come.
type State uint8

const (
	// StateNone: there is no record. As an outcome: the operation certainly did not run.
	StateNone State = iota
	// StateReserved: somebody owns the operation, and nothing was sent.
	StateReserved
	// StateSent: some or all of the request may have left.
	StateSent
	// StateAccepted: the operation was executed. The result is the response.
	StateAccepted
	// StateRejected: the operation was refused for good. The result is the status.
	StateRejected
	// StateUnknown: the operation may or may not have been executed, and nobody will try again.
	StateUnknown
)

var stateTexts = [...]string{"NONE", "RESERVED", "SENT", "ACCEPTED", "REJECTED", "UNKNOWN"}

// String returns the state's name in capitals.
func (s State) String() string {
	if int(s) >= len(stateTexts) {
		return fmt.Sprintf("STATE_%d", uint8(s))
	}
	return stateTexts[s]
}

// final tells whether the state is an answer.
func (s State) final() bool { return s >= StateAccepted && s <= StateUnknown }

// Token tells an owner of a record from all others.
type Token [16]byte

// Version changes each time that a record is written. Zero stands for no record.
type Version [16]byte

// Record is what a store keeps for a key.
type Record struct {
	State   State
	Version Version
	// Owner is who reserved the key. It stays when the operation has ended, so that a slow sender can still hand in the
	// answer.
	Owner  Token
	Digest Digest
	Result []byte
}

const (
	recordFormat = 1
	recordHeader = 2 + len(Version{}) + len(Token{}) + len(Digest{})
)

var errRecord = errors.New("not a ledger record")

// AppendBinary writes the record as stores keep it: format, state, version, owner, digest, result. It cannot fail.
func (r *Record) AppendBinary(dst []byte) ([]byte, error) {
	dst = append(dst, recordFormat, byte(r.State))
	dst = append(append(append(dst, r.Version[:]...), r.Owner[:]...), r.Digest[:]...)
	return append(dst, r.Result...), nil
}

// UnmarshalBinary reads what AppendBinary wrote. It copies the result, and refuses other formats and states.
func (r *Record) UnmarshalBinary(data []byte) error {
	switch {
	case len(data) < recordHeader:
		return fmt.Errorf("%w: %d bytes", errRecord, len(data))
	case data[0] != recordFormat:
		return fmt.Errorf("%w: format %d", errRecord, data[0])
	case State(data[1]) == StateNone || State(data[1]) > StateUnknown:
		return fmt.Errorf("%w: state %d", errRecord, data[1])
	}
	*r = Record{State: State(data[1])}
	rest := data[2:]
	rest = rest[copy(r.Version[:], rest):]
	rest = rest[copy(r.Owner[:], rest):]
	rest = rest[copy(r.Digest[:], rest):]
	if len(rest) > 0 {
		r.Result = slices.Clone(rest)
	}
	return nil
}
