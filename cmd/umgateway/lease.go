package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/umgateway/umgateway/gateway"
	umv1 "github.com/umgateway/umgateway/gen/um/v1"
	"github.com/umgateway/umgateway/internal/exchange"
	"github.com/umgateway/umgateway/internal/lease"
	"github.com/umgateway/umgateway/soapbridge"
)

// leasing grants leases to calls that are placed with one. It stands below the ledger, so that a lease is granted before
// the call counts as placed, and once.
type leasing struct {
	gateway.Invoker
	keeper    *lease.Keeper
	backend   string // its name
	ofCallers bool   // calls are carried out as their callers, who are not there when they are to be hung up
}

// keepLeases makes a keeper that hangs up at the backend that has placed the call.
func keepLeases(store lease.Store, lanes []*lane, logger *slog.Logger) (*lease.Keeper, error) {
	disconnect := exchange.Method("um.v1.CallService.Disconnect")
	byName := map[string]*lane{}
	for _, l := range lanes {
		byName[l.name] = l
	}
	return lease.Open(store, lease.Config{
		Log: logger,
		Serves: func(key string) bool {
			backend, _ := lease.SplitKey(key)
			return byName[backend] != nil
		},
		Attended: func(key string) bool {
			backend, callID := lease.SplitKey(key)
			return byName[backend].watching.Attended("", callID)
		},
		HangUp: func(ctx context.Context, key string) error {
			backend, callID := lease.SplitKey(key)
			_, err := byName[backend].acting.Invoke(ctx, disconnect, &umv1.DisconnectRequest{CallId: callID})
			if isGone(err) {
				return nil
			}
			return err
		},
	})
}

// isGone tells whether an error says that a call has ended.
func isGone(err error) bool {
	var fault *soapbridge.Fault
	if !errors.As(err, &fault) {
		return false
	}
	for _, name := range fault.Names() {
		if name == "InvalidCallIdException" || name == "ErrorInvalidPhoneCallId" {
			return true
		}
	}
	return false
}

// Invoke carries the call out, and grants, renews or releases its lease.
func (l *leasing) Invoke(ctx context.Context, method protoreflect.MethodDescriptor, in proto.Message) (proto.Message, error) {
	switch request := in.(type) {
	case *umv1.RenewLeaseRequest:
		return l.renew(ctx, request)
	case *umv1.DisconnectRequest:
		out, err := l.Invoker.Invoke(ctx, method, in)
		if err == nil || isGone(err) {
			// A lease that stays behind ends with a hang-up that finds nothing to end.
			_ = l.keeper.Release(context.WithoutCancel(ctx), lease.Key(l.backend, request.GetCallId()))
		}
		return out, err
	case interface{ GetLease() *umv1.HangUpLease }:
		if request.GetLease() != nil {
			return l.place(ctx, method, in, request.GetLease())
		}
	}
	return l.Invoker.Invoke(ctx, method, in)
}

// place carries out a call with a lease. If the lease cannot be recorded, the call is hung up again.
func (l *leasing) place(ctx context.Context, method protoreflect.MethodDescriptor, in proto.Message, want *umv1.HangUpLease) (proto.Message, error) {
	if l.ofCallers {
		return nil, &gateway.Error{Code: codes.FailedPrecondition, Reason: "LEASE_UNSUPPORTED",
			Message: string(method.Name()) + ": the gateway acts as the caller, and could not hang up later by itself: leave the lease out"}
	}
	if err := l.keeper.Check(ctx); err != nil {
		if ctx.Err() != nil {
			return nil, errors.Join(ctx.Err(), err) // the caller has gone, or has no more time
		}
		return nil, &gateway.Error{Code: codes.Unavailable, Reason: "LEASE_UNAVAILABLE", Cause: err,
			Message: string(method.Name()) + ": the lease could not be recorded, so nothing was sent"}
	}
	out, err := l.Invoker.Invoke(ctx, method, in)
	if err != nil {
		return nil, err
	}
	placed, ok := out.(interface{ GetCallId() string })
	if !ok {
		return out, nil
	}
	recording, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaseTimeout)
	defer cancel()
	if err := l.keeper.Grant(recording, lease.Key(l.backend, placed.GetCallId()), want.GetUnattended().AsDuration(), want.GetMaxDuration().AsDuration()); err != nil {
		_, hangUp := l.Invoker.Invoke(recording, exchange.Method("um.v1.CallService.Disconnect"), &umv1.DisconnectRequest{CallId: placed.GetCallId()})
		return nil, &gateway.Error{Code: codes.Unavailable, Reason: "LEASE_UNAVAILABLE", Cause: errors.Join(err, hangUp),
			Message: string(method.Name()) + ": the lease cannot be recorded, so the call was hung up again"}
	}
	return out, nil
}

// leaseTimeout bounds recording a lease, whatever the caller's deadline: the telephone rings already.
const leaseTimeout = 10 * time.Second

func (l *leasing) renew(ctx context.Context, request *umv1.RenewLeaseRequest) (proto.Message, error) {
	until, err := l.keeper.Renew(ctx, lease.Key(l.backend, request.GetCallId()))
	switch {
	case errors.Is(err, lease.ErrNotFound):
		return nil, &gateway.Error{Code: codes.NotFound, Reason: "LEASE_NOT_FOUND", Cause: err,
			Message: "RenewLease: the call has no lease, or has ended"}
	case err != nil:
		return nil, &gateway.Error{Code: codes.Unavailable, Reason: "LEASE_UNAVAILABLE", Cause: err,
			Message: "RenewLease: the lease cannot be recorded"}
	}
	return &umv1.RenewLeaseResponse{HangUpTime: timestamppb.New(until)}, nil
}
