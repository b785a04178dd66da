package ledgerrpc

import (
	"fmt"

	statuspb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/umgateway/umgateway/internal/ledger"
)

// OutcomeError is what a repeat gets of an rpc that failed.
type OutcomeError struct {
	// State is ledger.StateRejected or ledger.StateUnknown.
	State ledger.State
	// Status is what was recorded. Nil if nothing was: the one who sent the request has not lived to tell.
	Status *statuspb.Status
	// Source is ledger.SourceJoined or ledger.SourceReplayed.
	Source ledger.Source
}

// Error says what was recorded, for the log.
func (e *OutcomeError) Error() string {
	return fmt.Sprintf("ledger: %v (%v): %s", e.State, e.Source, e.Status.GetMessage())
}

// recall turns a recorded answer into a response or an error.
func (m *method) recall(answer ledger.Answer) (proto.Message, error) {
	if answer.State == ledger.StateAccepted {
		out := m.output.New().Interface()
		if err := proto.Unmarshal(answer.Result, out); err != nil {
			return nil, fmt.Errorf("ledger: the recorded response of %s cannot be read: %w", m.full, err)
		}
		return out, nil
	}
	failure := &OutcomeError{State: answer.State, Source: answer.Source}
	if len(answer.Result) > 0 {
		failure.Status = new(statuspb.Status)
		if err := proto.Unmarshal(answer.Result, failure.Status); err != nil {
			return nil, fmt.Errorf("ledger: the recorded status of %s cannot be read: %w", m.full, err)
		}
	}
	return nil, failure
}
