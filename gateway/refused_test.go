package gateway_test

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/umgateway/umgateway/gateway"
	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

// refusals are what a gateway tells of requests that became no call.
type refusals struct {
	mu   sync.Mutex
	list []string
	more chan struct{}
}

func newRefusals() *refusals { return &refusals{more: make(chan struct{}, 100)} }

func (r *refusals) add(protocol gateway.Protocol, reason string) {
	r.mu.Lock()
	r.list = append(r.list, string(protocol)+" "+reason)
	r.mu.Unlock()
	r.more <- struct{}{}
}

func (r *refusals) all() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.list)
}

func TestRequestsThatBecomeNoCallAreTold(t *testing.T) {
	t.Parallel()
	const post, get = http.MethodPost, http.MethodGet
	for name, c := range map[string]struct {
		verb, path, body string
		header           []string
		want             string // empty: it is a call, or it is not refused
	}{
		"unknown path":             {get, "/v1/nothing", "", nil, "rest ROUTE_NOT_FOUND"},
		"wrong method":             {http.MethodDelete, "/v1/calls/x", "", nil, "rest METHOD_NOT_ALLOWED"},
		"foreign host":             {get, "/v1/mailbox:umEnabled", "", []string{"Host", "evil.example.com"}, "rest HOST_FORBIDDEN"},
		"foreign origin":           {post, "/v1/mailbox:resetPin", "", []string{"Origin", "https://evil.example.com"}, "rest ORIGIN_FORBIDDEN"},
		"preflight":                {http.MethodOptions, "/v1/calls:disconnect", "", []string{"Origin", "https://console.example.com", "Access-Control-Request-Method", "POST"}, ""},
		"a call":                   {get, "/v1/mailbox:umEnabled", "", nil, ""},
		"a call with a bad query":  {get, "/v1/mailbox:umEnabled?a=b", "", nil, ""},
		"a call with a large body": {post, "/v1/calls:disconnect", strings.Repeat(" ", 2000), nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			told, calls := newRefusals(), 0
			s := newStand(t, gateway.Config{
				Invoker: enabled, MaxRequestBytes: 1000, Refused: told.add, AllowedOrigins: []string{"https://console.example.com"},
				Around: []gateway.Interceptor{func(ctx context.Context, call *gateway.Call, next gateway.Handler) error {
					calls++
					return next(ctx, call)
				}},
			})
			s.rest(t.Context(), c.verb, c.path, c.body, c.header...)
			s.end(t)
			var want []string
			if c.want != "" {
				want = []string{c.want}
			}
			if got := told.all(); !slices.Equal(got, want) {
				t.Errorf("%q is told, want %q", got, want)
			}
			if isCall := strings.HasPrefix(name, "a call"); isCall != (calls == 1) {
				t.Errorf("the interceptors saw %d calls", calls)
			}
		})
	}
}

func TestUnknownRPCIsToldAndNamed(t *testing.T) {
	t.Parallel()
	told := newRefusals()
	s := newStand(t, gateway.Config{Invoker: enabled, Refused: told.add})
	for _, name := range []string{"/um.v1.CallService/Explode", "/um.v2.CallService/Disconnect"} {
		err := s.grpc.Invoke(t.Context(), name, &umv1.DisconnectRequest{}, &umv1.DisconnectResponse{})
		// The code is that of the gRPC specification (statuscodes.md).
		if got := outcomeOfGRPC(t, err); got.code != codes.Unimplemented || got.reason != "ROUTE_NOT_FOUND" {
			t.Errorf("%s is answered with %v %s", name, got.code, got.reason)
		}
	}
	if got := told.all(); !slices.Equal(got, []string{"grpc ROUTE_NOT_FOUND", "grpc ROUTE_NOT_FOUND"}) {
		t.Errorf("%q is told", got)
	}
}

