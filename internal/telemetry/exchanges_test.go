package telemetry_test

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/umgateway/umgateway/gateway"
	umv1 "github.com/umgateway/umgateway/gen/um/v1"
	"github.com/umgateway/umgateway/internal/exchangesim"
	"github.com/umgateway/umgateway/soapbridge"
	"github.com/umgateway/umgateway/soapbridge/resilience"
	"github.com/umgateway/umgateway/soapbridge/transport"
)

func TestExchangesOfTheGatewayAreCounted(t *testing.T) {
	t.Parallel()
	s := newStand(t, gateway.Config{}, nil)
	mailbox := umv1.NewMailboxServiceClient(s.grpc)
	if _, err := mailbox.ResetPIN(t.Context(), &umv1.ResetPINRequest{}); err != nil {
		t.Fatal(err)
	}
	s.sim.Misbehave(exchangesim.Empty(http.StatusForbidden))
	if _, err := mailbox.ResetPIN(t.Context(), &umv1.ResetPINRequest{}); status.Code(err) != codes.PermissionDenied {
		t.Fatalf("the call ends with %v", err)
	}
	got := scrape(t, s.metrics)
	const took = "umgateway_soap_exchange_duration_seconds"
	got.want(t, 1, took, "backend", "default", "operation", "ResetPIN", "outcome", "ok")
	got.want(t, 1, took, "backend", "default", "operation", "ResetPIN", "outcome", "forbidden")
	const count = "umgateway_soap_exchanges_total"
	form := labelsOf(got[count].GetMetric()[0])["form"]
	if form != "http" && form != "https" {
		t.Errorf("the form is %q", form)
	}
	got.want(t, 1, count, "backend", "default", "operation", "ResetPIN", "form", form, "status_class", "2xx")
	got.want(t, 1, count, "backend", "default", "operation", "ResetPIN", "form", form, "status_class", "4xx")
}

func TestEveryKindOfFailureIsAnOutcomeOfItsOwn(t *testing.T) {
	t.Parallel()
	seen := map[string]soapbridge.Kind{}
	name := regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)
	for kind := soapbridge.Kind(0); !strings.HasPrefix(kind.String(), "kind "); kind++ {
		m := newMetrics(t)
		m.Backend("b").ObserveExchange(t.Context(), soapbridge.Exchange{Operation: "X", Err: fmt.Errorf("x: %w", &soapbridge.Error{Kind: kind})})
		series := scrape(t, m)["umgateway_soap_exchange_duration_seconds"].GetMetric()
		if len(series) != 1 {
			t.Fatalf("%d series", len(series))
		}
		outcome := labelsOf(series[0])["outcome"]
		if !name.MatchString(outcome) || outcome == "ok" {
			t.Errorf("%v is the outcome %q", kind, outcome)
		}
		if other, twice := seen[outcome]; twice {
			t.Errorf("%v and %v are both %q", kind, other, outcome)
		}
		seen[outcome] = kind
	}
	if len(seen) < 20 {
		t.Errorf("%d kinds were tried", len(seen))
	}
}

func TestExchangeIsPutInAClassByItsStatus(t *testing.T) {
	t.Parallel()
	m := newMetrics(t)
	b := m.Backend("b")
	for code, class := range map[int]string{0: "none", 100: "1xx", 200: "2xx", 302: "3xx", 407: "4xx", 500: "5xx", 599: "5xx", 600: "none", 99: "none", -200: "none"} {
		operation := fmt.Sprint("of ", code)
		b.ObserveExchange(t.Context(), soapbridge.Exchange{Operation: operation, Form: "http", Status: code, Duration: time.Second, Err: errors.New("x")})
		scrape(t, m).want(t, 1, "umgateway_soap_exchanges_total", "backend", "b", "operation", operation, "form", "http", "status_class", class)
	}
}

func TestWhatHappensToEndpointsIsCounted(t *testing.T) {
	t.Parallel()
	m := newMetrics(t)
	b := m.Backend("b")
	for reason, n := range map[transport.Kind]int{transport.KindUnavailable: 1, transport.KindOverloaded: 2, transport.KindThrottled: 3} {
		for range n {
			b.ObserveEndpoints(resilience.Event{Kind: resilience.EventShed, Reason: reason})
		}
	}
	for range 4 {
		b.ObserveEndpoints(resilience.Event{Kind: resilience.EventFailover})
	}
	for range 5 {
		b.ObserveEndpoints(resilience.Event{Kind: resilience.EventHeldBack})
	}
	for range 6 {
		b.Polled()
	}
	b.ObserveEndpoints(resilience.Event{Kind: resilience.EventState})
	got := scrape(t, m)
	got.want(t, 1, "umgateway_backend_shed_total", "backend", "b", "reason", "unavailable")
	got.want(t, 2, "umgateway_backend_shed_total", "backend", "b", "reason", "overloaded")
	got.want(t, 3, "umgateway_backend_shed_total", "backend", "b", "reason", "throttled")
	got.want(t, 4, "umgateway_backend_failovers_total", "backend", "b")
	got.want(t, 5, "umgateway_backend_hold_offs_total", "backend", "b")
	got.want(t, 6, "umgateway_polls_total", "backend", "b")
}

