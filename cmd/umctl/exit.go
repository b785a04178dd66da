package main

import (
	"context"
	"errors"

	"google.golang.org/grpc/status"
)

// The exit codes, as the package comment lists them.
const (
	exitFailure     = 1
	exitUsage       = 2
	exitUnanswered  = 3
	exitStatus      = 64 // and the code of the status, as grpcurl does
	exitInterrupted = 130
)

// usageError is a command line that makes no sense.
type usageError string

// Error says what to type instead.
func (e usageError) Error() string { return string(e) }

// errUnanswered ends a command that followed a call which nobody answered.
var errUnanswered = errors.New("the call has ended without being answered")

// exitCode says by number how a command ended.
func exitCode(ctx context.Context, err error) int {
	var usage usageError
	switch {
	case errors.As(err, &usage):
		return exitUsage
	case ctx.Err() != nil:
		return exitInterrupted
	case errors.Is(err, errUnanswered):
		return exitUnanswered
	}
	if s := statusIn(err); s != nil {
		return exitStatus + int(s.Code())
	}
	return exitFailure
}

// statusIn returns the status of an rpc that failed; nil if err is another failure.
func statusIn(err error) *status.Status {
	var failure interface{ GRPCStatus() *status.Status }
	if errors.As(err, &failure) {
		return failure.GRPCStatus()
	}
	return nil
}
