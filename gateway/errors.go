package gateway

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/umgateway/umgateway/gateway/authn"
	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

// errorDomain is the domain of every google.rpc.ErrorInfo.
const errorDomain = "umgateway"

// Error is why a call failed, as the caller may know it. It is a gRPC status; what it wraps is for the log.
type Error struct {
	// Code is the status code.
	Code codes.Code
	// Reason is the machine-readable reason of google.rpc.ErrorInfo, for instance "CALL_NOT_FOUND".
	Reason string
	// Message is meant for developers. It holds nothing that the caller did not send, but the first line of a fault.
	Message string
	// Metadata goes into google.rpc.ErrorInfo.
	Metadata map[string]string
	// Violations name the fields that are wrong.
	Violations []*errdetails.BadRequest_FieldViolation
	// RetryAfter is when a repetition makes sense; 0 if it does not, or if nobody knows.
	RetryAfter time.Duration
	// Fault is what the backend said; nil if it said nothing.
	Fault *umv1.SoapFault
	// Cause is the reason for the log.
	Cause error

	requestID string
	plain     bool // HTTP has a status of its own for it, whatever protocol the caller speaks
}

// Error describes the failure for the log.
func (e *Error) Error() string {
	text := fmt.Sprintf("%s %s: %s", e.Code, e.Reason, e.Message)
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// GRPCStatus is the status with all its details, as AIP-193 asks for.
func (e *Error) GRPCStatus() *status.Status {
	details := []protoadapt.MessageV1{protoadapt.MessageV1Of(
		&errdetails.ErrorInfo{Reason: e.Reason, Domain: errorDomain, Metadata: e.Metadata})}
	add := func(m protoadapt.MessageV2) { details = append(details, protoadapt.MessageV1Of(m)) }
	if len(e.Violations) > 0 {
		add(&errdetails.BadRequest{FieldViolations: e.Violations})
	}
	if e.RetryAfter > 0 {
		add(&errdetails.RetryInfo{RetryDelay: durationpb.New(e.RetryAfter)})
	}
	if e.Fault != nil {
		add(e.Fault)
	}
	if e.requestID != "" {
		add(&errdetails.RequestInfo{RequestId: e.requestID})
	}
	plain := status.New(e.Code, e.Message)
	detailed, err := plain.WithDetails(details...)
	if err != nil {
		return plain
	}
	return detailed
}

// explain turns whatever error a call ended with into one that callers may see.
func (g *Gateway) explain(ctx context.Context, call *Call, next Handler) error {
	err := next(ctx, call)
	if err == nil {
		return nil
	}
	e := g.errorOf(ctx, call, err)
	e.requestID = call.RequestID
	return e
}

// with returns the error with more metadata. Empty values are left out.
func (e *Error) with(metadata map[string]string) *Error {
	if e.Metadata == nil {
		e.Metadata = map[string]string{}
	}
	maps.Copy(e.Metadata, metadata)
	maps.DeleteFunc(e.Metadata, func(_, value string) bool { return value == "" })
	return e
}

// errorOf decides what the caller is told about an error.
func (g *Gateway) errorOf(ctx context.Context, call *Call, err error) *Error {
	var known *Error
	if errors.As(err, &known) {
		copied := *known
		return &copied
	}
	if refused := (*requestError)(nil); errors.As(err, &refused) {
		return refusedRequest(refused)
	}
	if stranger := (*authn.Error)(nil); errors.As(err, &stranger) {
		return strangerError(stranger)
	}
	name := string(call.Method.Name())
	switch {
	case errors.Is(err, errUndecodable):
		return &Error{Code: codes.InvalidArgument, Reason: reasonRequestInvalid, Message: errUndecodable.Error(), Cause: err}
	case errors.Is(err, errPanic):
		return defect(name, err)
	}
	if e := backendError(name, err, g.config.CallerCredentials); e != nil {
		return e
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded) || errors.Is(ctx.Err(), context.DeadlineExceeded):
		return deadlineError(name, err)
	case errors.Is(err, context.Canceled), errors.Is(err, errGone):
		return canceledError(name, err)
	}
	if s, isStatus := status.FromError(err); isStatus {
		return &Error{Code: s.Code(), Reason: reasonOfCode(s.Code()), Message: s.Message(), Cause: err}
	}
	return defect(name, err)
}

// defect is an error that is nobody's fault but the gateway's.
func defect(rpc string, cause error) *Error {
	return &Error{Code: codes.Internal, Reason: reasonInternal, Message: rpc + ": the gateway failed", Cause: cause}
}

func refusedRequest(refused *requestError) *Error {
	e := &Error{
		Code: codes.InvalidArgument, Reason: refused.reason, Message: refused.Error(), Violations: refused.violations,
	}
	if e.Reason == "" {
		e.Reason = reasonRequestInvalid
	}
	return e
}

func deadlineError(operation string, cause error) *Error {
	return &Error{
		Code: codes.DeadlineExceeded, Reason: reasonDeadline, Message: operation + ": the deadline passed before the backend answered",
		Cause: cause,
	}
}

func canceledError(operation string, cause error) *Error {
	return &Error{Code: codes.Canceled, Reason: reasonCanceled, Message: operation + ": the caller went away", Cause: cause}
}

// reasonOfCode names the reason of a bare status, which only gRPC's own parts return.
func reasonOfCode(code codes.Code) string {
	switch code {
	case codes.InvalidArgument:
		return reasonRequestInvalid
	case codes.DeadlineExceeded:
		return reasonDeadline
	case codes.Canceled:
		return reasonCanceled
	}
	return reasonInternal
}
