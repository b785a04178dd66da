package telemetry_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	tracev1 "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc/metadata"

	"github.com/umgateway/umgateway/gateway"
	umv1 "github.com/umgateway/umgateway/gen/um/v1"
	"github.com/umgateway/umgateway/internal/exchangesim"
	"github.com/umgateway/umgateway/internal/telemetry"
	"github.com/umgateway/umgateway/soapbridge"
)

const (
	parentTrace = "0af7651916cd43dd8448eb211c80319c" // of the examples of W3C Trace Context
	parentSpan  = "b7ad6b7169203331"
	traceparent = "00-" + parentTrace + "-" + parentSpan + "-01"
)

func TestTracesAreOffUnlessTheEnvironmentAsks(t *testing.T) {
	for name, c := range map[string]struct {
		environment map[string]string
		on          bool
		wrong       string // the variable that the error names
	}{
		"nothing":               {nil, false, ""},
		"an endpoint":           {map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}, true, ""},
		"an endpoint of traces": {map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:1/x"}, true, ""},
		"the exporter":          {map[string]string{"OTEL_TRACES_EXPORTER": "otlp"}, true, ""},
		"no exporter":           {map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_TRACES_EXPORTER": "none"}, false, ""},
		"disabled":              {map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_SDK_DISABLED": "true"}, false, ""},
		"only metrics":          {map[string]string{"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://127.0.0.1:1"}, false, ""},
		"a name only":           {map[string]string{"OTEL_SERVICE_NAME": "um"}, false, ""},
		"another exporter":      {map[string]string{"OTEL_TRACES_EXPORTER": "zipkin"}, false, "OTEL_TRACES_EXPORTER"},
		"another protocol":      {map[string]string{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"}, false, "OTEL_EXPORTER_OTLP_PROTOCOL"},
	} {
		t.Run(name, func(t *testing.T) {
			for variable, value := range c.environment {
				t.Setenv(variable, value)
			}
			tracing, err := telemetry.OpenTracing(t.Context(), slog.New(slog.DiscardHandler))
			switch {
			case (tracing != nil) != c.on:
				t.Errorf("traces are made: %v, want %v", tracing != nil, c.on)
			case c.wrong == "" && err != nil, c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)):
				t.Errorf("the error is %v, want one about %q", err, c.wrong)
			}
			if tracing != nil {
				if err := tracing.Close(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// trace makes one call to a gateway with traces, and returns what a collector has received in the end.
func trace(t *testing.T, environment map[string]string, prepare func(*exchangesim.Server), call func(*stand)) *collector {
	t.Helper()
	c := &collector{}
	all := map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": c.serveHTTP(t)}
	if environment["OTEL_EXPORTER_OTLP_PROTOCOL"] == "grpc" {
		all["OTEL_EXPORTER_OTLP_ENDPOINT"] = c.serveGRPC(t)
	}
	for name, value := range environment {
		all[name] = value
	}
	tracing := openTracing(t, all)
	s := newStand(t, gateway.Config{}, tracing)
	if prepare != nil {
		prepare(s.sim)
	}
	call(s)
	if err := tracing.Close(t.Context()); err != nil {
		t.Error(err)
	}
	return c
}

func wantAttributes(t *testing.T, span *tracev1.Span, want map[string]string) {
	t.Helper()
	got := attributesOf(span.GetAttributes())
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s: %s is %q, want %q", span.GetName(), name, got[name], value)
		}
	}
}

func TestCallAndExchangeAreSpansOfTheCallersTrace(t *testing.T) {
	resetPIN := map[string]func(*testing.T, *stand){
		"grpc": func(t *testing.T, s *stand) {
			ctx := metadata.AppendToOutgoingContext(t.Context(), "traceparent", traceparent, "tracestate", "a=1")
			if _, err := umv1.NewMailboxServiceClient(s.grpc).ResetPIN(ctx, &umv1.ResetPINRequest{}); err != nil {
				t.Fatal(err)
			}
		},
		"rest": func(t *testing.T, s *stand) {
			if got := s.post(t, "/v1/mailbox:resetPin", `{}`, "Traceparent", traceparent, "Tracestate", "a=1"); got != http.StatusOK {
				t.Fatalf("the answer is %d", got)
			}
		},
	}
	for front, ask := range resetPIN {
		for _, protocol := range []string{"grpc", "http/protobuf"} {
			t.Run(front+" by "+protocol, func(t *testing.T) {
				var endpoint string
				c := trace(t, map[string]string{"OTEL_EXPORTER_OTLP_PROTOCOL": protocol, "OTEL_EXPORTER_OTLP_HEADERS": "x-token=abc"}, nil, func(s *stand) {
					endpoint = s.endpoint
					ask(t, s)
				})
				spans := c.spans()
				if len(spans) != 2 {
					t.Fatalf("%d spans: %v", len(spans), spans)
				}
				call, exchange := spans[0], spans[1]
				for _, span := range spans {
					if got := hex.EncodeToString(span.GetTraceId()); got != parentTrace || span.GetTraceState() != "a=1" {
						t.Errorf("%s belongs to the trace %s with the state %q", span.GetName(), got, span.GetTraceState())
					}
					if code := span.GetStatus().GetCode(); code != tracev1.Status_STATUS_CODE_UNSET {
						t.Errorf("%s has the status %v", span.GetName(), code)
					}
				}
				if hex.EncodeToString(call.GetParentSpanId()) != parentSpan || !bytes.Equal(exchange.GetParentSpanId(), call.GetSpanId()) {
					t.Errorf("the spans are not below each other: %v", spans)
				}
				if call.GetKind() != tracev1.Span_SPAN_KIND_SERVER || exchange.GetKind() != tracev1.Span_SPAN_KIND_CLIENT {
					t.Errorf("the kinds are %v and %v", call.GetKind(), exchange.GetKind())
				}
				if exchange.GetStartTimeUnixNano() < call.GetStartTimeUnixNano() || exchange.GetEndTimeUnixNano() > call.GetEndTimeUnixNano() ||
					exchange.GetEndTimeUnixNano() <= exchange.GetStartTimeUnixNano() {
					t.Errorf("the exchange does not lie within the call: %v", spans)
				}
				if call.GetName() != "um.v1.MailboxService/ResetPIN" || exchange.GetName() != "ResetPIN" {
					t.Errorf("the names are %q and %q", call.GetName(), exchange.GetName())
				}
				wantAttributes(t, call, map[string]string{
					"rpc.method": "um.v1.MailboxService/ResetPIN", "rpc.response.status_code": "OK", "umgateway.protocol": front, "error.type": "",
				})
				address, err := url.Parse(endpoint)
				if err != nil {
					t.Fatal(err)
				}
				wantAttributes(t, exchange, map[string]string{
					"rpc.system.name": "soap", "rpc.method": "ResetPIN", "url.full": endpoint, "server.address": "127.0.0.1",
					"server.port": address.Port(), "http.request.method": "POST", "http.response.status_code": "200", "error.type": "",
				})
				if got := attributesOf(c.received[0].GetResource().GetAttributes())["service.name"]; got != "umgateway" {
					t.Errorf("the service is %q", got)
				}
				if strings.Join(c.tokens, "") != "abc" {
					t.Errorf("the headers of the environment are sent as %q", c.tokens)
				}
			})
		}
	}
}

func TestFailuresAreSeenInSpans(t *testing.T) {
	for name, c := range map[string]struct {
		misbehave     exchangesim.Misbehaviour
		code, reason  string
		outcome, http string
		callIsAnError bool
	}{
		"forbidden":   {exchangesim.Empty(http.StatusForbidden), "PERMISSION_DENIED", "BACKEND_FORBIDDEN", "forbidden", "403", false},
		"lost answer": {exchangesim.HTMLPage(http.StatusBadGateway), "UNKNOWN", "OUTCOME_UNKNOWN", "outcome_unknown", "502", true},
	} {
		t.Run(name, func(t *testing.T) {
			got := trace(t, nil, func(sim *exchangesim.Server) { sim.Misbehave(c.misbehave) }, func(s *stand) {
				if _, err := umv1.NewMailboxServiceClient(s.grpc).ResetPIN(t.Context(), &umv1.ResetPINRequest{}); err == nil {
					t.Error("the call succeeds")
				}
			}).spans()
			if len(got) != 2 {
				t.Fatalf("%d spans: %v", len(got), got)
			}
			wantAttributes(t, got[0], map[string]string{"rpc.response.status_code": c.code, "error.type": c.reason})
			wantAttributes(t, got[1], map[string]string{"http.response.status_code": c.http, "error.type": c.outcome})
			if isError := got[0].GetStatus().GetCode() == tracev1.Status_STATUS_CODE_ERROR; isError != c.callIsAnError {
				t.Errorf("the call's span is an error: %v, want %v", isError, c.callIsAnError)
			}
			if got[1].GetStatus().GetCode() != tracev1.Status_STATUS_CODE_ERROR {
				t.Errorf("the exchange's status is %v", got[1].GetStatus())
			}
			for _, span := range got {
				if text := span.GetStatus().GetMessage(); text != "" {
					t.Errorf("the status tells %q", text)
				}
			}
		})
	}
}

func TestExchangeSpanTellsWhereAndHowOften(t *testing.T) {
	c := &collector{}
	tracing := openTracing(t, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": c.serveHTTP(t)})
	want := map[string]map[string]string{
		"https://mail.example.com/a":   {"server.address": "mail.example.com", "server.port": "443"},
		"http://mail.example.com/a":    {"server.address": "mail.example.com", "server.port": "80"},
		"https://[2001:db8::1]:8443/a": {"server.address": "2001:db8::1", "server.port": "8443"},
		"":                             {"server.address": "", "server.port": "", "url.full": "", "http.response.status_code": ""},
	}
	for endpoint := range want {
		tracing.ObserveExchange(t.Context(), soapbridge.Exchange{
			Operation: "of " + endpoint, Form: "http", Endpoint: endpoint, Repetition: 2, RequestBytes: 17, Duration: time.Second,
		})
	}
	if err := tracing.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	spans := c.spans()
	if len(spans) != len(want) {
		t.Fatalf("%d spans", len(spans))
	}
	for _, span := range spans {
		attributes := want[strings.TrimPrefix(span.GetName(), "of ")]
		attributes["http.request.resend_count"], attributes["http.request.body.size"], attributes["umgateway.soap.form"] = "2", "17", "http"
		wantAttributes(t, span, attributes)
		if took := span.GetEndTimeUnixNano() - span.GetStartTimeUnixNano(); took != uint64(time.Second) {
			t.Errorf("%s takes %d ns", span.GetName(), took)
		}
	}
}

func TestTraceThatCannotBeReadIsNotJoined(t *testing.T) {
	for name, headers := range map[string][]string{
		"none":             nil,
		"garbage":          {"Traceparent", "4255550100"},
		"zero":             {"Traceparent", "00-00000000000000000000000000000000-b7ad6b7169203331-01"},
		"two of them":      {"Traceparent", traceparent, "Traceparent", strings.Replace(traceparent, "0af", "1af", 1)},
		"state alone":      {"Tracestate", "a=1"},
		"reserved version": {"Traceparent", "ff" + traceparent[2:]},
	} {
		t.Run(name, func(t *testing.T) {
			spans := trace(t, nil, nil, func(s *stand) {
				if got := s.post(t, "/v1/mailbox:resetPin", `{}`, headers...); got != http.StatusOK {
					t.Fatalf("the answer is %d", got)
				}
			}).spans()
			if len(spans) != 2 {
				t.Fatalf("%d spans", len(spans))
			}
			if hex.EncodeToString(spans[0].GetTraceId()) == parentTrace || len(spans[0].GetParentSpanId()) != 0 || spans[0].GetTraceState() != "" {
				t.Errorf("the call is part of a trace: %v", spans[0])
			}
		})
	}
}

func TestCallerWhoDoesNotSampleIsNotTraced(t *testing.T) {
	c := trace(t, nil, nil, func(s *stand) {
		unsampled := strings.TrimSuffix(traceparent, "01") + "00"
		if got := s.post(t, "/v1/mailbox:resetPin", `{}`, "Traceparent", unsampled); got != http.StatusOK {
			t.Fatalf("the answer is %d", got)
		}
	})
	if spans := c.spans(); len(spans) != 0 {
		t.Errorf("spans are sent: %v", spans)
	}
}

func TestResourceFollowsTheEnvironment(t *testing.T) {
	c := trace(t, map[string]string{"OTEL_SERVICE_NAME": "um-east", "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test"}, nil, func(s *stand) {
		s.post(t, "/v1/mailbox:resetPin", `{}`)
	})
	got := attributesOf(c.received[0].GetResource().GetAttributes())
	if got["service.name"] != "um-east" || got["deployment.environment.name"] != "test" || got["telemetry.sdk.language"] != "go" {
		t.Errorf("the resource is %v", got)
	}
}

func TestExchangeServerIsSentNoTraceContext(t *testing.T) {
	var mu sync.Mutex
	var sent []string
	trace(t, nil, func(sim *exchangesim.Server) {
		sim.Misbehave(exchangesim.Misbehaviour{Wait: func(r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			for name := range r.Header {
				sent = append(sent, strings.ToLower(name))
			}
		}})
	}, func(s *stand) {
		s.post(t, "/v1/mailbox:resetPin", `{}`, "Traceparent", traceparent, "Tracestate", "a=1", "Baggage", "b=2")
	})
	if len(sent) == 0 {
		t.Fatal("the simulator saw no request")
	}
	for _, name := range sent {
		if name == "traceparent" || name == "tracestate" || name == "baggage" {
			t.Errorf("the header %s is sent", name)
		}
	}
}

func TestCollectorThatIsDownHoldsUpNoCall(t *testing.T) {
	listener := listen(t)
	address := listener.Addr().String()
	listener.Close()
	tracing := openTracing(t, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://" + address})
	s := newStand(t, gateway.Config{}, tracing)
	if got := s.post(t, "/v1/mailbox:resetPin", `{}`); got != http.StatusOK {
		t.Errorf("the answer is %d", got)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if err := tracing.Close(over); err == nil {
		t.Error("the lost spans are not reported")
	}
}
