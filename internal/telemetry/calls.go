package telemetry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/umgateway/umgateway/gateway"
	"github.com/umgateway/umgateway/gateway/ratelimit"
)

// callBuckets are the bounds that the semantic conventions of OpenTelemetry recommend for rpcs, in seconds, up to what a call
// may take at most.
var callBuckets = []float64{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60}

// rpc is what each call of an rpc needs, found once.
type rpc struct {
	name     string
	inFlight prometheus.Gauge
	grpc     prometheus.Observer // of calls that succeed
	rest     prometheus.Observer
}

// other stands for the names that are no names of ours, as in the semantic conventions.
const other = "_OTHER"

func (m *Metrics) makeCallMetrics() {
	m.duration = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "rpc_server_call_duration_seconds", Help: "Calls by rpc, protocol and gRPC status.", Buckets: callBuckets,
	}, []string{"rpc_method", "protocol", "rpc_response_status_code"})
	m.callErrors = counter("umgateway_call_errors_total", "Calls that failed, by the reason that the caller was given.", "rpc_method", "reason")
	m.inFlight = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "umgateway_calls_in_flight", Help: "Calls that are being carried out.",
	}, []string{"rpc_method"})
	m.rateLimited = counter("umgateway_rate_limited_total", "Calls refused for their number, by the limit.", "scope")
	m.refused = counter("umgateway_refused_requests_total", "Requests refused before they were a call, by the reason.", "protocol", "reason")
	for _, scope := range [...]ratelimit.Scope{ratelimit.ScopeCaller, ratelimit.ScopeTotal} {
		m.rateLimited.WithLabelValues(string(scope))
	}
}

// prepare makes what the calls of each rpc need.
func (m *Metrics) prepare(services []protoreflect.ServiceDescriptor) {
	m.rpcs, m.unlisted = map[string]*rpc{}, m.newRPC(other)
	for _, service := range services {
		for i := range service.Methods().Len() {
			name := fmt.Sprintf("%s/%s", service.FullName(), service.Methods().Get(i).Name())
			m.rpcs["/"+name] = m.newRPC(name)
		}
	}
}

// alarming are the reasons of which an alert wants to know the first: no increase is seen in a series that begins with it.
var alarming = [...]string{"OUTCOME_UNKNOWN", "BACKEND_AUTH_FAILED"}

func (m *Metrics) newRPC(name string) *rpc {
	ok := codeName(codes.OK)
	for _, reason := range alarming {
		m.callErrors.WithLabelValues(name, reason)
	}
	return &rpc{
		name: name, inFlight: m.inFlight.WithLabelValues(name),
		grpc: m.duration.WithLabelValues(name, string(gateway.ProtocolGRPC), ok),
		rest: m.duration.WithLabelValues(name, string(gateway.ProtocolREST), ok),
	}
}

// Measure is an interceptor for gateway.Config.Around. Streams count with the time that they last.
func (m *Metrics) Measure(ctx context.Context, call *gateway.Call, next gateway.Handler) error {
	r, known := m.rpcs[call.FullMethod]
	if !known {
		r = m.unlisted
	}
	r.inFlight.Inc()
	defer r.inFlight.Dec()
	start := time.Now()
	err := next(ctx, call)
	m.ended(r, call.Protocol, err, time.Since(start).Seconds())
	return err
}

func (m *Metrics) ended(r *rpc, protocol gateway.Protocol, err error, took float64) {
	switch {
	case err != nil:
		m.failed(r, protocol, err, took)
	case protocol == gateway.ProtocolREST:
		r.rest.Observe(took)
	case protocol == gateway.ProtocolGRPC:
		r.grpc.Observe(took)
	default:
		m.duration.WithLabelValues(r.name, string(protocol), codeName(codes.OK)).Observe(took)
	}
}

func (m *Metrics) failed(r *rpc, protocol gateway.Protocol, err error, took float64) {
	code, reason := outcomeOf(err)
	m.duration.WithLabelValues(r.name, string(protocol), code).Observe(took)
	m.callErrors.WithLabelValues(r.name, reason).Inc()
	if reason == reasonRateLimited {
		m.limited(err)
	}
}

// reasonRateLimited is the gateway's reason for refusing a call for the number of calls. The error's metadata tells the scope.
const reasonRateLimited = "RATE_LIMITED"

func (m *Metrics) limited(err error) {
	var e *gateway.Error
	if !errors.As(err, &e) {
		return
	}
	switch scope := ratelimit.Scope(e.Metadata["scope"]); scope {
	case ratelimit.ScopeCaller, ratelimit.ScopeTotal:
		m.rateLimited.WithLabelValues(string(scope)).Inc()
	}
}

// Refused counts a request that is no call, for gateway.Config.Refused.
func (m *Metrics) Refused(protocol gateway.Protocol, reason string) {
	m.refused.WithLabelValues(string(protocol), reasonName(reason)).Inc()
}

// outcomeOf returns the status code and the reason with which a call failed.
func outcomeOf(err error) (code, reason string) {
	var e *gateway.Error
	if !errors.As(err, &e) {
		return codeName(codes.Unknown), other
	}
	return codeName(e.Code), reasonName(e.Reason)
}

// codeNames are the codes as the gRPC specification writes them (statuscodes.md), and so the semantic conventions.
var codeNames = [...]string{
	codes.OK: "OK", codes.Canceled: "CANCELLED", codes.Unknown: "UNKNOWN", codes.InvalidArgument: "INVALID_ARGUMENT",
	codes.DeadlineExceeded: "DEADLINE_EXCEEDED", codes.NotFound: "NOT_FOUND", codes.AlreadyExists: "ALREADY_EXISTS",
	codes.PermissionDenied: "PERMISSION_DENIED", codes.ResourceExhausted: "RESOURCE_EXHAUSTED",
	codes.FailedPrecondition: "FAILED_PRECONDITION", codes.Aborted: "ABORTED", codes.OutOfRange: "OUT_OF_RANGE",
	codes.Unimplemented: "UNIMPLEMENTED", codes.Internal: "INTERNAL", codes.Unavailable: "UNAVAILABLE",
	codes.DataLoss: "DATA_LOSS", codes.Unauthenticated: "UNAUTHENTICATED",
}

func codeName(code codes.Code) string {
	if int(code) < len(codeNames) {
		return codeNames[code]
	}
	return other
}

// maxReasonBytes is the longest reason that google.rpc.ErrorInfo allows.
const maxReasonBytes = 63

// reasonName lets pass what looks like a reason. A recorded answer may bring one that this version does not know.
func reasonName(reason string) string {
	for i := range len(reason) {
		if c := reason[i]; (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' {
			return other
		}
	}
	if reason == "" || len(reason) > maxReasonBytes {
		return other
	}
	return reason
}
