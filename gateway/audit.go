package gateway

import (
	"context"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/descriptorpb"
)

const reasonAuditUnavailable = "AUDIT_UNAVAILABLE" // the call could not be recorded, and was not made

// Auditor records calls that change something. It is safe for concurrent use.
type Auditor interface {
	// Ready tells whether a record can be kept; otherwise the call is not made.
	Ready() error
	// Record keeps a record of a call that has ended, with nil or the error that its caller gets.
	Record(ctx context.Context, call *Call, e *Error, took time.Duration)
}

// audit has calls recorded that may change something, however they end. It is in the chain if there is an auditor.
func (g *Gateway) audit(ctx context.Context, call *Call, next Handler) error {
	if onlyReads(call) {
		return next(ctx, call)
	}
	if err := g.config.Auditor.Ready(); err != nil {
		return &Error{Code: codes.Unavailable, Reason: reasonAuditUnavailable, Cause: err,
			Message: string(call.Method.Name()) + ": the gateway cannot record the call, and did not make it"}
	}
	start := time.Now()
	err := next(ctx, call)
	var e *Error
	if err != nil {
		e = g.errorOf(ctx, call, err)
	}
	g.config.Auditor.Record(ctx, call, e, time.Since(start))
	return err
}

// onlyReads tells whether the schema declares that a call changes nothing.
func onlyReads(call *Call) bool {
	options, _ := call.Method.Options().(*descriptorpb.MethodOptions)
	return options.GetIdempotencyLevel() == descriptorpb.MethodOptions_NO_SIDE_EFFECTS
}
