package gateway_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"connectrpc.com/connect"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

// events returns what a watch receives next, io.EOF at its end, or the error that ended it.
type events func() (*umv1.WatchCallResponse, error)

// watchFront is a way to follow a call.
type watchFront struct {
	name, protocol string
	watch          func(ctx context.Context, t *testing.T, s *stand, callID string) events
}

var watchFronts = []watchFront{
	{"gRPC", "grpc", watchGRPC},
	{"REST", "rest", watchREST("application/x-ndjson")},
	{"SSE", "rest", watchREST("text/event-stream")},
	{"Connect", "connect", watchConnect()},
	{"Connect JSON", "connect", watchConnect(connect.WithProtoJSON())},
	{"gRPC-Web", "grpc-web", watchConnect(connect.WithGRPCWeb())},
	{"gRPC on the HTTP port", "grpc", watchConnect(connect.WithGRPC())},
}

// overEachWatch runs a test once for each way to follow a call.
func overEachWatch(t *testing.T, test func(*testing.T, watchFront)) {
	t.Helper()
	for _, f := range watchFronts {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			test(t, f)
		})
	}
}

func watchGRPC(ctx context.Context, t *testing.T, s *stand, callID string) events {
	t.Helper()
	stream, err := umv1.NewCallServiceClient(s.grpc).WatchCall(ctx, &umv1.WatchCallRequest{CallId: callID})
	if err != nil {
		t.Fatal(err)
	}
	return stream.Recv
}

func watchConnect(options ...connect.ClientOption) func(context.Context, *testing.T, *stand, string) events {
	return func(ctx context.Context, t *testing.T, s *stand, callID string) events {
		t.Helper()
		op := operation{
			service: "um.v1.CallService", name: "WatchCall",
			request: &umv1.WatchCallRequest{CallId: callID}, response: &umv1.WatchCallResponse{},
		}
		stream, err := connectClient(s, op, options...).CallServerStream(ctx, dynamicRequest(ctx, t, op))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { stream.Close() })
		return func() (*umv1.WatchCallResponse, error) {
			if !stream.Receive() {
				if stream.Err() == nil {
					return nil, io.EOF
				}
				return nil, statusOfConnect(t, stream.Err()).Err()
			}
			event := &umv1.WatchCallResponse{}
			data, err := proto.Marshal(stream.Msg())
			if err == nil {
				err = proto.Unmarshal(data, event)
			}
			return event, err
		}
	}
}

func watchREST(accept string) func(context.Context, *testing.T, *stand, string) events {
	return func(ctx context.Context, t *testing.T, s *stand, callID string) events {
		t.Helper()
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/v1/calls/"+url.PathEscape(callID)+":watch", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Accept", accept)
		reply, err := http.DefaultTransport.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { reply.Body.Close() })
		lines := bufio.NewScanner(reply.Body)
		return func() (*umv1.WatchCallResponse, error) {
			for lines.Scan() {
				data, is := strings.CutPrefix(lines.Text(), "data: ")
				if is || strings.HasPrefix(data, "{") {
					return readEvent(t, []byte(data), reply.StatusCode)
				}
			}
			return nil, io.EOF
		}
	}
}

// readEvent reads one line of JSON, with or without the frame of NDJSON.
func readEvent(t *testing.T, data []byte, httpStatus int) (*umv1.WatchCallResponse, error) {
	t.Helper()
	var frame struct {
		Result, Error json.RawMessage
		Code          *int
	}
	if err := json.Unmarshal(data, &frame); err != nil {
		t.Fatalf("%v: %s", err, data)
	}
	event, failure := &umv1.WatchCallResponse{}, &spb.Status{}
	if frame.Result != nil {
		data = frame.Result
	}
	if frame.Error != nil {
		data = frame.Error
	}
	if frame.Error != nil || frame.Code != nil || httpStatus != http.StatusOK {
		if err := protojson.Unmarshal(data, failure); err != nil {
			t.Fatalf("%v: %s", err, data)
		}
		return nil, status.FromProto(failure).Err()
	}
	return event, protojson.Unmarshal(data, event)
}
