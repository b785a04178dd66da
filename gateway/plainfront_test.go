package gateway

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

// invoke is an Invoker, whose responses are empty.
type invoke func(context.Context) error

func (f invoke) Invoke(ctx context.Context, method protoreflect.MethodDescriptor, _ proto.Message) (proto.Message, error) {
	if err := f(ctx); err != nil {
		return nil, err
	}
	output, err := protoregistry.GlobalTypes.FindMessageByName(method.Output().FullName())
	if err != nil {
		return nil, err
	}
	return output.New().Interface(), nil
}

// follow is a Watcher.
type follow func(context.Context) error

func (f follow) WatchCall(ctx context.Context, _ *umv1.WatchCallRequest, send func(*umv1.WatchCallResponse) error) error {
	if err := f(ctx); err != nil {
		return err
	}
	return send(&umv1.WatchCallResponse{Ended: true})
}

// dialHTTP serves a gateway and connects to its HTTP front.
func dialHTTP(t *testing.T, config Config) *net.TCPConn {
	t.Helper()
	return serveHTTP(t, config)()
}

// serveHTTP serves a gateway, and returns what connects to its HTTP front.
func serveHTTP(t *testing.T, config Config) (connect func() *net.TCPConn) {
	t.Helper()
	g, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	var listeners [2]net.Listener
	for i := range listeners {
		if listeners[i], err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			t.Fatal(err)
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- g.Serve(ctx, listeners[0], listeners[1]) }()
	t.Cleanup(func() {
		stop()
		if err := <-stopped; err != nil {
			t.Error(err)
		}
	})
	return func() *net.TCPConn {
		connection, err := net.Dial("tcp", listeners[1].Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { connection.Close() })
		return connection.(*net.TCPConn)
	}
}

func TestPlainCallsPassNetHTTPBy(t *testing.T) {
	t.Parallel()
	const rpc = "POST /um.v1.CallService/Disconnect HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n" + `{"callId":"a"}`
	for name, c := range map[string]struct {
		sent string
		want bool
	}{
		"id in the body":   {"POST /v1/calls:disconnect HTTP/1.1\r\nHost: localhost\r\nContent-Length: 14\r\n\r\n" + `{"callId":"a"}`, true},
		"id in the path":   {"POST /v1/calls/a%2Fb%3D:disconnect HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}", true},
		"a read":           {"GET /v1/mailbox:umEnabled HTTP/1.1\r\nHost: localhost\r\n\r\n", true},
		"with a deadline":  {"GET /v1/mailbox:umEnabled HTTP/1.1\r\nHost: localhost\r\nRequest-Timeout: 5\r\n\r\n", true},
		"with a query":     {"GET /v1/calls/a?max_age=5s HTTP/1.1\r\nHost: localhost\r\n\r\n", true},
		"in chunks":        {"POST /v1/calls:disconnect HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\ne\r\n" + `{"callId":"a"}` + "\r\n0\r\n\r\n", false},
		"of HTTP/1.0":      {"GET /v1/mailbox:umEnabled HTTP/1.0\r\nHost: localhost\r\n\r\n", false},
		"a watch":          {"GET /v1/calls/a:watch HTTP/1.1\r\nHost: localhost\r\n\r\n", false},
		"a watch, resumed": {"GET /v1/calls/a:watch?after_sequence=1 HTTP/1.1\r\nHost: localhost\r\n\r\n", false},
		"by the rpc":       {rpc, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			byNetHTTP := make(chan bool, 1)
			seen := func(ctx context.Context) error {
				byNetHTTP <- ctx.Value(arrivalKey{}) != nil
				return nil
			}
			connection := dialHTTP(t, Config{
				Invoker: invoke(seen), Watcher: follow(seen),
			})
			_, _ = io.WriteString(connection, c.sent)
			reply, err := http.ReadResponse(bufio.NewReader(connection), nil)
			if err != nil || reply.StatusCode != http.StatusOK {
				t.Fatalf("the answer is %v, %v", reply, err)
			}
			if passed := !<-byNetHTTP; passed != c.want {
				t.Errorf("net/http is passed by: %v, want %v", passed, c.want)
			}
		})
	}
}

func TestCallsOfClientsThatLeaveAreCanceled(t *testing.T) {
	t.Parallel()
	const request = "POST /v1/calls:disconnect HTTP/1.1\r\nHost: localhost\r\nContent-Length: 14\r\n\r\n" + `{"callId":"a"}`
	for name, sent := range map[string]string{"plain": request, "net/http": strings.Replace(request, "\r\n\r\n", "\r\nPragma: no-cache\r\n\r\n", 1)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			begun, ended := make(chan struct{}), make(chan error, 1)
			connection := dialHTTP(t, Config{
				Invoker: invoke(func(ctx context.Context) error {
					close(begun)
					<-ctx.Done()
					return ctx.Err()
				}),
				Around: []Interceptor{func(ctx context.Context, call *Call, next Handler) error {
					err := next(ctx, call)
					ended <- err
					return err
				}},
			})
			_, _ = io.WriteString(connection, sent)
			<-begun
			connection.Close()
			var e *Error
			if err := <-ended; !errors.As(err, &e) || e.Code != codes.Canceled {
				t.Errorf("the call ended with %v", err)
			}
		})
	}
}

