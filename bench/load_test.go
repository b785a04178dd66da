package main

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"

	gatewaypkg "github.com/umgateway/umgateway/gateway"
	"github.com/umgateway/umgateway/internal/backend"
)

// fronted is a server with the stub behind it.
type fronted struct {
	stub      *stub
	addresses map[string]string // by front
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func startStub(t *testing.T) (*stub, string) {
	t.Helper()
	s, l := newStub(0), listen(t)
	go s.serve(l)
	return s, l.Addr().String()
}

func startREST(t *testing.T, h http.Handler) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

func startRPC(t *testing.T, server *grpc.Server) string {
	t.Helper()
	l := listen(t)
	go server.Serve(l)
	t.Cleanup(server.Stop)
	return l.Addr().String()
}

func startProxy(t *testing.T) fronted {
	s, address := startStub(t)
	return fronted{s, map[string]string{"SOAP": startREST(t, newProxy(&url.URL{Scheme: "http", Host: address}))}}
}

func startOrdinary(t *testing.T) fronted {
	s, address := startStub(t)
	rpc := startRPC(t, newOrdinary(address, slog.New(slog.DiscardHandler)))
	mux, err := newOrdinaryREST(t.Context(), rpc)
	if err != nil {
		t.Fatal(err)
	}
	return fronted{s, map[string]string{"gRPC": rpc, "REST": startREST(t, mux)}}
}

func startGateway(t *testing.T) fronted {
	s, address := startStub(t)
	back, err := backend.Open(backend.Settings{URLs: []string{"http://" + address + servicePath}, Namespace: "auto", FolderIDElement: "base64FolderID"}, backend.Options{})
	if err != nil {
		t.Fatal(err)
	}
	g, err := gatewaypkg.New(gatewaypkg.Config{Invoker: back})
	if err != nil {
		t.Fatal(err)
	}
	served := serveGateway(t, g, back)
	served.stub = s
	return served
}

// serveGateway serves a gateway until the test ends, and closes then what is behind it.
func serveGateway(t *testing.T, g *gatewaypkg.Gateway, back io.Closer) fronted {
	rpc, rest := listen(t), listen(t)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- g.Serve(ctx, rpc, rest) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		back.Close()
	})
	return fronted{addresses: map[string]string{"gRPC": rpc.Addr().String(), "REST": rest.Addr().String()}}
}

func TestEachCallBecomesOneRequestAtTheBackend(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		start func(*testing.T) fronted
		loads []load
	}{
		{"proxy", startProxy, []load{{protocolSOAP, 2, 1}}},
		{"ordinary", startOrdinary, []load{{protocolGRPC, 2, 3}, {protocolPath, 2, 1}, {protocolBody, 2, 1}}},
		{"gateway", startGateway, []load{{protocolGRPC, 2, 3}, {protocolPath, 2, 1}, {protocolBody, 2, 1}}},
	} {
		for _, l := range c.loads {
			t.Run(c.name+"/"+l.Protocol, func(t *testing.T) {
				t.Parallel()
				server := c.start(t)
				callers, err := l.dial(server.addresses[fronts[l.Protocol]])
				if err != nil {
					t.Fatal(err)
				}
				defer hangUp(callers)
				calls := 0
				for _, rest := range []float64{0, 0.5} {
					r, err := callAll(callers, 20*time.Millisecond, rest)
					if err != nil {
						t.Fatal(err)
					}
					calls += r.Calls
				}
				if posts := int(server.stub.posts.Load()); calls < l.inFlight() || posts != calls {
					t.Errorf("%d calls became %d requests", calls, posts)
				}
			})
		}
	}
}

func TestACallThatFailsEndsTheLoad(t *testing.T) {
	t.Parallel()
	dead := listen(t)
	dead.Close()
	ordinary := startRPC(t, newOrdinary(dead.Addr().String(), slog.New(slog.DiscardHandler)))
	mux, err := newOrdinaryREST(t.Context(), ordinary)
	if err != nil {
		t.Fatal(err)
	}
	for protocol, address := range map[string]string{protocolGRPC: ordinary, protocolPath: startREST(t, mux)} {
		callers, err := load{protocol, 1, 1}.dial(address)
		if err != nil {
			t.Fatal(err)
		}
		if r, err := callAll(callers, time.Minute, 0); err == nil {
			t.Errorf("%s: got %+v of a gateway without a backend, want an error", protocol, r)
		}
		hangUp(callers)
	}
}

func TestMessagesAreReadOneAfterTheOther(t *testing.T) {
	t.Parallel()
	m := newMessages(strings.NewReader("POST / HTTP/1.1\r\ncontent-length:  3\r\nX: y\r\n\r\nabc" + "HTTP/1.1 204 No Content\r\n\r\n" +
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"))
	for _, want := range [][2]string{{"POST / HTTP/1.1", "abc"}, {"HTTP/1.1 204 No Content", ""}} {
		if err := m.next(); err != nil || string(m.first) != want[0] || string(m.body) != want[1] {
			t.Errorf("got %q, %q, %v, want %q", m.first, m.body, err, want)
		}
	}
	if err := m.next(); err == nil {
		t.Error("a chunked message was read as if it had no body")
	}
}
