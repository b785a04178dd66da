package gateway_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/umgateway/umgateway/gateway"
	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

// pipes is a listener whose connections stay within the test, and so its clock.
type pipes struct {
	made   chan net.Conn
	closed chan struct{}
}

func newPipes() *pipes { return &pipes{make(chan net.Conn), make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.made:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	select {
	case <-p.closed:
	default:
		close(p.closed)
	}
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080} }

func (p *pipes) dial() net.Conn {
	near, far := net.Pipe()
	p.made <- far
	return near
}

// TestSlowClientsAreCutOff has clients send a byte each second, and looks how long they hold a connection. The clock is the
// test's.
func TestSlowClientsAreCutOff(t *testing.T) {
	t.Parallel()
	const head = "POST /v1/calls:disconnect HTTP/1.1\r\nHost: localhost\r\n"
	for name, c := range map[string]struct {
		sent   string // at once
		status int    // of the answer; 0: whatever net/http says
		limit  time.Duration
	}{
		"nothing":           {"", 0, 10 * time.Second},
		"header":            {head + "X-Slow: ", 0, 10 * time.Second},
		"body":              {head + "Content-Length: 1000\r\n\r\n", http.StatusBadRequest, 30 * time.Second},
		"body in chunks":    {head + "Transfer-Encoding: chunked\r\n\r\nfff\r\n", http.StatusBadRequest, 30 * time.Second},
		"body for no route": {strings.Replace(head, "calls:", "nothing:", 1) + "Content-Length: 1000\r\n\r\n", http.StatusNotFound, 30 * time.Second},
		"body of a GET":     {"GET /v1/mailbox:umEnabled HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n", http.StatusOK, 30 * time.Second},
		"body for a foreign host": {strings.Replace(head, "localhost", "evil.example.com", 1) + "Content-Length: 1000\r\n\r\n",
			http.StatusForbidden, 30 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rest := serveInPipes(t, enabled)
				connection := rest.dial()
				start := time.Now()
				status := make(chan int, 1)
				go func() {
					status <- statusOf(connection)
					_, _ = io.Copy(io.Discard, connection)
				}()
				_, err := io.WriteString(connection, c.sent)
				for err == nil {
					time.Sleep(time.Second)
					_, err = io.WriteString(connection, "a")
				}
				if held := time.Since(start); held > c.limit+time.Second {
					t.Errorf("the connection is held for %v, want at most %v", held, c.limit)
				}
				if got := <-status; c.status != 0 && got != c.status {
					t.Errorf("the status is %d, want %d", got, c.status)
				}
			})
		})
	}
}

// TestCallOutlivesTheTimeForItsBody has a call take longer than its body may.
func TestCallOutlivesTheTimeForItsBody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rest := serveInPipes(t, func(ctx context.Context, m protoreflect.MethodDescriptor, in proto.Message) (proto.Message, error) {
			time.Sleep(50 * time.Second)
			return &umv1.DisconnectResponse{}, ctx.Err()
		})
		connection := rest.dial()
		defer connection.Close()
		const request = "POST /v1/calls:disconnect HTTP/1.1\r\nHost: localhost\r\nGrpc-Timeout: 55S\r\nContent-Length: 17\r\n\r\n{\"callId\":\"AAAA\"}"
		go func() { _, _ = io.WriteString(connection, request) }()
		if got := statusOf(connection); got != http.StatusOK {
			t.Errorf("the status is %d, want 200", got)
		}
	})
}

// statusOf is the status of the reply on a connection; 0 if there is none.
func statusOf(connection net.Conn) int {
	reply, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		return 0
	}
	reply.Body.Close()
	return reply.StatusCode
}

// serveInPipes serves REST on a listener of the test's.
func serveInPipes(t *testing.T, backend invoker) *pipes {
	t.Helper()
	g, err := gateway.New(gateway.Config{Invoker: backend})
	if err != nil {
		t.Fatal(err)
	}
	rest, rpc := newPipes(), newPipes()
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	go func() { stopped <- g.Serve(ctx, rpc, rest) }()
	t.Cleanup(func() {
		stop()
		if err := <-stopped; err != nil {
			t.Error(err)
		}
	})
	return rest
}