// source is a backend with two endpoints.
type source struct{}

func (source) Connections() []transport.Stats {
	return []transport.Stats{
		{Open: 7, Idle: 3, Waiting: 1, Connects: 11, Requests: 12, Handshakes: 13, Rejections: 14,
			ServerCertificateEnds: time.Unix(1798859045, 0), ClientCertificateEnds: time.Unix(1798859046, 0)},
		{Connects: 21, Requests: 22, Handshakes: 23, Rejections: 24},
	}
}

func (source) Endpoints() []resilience.Stats {
	return []resilience.Stats{
		{URL: "https://a.example.com/", State: resilience.StateDown, Waiting: 4},
		{URL: "https://b.example.com/", State: resilience.StateTrying},
	}
}

func TestEndpointsAreShownAsTheyAre(t *testing.T) {
	t.Parallel()
	m := newMetrics(t)
	if err := m.Backend("legacy").ShowEndpoints(source{}); err != nil {
		t.Fatal(err)
	}
	got := scrape(t, m)
	for _, want := range []struct {
		name     string
		a, b     float64
		labelled []string
	}{
		{"connections", 3, 0, []string{"state", "idle"}}, {"connections", 4, 0, []string{"state", "busy"}},
		{"waiting_calls", 5, 0, nil}, {"breaker_state", 2, 1, nil},
		{"connects_total", 11, 21, nil}, {"requests_total", 12, 22, nil},
		{"handshakes_total", 13, 23, nil}, {"credential_rejections_total", 14, 24, nil},
	} {
		labels := append([]string{"backend", "legacy"}, want.labelled...)
		got.want(t, want.a, "umgateway_backend_"+want.name, append(labels, "endpoint", "https://a.example.com/")...)
		got.want(t, want.b, "umgateway_backend_"+want.name, append(labels, "endpoint", "https://b.example.com/")...)
	}
}

func TestCertificatesOfABackendAreShownOnceTheyAreKnown(t *testing.T) {
	t.Parallel()
	m := newMetrics(t)
	if err := m.Backend("legacy").ShowEndpoints(source{}); err != nil {
		t.Fatal(err)
	}
	const expiry = "umgateway_backend_certificate_expiry_timestamp_seconds"
	got := scrape(t, m)
	at := []string{"backend", "legacy", "endpoint", "https://a.example.com/"}
	got.want(t, 1798859045, expiry, append(at, "name", "server")...)
	got.want(t, 1798859046, expiry, append(at, "name", "client")...)
	if n := len(got[expiry].GetMetric()); n != 2 {
		t.Errorf("%d certificates are shown; nothing is known of the second endpoint's", n)
	}
}

func TestConnectionsOfARealBackendAreShown(t *testing.T) {
	t.Parallel()
	s := newStand(t, gateway.Config{}, nil)
	if _, err := umv1.NewMailboxServiceClient(s.grpc).ResetPIN(t.Context(), &umv1.ResetPINRequest{}); err != nil {
		t.Fatal(err)
	}
	got := scrape(t, s.metrics)
	at := []string{"backend", "default", "endpoint", s.endpoint}
	got.want(t, 1, "umgateway_backend_connections", append(at, "state", "idle")...)
	got.want(t, 0, "umgateway_backend_connections", append(at, "state", "busy")...)
	got.want(t, 1, "umgateway_backend_requests_total", at...)
	got.want(t, 0, "umgateway_backend_breaker_state", at...)
}

func TestObservingAKnownExchangeAllocatesNothing(t *testing.T) {
	b := newMetrics(t).Backend("b")
	e := soapbridge.Exchange{Operation: "Disconnect", Form: "http", Status: 200, Duration: time.Millisecond}
	if n := testing.AllocsPerRun(1000, func() { b.ObserveExchange(t.Context(), e) }); n > 0 {
		t.Errorf("%v allocations for each exchange", n)
	}
}

func TestOneBackendIsShownOnce(t *testing.T) {
	t.Parallel()
	b := newMetrics(t).Backend("b")
	if err := b.ShowEndpoints(source{}); err != nil {
		t.Fatal(err)
	}
	if err := b.ShowEndpoints(source{}); err == nil {
		t.Error("its endpoints are shown twice")
	}
}
