package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	collectorv1 "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
)

// traces is a collector that receives them by OTLP over HTTP.
type traces struct {
	*httptest.Server
	mu       sync.Mutex
	received []*collectorv1.ExportTraceServiceRequest
}

func newTraces(t *testing.T) *traces {
	t.Helper()
	c := &traces{}
	c.Server = httptest.NewServer(c)
	t.Cleanup(c.Close)
	return c
}

// environment has a process send its traces here.
func (c *traces) environment() []string {
	return []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + c.URL, "OTEL_TRACES_SAMPLER=always_on"}
}

func (c *traces) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	in := &collectorv1.ExportTraceServiceRequest{}
	if err != nil || r.URL.Path != "/v1/traces" || proto.Unmarshal(body, in) != nil {
		http.Error(w, "not OTLP", http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.received = append(c.received, in)
	w.Header().Set("Content-Type", "application/x-protobuf")
}

// text is all that was received.
func (c *traces) text(t *testing.T) string {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	var all strings.Builder
	for _, in := range c.received {
		if _, err := all.WriteString(prototext.Format(in)); err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}
