package main

import (
	"bytes"
	"context"
	"net"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

// standIn is a gateway that answers each rpc as a test wants it.
type standIn struct {
	umv1.UnimplementedCallServiceServer
	umv1.UnimplementedMailboxServiceServer

	answer func(rpc string) error // nil: every rpc succeeds

	mu             sync.Mutex
	requestIDs     []string
	authorizations []string
	backends       []string // that the header x-um-backend has named
}

func (s *standIn) told(ctx context.Context, rpc, requestID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requestIDs = append(s.requestIDs, requestID)
	seen, _ := metadata.FromIncomingContext(ctx)
	s.authorizations = append(s.authorizations, seen.Get("authorization")...)
	s.backends = append(s.backends, seen.Get("x-um-backend")...)
	if s.answer == nil {
		return nil
	}
	return s.answer(rpc)
}

func (s *standIn) PlayOnPhone(ctx context.Context, request *umv1.PlayOnPhoneRequest) (*umv1.PlayOnPhoneResponse, error) {
	return &umv1.PlayOnPhoneResponse{CallId: "MDlk+/=="}, s.told(ctx, "PlayOnPhone", request.GetRequestId())
}

func (s *standIn) PlayOnPhoneGreeting(ctx context.Context, request *umv1.PlayOnPhoneGreetingRequest) (*umv1.PlayOnPhoneGreetingResponse, error) {
	return &umv1.PlayOnPhoneGreetingResponse{CallId: "MDlk+/=="}, s.told(ctx, "PlayOnPhoneGreeting", request.GetRequestId())
}

func (s *standIn) ResetPIN(ctx context.Context, request *umv1.ResetPINRequest) (*umv1.ResetPINResponse, error) {
	return &umv1.ResetPINResponse{}, s.told(ctx, "ResetPIN", request.GetRequestId())
}

func (s *standIn) GetUMProperties(ctx context.Context, _ *umv1.GetUMPropertiesRequest) (*umv1.GetUMPropertiesResponse, error) {
	return &umv1.GetUMPropertiesResponse{TelephoneAccessNumbers: "1\x1b]0;x\a\u202e2"}, s.told(ctx, "GetUMProperties", "")
}

// WatchCall shows a call that is connected and ends.
func (s *standIn) WatchCall(_ *umv1.WatchCallRequest, stream grpc.ServerStreamingServer[umv1.WatchCallResponse]) error {
	none := umv1.EventCause_EVENT_CAUSE_NONE
	for _, event := range []*umv1.WatchCallResponse{
		{Sequence: 1, CallState: umv1.CallState_CALL_STATE_CONNECTED, EventCause: none},
		{Sequence: 2, CallState: umv1.CallState_CALL_STATE_DISCONNECTED, EventCause: none, Ended: true},
	} {
		if err := stream.Send(event); err != nil {
			return err
		}
	}
	return nil
}

// serve serves over both fronts and returns the flags that lead to each.
func (s *standIn) serve(t *testing.T, options ...grpc.ServerOption) map[string]string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(options...)
	umv1.RegisterCallServiceServer(server, s)
	umv1.RegisterMailboxServiceServer(server, s)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	web := httptest.NewServer(s.mux(t))
	t.Cleanup(web.Close)
	return map[string]string{"gRPC": "--addr=" + listener.Addr().String(), "REST": "--rest=" + web.URL}
}

func (s *standIn) mux(t *testing.T) *runtime.ServeMux {
	t.Helper()
	mux := runtime.NewServeMux(runtime.WithIncomingHeaderMatcher(func(name string) (string, bool) {
		if name == "X-Um-Backend" {
			return name, true
		}
		return runtime.DefaultHeaderMatcher(name)
	}))
	if err := umv1.RegisterCallServiceHandlerServer(t.Context(), mux, s); err != nil {
		t.Fatal(err)
	}
	if err := umv1.RegisterMailboxServiceHandlerServer(t.Context(), mux, s); err != nil {
		t.Fatal(err)
	}
	return mux
}

// umctl runs a command line in this process.
func umctl(t *testing.T, environ map[string]string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, failures bytes.Buffer
	code = run(args, &environment{
		ctx: t.Context(), stdout: &out, stderr: &failures, getenv: func(name string) string { return environ[name] },
	})
	return out.String(), failures.String(), code
}
