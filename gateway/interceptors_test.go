package gateway_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/umgateway/umgateway/gateway"
	umv1 "github.com/umgateway/umgateway/gen/um/v1"
	"github.com/umgateway/umgateway/soapbridge"
)

// invoker answers calls with a function.
type invoker func(ctx context.Context, method protoreflect.MethodDescriptor, in proto.Message) (proto.Message, error)

func (i invoker) Invoke(ctx context.Context, method protoreflect.MethodDescriptor, in proto.Message) (proto.Message, error) {
	return i(ctx, method, in)
}

var enabled = invoker(func(context.Context, protoreflect.MethodDescriptor, proto.Message) (proto.Message, error) {
	return &umv1.IsUMEnabledResponse{Enabled: true}, nil
})

// isUMEnabled is asked over each front.
var isUMEnabled = operation{
	name: "IsUMEnabled", service: "um.v1.MailboxService", verb: http.MethodGet, path: "/v1/mailbox:umEnabled",
	request: &umv1.IsUMEnabledRequest{}, response: &umv1.IsUMEnabledResponse{},
}

// overEachFront runs a test once for each front with a gateway of its own.
func overEachFront(t *testing.T, test func(*testing.T, front)) {
	t.Helper()
	for _, f := range fronts {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			test(t, f)
		})
	}
}

func TestRequestIDIsTakenOverAndSentBack(t *testing.T) {
	t.Parallel()
	s := newStand(t, gateway.Config{Invoker: enabled})
	for name, c := range map[string]struct {
		sent string
		kept bool
	}{
		"its own":           {"order-66/a", true},
		"none":              {"", false},
		"with a space":      {"a b", false},
		"far too long":      {strings.Repeat("x", 129), false},
		"just short enough": {strings.Repeat("x", 128), true},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := metadata.AppendToOutgoingContext(t.Context(), "x-request-id", c.sent)
			var header metadata.MD
			if err := s.grpc.Invoke(ctx, "/um.v1.MailboxService/IsUMEnabled", &umv1.IsUMEnabledRequest{}, &umv1.IsUMEnabledResponse{}, grpc.Header(&header)); err != nil {
				t.Fatal(err)
			}
			reply, _ := s.rest(t.Context(), http.MethodGet, "/v1/mailbox:umEnabled", "", "X-Request-Id", c.sent)
			for front, got := range map[string]string{"gRPC": strings.Join(header.Get("x-request-id"), ","), "REST": reply.Header.Get("X-Request-Id")} {
				if got == "" || (got == c.sent) != c.kept {
					t.Errorf("%s: the id %q came back as %q", front, c.sent, got)
				}
			}
		})
	}
}

func TestEveryCallIsLoggedOnce(t *testing.T) {
	t.Parallel()
	overEachFront(t, func(t *testing.T, f front) {
		var log lines
		s := newStand(t, gateway.Config{Invoker: enabled, Logger: slog.New(slog.NewJSONHandler(&log, nil))})
		f.ask(t.Context(), t, s, isUMEnabled)
		s.end(t)
		text := log.String()
		if n := strings.Count(text, "\n"); n != 1 {
			t.Errorf("%d lines are logged, want 1: %s", n, text)
		}
		for _, want := range []string{`"rpc":"um.v1.MailboxService/IsUMEnabled"`, `"code":"OK"`, `"protocol":"` + f.protocol + `"`, `"request_id":"`, `"peer":"127.0.0.1:`} {
			if !strings.Contains(text, want) {
				t.Errorf("%s is not in the log: %s", want, text)
			}
		}
	})
}

