package telemetry

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/umgateway/umgateway/internal/buildinfo"
)

// Metrics counts and measures. It is safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry

	rpcs        map[string]*rpc // by the full method
	unlisted    *rpc            // for all others
	duration    *prometheus.HistogramVec
	callErrors  *prometheus.CounterVec
	inFlight    *prometheus.GaugeVec
	rateLimited *prometheus.CounterVec
	refused     *prometheus.CounterVec

	exchangeDuration *prometheus.HistogramVec
	exchanges        *prometheus.CounterVec
	shed             *prometheus.CounterVec
	failovers        *prometheus.CounterVec
	holdOffs         *prometheus.CounterVec
	polls            *prometheus.CounterVec

	ledgerOperations *prometheus.CounterVec
	storeErrors      prometheus.Counter
	auditErrors      prometheus.Counter
	configLoaded     prometheus.Gauge
}

// NewMetrics prepares the metrics of the rpcs of the services.
func NewMetrics(services ...protoreflect.ServiceDescriptor) (*Metrics, error) {
	m := &Metrics{registry: prometheus.NewRegistry()}
	m.makeCallMetrics()
	m.makeBackendMetrics()
	m.ledgerOperations = counter("umgateway_ledger_operations_total", "Dials by what the ledger said.", "result")
	m.storeErrors = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "umgateway_ledger_store_errors_total", Help: "Failures of the ledger's store."})
	m.auditErrors = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "umgateway_audit_errors_total", Help: "Audit records that could not be written, and audit files found removed."})
	m.configLoaded = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "umgateway_config_last_reload_successful", Help: "1 if the settings in use are those of the file."})
	m.configLoaded.Set(1)
	for _, result := range ledgerResults {
		m.ledgerOperations.WithLabelValues(result)
	}
	m.prepare(services)
	return m, m.register(
		m.duration, m.callErrors, m.inFlight, m.rateLimited, m.refused,
		m.exchangeDuration, m.exchanges, m.shed, m.failovers, m.holdOffs, m.polls,
		m.ledgerOperations, m.storeErrors, m.auditErrors, m.configLoaded, buildInfo(buildinfo.Get()),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
}

// register adds metrics to what the handler shows.
func (m *Metrics) register(list ...prometheus.Collector) error {
	var errs []error
	for _, collector := range list {
		if err := m.registry.Register(collector); err != nil {
			errs = append(errs, fmt.Errorf("telemetry: %w", err))
		}
	}
	return errors.Join(errs...)
}

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
}

func buildInfo(info buildinfo.Info) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "umgateway_build_info", Help: "The program that runs; always 1.",
		ConstLabels: prometheus.Labels{"version": info.Version, "commit": info.Commit},
	}, func() float64 { return 1 })
}

// Handler shows the metrics to Prometheus.
func (m *Metrics) Handler(log *slog.Logger) http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelError), ErrorHandling: promhttp.ContinueOnError,
	})
}

// AuditFailed counts an audit record that could not be written.
func (m *Metrics) AuditFailed() { m.auditErrors.Inc() }

// ConfigLoaded tells whether the settings in use are those of the file. Until told otherwise, they are.
func (m *Metrics) ConfigLoaded(inUse bool) {
	m.configLoaded.Set(0)
	if inUse {
		m.configLoaded.Set(1)
	}
}

// ShowCertificate shows when a certificate in use ends, under a name for those who read the alert. The function is asked each
// time; a zero time means that it never ends.
func (m *Metrics) ShowCertificate(name string, ends func() time.Time) error {
	return m.register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "umgateway_certificate_expiry_timestamp_seconds", Help: "When a certificate in use ends.",
		ConstLabels: prometheus.Labels{"name": name},
	}, func() float64 {
		if end := ends(); !end.IsZero() {
			return float64(end.Unix())
		}
		return math.Inf(1)
	}))
}

// ShowWatching shows how many calls are watched, and by how many streams.
func (m *Metrics) ShowWatching(watching func() (calls, watchers int)) error {
	return m.register(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "umgateway_watched_calls", Help: "Calls whose state is polled for whoever watches them.",
		}, func() float64 { calls, _ := watching(); return float64(calls) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "umgateway_watchers", Help: "Streams that watch a call.",
		}, func() float64 { _, watchers := watching(); return float64(watchers) }),
	)
}
