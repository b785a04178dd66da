package telemetry_test

import (
	"context"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/umgateway/umgateway/gateway"
	"github.com/umgateway/umgateway/internal/backend"
	"github.com/umgateway/umgateway/internal/exchange"
	"github.com/umgateway/umgateway/internal/exchangesim"
	"github.com/umgateway/umgateway/internal/telemetry"
	"github.com/umgateway/umgateway/soapbridge"
)

// stand is a gateway before a simulated Exchange server, with what sees it.
type stand struct {
	metrics  *telemetry.Metrics
	backend  *backend.Backend
	sim      *exchangesim.Server
	endpoint string // of the simulator
	gateway  *gateway.Gateway
	grpc     *grpc.ClientConn
	rest     string // base URL
	stop     context.CancelFunc
	stopped  chan error
}

// newStand starts it. Traces are made where tracing is not nil.
func newStand(t *testing.T, config gateway.Config, tracing *telemetry.Tracing) *stand {
	t.Helper()
	s := &stand{metrics: newMetrics(t), stopped: make(chan error, 1)}
	var err error
	if s.sim, err = exchangesim.New(exchangesim.Config{}); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.sim)
	t.Cleanup(server.Close)
	s.endpoint = server.URL + exchangesim.ServicePath
	s.openBackend(t, tracing)
	config.Around, config.Refused = []gateway.Interceptor{s.metrics.Measure}, s.metrics.Refused
	if tracing != nil {
		config.Around = append(config.Around, tracing.Trace)
	}
	if config.Invoker == nil {
		config.Invoker = s.backend
	}
	if s.gateway, err = gateway.New(config); err != nil {
		t.Fatal(err)
	}
	s.serve(t)
	return s
}

func (s *stand) openBackend(t *testing.T, tracing *telemetry.Tracing) {
	t.Helper()
	seen := s.metrics.Backend("default")
	var err error
	s.backend, err = backend.Open(backend.Settings{URLs: []string{s.endpoint}}, backend.Options{
		ObserveEndpoints: seen.ObserveEndpoints,
		Observe: func(ctx context.Context, e soapbridge.Exchange) {
			seen.ObserveExchange(ctx, e)
			if tracing != nil {
				tracing.ObserveExchange(ctx, e)
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.backend.Close() })
	if err := seen.ShowEndpoints(s.backend); err != nil {
		t.Fatal(err)
	}
}

func (s *stand) serve(t *testing.T) {
	t.Helper()
	rpc, rest := listen(t), listen(t)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	s.stop, s.rest = stop, "http://"+rest.Addr().String()
	go func() { s.stopped <- s.gateway.Serve(ctx, rpc, rest) }()
	var err error
	if s.grpc, err = grpc.NewClient(rpc.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials())); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.grpc.Close()
		stop()
	})
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func newMetrics(t *testing.T) *telemetry.Metrics {
	t.Helper()
	m, err := telemetry.NewMetrics(exchange.Services()...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// post sends a REST request and returns the status.
func (s *stand) post(t *testing.T, path, body string, header ...string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.rest+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Add(header[i], header[i+1])
	}
	reply, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	reply.Body.Close()
	return reply.StatusCode
}

// families are metrics as Prometheus reads them.
type families map[string]*dto.MetricFamily

func scrape(t *testing.T, m *telemetry.Metrics) families {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler(slog.New(slog.DiscardHandler)).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	parser := expfmt.NewTextParser(model.UTF8Validation)
	found, err := parser.TextToMetricFamilies(w.Body)
	if err != nil || w.Code != http.StatusOK {
		t.Fatalf("the metrics cannot be read: status %d, %v", w.Code, err)
	}
	return found
}

// labelsOf returns the labels of a series.
func labelsOf(m *dto.Metric) map[string]string {
	labels := map[string]string{}
	for _, pair := range m.GetLabel() {
		labels[pair.GetName()] = pair.GetValue()
	}
	return labels
}

// value returns the value of the series with exactly these labels, in the order name, value; of a histogram, the number of
// observations.
func (f families) value(t *testing.T, name string, labels ...string) float64 {
	t.Helper()
	want := map[string]string{}
	for i := 0; i+1 < len(labels); i += 2 {
		want[labels[i]] = labels[i+1]
	}
	for _, m := range f[name].GetMetric() {
		if !maps.Equal(labelsOf(m), want) {
			continue
		}
		switch f[name].GetType() {
		case dto.MetricType_COUNTER:
			return m.GetCounter().GetValue()
		case dto.MetricType_GAUGE:
			return m.GetGauge().GetValue()
		case dto.MetricType_HISTOGRAM:
			return float64(m.GetHistogram().GetSampleCount())
		}
	}
	t.Errorf("there is no %s%v", name, want)
	return -1
}

// sum adds up all series of a metric.
func (f families) sum(name string) float64 {
	total := 0.0
	for _, m := range f[name].GetMetric() {
		total += m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
	}
	return total
}

// want compares the value of a series.
func (f families) want(t *testing.T, want float64, name string, labels ...string) {
	t.Helper()
	if got := f.value(t, name, labels...); got != want {
		t.Errorf("%s%v is %v, want %v", name, labels, got, want)
	}
}