func TestPanicEndsOneCallOnly(t *testing.T) {
	t.Parallel()
	overEachFront(t, func(t *testing.T, f front) {
		var log lines
		first := true
		s := newStand(t, gateway.Config{
			Logger: slog.New(slog.NewJSONHandler(&log, nil)),
			Invoker: invoker(func(ctx context.Context, m protoreflect.MethodDescriptor, in proto.Message) (proto.Message, error) {
				if first {
					first = false
					panic("secret detail")
				}
				return enabled(ctx, m, in)
			}),
		})
		got, _ := f.ask(t.Context(), t, s, isUMEnabled)
		if got.code != codes.Internal || got.reason != "INTERNAL" || strings.Contains(got.message, "secret") {
			t.Errorf("the panic is answered with %v %s %q", got.code, got.reason, got.message)
		}
		if got, _ := f.ask(t.Context(), t, s, isUMEnabled); got.code != codes.OK {
			t.Errorf("the next call is answered with %v", got.code)
		}
		s.end(t)
		if !strings.Contains(log.String(), "secret detail") || !strings.Contains(log.String(), "interceptors_test.go") {
			t.Errorf("the log lacks the panic's value or its stack: %s", log.String())
		}
	})
}

func TestErrorOfTheBackendIsExplained(t *testing.T) {
	t.Parallel()
	overEachFront(t, func(t *testing.T, f front) {
		s := newStand(t, gateway.Config{Invoker: invoker(func(context.Context, protoreflect.MethodDescriptor, proto.Message) (proto.Message, error) {
			return nil, &soapbridge.Error{Operation: "IsUMEnabled", Kind: soapbridge.KindProxyAuth}
		})})
		if got, _ := f.ask(t.Context(), t, s, isUMEnabled); got.code != codes.Internal || got.reason != "BACKEND_PROXY_AUTH" {
			t.Errorf("the answer is %v %s", got.code, got.reason)
		}
	})
}

func TestConfiguredInterceptorsSeeEveryCall(t *testing.T) {
	t.Parallel()
	overEachFront(t, func(t *testing.T, f front) {
		var seen []string
		mark := func(name string) gateway.Interceptor {
			return func(ctx context.Context, call *gateway.Call, next gateway.Handler) error {
				seen = append(seen, name+" "+call.FullMethod+" "+strings.Join(call.Metadata("authorization"), ","))
				call.SetHeader("x-seen", name)
				return next(ctx, call)
			}
		}
		s := newStand(t, gateway.Config{
			Invoker: enabled,
			Front:   []gateway.Interceptor{mark("front 1"), mark("front 2")}, Back: []gateway.Interceptor{mark("back")},
		})
		ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer x")
		if f.name == "REST" {
			if reply, _ := s.rest(ctx, isUMEnabled.verb, isUMEnabled.path, "", "Authorization", "Bearer x"); reply.Header.Get("X-Seen") != "back" {
				t.Errorf("the header set by an interceptor is %q", reply.Header.Get("X-Seen"))
			}
		} else {
			f.ask(ctx, t, s, isUMEnabled)
		}
		const call = " /um.v1.MailboxService/IsUMEnabled Bearer x"
		if got, want := strings.Join(seen, "; "), "front 1"+call+"; front 2"+call+"; back"+call; got != want {
			t.Errorf("seen: %s\nwant: %s", got, want)
		}
	})
}

func TestInvalidRequestsStopBeforeTheBackInterceptors(t *testing.T) {
	t.Parallel()
	overEachFront(t, func(t *testing.T, f front) {
		front, back := 0, 0
		count := func(n *int) gateway.Interceptor {
			return func(ctx context.Context, call *gateway.Call, next gateway.Handler) error {
				*n++
				return next(ctx, call)
			}
		}
		s := newStand(t, gateway.Config{Invoker: enabled, Front: []gateway.Interceptor{count(&front)}, Back: []gateway.Interceptor{count(&back)}})
		got, _ := f.ask(t.Context(), t, s, operation{
			name: "Disconnect", service: "um.v1.CallService", verb: http.MethodPost, path: "/v1/calls:disconnect",
			request: &umv1.DisconnectRequest{}, response: &umv1.DisconnectResponse{},
		})
		wantRefusal(t, got, "call_id")
		if front != 1 || back != 0 {
			t.Errorf("%d front and %d back interceptors ran, want 1 and 0", front, back)
		}
	})
}