// TestBodiesThatHaveComeAreLimitedToo has a body come as a whole that is larger than the limit.
func TestBodiesThatHaveComeAreLimitedToo(t *testing.T) {
	t.Parallel()
	connection := dialHTTP(t, Config{MaxRequestBytes: 13, Invoker: invoke(func(context.Context) error { return nil })})
	replies := bufio.NewReader(connection)
	for _, c := range []struct {
		body string
		want int
	}{{`{"callId":"a"}`, http.StatusRequestEntityTooLarge}, {`{"callId":""}`, http.StatusBadRequest}, {"{}", http.StatusBadRequest}} {
		request, err := http.NewRequest(http.MethodPost, "http://localhost/v1/calls:disconnect", strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		if err := request.Write(connection); err != nil {
			t.Fatal(err)
		}
		reply, err := http.ReadResponse(replies, request)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, reply.Body)
		if reply.StatusCode != c.want || reply.Close {
			t.Errorf("%s is answered with %s, closed %v", c.body, reply.Status, reply.Close)
		}
	}
}

// TestStreamsAreNotPlain holds the list of what is handed over to the schema.
func TestStreamsAreNotPlain(t *testing.T) {
	t.Parallel()
	g, err := New(Config{Invoker: invoke(nil)})
	if err != nil {
		t.Fatal(err)
	}
	if len(g.streamed) != 1 || !strings.HasSuffix(watchPattern, g.streamed[0]) {
		t.Errorf("streams end with %q, want the end of %s", g.streamed, watchPattern)
	}
}

// TestHeaderNamesAreNetHTTPs compares the names that are written down with those that net/http makes.
func TestHeaderNamesAreNetHTTPs(t *testing.T) {
	t.Parallel()
	for key, name := range headerNames {
		if want := http.CanonicalHeaderKey(key); name != want {
			t.Errorf("%s is looked up as %s, want %s", key, name, want)
		}
	}
}

// TestCallsOfConnectionsDoNotMix has many connections send many requests, of which some are net/http's, in pieces of any length.
func TestCallsOfConnectionsDoNotMix(t *testing.T) {
	t.Parallel()
	ways := []func(id string) string{
		func(id string) string {
			return fmt.Sprintf("POST /v1/calls:disconnect HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: %s\r\nContent-Length: %d\r\n\r\n{\"callId\":%q}", id, len(id)+13, id)
		},
		func(id string) string {
			return fmt.Sprintf("POST /v1/calls/%s:disconnect HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: %s\r\nContent-Length: 2\r\n\r\n{}", id, id)
		},
		func(id string) string {
			return fmt.Sprintf("GET /v1/calls/%s HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: %s\r\n\r\n", id, id)
		},
	}
	config := Config{
		Invoker: invoke(func(context.Context) error { return nil }),
		Around: []Interceptor{func(ctx context.Context, call *Call, next Handler) error {
			if id := call.Request.(interface{ GetCallId() string }).GetCallId(); id != call.RequestID {
				t.Errorf("%s has the request of %s", call.RequestID, id)
			}
			return next(ctx, call)
		}},
	}
	connect := serveHTTP(t, config)
	var all sync.WaitGroup
	for n := range uint64(16) {
		connection, random := connect(), rand.New(rand.NewPCG(n, 1))
		all.Go(func() {
			var sent []byte
			for i := range 50 {
				sent = append(sent, ways[random.IntN(len(ways))](fmt.Sprintf("id-%d-%d", n, i))...)
			}
			last := strings.Replace(ways[2](fmt.Sprintf("id-%d-50", n)), "\r\n", "\r\nPragma: no-cache\r\n", 1) // net/http's
			sent = append(sent, last...)
			all.Go(func() {
				for len(sent) > 0 {
					piece := 1 + random.IntN(min(len(sent), 2<<10))
					_, _ = connection.Write(sent[:piece])
					sent = sent[piece:]
				}
			})
			replies := bufio.NewReader(connection)
			for i := range 51 {
				reply, err := http.ReadResponse(replies, nil)
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, reply.Body)
				if want := fmt.Sprintf("id-%d-%d", n, i); reply.StatusCode != http.StatusOK || reply.Header.Get("X-Request-Id") != want {
					t.Errorf("%s is answered with %s, as %s", want, reply.Status, reply.Header.Get("X-Request-Id"))
				}
			}
		})
	}
	all.Wait()
}
