package soapbridge_test

import (
	"context"
	"net/http"
	"testing"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
	"github.com/umgateway/umgateway/soapbridge"
	"github.com/umgateway/umgateway/soapbridge/transport"
)

// instant answers each request with the same body.
type instant struct {
	header http.Header
	body   []byte
}

func (i instant) RoundTrip(context.Context, *transport.Request) (*transport.Reply, error) {
	return &transport.Reply{Status: http.StatusOK, Header: i.header, Body: i.body}, nil
}

// BenchmarkInvoke is what the bridge itself costs a call, reading and writing included.
func BenchmarkInvoke(b *testing.B) {
	reply := replyTo(b, "Disconnect")
	bridge := newUMBridge(b, instant{reply.Header, reply.Body},
		soapbridge.WithRetries(soapbridge.Retries{}), soapbridge.WithObserver(func(context.Context, soapbridge.Exchange) {}))
	method, in, ctx := umMethod(b, "Disconnect"), &umv1.DisconnectRequest{CallId: benchCallID}, b.Context()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := bridge.Invoke(ctx, method, in); err != nil {
			b.Fatal(err)
		}
	}
}
