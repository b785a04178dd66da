package telemetry_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"regexp"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/umgateway/umgateway/gateway"
	"github.com/umgateway/umgateway/gateway/ratelimit"
	umv1 "github.com/umgateway/umgateway/gen/um/v1"
	"github.com/umgateway/umgateway/internal/exchangesim"
	"github.com/umgateway/umgateway/internal/telemetry"
)

const (
	duration    = "rpc_server_call_duration_seconds"
	playOnPhone = "um.v1.CallService/PlayOnPhone"
	disconnect  = "um.v1.CallService/Disconnect"
)

func TestCallsAreMeasuredByRPCProtocolAndStatus(t *testing.T) {
	t.Parallel()
	s := newStand(t, gateway.Config{}, nil)
	calls := umv1.NewCallServiceClient(s.grpc)
	for range 3 {
		if _, err := calls.PlayOnPhone(t.Context(), &umv1.PlayOnPhoneRequest{EntryId: "AAAA", DialString: "4255550100"}); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.post(t, "/v1/calls:playOnPhone", `{"entryId":"AAAA","dialString":"4255550100"}`); got != http.StatusOK {
		t.Fatalf("REST answers %d", got)
	}
	if got := s.post(t, "/v1/calls:disconnect", `{}`); got != http.StatusBadRequest {
		t.Fatalf("REST answers %d to an invalid request", got)
	}
	s.sim.Misbehave(exchangesim.Empty(http.StatusBadGateway))
	if _, err := calls.PlayOnPhone(t.Context(), &umv1.PlayOnPhoneRequest{EntryId: "AAAA", DialString: "4255550100"}); status.Code(err) != codes.Unknown {
		t.Fatalf("a reply without an answer ends with %v", err)
	}
	got := scrape(t, s.metrics)
	got.want(t, 3, duration, "rpc_method", playOnPhone, "protocol", "grpc", "rpc_response_status_code", "OK")
	got.want(t, 1, duration, "rpc_method", playOnPhone, "protocol", "rest", "rpc_response_status_code", "OK")
	got.want(t, 1, duration, "rpc_method", disconnect, "protocol", "rest", "rpc_response_status_code", "INVALID_ARGUMENT")
	got.want(t, 1, duration, "rpc_method", playOnPhone, "protocol", "grpc", "rpc_response_status_code", "UNKNOWN")
	got.want(t, 1, "umgateway_call_errors_total", "rpc_method", disconnect, "reason", "REQUEST_INVALID")
	got.want(t, 1, "umgateway_call_errors_total", "rpc_method", playOnPhone, "reason", "OUTCOME_UNKNOWN")
	if sum := got.sum(duration); sum != 6 {
		t.Errorf("%v calls are measured, want 6", sum)
	}
	if sum := got.sum("umgateway_call_errors_total"); sum != 2 {
		t.Errorf("%v failures are counted, want 2", sum)
	}
}

func TestEveryRPCIsShownBeforeItsFirstCall(t *testing.T) {
	t.Parallel()
	got := scrape(t, newMetrics(t))
	for _, service := range []protoreflect.FileDescriptor{umv1.File_um_v1_call_service_proto, umv1.File_um_v1_mailbox_service_proto} {
		methods := service.Services().Get(0).Methods()
		for i := range methods.Len() {
			name := string(service.Services().Get(0).FullName()) + "/" + string(methods.Get(i).Name())
			for _, protocol := range []string{"grpc", "rest"} {
				got.want(t, 0, duration, "rpc_method", name, "protocol", protocol, "rpc_response_status_code", "OK")
			}
			got.want(t, 0, "umgateway_calls_in_flight", "rpc_method", name)
		}
	}
}

// TestAlertsSeeTheFirstFailure: a series that begins with 1 has not increased, for Prometheus.
func TestAlertsSeeTheFirstFailure(t *testing.T) {
	t.Parallel()
	rules, err := os.ReadFile("../../deploy/monitoring/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	asked := regexp.MustCompile(`increase\(umgateway_call_errors_total\{reason="(\w+)"\}`).FindAllSubmatch(rules, -1)
	if len(asked) == 0 {
		t.Fatal("no alert asks for a reason")
	}
	got := scrape(t, newMetrics(t))
	for _, reason := range asked {
		got.want(t, 0, "umgateway_call_errors_total", "rpc_method", playOnPhone, "reason", string(reason[1]))
	}
}

func TestStatusIsWrittenAsGRPCWritesIt(t *testing.T) {
	t.Parallel()
	m := newMetrics(t)
	// The names of statuscodes.md of gRPC.
	for code, name := range map[codes.Code]string{
		1: "CANCELLED", 2: "UNKNOWN", 3: "INVALID_ARGUMENT", 4: "DEADLINE_EXCEEDED", 5: "NOT_FOUND", 6: "ALREADY_EXISTS",
		7: "PERMISSION_DENIED", 8: "RESOURCE_EXHAUSTED", 9: "FAILED_PRECONDITION", 10: "ABORTED", 11: "OUT_OF_RANGE",
		12: "UNIMPLEMENTED", 13: "INTERNAL", 14: "UNAVAILABLE", 15: "DATA_LOSS", 16: "UNAUTHENTICATED", 17: "_OTHER",
	} {
		err := m.Measure(t.Context(), &gateway.Call{FullMethod: "/" + disconnect, Protocol: gateway.ProtocolGRPC},
			func(context.Context, *gateway.Call) error { return &gateway.Error{Code: code, Reason: "X"} })
		if status.Code(err) != code {
			t.Errorf("the error was changed to %v", err)
		}
		scrape(t, m).want(t, 1, duration, "rpc_method", disconnect, "protocol", "grpc", "rpc_response_status_code", name)
	}
}

func TestWhatIsNoNameOfOursIsNoLabel(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		method string
		err    error
		want   []string
	}{
		"rpc":             {"/x.Y/4255550100", &gateway.Error{Reason: "INTERNAL"}, []string{"rpc_method", "_OTHER", "reason", "INTERNAL"}},
		"reason":          {"/" + disconnect, &gateway.Error{Reason: "call 4255550100 failed"}, []string{"rpc_method", disconnect, "reason", "_OTHER"}},
		"no reason":       {"/" + disconnect, &gateway.Error{}, []string{"rpc_method", disconnect, "reason", "_OTHER"}},
		"unknown error":   {"/" + disconnect, errors.New("4255550100"), []string{"rpc_method", disconnect, "reason", "_OTHER"}},
		"endless reason":  {"/" + disconnect, &gateway.Error{Reason: string(make([]byte, 64))}, []string{"rpc_method", disconnect, "reason", "_OTHER"}},
		"reason in lower": {"/" + disconnect, &gateway.Error{Reason: "internal"}, []string{"rpc_method", disconnect, "reason", "_OTHER"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMetrics(t)
			call := &gateway.Call{FullMethod: c.method, Protocol: gateway.ProtocolREST}
			if err := m.Measure(t.Context(), call, func(context.Context, *gateway.Call) error { return c.err }); !errors.Is(err, c.err) {
				t.Errorf("the error was changed to %v", err)
			}
			scrape(t, m).want(t, 1, "umgateway_call_errors_total", c.want...)
		})
	}
}

func TestCallsRefusedForTheirNumberAreCountedByLimit(t *testing.T) {
	t.Parallel()
	for scope, limits := range map[string]ratelimit.Config{
		"caller": {PerCaller: ratelimit.Limit{Rate: 1e-6, Burst: 1}},
		"total":  {Total: ratelimit.Limit{Rate: 1e-6, Burst: 1}},
	} {
		t.Run(scope, func(t *testing.T) {
			t.Parallel()
			limiter, err := ratelimit.New(limits, nil)
			if err != nil {
				t.Fatal(err)
			}
			s := newStand(t, gateway.Config{Limiter: func() *ratelimit.Limiter { return limiter }}, nil)
			for _, want := range []int{http.StatusOK, http.StatusTooManyRequests, http.StatusTooManyRequests} {
				if got := s.post(t, "/v1/mailbox:setOofStatus", `{"enabled":true}`); got != want {
					t.Errorf("the answer is %d, want %d", got, want)
				}
			}
			got := scrape(t, s.metrics)
			got.want(t, 2, "umgateway_rate_limited_total", "scope", scope)
			if sum := got.sum("umgateway_rate_limited_total"); sum != 2 {
				t.Errorf("%v are counted in all", sum)
			}
		})
	}
}

// invoker answers calls with a function.
type invoker func(ctx context.Context) (proto.Message, error)

func (i invoker) Invoke(ctx context.Context, _ protoreflect.MethodDescriptor, _ proto.Message) (proto.Message, error) {
	return i(ctx)
}

func TestCallsInFlightAreCountedDownAgain(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func() (proto.Message, error){
		"success": func() (proto.Message, error) { return &umv1.DisconnectResponse{}, nil },
		"failure": func() (proto.Message, error) { return nil, errors.New("failed") },
		"panic":   func() (proto.Message, error) { panic("failed") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			begun, finish := make(chan struct{}), make(chan struct{})
			s := newStand(t, gateway.Config{Invoker: invoker(func(context.Context) (proto.Message, error) {
				begun <- struct{}{}
				<-finish
				return end()
			})}, nil)
			done := make(chan struct{}, 2)
			for range 2 {
				go func() {
					// How it ends is not what this test is about.
					_, _ = umv1.NewCallServiceClient(s.grpc).Disconnect(t.Context(), &umv1.DisconnectRequest{CallId: "AAAA"})
					done <- struct{}{}
				}()
				<-begun
			}
			scrape(t, s.metrics).want(t, 2, "umgateway_calls_in_flight", "rpc_method", disconnect)
			close(finish)
			<-done
			<-done
			scrape(t, s.metrics).want(t, 0, "umgateway_calls_in_flight", "rpc_method", disconnect)
		})
	}
}

