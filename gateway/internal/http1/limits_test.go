package http1

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// served is an http.Server behind a front, on connections within the test and its clock.
type served struct {
	front   *Front
	server  *http.Server
	brought *connections
	ended   chan error
	log     bytes.Buffer
	left    atomic.Bool // clients have left, as the front sees it
}

const (
	testHeaderTimeout = 10 * time.Second
	testIdleTimeout   = 2 * time.Minute
)

func serve(t *testing.T, handler http.HandlerFunc) *served {
	t.Helper()
	s := &served{brought: newConnections(), ended: make(chan error, 1)}
	s.front = New(s.brought, Config{
		Handler: handler, Takes: func(*http.Request) bool { return true },
		Context:       func(net.Conn) context.Context { return context.WithValue(context.Background(), baseKey{}, "base") },
		HeaderTimeout: testHeaderTimeout, IdleTimeout: testIdleTimeout, ErrorLog: log.New(&s.log, "", 0),
	})
	s.front.look = func(net.Conn) func() bool { return s.left.Load }
	s.server = &http.Server{Handler: handler, ReadHeaderTimeout: testHeaderTimeout, IdleTimeout: testIdleTimeout, ErrorLog: log.New(&s.log, "", 0)}
	go func() { s.ended <- s.server.Serve(s.front) }()
	t.Cleanup(func() {
		_ = s.server.Close()
		s.front.Abort()
		if err := <-s.ended; !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			t.Errorf("Serve returned %v", err)
		}
	})
	return s
}

type baseKey struct{}

// client is the other end of a connection.
type client struct {
	net.Conn
	replies *bufio.Reader
}

func (s *served) dial() *client {
	near, far := net.Pipe()
	s.brought.made <- far
	return &client{near, bufio.NewReader(near)}
}

// ask sends a request and returns the response.
func (c *client) ask(t *testing.T, request string) *http.Response {
	t.Helper()
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
	return c.reply(t)
}

func (c *client) reply(t *testing.T) *http.Response {
	t.Helper()
	r, err := http.ReadResponse(c.replies, nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return r
}

// end waits for the end of the connection, and returns what came before it.
func (c *client) end() string {
	rest, _ := io.ReadAll(c.replies)
	return string(rest)
}

func nothing(http.ResponseWriter, *http.Request) {}

func TestConnectionsEndInTime(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sent []string // with a second between them
		want time.Duration
	}{
		"nothing":                    {nil, testHeaderTimeout},
		"half a header":              {[]string{"GET /v1/a HTT"}, testHeaderTimeout},
		"a header byte by byte":      {strings.Split(get, ""), testHeaderTimeout},
		"idle":                       {[]string{get}, time.Second + testIdleTimeout},
		"idle after three":           {[]string{get, get, get}, 3*time.Second + testIdleTimeout},
		"half a header after others": {[]string{get, get, "GET /v1/a HTT"}, 2*time.Second + testHeaderTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start, connection := time.Now(), serve(t, nothing).dial()
				sent := make(chan struct{})
				go func() {
					defer close(sent)
					for _, piece := range c.sent {
						if _, err := io.WriteString(connection, piece); err != nil {
							return
						}
						time.Sleep(time.Second)
					}
				}()
				connection.end()
				if held := time.Since(start); held > c.want {
					t.Errorf("the connection is held for %v, want at most %v", held, c.want)
				}
				connection.Close()
				<-sent
			})
		})
	}
}

func TestConnectionsInUseAreKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		connection := serve(t, func(_ http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/v1/slow" {
				time.Sleep(3 * testIdleTimeout)
			}
		}).dial()
		for range 5 {
			connection.ask(t, get)
			time.Sleep(testIdleTimeout - time.Second)
			connection.ask(t, line("GET /v1/slow HTTP/1.1"))
			// The rest of a request may take its time, and so may the next request.
			go func() {
				_, _ = io.WriteString(connection, post[:len(post)-2])
				time.Sleep(patience / 2)
				_, _ = io.WriteString(connection, post[len(post)-2:])
			}()
			connection.reply(t)
			time.Sleep(testHeaderTimeout + time.Second)
		}
	})
}

func TestSlowRequestsAreLeftToNetHTTP(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		connection := serve(t, func(_ http.ResponseWriter, r *http.Request) {
			_, own := r.Body.(*body)
			body, err := io.ReadAll(r.Body)
			if own || string(body) != "hello" || err != nil {
				t.Errorf("the body is %q, %v, of the front: %v", body, err, own)
			}
		}).dial()
		go func() {
			_, _ = io.WriteString(connection, post[:len(post)-2])
			time.Sleep(2 * patience)
			_, _ = io.WriteString(connection, post[len(post)-2:])
		}()
		connection.reply(t)
		time.Sleep(testIdleTimeout - time.Second) // the time for the first header is no limit for others
		connection.ask(t, post)
	})
}

func TestPanicsEndTheirConnectionOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, mirror)
		other := s.dial()
		other.ask(t, get)
		for _, path := range []string{"/v1/abort", "/v1/panic"} {
			connection := s.dial()
			_, _ = io.WriteString(connection, line("GET "+path+" HTTP/1.1"))
			if said := connection.end(); said != "" {
				t.Errorf("the answer is %q", said)
			}
		}
		other.ask(t, get)
		if lines := strings.Count(s.log.String(), "panic serving"); lines != 1 || !strings.Contains(s.log.String(), "a defect") {
			t.Errorf("the log is %q", s.log.String())
		}
	})
}
