package main

import (
	"context"
	"errors"
	"time"

	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/umgateway/umgateway/gateway"
	"github.com/umgateway/umgateway/gateway/principal"
	umv1 "github.com/umgateway/umgateway/gen/um/v1"
	"github.com/umgateway/umgateway/internal/backend"
	"github.com/umgateway/umgateway/internal/exchange"
	"github.com/umgateway/umgateway/internal/ledger"
	"github.com/umgateway/umgateway/internal/ledger/ledgerrpc"
	"github.com/umgateway/umgateway/internal/ledger/ledgersoap"
	"github.com/umgateway/umgateway/soapbridge"
	"github.com/umgateway/umgateway/soapbridge/transport"
)

// guard puts the ledger before what carries the calls out at a backend.
func guard(l *ledger.Ledger, next gateway.Invoker, accounts *accounts, backendName string) (gateway.Invoker, error) {
	asCaller := accounts.settings.Identity == backend.IdentityCallerBasic
	guarded, err := ledgerrpc.New(ledgerrpc.Config{
		Ledger: l, Next: next,
		Scope: func(ctx context.Context, _ protoreflect.MethodDescriptor) (ledgerrpc.Scope, error) {
			return scope(ctx, accounts, backendName), nil
		},
		BeforeSend: transport.WithBeforeSend,
		Judge:      ledgersoap.Judge(exchange.Retries().Faults),
		Status: func(method protoreflect.MethodDescriptor, err error) *spb.Status {
			return recordable(method, err, asCaller)
		},
		Answered: func(ctx context.Context, source ledger.Source) {
			if from, asked := ctx.Value(sourceKey{}).(*ledger.Source); asked {
				*from = source
			}
		},
	}, exchange.Services()...)
	if err != nil {
		return nil, err
	}
	return remembering{guarded, next, accounts.settings.Dialect}, nil
}

// recordable is what may be recorded of an error: nothing that the backend wrote, which may repeat the number.
func recordable(method protoreflect.MethodDescriptor, err error, asCaller bool) *spb.Status {
	explained := gateway.ExplainBackend(string(method.Name()), err, asCaller)
	if explained.Fault != nil {
		explained.Fault = proto.CloneOf(explained.Fault)
		explained.Fault.FaultString = ""
	}
	return explained.GRPCStatus().Proto()
}

// scope tells who asks whom. It holds nothing of a password: what is recorded could be tried out against it, and a repeat
// after a change of the password would ring again.
func scope(ctx context.Context, accounts *accounts, backendName string) ledgerrpc.Scope {
	s := ledgerrpc.Scope{Backend: backendName, Identity: accounts.name(ctx)}
	if caller, known := principal.FromContext(ctx); known {
		s.Principal = caller.Key()
	}
	return s
}

// sourceKey is the key of where the answer to a call came from.
type sourceKey struct{}

// remembering explains the errors of the ledger, and keeps what is recorded from those who only claim to be its owner.
type remembering struct {
	guarded *ledgerrpc.Guard
	next    gateway.Invoker
	dialect string
}

// Invoke carries the call out, or returns what was answered to the same request before.
func (r remembering) Invoke(ctx context.Context, method protoreflect.MethodDescriptor, in proto.Message) (proto.Message, error) {
	if !r.guarded.Guards(method, in) {
		return r.next.Invoke(ctx, method, in)
	}
	source := ledger.SourceExecuted
	out, err := r.guarded.Invoke(context.WithValue(ctx, sourceKey{}, &source), method, in)
	if source != ledger.SourceExecuted || errors.Is(err, ledger.ErrReused) {
		if refused := r.verify(ctx); refused != nil {
			return nil, refused
		}
	}
	if err == nil {
		return out, nil
	}
	return nil, ledgerError(method, err)
}

// verify has the backend check the password of a caller whose call did not reach it: the gateway cannot.
func (r remembering) verify(ctx context.Context) error {
	if _, shown := principal.CredentialFromContext(ctx); !shown {
		return nil
	}
	method, request := exchange.Method("um.v1.MailboxService.IsUMEnabled"), proto.Message(&umv1.IsUMEnabledRequest{})
	if r.dialect == exchange.EWS {
		// It has no operation without an argument. That there is no such call is an answer too.
		method, request = exchange.Method("um.v1.CallService.GetCallInfo"), &umv1.GetCallInfoRequest{CallId: "AAAA"}
	}
	_, err := r.next.Invoke(ctx, method, request)
	if failure := (*soapbridge.Error)(nil); errors.As(err, &failure) && failure.Kind == soapbridge.KindFault {
		return nil
	}
	return err
}

// ledgerError explains an error of the ledger.
func ledgerError(method protoreflect.MethodDescriptor, err error) error {
	name := string(method.Name())
	var (
		recorded    *ledgerrpc.OutcomeError
		store       *ledger.StoreError
		interrupted *ledger.InterruptedError
	)
	switch {
	case errors.As(err, &recorded) && recorded.Status != nil:
		return gateway.FromStatus(status.FromProto(recorded.Status), err)
	case errors.As(err, &recorded):
		return &gateway.Error{Code: codes.Unknown, Reason: "OUTCOME_UNKNOWN", Cause: err,
			Message: name + ": an earlier gateway may or may not have had the call executed: do not repeat it under another request_id"}
	case errors.Is(err, ledger.ErrReused):
		return &gateway.Error{Code: codes.FailedPrecondition, Reason: "REQUEST_ID_REUSED", Cause: err,
			Message: name + ": this request_id was used for another request"}
	case errors.As(err, &interrupted):
		return interruptedError(name, interrupted)
	case errors.As(err, &store), errors.Is(err, ledger.ErrLost), errors.Is(err, ledger.ErrClosed):
		return &gateway.Error{Code: codes.Unavailable, Reason: "LEDGER_UNAVAILABLE", Cause: err,
			Message: name + ": the gateway cannot record the call, and did not place it", RetryAfter: time.Second}
	}
	return err
}

func interruptedError(name string, interrupted *ledger.InterruptedError) *gateway.Error {
	e := &gateway.Error{Code: codes.DeadlineExceeded, Reason: "DEADLINE", Cause: interrupted, Message: name + ": the deadline passed; nothing was sent"}
	if errors.Is(interrupted.Err, context.Canceled) {
		e.Code, e.Reason = codes.Canceled, "CANCELED"
	}
	if interrupted.Sent {
		e.Message = name + ": the deadline passed, and the call goes on: repeat it with the same request_id to learn the outcome"
	}
	return e
}
