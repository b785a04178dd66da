package gateway_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/umgateway/umgateway/gateway"
	"github.com/umgateway/umgateway/gateway/ratelimit"
	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

// disconnectWithoutID breaks a rule of the schema.
var disconnectWithoutID = operation{
	name: "Disconnect", service: "um.v1.CallService", verb: http.MethodPost, path: "/v1/calls:disconnect",
	request: &umv1.DisconnectRequest{}, response: &umv1.DisconnectResponse{},
}

func TestInterceptorsAroundSeeErrorsAsCallersDo(t *testing.T) {
	t.Parallel()
	failing := func(err error) invoker {
		return func(context.Context, protoreflect.MethodDescriptor, proto.Message) (proto.Message, error) {
			return nil, err
		}
	}
	spent := func() *ratelimit.Limiter {
		limiter, err := ratelimit.New(ratelimit.Config{Total: ratelimit.Limit{Rate: 1e-6, Burst: 1}}, nil)
		if err != nil {
			t.Error(err)
			return nil
		}
		limiter.Allow("another")
		return limiter
	}
	for name, c := range map[string]struct {
		config gateway.Config
		call   operation
		reason string // empty: the call succeeds
	}{
		"success":         {gateway.Config{Invoker: enabled}, isUMEnabled, ""},
		"invalid request": {gateway.Config{Invoker: enabled}, disconnectWithoutID, "REQUEST_INVALID"},
		"unknown error":   {gateway.Config{Invoker: failing(errors.New("secret"))}, isUMEnabled, "INTERNAL"},
		"deadline":        {gateway.Config{Invoker: failing(context.DeadlineExceeded)}, isUMEnabled, "DEADLINE"},
		"refused":         {gateway.Config{Invoker: enabled, Limiter: spent}, isUMEnabled, "RATE_LIMITED"},
		"panic": {gateway.Config{Invoker: invoker(func(context.Context, protoreflect.MethodDescriptor, proto.Message) (proto.Message, error) {
			panic("secret")
		})}, isUMEnabled, "INTERNAL"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			overEachFront(t, func(t *testing.T, f front) {
				var seen []string
				config := c.config
				config.Around = []gateway.Interceptor{func(ctx context.Context, call *gateway.Call, next gateway.Handler) error {
					err := next(ctx, call)
					reason := ""
					if e, explained := err.(*gateway.Error); explained {
						reason = e.Reason
					} else if err != nil {
						t.Errorf("the error is a %T", err)
					}
					if call.RequestID == "" {
						t.Error("the call has no request id yet")
					}
					seen = append(seen, reason)
					return err
				}}
				s := newStand(t, config)
				if got, _ := f.ask(t.Context(), t, s, c.call); got.reason != c.reason {
					t.Errorf("the caller is told %s %s", got.code, got.reason)
				}
				if got := strings.Join(seen, " "); got != c.reason {
					t.Errorf("seen: %q, want %q once", got, c.reason)
				}
			})
		})
	}
}

func TestGatewayAcceptsCallsFromServeUntilItDrains(t *testing.T) {
	t.Parallel()
	started, finish := make(chan struct{}), make(chan struct{})
	config := gateway.Config{Invoker: invoker(func(ctx context.Context, m protoreflect.MethodDescriptor, in proto.Message) (proto.Message, error) {
		close(started)
		<-finish
		return enabled(ctx, m, in)
	})}
	idle, err := gateway.New(config)
	if err != nil {
		t.Fatal(err)
	}
	if idle.Accepting() || idle.Started() {
		t.Error("a gateway that does not serve accepts calls")
	}
	s := newStand(t, config)
	answer := make(chan codes.Code, 1)
	go func() {
		got, _ := fronts[0].ask(context.WithoutCancel(t.Context()), t, s, isUMEnabled)
		answer <- got.code
	}()
	<-started
	if !s.gateway.Accepting() {
		t.Error("a gateway that serves does not accept calls")
	}
	watch, err := healthv1.NewHealthClient(s.grpc).Watch(t.Context(), &healthv1.HealthCheckRequest{})
	if err != nil {
		t.Fatal(err)
	}
	s.stop()
	for err == nil { // a watch ends when draining begins
		_, err = watch.Recv()
	}
	if s.gateway.Accepting() || !s.gateway.Started() {
		t.Error("a gateway that drains accepts calls, or was never started")
	}
	close(finish)
	if got := <-answer; got != codes.OK {
		t.Errorf("the call in flight is answered with %v", got)
	}
}

func TestServeThatIsEndedAtOnceEndsInOrder(t *testing.T) {
	t.Parallel()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for range 20 { // the end and the beginning of either server race
		g, err := gateway.New(gateway.Config{Invoker: enabled})
		if err != nil {
			t.Fatal(err)
		}
		rpc, rest := listen(t), listen(t)
		if err := g.Serve(over, rpc, rest); err != nil {
			t.Errorf("serving ended with %v", err)
		}
		for _, l := range []net.Listener{rpc, rest} {
			if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
				t.Errorf("a listener is left open: %v", err)
			}
		}
	}
}
