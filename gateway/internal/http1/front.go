package http1

import (
	"context"
	"log"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Config says what is served. All fields are required.
type Config struct {
	// Handler answers plain requests. What it writes is kept until it returns; it cannot flush, hijack or send trailers.
	Handler http.Handler
	// Takes tells whether the handler is to have a request that is plain. All others are the http.Server's.
	Takes func(*http.Request) bool
	// Context returns what the contexts of the requests on a connection are made of.
	Context func(net.Conn) context.Context
	// HeaderTimeout is how long a connection may take to its first request.
	HeaderTimeout time.Duration
	// IdleTimeout is how long a connection may be idle between two requests.
	IdleTimeout time.Duration
	// ErrorLog is told of panics.
	ErrorLog *log.Logger
}

// Front is the listener of an http.Server. It accepts the connections of another listener, serves plain requests on them, and
// hands over those connections on which there are others.
type Front struct {
	config   Config
	listener net.Listener
	look     func(net.Conn) func() bool // newLook, but in tests

	begin    sync.Once
	handed   chan net.Conn // for the http.Server
	failed   chan error    // for the http.Server, which knows what to do about it
	closing  chan struct{} // closed when the front closes
	draining atomic.Bool   // the front closes
	sweeping atomic.Bool   // somebody looks for clients that have left

	mu          sync.Mutex
	connections map[*conn]struct{}
	ended       chan struct{} // closed when the front closes and its last connection has ended
}

// New puts a front before a listener, which it closes when it is closed.
func New(listener net.Listener, config Config) *Front {
	return &Front{
		config: config, listener: listener, look: newLook, handed: make(chan net.Conn), failed: make(chan error),
		closing: make(chan struct{}), ended: make(chan struct{}), connections: map[*conn]struct{}{},
	}
}

// Addr is the address of the listener.
func (f *Front) Addr() net.Addr { return f.listener.Addr() }

// Accept waits for a connection that is the http.Server's.
func (f *Front) Accept() (net.Conn, error) {
	f.begin.Do(func() { go f.accept() })
	select {
	case c := <-f.handed:
		return c, nil
	case err := <-f.failed:
		return nil, err
	case <-f.closing:
		return nil, net.ErrClosed
	}
}

// accept takes connections until the front closes. After an error it goes on when the http.Server asks again.
func (f *Front) accept() {
	for {
		c, err := f.listener.Accept()
		if err != nil {
			select {
			case f.failed <- err:
				continue
			case <-f.closing:
				return
			}
		}
		if look := f.look(c); look == nil {
			f.handOver(c)
		} else if served := newConn(f, c, look); f.add(served) {
			go served.serve()
		} else {
			_ = c.Close()
		}
	}
}

// handOver gives a connection to the http.Server, if there still is one.
func (f *Front) handOver(c net.Conn) {
	select {
	case f.handed <- c:
	case <-f.closing:
		_ = c.Close()
	}
}

func (f *Front) add(c *conn) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.draining.Load() {
		return false
	}
	f.connections[c] = struct{}{}
	return true
}

func (f *Front) remove(c *conn) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.connections, c)
	if f.draining.Load() && len(f.connections) == 0 {
		close(f.ended)
	}
}

// Close closes the listener and the connections that are idle. Those with a call in flight end after its answer.
func (f *Front) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.draining.Swap(true) {
		return nil
	}
	close(f.closing)
	if len(f.connections) == 0 {
		close(f.ended)
	}
	for c := range f.connections {
		c.closeIdle()
	}
	return f.listener.Close()
}

// Shutdown closes the front and waits for the calls in flight, or for the end of the context, whose error it returns then.
func (f *Front) Shutdown(ctx context.Context) error {
	err := f.Close()
	select {
	case <-f.ended:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Abort closes the front and all its connections, and ends the contexts of the calls in flight. It waits for nothing.
func (f *Front) Abort() {
	_ = f.Close()
	f.mu.Lock()
	defer f.mu.Unlock()
	for c := range f.connections {
		_ = c.net.Close()
		if x := c.call.Load(); x != nil {
			x.context.end()
		}
	}
}
