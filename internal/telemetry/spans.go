package telemetry

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	otelcodes "go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc/codes"

	"github.com/umgateway/umgateway/soapbridge"
)

// Attributes that the semantic conventions have no name for.
const (
	protocolKey = attribute.Key("umgateway.protocol")  // in which a call arrived: grpc or rest
	formKey     = attribute.Key("umgateway.soap.form") // namespace form of an exchange
)

// endCall tells how a call ended. As the conventions for gRPC ask for, only those codes make the span of a server an error
// that are no caller's fault.
func endCall(span trace.Span, err error) {
	if err == nil {
		span.SetAttributes(semconv.RPCResponseStatusCode(codeName(codes.OK)))
		return
	}
	code, reason := outcomeOf(err)
	span.SetAttributes(semconv.RPCResponseStatusCode(code), semconv.ErrorTypeKey.String(reason))
	switch code {
	case "UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS":
		span.SetStatus(otelcodes.Error, "")
	}
}

// ObserveExchange is a soapbridge.Observer. It makes a span of the exchange that has just ended, below that of the call.
func (t *Tracing) ObserveExchange(ctx context.Context, e soapbridge.Exchange) {
	end := time.Now()
	_, span := t.tracer.Start(ctx, e.Operation,
		trace.WithSpanKind(trace.SpanKindClient), trace.WithTimestamp(end.Add(-e.Duration)),
		trace.WithAttributes(
			semconv.RPCSystemNameKey.String("soap"), semconv.RPCMethod(e.Operation), formKey.String(e.Form),
			semconv.HTTPRequestMethodPost, semconv.HTTPRequestBodySize(e.RequestBytes),
		))
	if !span.IsRecording() {
		return
	}
	span.SetAttributes(endpointAttributes(e.Endpoint)...)
	if e.Repetition > 0 {
		span.SetAttributes(semconv.HTTPRequestResendCount(e.Repetition))
	}
	if e.Status != 0 {
		span.SetAttributes(semconv.HTTPResponseStatusCode(e.Status), semconv.HTTPResponseBodySize(e.ReplyBytes))
	}
	if e.Err != nil {
		span.SetAttributes(semconv.ErrorTypeKey.String(exchangeOutcome(e.Err)))
		span.SetStatus(otelcodes.Error, "")
	}
	span.End(trace.WithTimestamp(end))
}

// endpointAttributes names the endpoint that was asked.
func endpointAttributes(endpoint string) []attribute.KeyValue {
	address, err := url.Parse(endpoint)
	if err != nil || address.Host == "" {
		return nil
	}
	attributes := []attribute.KeyValue{semconv.URLFull(endpoint), semconv.ServerAddress(address.Hostname())}
	port := map[string]int{"http": 80, "https": 443}[address.Scheme]
	if text := address.Port(); text != "" {
		port, _ = strconv.Atoi(text) // url.Parse lets digits pass only
	}
	return append(attributes, semconv.ServerPort(port))
}
