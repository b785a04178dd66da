package gateway_test

import (
	"context"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/umgateway/umgateway/clients"
	"github.com/umgateway/umgateway/gateway"
	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

// A channel of gRPC repeats a call only if the error is all that it was sent (gRFC A6): no header may come before it.
func TestChannelsRepeatWhatTheGatewayCouldNotCarryOut(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	s := newStand(t, gateway.Config{Invoker: invoker(func(context.Context, protoreflect.MethodDescriptor, proto.Message) (proto.Message, error) {
		if asked.Add(1) != 2 {
			return nil, &gateway.Error{Code: codes.Unavailable, Reason: "BACKEND_UNAVAILABLE", Message: "not now"}
		}
		return &umv1.IsUMEnabledResponse{Enabled: true}, nil
	})})
	conn, err := grpc.NewClient(s.grpc.Target(),
		grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultServiceConfig(clients.ServiceConfig))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()

	var header metadata.MD
	if _, err := umv1.NewMailboxServiceClient(conn).IsUMEnabled(t.Context(), &umv1.IsUMEnabledRequest{}, grpc.Header(&header)); err != nil {
		t.Errorf("a read that failed at first: %v", err)
	}
	if len(header.Get("x-request-id")) != 1 {
		t.Errorf("its header is %v, want an x-request-id", header)
	}
	if got := asked.Load(); got != 2 {
		t.Errorf("the backend was asked %d times for a read that failed at first, want 2", got)
	}

	var trailer metadata.MD
	_, err = umv1.NewCallServiceClient(conn).PlayOnPhone(t.Context(),
		&umv1.PlayOnPhoneRequest{EntryId: "AAAA", DialString: "4255550100"}, grpc.Trailer(&trailer))
	if status.Code(err) != codes.Unavailable {
		t.Errorf("a dial that failed ends with %v, want Unavailable", err)
	}
	if len(trailer.Get("x-request-id")) != 1 {
		t.Errorf("its trailer is %v, want an x-request-id", trailer)
	}
	if got := asked.Load(); got != 3 {
		t.Errorf("the backend was asked %d times, want once for the dial", got-2)
	}
}
