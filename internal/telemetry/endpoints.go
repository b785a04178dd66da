package telemetry

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/umgateway/umgateway/soapbridge/resilience"
	"github.com/umgateway/umgateway/soapbridge/transport"
)

// Source describes the endpoints of a backend, both times in the same order. *backend.Backend is one.
type Source interface {
	// Connections describes the connections to each endpoint.
	Connections() []transport.Stats
	// Endpoints describes the endpoints.
	Endpoints() []resilience.Stats
}

// ShowEndpoints shows the state of a backend's endpoints and of the connections to them, each time that Prometheus asks.
func (b *Backend) ShowEndpoints(source Source) error {
	return b.metrics.register(newEndpointCollector(b.name, source))
}

type endpointCollector struct {
	backend string
	source  Source

	connections, waiting, breaker, connects, requests, handshakes, rejections, certificates *prometheus.Desc
}

func newEndpointCollector(backend string, source Source) *endpointCollector {
	describe := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("umgateway_backend_"+name, help, append([]string{"endpoint"}, labels...), prometheus.Labels{"backend": backend})
	}
	return &endpointCollector{
		backend: backend, source: source,
		connections: describe("connections", "Connections that are idle or busy.", "state"),
		waiting:     describe("waiting_calls", "Calls that wait for a connection."),
		breaker:     describe("breaker_state", "0 closed, 1 half open, 2 open."),
		connects:    describe("connects_total", "Connections made."),
		requests:    describe("requests_total", "Requests sent, legs of an authentication not counted."),
		handshakes:  describe("handshakes_total", "Authentications of a connection that were begun."),
		rejections:  describe("credential_rejections_total", "Credentials that the legacy server rejected."),

		certificates: describe("certificate_expiry_timestamp_seconds", "When a certificate between gateway and legacy server ends.", "name"),
	}
}

// Describe lists the metrics.
func (c *endpointCollector) Describe(to chan<- *prometheus.Desc) {
	for _, desc := range [...]*prometheus.Desc{c.connections, c.waiting, c.breaker, c.connects, c.requests, c.handshakes, c.rejections, c.certificates} {
		to <- desc
	}
}

// Collect asks the backend.
func (c *endpointCollector) Collect(to chan<- prometheus.Metric) {
	connections := c.source.Connections()
	for i, endpoint := range c.source.Endpoints() {
		show := func(desc *prometheus.Desc, kind prometheus.ValueType, value float64, labels ...string) {
			to <- prometheus.MustNewConstMetric(desc, kind, value, append([]string{endpoint.URL}, labels...)...)
		}
		s := connections[i]
		show(c.connections, prometheus.GaugeValue, float64(s.Idle), "idle")
		show(c.connections, prometheus.GaugeValue, float64(s.Open-s.Idle), "busy")
		// Calls wait in line for the endpoint, and then, seldom, for one of its connections.
		show(c.waiting, prometheus.GaugeValue, float64(endpoint.Waiting+s.Waiting))
		show(c.breaker, prometheus.GaugeValue, breakerValue(endpoint.State))
		show(c.connects, prometheus.CounterValue, float64(s.Connects))
		show(c.requests, prometheus.CounterValue, float64(s.Requests))
		show(c.handshakes, prometheus.CounterValue, float64(s.Handshakes))
		show(c.rejections, prometheus.CounterValue, float64(s.Rejections))
		for name, ends := range map[string]time.Time{"server": s.ServerCertificateEnds, "client": s.ClientCertificateEnds} {
			if !ends.IsZero() {
				show(c.certificates, prometheus.GaugeValue, float64(ends.Unix()), name)
			}
		}
	}
}

func breakerValue(state resilience.State) float64 {
	switch state {
	case resilience.StateUp:
		return 0
	case resilience.StateTrying:
		return 1
	}
	return 2
}