func TestDeadlines(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sent     string // Grpc-Timeout
		min, max time.Duration
	}{
		"none, so the default":     {"", 19 * time.Second, 20 * time.Second},
		"the caller's":             {"25S", 24 * time.Second, 25 * time.Second},
		"shorter than the default": {"5000m", 4 * time.Second, 5 * time.Second},
		"longer than the maximum":  {"1H", 29 * time.Second, 30 * time.Second},
		"centuries":                {"2000000H", 29 * time.Second, 30 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			overEachFront(t, func(t *testing.T, f front) {
				var left time.Duration
				s := newStand(t, gateway.Config{
					DefaultTimeout: 20 * time.Second, MaxTimeout: 30 * time.Second,
					Invoker: invoker(func(ctx context.Context, m protoreflect.MethodDescriptor, in proto.Message) (proto.Message, error) {
						deadline, _ := ctx.Deadline()
						left = time.Until(deadline)
						return enabled(ctx, m, in)
					}),
				})
				if f.name == "REST" {
					s.rest(t.Context(), isUMEnabled.verb, isUMEnabled.path, "", "Grpc-Timeout", c.sent)
				} else {
					f.ask(withGRPCTimeout(t, c.sent), t, s, isUMEnabled)
				}
				low, high := c.min, c.max
				if name == "centuries" && f.protocol == "connect" {
					low, high = 19*time.Second, 20*time.Second // its client does not send what its header cannot hold
				}
				if left < low || left > high {
					t.Errorf("the exchange may take %v, want between %v and %v", left, low, high)
				}
			})
		})
	}
}

func TestLongestTimeoutThatGRPCAllowsIsCapped(t *testing.T) {
	t.Parallel()
	s := newStand(t, gateway.Config{Invoker: enabled})
	if reply, body := s.rest(t.Context(), isUMEnabled.verb, isUMEnabled.path, "", "Grpc-Timeout", "99999999H"); reply.StatusCode != http.StatusOK {
		t.Errorf("the answer is %d %s", reply.StatusCode, body)
	}
}

// withGRPCTimeout returns a context with the deadline that the gRPC client turns into the header.
func withGRPCTimeout(t *testing.T, sent string) context.Context {
	t.Helper()
	d, known := map[string]time.Duration{"": 0, "25S": 25 * time.Second, "5000m": 5 * time.Second, "1H": time.Hour, "2000000H": 2000000 * time.Hour}[sent]
	if !known {
		t.Fatalf("%q is not in the table", sent)
	}
	if d == 0 {
		return t.Context()
	}
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func TestCancellingReachesTheExchange(t *testing.T) {
	t.Parallel()
	overEachFront(t, func(t *testing.T, f front) {
		started, ended := make(chan struct{}), make(chan error, 1)
		s := newStand(t, gateway.Config{Invoker: invoker(func(ctx context.Context, _ protoreflect.MethodDescriptor, _ proto.Message) (proto.Message, error) {
			close(started)
			<-ctx.Done()
			ended <- ctx.Err()
			return nil, ctx.Err()
		})})
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			<-started
			cancel()
		}()
		var err error
		switch f.protocol {
		case "rest":
			var request *http.Request
			if request, err = http.NewRequestWithContext(ctx, isUMEnabled.verb, s.url+isUMEnabled.path, nil); err != nil {
				t.Fatal(err)
			}
			_, err = http.DefaultTransport.RoundTrip(request)
		case "grpc":
			err = s.grpc.Invoke(ctx, "/um.v1.MailboxService/IsUMEnabled", &umv1.IsUMEnabledRequest{}, &umv1.IsUMEnabledResponse{})
		default:
			_, err = connectClient(s, isUMEnabled).CallUnary(ctx, dynamicRequest(ctx, t, isUMEnabled))
		}
		if err == nil {
			t.Error("the cancelled call was answered")
		}
		if err := <-ended; err != context.Canceled {
			t.Errorf("the exchange ended with %v, want %v", err, context.Canceled)
		}
	})
}

// lines collects a log.
type lines struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buffer.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buffer.String()
}
