package telemetry

import (
	"context"
	"errors"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/umgateway/umgateway/soapbridge"
	"github.com/umgateway/umgateway/soapbridge/resilience"
	"github.com/umgateway/umgateway/soapbridge/transport"
)

// exchangeBuckets bound the durations of exchanges, in seconds: as those of calls, with finer ones where a server nearby
// answers.
var exchangeBuckets = append([]float64{0.001, 0.0025}, callBuckets...)

func (m *Metrics) makeBackendMetrics() {
	m.exchangeDuration = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "umgateway_soap_exchange_duration_seconds", Help: "Exchanges with the legacy server, retries counted each.",
		Buckets: exchangeBuckets,
	}, []string{"backend", "operation", "outcome"})
	m.exchanges = counter("umgateway_soap_exchanges_total", "Exchanges with the legacy server, by namespace form and HTTP status.",
		"backend", "operation", "form", "status_class")
	m.shed = counter("umgateway_backend_shed_total", "Exchanges refused by the gateway with nothing sent.", "backend", "reason")
	m.failovers = counter("umgateway_backend_failovers_total", "Requests that went to another endpoint.", "backend")
	m.holdOffs = counter("umgateway_backend_hold_offs_total", "Times that the legacy server asked for fewer requests.", "backend")
	m.polls = counter("umgateway_polls_total", "Polls of the state of calls.", "backend")
}

// Backend counts what happens between the gateway and one backend. It is safe for concurrent use.
type Backend struct {
	metrics   *Metrics
	name      string
	polls     prometheus.Counter
	failovers prometheus.Counter
	holdOffs  prometheus.Counter

	mu    sync.RWMutex
	known map[exchangeKind]exchangeSeries
}

// exchangeKind is everything about an exchange that a label tells.
type exchangeKind struct {
	operation, form, outcome string
	class                    statusClass
}

type exchangeSeries struct {
	duration prometheus.Observer
	count    prometheus.Counter
}

// Backend makes the metrics of the backend with the name.
func (m *Metrics) Backend(name string) *Backend {
	for _, reason := range shedReasons {
		m.shed.WithLabelValues(name, reason)
	}
	return &Backend{
		metrics: m, name: name, known: map[exchangeKind]exchangeSeries{},
		polls: m.polls.WithLabelValues(name), failovers: m.failovers.WithLabelValues(name), holdOffs: m.holdOffs.WithLabelValues(name),
	}
}

// Polled counts a poll of the state of a call.
func (b *Backend) Polled() { b.polls.Inc() }

// ObserveExchange is a soapbridge.Observer.
func (b *Backend) ObserveExchange(_ context.Context, e soapbridge.Exchange) {
	series := b.series(exchangeKind{e.Operation, e.Form, exchangeOutcome(e.Err), classOf(e.Status)})
	series.duration.Observe(e.Duration.Seconds())
	series.count.Inc()
}

func (b *Backend) series(kind exchangeKind) exchangeSeries {
	b.mu.RLock()
	found, known := b.known[kind]
	b.mu.RUnlock()
	if known {
		return found
	}
	made := exchangeSeries{
		duration: b.metrics.exchangeDuration.WithLabelValues(b.name, kind.operation, kind.outcome),
		count:    b.metrics.exchanges.WithLabelValues(b.name, kind.operation, kind.form, kind.class.String()),
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.known[kind] = made
	return made
}

// ObserveEndpoints counts what happens to endpoints; their states are shown by ShowEndpoints.
func (b *Backend) ObserveEndpoints(e resilience.Event) {
	switch e.Kind {
	case resilience.EventShed:
		b.metrics.shed.WithLabelValues(b.name, shedReasons[e.Reason]).Inc()
	case resilience.EventFailover:
		b.failovers.Inc()
	case resilience.EventHeldBack:
		b.holdOffs.Inc()
	}
}

// shedReasons names the reasons that resilience.Event has.
var shedReasons = map[transport.Kind]string{
	transport.KindUnavailable: "unavailable", transport.KindOverloaded: "overloaded", transport.KindThrottled: "throttled",
}

// exchangeOutcomes are the values of the label outcome for exchanges that failed.
var exchangeOutcomes = [...]string{
	soapbridge.KindInternal: "internal", soapbridge.KindRequest: "request_invalid", soapbridge.KindUnsupported: "unsupported",
	soapbridge.KindFault: "fault", soapbridge.KindNotDispatched: "not_dispatched", soapbridge.KindReplyRefused: "reply_refused",
	soapbridge.KindNotSOAP: "not_soap", soapbridge.KindEmpty: "empty", soapbridge.KindRedirect: "redirect",
	soapbridge.KindUnavailable: "unavailable", soapbridge.KindThrottled: "throttled", soapbridge.KindUnauthorized: "unauthorized",
	soapbridge.KindHeldOff: "held_off", soapbridge.KindForbidden: "forbidden", soapbridge.KindProxyAuth: "proxy_auth",
	soapbridge.KindOverloaded: "overloaded", soapbridge.KindOutcomeUnknown: "outcome_unknown", soapbridge.KindStopped: "stopped",
	soapbridge.KindDeadline: "deadline", soapbridge.KindCanceled: "canceled",
}

const outcomeOK = "ok"

func exchangeOutcome(err error) string {
	if err == nil {
		return outcomeOK
	}
	var failure *soapbridge.Error
	if !errors.As(err, &failure) || failure.Kind < 0 || int(failure.Kind) >= len(exchangeOutcomes) {
		return exchangeOutcomes[soapbridge.KindInternal]
	}
	return exchangeOutcomes[failure.Kind]
}

// statusClass is the first digit of an HTTP status; 0 if there was no reply.
type statusClass int

func classOf(status int) statusClass {
	if status < 100 || status > 599 {
		return 0
	}
	return statusClass(status / 100)
}

var statusClasses = [...]string{"none", "1xx", "2xx", "3xx", "4xx", "5xx"}

// String is the value of the label.
func (c statusClass) String() string { return statusClasses[c] }
