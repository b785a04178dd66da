package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/umgateway/umgateway/gateway"
	"github.com/umgateway/umgateway/gateway/principal"
	"github.com/umgateway/umgateway/internal/backend"
	"github.com/umgateway/umgateway/internal/exchange"
	"github.com/umgateway/umgateway/internal/ledger"
	"github.com/umgateway/umgateway/internal/ledger/ledgerrpc"
	"github.com/umgateway/umgateway/internal/ledger/ledgersoap"
	"github.com/umgateway/umgateway/soapbridge/transport"
)

// guard puts the ledger before what carries the calls out.
func guard(l *ledger.Ledger, next gateway.Invoker, settings backend.Settings) (gateway.Invoker, error) {
	asCaller := settings.Identity == backend.IdentityCallerBasic
	guarded, err := ledgerrpc.New(ledgerrpc.Config{
		Ledger: l, Next: next,
		Scope: func(ctx context.Context, _ protoreflect.MethodDescriptor) (ledgerrpc.Scope, error) {
			return scope(ctx, settings), nil
		},
		BeforeSend: transport.WithBeforeSend,
		Judge:      ledgersoap.Judge(exchange.Retries().Faults),
		Status: func(method protoreflect.MethodDescriptor, err error) *spb.Status {
			return recordable(method, err, asCaller)
		},
	}, exchange.Services()...)
	if err != nil {
		return nil, err
	}
	return remembering{guarded}, nil
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

// scope tells who asks whom.
func scope(ctx context.Context, settings backend.Settings) ledgerrpc.Scope {
	s := ledgerrpc.Scope{Backend: "default", Identity: settings.Username}
	if caller, known := principal.FromContext(ctx); known {
		s.Principal = caller.Key()
	}
	if credential, shown := principal.CredentialFromContext(ctx); shown {
		s.Identity = credential.User()
		// Nobody has checked the password. Whoever claims to be somebody must not be handed somebody's answers.
		s.Principal += fmt.Sprintf(" %x", sha256.Sum256([]byte(credential.Password())))
	}
	return s
}

// remembering explains the errors of the ledger.
type remembering struct{ gateway.Invoker }

// Invoke carries the call out, or returns what was answered to the same request before.
func (r remembering) Invoke(ctx context.Context, method protoreflect.MethodDescriptor, in proto.Message) (proto.Message, error) {
	out, err := r.Invoker.Invoke(ctx, method, in)
	if err == nil {
		return out, nil
	}
	name := string(method.Name())
	var (
		recorded    *ledgerrpc.OutcomeError
		store       *ledger.StoreError
		interrupted *ledger.InterruptedError
	)
	switch {
	case errors.As(err, &recorded) && recorded.Status != nil:
		return nil, gateway.FromStatus(status.FromProto(recorded.Status), err)
	case errors.As(err, &recorded):
		return nil, &gateway.Error{Code: codes.Unknown, Reason: "OUTCOME_UNKNOWN", Cause: err,
			Message: name + ": an earlier gateway may or may not have had the call executed: do not repeat it under another request_id"}
	case errors.Is(err, ledger.ErrReused):
		return nil, &gateway.Error{Code: codes.FailedPrecondition, Reason: "REQUEST_ID_REUSED", Cause: err,
			Message: name + ": this request_id was used for another request"}
	case errors.As(err, &interrupted):
		return nil, interruptedError(name, interrupted)
	case errors.As(err, &store), errors.Is(err, ledger.ErrLost), errors.Is(err, ledger.ErrClosed):
		return nil, &gateway.Error{Code: codes.Unavailable, Reason: "LEDGER_UNAVAILABLE", Cause: err,
			Message: name + ": the gateway cannot record the call, and did not place it", RetryAfter: time.Second}
	}
	return nil, err
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
