package authn

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/umgateway/umgateway/gateway/principal"
)

// whoami is a server that keeps what it learns about its callers.
type whoami struct {
	grpc_health_v1.UnimplementedHealthServer
	seen chan context.Context
}

func (s *whoami) Check(ctx context.Context, _ *grpc_health_v1.HealthCheckRequest) (*grpc_health_v1.HealthCheckResponse, error) {
	s.seen <- ctx
	return &grpc_health_v1.HealthCheckResponse{}, nil
}

func (s *whoami) Watch(_ *grpc_health_v1.HealthCheckRequest, stream grpc.ServerStreamingServer[grpc_health_v1.HealthCheckResponse]) error {
	s.seen <- stream.Context()
	return nil
}

// front is a gRPC server on loopback with the interceptors, and TLS that asks for a client certificate without checking it.
type front struct {
	address string
	server  *whoami
	root    *authority
}

func newFront(t *testing.T, b *bench, current func() *Authenticator, root *authority) *front {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	own := sign(t, client(b.clock.now(), func(c *x509.Certificate) {
		c.DNSNames, c.ExtKeyUsage = []string{"localhost"}, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	}), root)
	server := grpc.NewServer(
		grpc.Creds(credentials.NewTLS(&tls.Config{
			MinVersion: tls.VersionTLS12, ClientAuth: tls.RequestClientCert,
			Certificates: []tls.Certificate{{Certificate: [][]byte{own.certificate.Raw}, PrivateKey: own.key}},
		})),
		grpc.UnaryInterceptor(Unary(current)), grpc.StreamInterceptor(Stream(current)),
	)
	f := &front{listener.Addr().String(), &whoami{seen: make(chan context.Context, 100)}, root}
	grpc_health_v1.RegisterHealthServer(server, f.server)
	done := make(chan error)
	go func() { done <- server.Serve(listener) }()
	t.Cleanup(func() { server.Stop(); <-done })
	return f
}

// dial connects with the certificate, or without one.
func (f *front) dial(t *testing.T, b *bench, own *authority) grpc_health_v1.HealthClient {
	t.Helper()
	config := &tls.Config{RootCAs: f.root.pool(), ServerName: "localhost", Time: b.clock.now, MinVersion: tls.VersionTLS12}
	if own != nil {
		config.Certificates = []tls.Certificate{{Certificate: [][]byte{own.certificate.Raw}, PrivateKey: own.key}}
	}
	connection, err := grpc.NewClient(f.address, grpc.WithTransportCredentials(credentials.NewTLS(config)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	return grpc_health_v1.NewHealthClient(connection)
}

func TestInterceptorsIdentifyCallersOfBothKindsOfRPC(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	root, other := newAuthority(t, b.clock.now(), nil), newAuthority(t, b.clock.now(), nil)
	a := mustNew(t, Config{
		Basic: true, Certificates: &CertificateConfig{}, Issuers: []IssuerConfig{{URL: b.issuer.URL, Audiences: []string{"umgateway"}}},
	}, Options{Now: b.clock.now, ClientCAs: root.pool})
	f := newFront(t, b, func() *Authenticator { return a }, root)
	right, wrong := sign(t, client(b.clock.now(), nil), root), sign(t, client(b.clock.now(), nil), other)
	bearer := []string{"authorization", "Bearer " + b.key.sign(t, nil, b.claims(nil))}
	for name, test := range map[string]struct {
		own    *authority
		header []string
		kind   principal.Kind
		code   codes.Code
	}{
		"nothing":               {nil, nil, principal.None, codes.OK},
		"certificate":           {right, nil, principal.MTLS, codes.OK},
		"wrong authority":       {wrong, nil, principal.None, codes.Unauthenticated},
		"token":                 {nil, bearer, principal.JWT, codes.OK},
		"token and certificate": {right, bearer, principal.JWT, codes.OK},
		"password":              {nil, []string{"authorization", basic("alice:secret")}, principal.Basic, codes.OK},
		"token twice":           {nil, append(bearer, bearer...), principal.None, codes.Unauthenticated},
	} {
		t.Run(name, func(t *testing.T) {
			healths := f.dial(t, b, test.own)
			ctx := metadata.AppendToOutgoingContext(t.Context(), test.header...)
			_, err := healths.Check(ctx, &grpc_health_v1.HealthCheckRequest{})
			f.expect(t, err, test.code, test.kind)
			stream, err := healths.Watch(ctx, &grpc_health_v1.HealthCheckRequest{})
			if err == nil {
				_, err = stream.Recv()
			}
			if errors.Is(err, io.EOF) {
				err = nil
			}
			f.expect(t, err, test.code, test.kind)
		})
	}
}

// expect checks what the caller got, and what the handler saw, if it was asked.
func (f *front) expect(t *testing.T, err error, code codes.Code, kind principal.Kind) {
	t.Helper()
	if status.Code(err) != code {
		t.Fatalf("got %v, want %v", err, code)
	}
	if code != codes.OK {
		return
	}
	ctx := <-f.server.seen
	p, ok := principal.FromContext(ctx)
	if !ok || p.Kind() != kind {
		t.Errorf("the handler sees %v, %v; want %v", p, ok, kind)
	}
	if shown := metadata.ValueFromIncomingContext(ctx, "authorization"); shown != nil {
		t.Errorf("the handler sees the header %q", shown)
	}
	if c, ok := principal.CredentialFromContext(ctx); ok != (kind == principal.Basic) || ok && c.Password() != "secret" {
		t.Errorf("the handler sees the credential: %v", ok)
	}
}

func TestReplacedAuthenticatorCountsForTheNextCall(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	var current atomic.Pointer[Authenticator]
	current.Store(mustNew(t, Config{}, Options{}))
	root := newAuthority(t, b.clock.now(), nil)
	f := newFront(t, b, current.Load, root)
	healths := f.dial(t, b, nil)
	ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", basic("alice:secret"))
	_, err := healths.Check(ctx, &grpc_health_v1.HealthCheckRequest{})
	f.expect(t, err, codes.OK, principal.None)
	current.Store(mustNew(t, Config{Basic: true}, Options{}))
	_, err = healths.Check(ctx, &grpc_health_v1.HealthCheckRequest{})
	f.expect(t, err, codes.OK, principal.Basic)
}

func TestCallIdentifiedAgainForgetsWhoCalledBefore(t *testing.T) {
	t.Parallel()
	a := mustNew(t, Config{Basic: true}, Options{})
	outer, err := a.Identify(t.Context(), Credentials{Authorization: []string{basic("alice:secret")}})
	if err != nil {
		t.Fatal(err)
	}
	inner, err := a.Identify(outer, Credentials{})
	if err != nil {
		t.Fatal(err)
	}
	p, ok := principal.FromContext(inner)
	if _, credential := principal.CredentialFromContext(inner); !ok || p.Kind() != principal.None || credential {
		t.Errorf("the inner call runs as %v, with a credential: %v", p, credential)
	}
}
