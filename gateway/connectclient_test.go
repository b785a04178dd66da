package gateway_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"

	"connectrpc.com/connect"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"
	"google.golang.org/protobuf/types/known/anypb"
)

// connectClient is the client of the Connect project for an operation, with messages that it knows by their descriptors.
func connectClient(s *stand, op operation, options ...connect.ClientOption) *connect.Client[dynamicpb.Message, dynamicpb.Message] {
	options = append(slices.Clone(options), connect.WithResponseInitializer(func(_ connect.Spec, message any) error {
		*message.(*dynamicpb.Message) = *dynamicpb.NewMessage(op.response.ProtoReflect().Descriptor())
		return nil
	}))
	return connect.NewClient[dynamicpb.Message, dynamicpb.Message](s.http, s.url+"/"+op.service+"/"+op.name, options...)
}

// dynamicRequest is an operation's request as connectClient sends it, with the metadata that gRPC's client would send.
func dynamicRequest(ctx context.Context, t *testing.T, op operation) *connect.Request[dynamicpb.Message] {
	t.Helper()
	data, err := proto.Marshal(op.request)
	if err != nil {
		t.Fatal(err)
	}
	message := dynamicpb.NewMessage(op.request.ProtoReflect().Descriptor())
	if err := proto.Unmarshal(data, message); err != nil {
		t.Fatal(err)
	}
	request := connect.NewRequest(message)
	sent, _ := metadata.FromOutgoingContext(ctx)
	for key, values := range sent {
		for _, value := range values {
			request.Header().Add(key, value)
		}
	}
	return request
}

// askConnect asks with the client of the Connect project.
func askConnect(options ...connect.ClientOption) func(context.Context, *testing.T, *stand, operation) (outcome, string) {
	return func(ctx context.Context, t *testing.T, s *stand, op operation) (outcome, string) {
		t.Helper()
		response, err := connectClient(s, op, options...).CallUnary(ctx, dynamicRequest(ctx, t, op))
		if err != nil {
			return newOutcome(t, statusOfConnect(t, err)), ""
		}
		data, err := protojson.MarshalOptions{EmitDefaultValues: true}.Marshal(response.Msg)
		if err != nil {
			t.Fatal(err)
		}
		return outcome{}, string(data)
	}
}

// statusOfConnect reads the error of that client.
func statusOfConnect(t *testing.T, err error) *status.Status {
	t.Helper()
	var failure *connect.Error
	if !errors.As(err, &failure) {
		t.Fatalf("%v is a %T", err, err)
	}
	s := &spb.Status{Code: int32(failure.Code()), Message: failure.Message()}
	for _, detail := range failure.Details() {
		s.Details = append(s.Details, &anypb.Any{TypeUrl: "type.googleapis.com/" + detail.Type(), Value: detail.Bytes()})
	}
	return status.FromProto(s)
}

// newHTTPClient speaks HTTP/2 to the HTTP front, as gRPC needs it, without encryption.
func newHTTPClient(t *testing.T) *http.Client {
	t.Helper()
	transport := &http.Transport{Protocols: &http.Protocols{}}
	transport.Protocols.SetUnencryptedHTTP2(true)
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}
