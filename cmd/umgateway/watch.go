package main

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/umgateway/umgateway/gateway"
	umv1 "github.com/umgateway/umgateway/gen/um/v1"
	"github.com/umgateway/umgateway/internal/callwatch"
	"github.com/umgateway/umgateway/internal/exchange"
	"github.com/umgateway/umgateway/soapbridge"
)

// watching answers GetCallInfo from what watchers have seen, where the caller allows it.
type watching struct {
	gateway.Invoker
	*callwatch.Hub
	left func(callID string) // told when somebody who watched a call has left
}

// watch makes the hub that follows calls by way of an invoker, those of each account by themselves. It tells of each poll.
func watch(next gateway.Invoker, account func(context.Context) string, polled func()) (*watching, error) {
	getCallInfo := exchange.Method("um.v1.CallService.GetCallInfo")
	hub, err := callwatch.New(callwatch.Config{
		Account:   account,
		Transient: transient,
		Poll: func(ctx context.Context, callID string) (*umv1.GetCallInfoResponse, error) {
			polled()
			out, err := next.Invoke(ctx, getCallInfo, &umv1.GetCallInfoRequest{CallId: callID})
			if err != nil {
				return nil, err
			}
			info, ok := out.(*umv1.GetCallInfoResponse)
			if !ok {
				return nil, fmt.Errorf("poll: the answer is a %T", out)
			}
			return info, nil
		},
	})
	if err != nil {
		return nil, err
	}
	return &watching{next, hub, func(string) {}}, nil
}

// WatchCall follows a call. Whoever has followed it is seen for the last time when the watch ends.
func (w *watching) WatchCall(ctx context.Context, request *umv1.WatchCallRequest, send func(*umv1.WatchCallResponse) error) error {
	defer func() { w.left(request.GetCallId()) }()
	return w.Hub.WatchCall(ctx, request, send)
}

// Invoke carries the call out, or answers it by what was last seen.
func (w *watching) Invoke(ctx context.Context, method protoreflect.MethodDescriptor, in proto.Message) (proto.Message, error) {
	if request, asks := in.(*umv1.GetCallInfoRequest); asks && request.GetMaxAge().AsDuration() > 0 {
		if last := w.Last(ctx, request.GetCallId(), request.GetMaxAge().AsDuration()); last != nil {
			return last, nil
		}
	}
	return w.Invoker.Invoke(ctx, method, in)
}

// transient tells whether a poll that failed is worth another.
func transient(err error) bool {
	var failure *soapbridge.Error
	if !errors.As(err, &failure) {
		return errors.Is(err, context.DeadlineExceeded)
	}
	switch failure.Kind {
	case soapbridge.KindUnavailable, soapbridge.KindOverloaded, soapbridge.KindThrottled, soapbridge.KindDeadline,
		soapbridge.KindNotSOAP, soapbridge.KindEmpty, soapbridge.KindReplyRefused:
		return true
	}
	return false
}
