package http1

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

func TestShutdownLetsCallsFinish(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begun, finish := make(chan struct{}), make(chan struct{})
		s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/v1/slow" {
				close(begun)
				<-finish
			}
		})
		silent, idle, half, inFlight := s.dial(), s.dial(), s.dial(), s.dial()
		idle.ask(t, get)
		_, _ = io.WriteString(half, post[:len(post)-1])
		_, _ = io.WriteString(inFlight, line("GET /v1/slow HTTP/1.1")+get)
		<-begun
		start := time.Now()
		stopped := make(chan error, 1)
		go func() {
			err := s.server.Shutdown(context.Background())
			stopped <- errors.Join(err, s.front.Shutdown(context.Background()))
		}()
		for name, c := range map[string]*client{"silent": silent, "idle": idle} {
			if said := c.end(); said != "" || time.Since(start) > 0 {
				t.Errorf("a connection that is %s ends with %q after %v", name, said, time.Since(start))
			}
		}
		if said := half.end(); said != "" || time.Since(start) > patience {
			t.Errorf("half a request ends with %q after %v", said, time.Since(start))
		}
		close(finish)
		if r := inFlight.reply(t); r.StatusCode != http.StatusOK || !r.Close {
			t.Errorf("the call in flight is answered with %s, close %v", r.Status, r.Close)
		}
		if said := inFlight.end(); said != "" {
			t.Errorf("the next request is answered with %q", said)
		}
		if err := <-stopped; err != nil {
			t.Error(err)
		}
		if _, err := s.front.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Accept returns %v", err)
		}
	})
}

func TestAbortEndsCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begun := make(chan struct{})
		s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
			close(begun)
			<-r.Context().Done()
		})
		connection := s.dial()
		_, _ = io.WriteString(connection, get)
		<-begun
		limited, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.front.Shutdown(limited); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Shutdown returns %v", err)
		}
		s.front.Abort()
		if said := connection.end(); said != "" {
			t.Errorf("the call is answered with %q", said)
		}
		if err := s.front.Shutdown(context.Background()); err != nil {
			t.Errorf("Shutdown returns %v", err)
		}
	})
}

func TestConnectionsAfterTheEndAreClosed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, nothing)
		// The front has closed, but not yet its listener.
		s.front.mu.Lock()
		s.front.draining.Store(true)
		s.front.mu.Unlock()
		if said := s.dial().end(); said != "" {
			t.Errorf("it says %q", said)
		}
		s.front.draining.Store(false)
	})
}

// TestConnectionsThatBecomeIdleAfterTheEndAreClosed has the front close after a connection has been asked whether it is to go on.
func TestConnectionsThatBecomeIdleAfterTheEndAreClosed(t *testing.T) {
	t.Parallel()
	front := New(newConnections(), Config{Context: func(net.Conn) context.Context { return context.Background() }})
	c := newConn(front, newScript(get), nil)
	c.buffer = make([]byte, bufferSize)
	front.draining.Store(true)
	if c.awaitFirst() {
		t.Error("it takes another request")
	}
}

func TestErrorsOfTheListenerAreNetHTTPs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newConnections()
		front := New(l, Config{})
		for _, want := range []error{errors.New("too many files"), errors.New("again")} {
			go func() { l.failed <- want }()
			if _, err := front.Accept(); !errors.Is(err, want) {
				t.Errorf("Accept returns %v, want %v", err, want)
			}
		}
		foreign := newScript() // it has no descriptor
		go func() { l.made <- foreign }()
		if c, err := front.Accept(); c != foreign || err != nil {
			t.Errorf("Accept returns %v, %v", c, err)
		}
		if err := front.Close(); err != nil {
			t.Error(err)
		}
		if front.Addr() == nil {
			t.Error("there is no address")
		}
	})
}
