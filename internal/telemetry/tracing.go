package telemetry

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/umgateway/umgateway/gateway"
	"github.com/umgateway/umgateway/internal/buildinfo"
)

const scope = "github.com/umgateway/umgateway"

// Tracing makes spans of calls and of exchanges, and sends them to a collector. It is safe for concurrent use.
type Tracing struct {
	provider   *sdktrace.TracerProvider
	tracer     trace.Tracer
	propagator propagation.TraceContext
}

// OpenTracing sets tracing up as the standard variables of OpenTelemetry say, OTEL_*. It returns nil if they do not ask for
// traces: OTEL_TRACES_EXPORTER is not otlp, and neither OTEL_EXPORTER_OTLP_ENDPOINT nor OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is
// set; or OTEL_SDK_DISABLED is true. A collector that cannot be reached is reported in the log, and holds up no call.
func OpenTracing(ctx context.Context, log *slog.Logger) (*Tracing, error) {
	exporter, err := exporterOfEnvironment(ctx)
	if err != nil {
		return nil, fmt.Errorf("telemetry: %w", err)
	}
	if exporter == nil {
		return nil, nil
	}
	about, err := resource.New(ctx, resource.WithTelemetrySDK(), resource.WithAttributes(
		semconv.ServiceName("umgateway"), semconv.ServiceVersion(buildinfo.Get().Version),
	), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("telemetry: OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("opentelemetry", "error", err) }))
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(about))
	return &Tracing{provider: provider, tracer: provider.Tracer(scope)}, nil
}

// Close sends what is left, until the context ends.
func (t *Tracing) Close(ctx context.Context) error {
	if err := t.provider.Shutdown(ctx); err != nil {
		return fmt.Errorf("telemetry: send the last traces: %w", err)
	}
	return nil
}

// Trace is an interceptor for gateway.Config.Around. The span belongs to the trace that the caller's traceparent names (W3C
// Trace Context), or begins one.
func (t *Tracing) Trace(ctx context.Context, call *gateway.Call, next gateway.Handler) error {
	name := strings.TrimPrefix(call.FullMethod, "/")
	ctx, span := t.tracer.Start(t.propagator.Extract(ctx, carrier{call}), name,
		trace.WithSpanKind(trace.SpanKindServer),
		trace.WithAttributes(semconv.RPCMethod(name), protocolKey.String(string(call.Protocol))))
	defer span.End()
	err := next(ctx, call)
	endCall(span, err)
	return err
}

// carrier is the metadata of a call, as the propagator reads it.
type carrier struct{ call *gateway.Call }

// Get returns the value. Of a header that may stand once only, several say nothing; those of tracestate belong together (W3C
// Trace Context, section 3.3.1).
func (c carrier) Get(key string) string {
	values := c.call.Metadata(strings.ToLower(key))
	switch {
	case len(values) == 1:
		return values[0]
	case strings.EqualFold(key, "tracestate"):
		return strings.Join(values, ",")
	}
	return ""
}

// Set does nothing: traces are not passed on in the metadata of a call.
func (carrier) Set(string, string) {}

// Keys lists the names that a trace is told by.
func (carrier) Keys() []string { return propagation.TraceContext{}.Fields() }
