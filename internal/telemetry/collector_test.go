package telemetry_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	collectorv1 "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonv1 "go.opentelemetry.io/proto/otlp/common/v1"
	tracev1 "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	"github.com/umgateway/umgateway/internal/telemetry"
)

// collector receives traces by OTLP, over gRPC and HTTP.
type collector struct {
	collectorv1.UnimplementedTraceServiceServer
	mu       sync.Mutex
	received []*tracev1.ResourceSpans
	tokens   []string // of the header x-token
}

// Export takes spans in.
func (c *collector) Export(ctx context.Context, in *collectorv1.ExportTraceServiceRequest) (*collectorv1.ExportTraceServiceResponse, error) {
	c.take(in, metadata.ValueFromIncomingContext(ctx, "x-token"))
	return &collectorv1.ExportTraceServiceResponse{}, nil
}

func (c *collector) take(in *collectorv1.ExportTraceServiceRequest, tokens []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.received = append(c.received, in.GetResourceSpans()...)
	c.tokens = append(c.tokens, tokens...)
}

// ServeHTTP takes spans in, as the specification of OTLP/HTTP says.
func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	in := &collectorv1.ExportTraceServiceRequest{}
	if err != nil || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/x-protobuf" || proto.Unmarshal(body, in) != nil {
		http.Error(w, "not OTLP", http.StatusBadRequest)
		return
	}
	c.take(in, r.Header.Values("X-Token"))
	w.Header().Set("Content-Type", "application/x-protobuf")
}

// serveGRPC returns the collector's address over gRPC.
func (c *collector) serveGRPC(t *testing.T) string {
	t.Helper()
	server := grpc.NewServer()
	collectorv1.RegisterTraceServiceServer(server, c)
	listener := listen(t)
	go func() {
		if err := server.Serve(listener); err != nil {
			t.Error(err)
		}
	}()
	t.Cleanup(server.Stop)
	return "http://" + listener.Addr().String()
}

// serveHTTP returns the collector's address over HTTP.
func (c *collector) serveHTTP(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	return server.URL
}

// spans returns what was received, in the order in which the spans began.
func (c *collector) spans() []*tracev1.Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	var spans []*tracev1.Span
	for _, resource := range c.received {
		for _, scope := range resource.GetScopeSpans() {
			spans = append(spans, scope.GetSpans()...)
		}
	}
	slices.SortStableFunc(spans, func(a, b *tracev1.Span) int { return int(a.GetStartTimeUnixNano() - b.GetStartTimeUnixNano()) })
	return spans
}

// texts lists every text in what was received, names and values.
func (c *collector) texts() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all strings.Builder
	for _, resource := range c.received {
		all.WriteString(resource.String())
	}
	return all.String()
}

func textOf(value *commonv1.AnyValue) string {
	switch value := value.GetValue().(type) {
	case *commonv1.AnyValue_StringValue:
		return value.StringValue
	case *commonv1.AnyValue_IntValue:
		return slog.Int64Value(value.IntValue).String()
	}
	return value.String()
}

func attributesOf(list []*commonv1.KeyValue) map[string]string {
	found := map[string]string{}
	for _, pair := range list {
		found[pair.GetKey()] = textOf(pair.GetValue())
	}
	return found
}

// openTracing opens tracing to the collector, as the environment says. Tests that use it change the environment of the process,
// so that they cannot run side by side.
func openTracing(t *testing.T, environment map[string]string) *telemetry.Tracing {
	t.Helper()
	for name, value := range environment {
		t.Setenv(name, value)
	}
	tracing, err := telemetry.OpenTracing(t.Context(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return tracing
}
