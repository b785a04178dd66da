package gateway_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/tap"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/umgateway/umgateway/gateway"
	"github.com/umgateway/umgateway/gateway/authn"
	umv1 "github.com/umgateway/umgateway/gen/um/v1"
	"github.com/umgateway/umgateway/internal/exchange"
	"github.com/umgateway/umgateway/internal/telemetry"
)

const benchCallID = "MDlkZjllZGMtNGUyMy00NzA5LWJkYWYtN2JlMjBjYjBhZTU2QGRmLWV1bS0wMS5leGNoYW5nZS5jb3JwLm1pY3Jvc29mdC5jb20="

// atOnce answers every Disconnect, and asks of its context what an exchange does.
type atOnce struct{}

func (atOnce) Invoke(ctx context.Context, _ protoreflect.MethodDescriptor, _ proto.Message) (proto.Message, error) {
	_, bounded := ctx.Deadline()
	for range 2 { // before a connection is taken, and before it is written to
		if err := ctx.Err(); err != nil || !bounded {
			return nil, errors.Join(err, errors.New("a call without a deadline"))
		}
	}
	return &umv1.DisconnectResponse{}, nil
}

// benchGateway is set up as the command does it by default.
func benchGateway(b *testing.B) *gateway.Gateway {
	b.Helper()
	metrics, err := telemetry.NewMetrics(exchange.Services()...)
	if err != nil {
		b.Fatal(err)
	}
	anybody, err := authn.New(authn.Config{}, authn.Options{})
	if err != nil {
		b.Fatal(err)
	}
	g, err := gateway.New(gateway.Config{
		Invoker: atOnce{}, Backend: "default", Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Authenticator: func() *authn.Authenticator { return anybody },
		Around:        []gateway.Interceptor{metrics.Measure}, Refused: metrics.Refused,
	})
	if err != nil {
		b.Fatal(err)
	}
	return g
}

// stream stands for what gRPC makes of each call.
type stream struct {
	grpc.ServerStream
	ctx  context.Context
	data mem.BufferSlice
}

func (s *stream) Context() context.Context     { return s.ctx }
func (s *stream) RecvMsg(m any) error          { return gateway.Codec.Unmarshal(s.data, m) }
func (s *stream) SendHeader(metadata.MD) error { return nil }
func (s *stream) SendMsg(m any) error {
	_, err := gateway.Codec.Marshal(m)
	return err
}

// BenchmarkInterceptors is a gRPC call between gRPC and the bridge.
func BenchmarkInterceptors(b *testing.B) {
	g := benchGateway(b)
	request, err := proto.Marshal(&umv1.DisconnectRequest{CallId: benchCallID})
	if err != nil {
		b.Fatal(err)
	}
	data := mem.BufferSlice{mem.SliceBuffer(request)}
	connection := peer.NewContext(context.Background(), &peer.Peer{Addr: &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 50000}})
	sent := metadata.MD{":authority": {"gateway.example.com"}, "content-type": {"application/grpc"}, "user-agent": {"bench"}}
	b.ReportAllocs()
	for b.Loop() {
		ctx, cancel := context.WithCancel(connection)
		ctx, err := gateway.KeepMetadata(metadata.NewIncomingContext(ctx, sent), &tap.Info{Header: sent})
		if err == nil {
			err = g.ServeUnary(&stream{ctx: ctx, data: data}, umv1.CallService_Disconnect_FullMethodName)
		}
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
