package gateway

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

const benchCallID = "MDlkZjllZGMtNGUyMy00NzA5LWJkYWYtN2JlMjBjYjBhZTU2QGRmLWV1bS0wMS5leGNoYW5nZS5jb3JwLm1pY3Jvc29mdC5jb20="

// atOnce answers every Disconnect.
type atOnce struct{}

func (atOnce) Invoke(context.Context, protoreflect.MethodDescriptor, proto.Message) (proto.Message, error) {
	return &umv1.DisconnectResponse{}, nil
}

func benchGateway(b *testing.B) *Gateway {
	b.Helper()
	g, err := New(Config{Invoker: atOnce{}, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		b.Fatal(err)
	}
	return g
}

// stream takes what a handler gives to gRPC.
type stream struct{ header metadata.MD }

func (s *stream) Method() string { return umv1.CallService_Disconnect_FullMethodName }
func (s *stream) SetHeader(md metadata.MD) error {
	s.header = metadata.Join(s.header, md)
	return nil
}
func (s *stream) SendHeader(metadata.MD) error { return nil }
func (s *stream) SetTrailer(metadata.MD) error { return nil }

// BenchmarkInterceptors is a gRPC call between its decoding and the bridge.
func BenchmarkInterceptors(b *testing.B) {
	g := benchGateway(b)
	m := g.methods[umv1.CallService_Disconnect_FullMethodName]
	request := &umv1.DisconnectRequest{CallId: benchCallID}
	connection := peer.NewContext(context.Background(), &peer.Peer{Addr: &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 50000}})
	sent := metadata.MD{":authority": {"gateway.example.com"}, "content-type": {"application/grpc"}, "user-agent": {"bench"}}
	b.ReportAllocs()
	for b.Loop() {
		// What gRPC makes of each call.
		ctx, cancel := context.WithCancel(metadata.NewIncomingContext(connection, sent))
		ctx = grpc.NewContextWithServerTransportStream(ctx, &stream{})
		_, err := g.handleUnary(ctx, m, func(v any) error {
			v.(*incoming).message = request
			return nil
		})
		cancel()
		if err != nil {
			b.Fatal(err)
		}
	}
}

// discard takes what a handler gives to net/http.
type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
func (d *discard) WriteHeader(status int)      { d.status = status }

// BenchmarkREST is a REST call between net/http and the bridge: the routes, the in-process connection, the interceptors.
func BenchmarkREST(b *testing.B) {
	for name, r := range map[string]struct{ path, body string }{
		"path": {"/v1/calls/" + strings.ReplaceAll(benchCallID, "=", "%3D") + ":disconnect", "{}"},
		"body": {"/v1/calls:disconnect", `{"callId":"` + benchCallID + `"}`},
	} {
		b.Run(name, func(b *testing.B) {
			handler := benchGateway(b).Handler()
			b.ReportAllocs()
			for b.Loop() {
				ctx, cancel := context.WithCancel(context.Background())
				request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://127.0.0.1"+r.path, strings.NewReader(r.body))
				if err != nil {
					b.Fatal(err)
				}
				request.RemoteAddr = "192.0.2.1:50000"
				request.Header = http.Header{"Content-Type": {"application/json"}, "User-Agent": {"bench"}, "Accept": {"*/*"}}
				w := &discard{header: http.Header{}}
				handler.ServeHTTP(w, request)
				cancel()
				if w.status != 0 && w.status != http.StatusOK {
					b.Fatal(w.status)
				}
			}
		})
	}
}
