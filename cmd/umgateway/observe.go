package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/umgateway/umgateway/gateway"
	"github.com/umgateway/umgateway/internal/backend"
	"github.com/umgateway/umgateway/internal/exchange"
	"github.com/umgateway/umgateway/internal/telemetry"
	"github.com/umgateway/umgateway/soapbridge"
)

// observation is what sees a service: metrics, and traces if the environment asks for them.
type observation struct {
	metrics *telemetry.Metrics
	tracing *telemetry.Tracing // nil without traces
	logger  *slog.Logger
}

func observe(logger *slog.Logger) (*observation, error) {
	metrics, err := telemetry.NewMetrics(exchange.Services()...)
	if err != nil {
		return nil, err
	}
	tracing, err := telemetry.OpenTracing(context.Background(), logger)
	if err != nil {
		return nil, err
	}
	return &observation{metrics: metrics, tracing: tracing, logger: logger}, nil
}

// around lists what sees each call.
func (o *observation) around() []gateway.Interceptor {
	if o.tracing == nil {
		return []gateway.Interceptor{o.metrics.Measure}
	}
	return []gateway.Interceptor{o.metrics.Measure, o.tracing.Trace}
}

// options have a backend tell what it does.
func (o *observation) options(observed *telemetry.Backend, logger *slog.Logger) backend.Options {
	options := backend.Options{Log: logger, Observe: observed.ObserveExchange, ObserveEndpoints: observed.ObserveEndpoints}
	if o.tracing != nil {
		options.Observe = func(ctx context.Context, e soapbridge.Exchange) {
			observed.ObserveExchange(ctx, e)
			o.tracing.ObserveExchange(ctx, e)
		}
	}
	return options
}

// show adds what is looked up when somebody asks.
func (o *observation) show(s *service) error {
	errs := []error{o.metrics.ShowWatching(func() (calls, watchers int) {
		for _, l := range s.lanes {
			c, w := l.watching.Watching()
			calls, watchers = calls+c, watchers+w
		}
		return calls, watchers
	})}
	for _, l := range s.lanes {
		errs = append(errs, l.observed.ShowEndpoints(l.backend))
	}
	return errors.Join(errs...)
}

// tracesTimeout is how long the last traces may take to be sent.
const tracesTimeout = 5 * time.Second

// close sends the last traces. That a collector does not take them is no failure of the gateway.
func (o *observation) close() error {
	if o.tracing == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), tracesTimeout)
	defer cancel()
	if err := o.tracing.Close(ctx); err != nil {
		o.logger.Warn("traces are lost", "error", err)
	}
	return nil
}

// showCertificates shows when the certificates of the fronts end.
func (o *observation) showCertificates(a *access) error {
	if a.files == nil {
		return nil
	}
	err := o.metrics.ShowCertificate("front", func() time.Time { return a.files.Status().NotAfter })
	if a.files.ClientCAs() == nil {
		return err
	}
	return errors.Join(err, o.metrics.ShowCertificate("client-ca", func() time.Time { return a.files.Status().ClientCANotAfter }))
}