func TestMeasuringASuccessfulCallAllocatesNothing(t *testing.T) {
	m := newMetrics(t)
	call := &gateway.Call{FullMethod: "/" + disconnect, Protocol: gateway.ProtocolGRPC}
	next := func(context.Context, *gateway.Call) error { return nil }
	if n := testing.AllocsPerRun(1000, func() { _ = m.Measure(t.Context(), call, next) }); n > 0 {
		t.Errorf("%v allocations for each call", n)
	}
}

func BenchmarkMeasure(b *testing.B) {
	m, err := telemetry.NewMetrics(umv1.File_um_v1_call_service_proto.Services().Get(0))
	if err != nil {
		b.Fatal(err)
	}
	call := &gateway.Call{FullMethod: "/" + disconnect, Protocol: gateway.ProtocolGRPC}
	next := func(context.Context, *gateway.Call) error { return nil }
	b.ReportAllocs()
	for b.Loop() {
		if err := m.Measure(b.Context(), call, next); err != nil {
			b.Fatal(err)
		}
	}
}

func TestRefusedRequestsAreCountedByReasonsOfOurOwn(t *testing.T) {
	t.Parallel()
	m := newMetrics(t)
	m.Refused(gateway.ProtocolREST, "ROUTE_NOT_FOUND")
	m.Refused(gateway.ProtocolREST, "ROUTE_NOT_FOUND")
	m.Refused(gateway.ProtocolREST, gateway.Unreadable)
	m.Refused(gateway.ProtocolGRPC, "/what/somebody/wrote")
	got := scrape(t, m)
	const refused = "umgateway_refused_requests_total"
	got.want(t, 2, refused, "protocol", "rest", "reason", "ROUTE_NOT_FOUND")
	got.want(t, 1, refused, "protocol", "rest", "reason", "UNREADABLE")
	got.want(t, 1, refused, "protocol", "grpc", "reason", "_OTHER")
}