func TestRequestsThatCannotBeReadAreTold(t *testing.T) {
	t.Parallel()
	told := newRefusals()
	s := newStand(t, gateway.Config{Invoker: enabled, Refused: told.add})
	const good = "GET /v1/mailbox:umEnabled HTTP/1.1\r\nHost: localhost\r\n\r\n"
	for _, c := range []struct {
		name, sent string
		want       bool
	}{
		{"nothing at all", "", false},
		{"a good request", strings.Replace(good, "\r\n\r\n", "\r\nConnection: close\r\n\r\n", 1), false},
		{"a header that is too large", strings.Replace(good, "\r\n\r\n", "\r\nX-Large: "+strings.Repeat("a", 1<<20)+"\r\n\r\n", 1), true},
		{"no HTTP", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", true},
		{"a path that is badly escaped", strings.Replace(good, "mailbox", "%zz", 1), true},
		{"no host", "GET / HTTP/1.1\r\n\r\n", true},
		{"half a header", "GET / HTTP/1.1\r\nHost: local", true},
	} {
		connection, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		// The gateway may have gone before everything is sent.
		_, _ = io.WriteString(connection, c.sent)
		_ = connection.(*net.TCPConn).CloseWrite()
		_, _ = io.Copy(io.Discard, connection)
		connection.Close()
		if c.want {
			<-told.more
		}
	}
	s.end(t)
	want := slices.Repeat([]string{"rest " + gateway.Unreadable}, 5)
	if got := told.all(); !slices.Equal(got, want) {
		t.Errorf("%q is told, want %q", got, want)
	}
}

func TestEncryptedRequestsThatCannotBeReadAreTold(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(nil) // for its certificate
	t.Cleanup(server.Close)
	told := newRefusals()
	s := newStand(t, gateway.Config{Invoker: enabled, Refused: told.add, TLS: func(protocols ...string) *tls.Config {
		return &tls.Config{Certificates: server.TLS.Certificates, NextProtos: protocols}
	}})
	for _, c := range []struct {
		name, protocol, sent string
		want                 bool
	}{
		{"a handshake", "http/1.1", "", false},
		{"a good request", "http/1.1", "GET /v1/mailbox:umEnabled HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", false},
		{"a beginning of HTTP/2", "h2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00", false},
		{"a header that is too large", "http/1.1", "GET / HTTP/1.1\r\nHost: localhost\r\nX-Large: " + strings.Repeat("a", 1<<20), true},
	} {
		connection, err := tls.Dial("tcp", strings.TrimPrefix(s.url, "http://"), &tls.Config{InsecureSkipVerify: true, NextProtos: []string{c.protocol}})
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(connection, c.sent)
		_ = connection.CloseWrite()
		_, _ = io.Copy(io.Discard, connection)
		connection.Close()
		if c.want {
			<-told.more
		}
	}
	s.end(t)
	if got := told.all(); !slices.Equal(got, []string{"rest " + gateway.Unreadable}) {
		t.Errorf("%q is told", got)
	}
}

func TestConnectionOfHTTP2WithoutARequestIsNoRefusal(t *testing.T) {
	t.Parallel()
	told := newRefusals()
	s := newStand(t, gateway.Config{Invoker: enabled, Refused: told.add})
	connection, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	const settings, ping = "\x00\x00\x00\x04\x00\x00\x00\x00\x00", "\x00\x00\x08\x06\x00\x00\x00\x00\x0012345678"
	answer := make([]byte, 1)
	for _, frames := range []string{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + settings, ping, ping} {
		if _, err := io.WriteString(connection, frames); err != nil {
			t.Fatal(err)
		}
		if _, err := connection.Read(answer); err != nil {
			t.Fatal(err)
		}
	}
	_ = connection.(*net.TCPConn).CloseWrite()
	_, _ = io.Copy(io.Discard, connection)
	s.end(t)
	if got := told.all(); len(got) != 0 {
		t.Errorf("%q is told", got)
	}
}
