package http1

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"
)

const (
	// bufferSize is how long a plain request is at most.
	bufferSize = 8 << 10
	// patience is how long the rest of a request that has begun may take before the http.Server waits for it.
	patience = 100 * time.Millisecond
	// maxReads is how many reads a plain request may take.
	maxReads = 4
)

// The states of a connection. One that is idle may be closed by the front at any time.
const (
	idle int32 = iota
	busy
	closed
)

// conn is a connection on which requests have been plain so far.
type conn struct {
	front   *Front
	net     net.Conn
	hasLeft func() bool
	base    context.Context
	remote  string

	buffer   []byte
	filled   int // bytes of the buffer that were read and not yet served
	blank    int // how many characters of line ends may precede the next request
	skipped  int // how many have
	state    atomic.Int32
	call     atomic.Pointer[exchange] // in flight
	deadline time.Time                // of reads, as it is set
	fresh    bool                     // no request has come yet
	until    time.Time                // when the header must have come that has begun, or is the first; zero if there is none
}

func newConn(f *Front, c net.Conn, hasLeft func() bool) *conn {
	return &conn{
		front: f, net: c, hasLeft: hasLeft, base: f.config.Context(c), remote: c.RemoteAddr().String(),
		fresh: true, until: time.Now().Add(f.config.HeaderTimeout),
	}
}

// closeIdle closes the connection if no request has begun on it.
func (c *conn) closeIdle() {
	if c.state.CompareAndSwap(idle, closed) {
		_ = c.net.Close()
	}
}

// serve serves requests until the connection ends or becomes the http.Server's.
func (c *conn) serve() {
	c.buffer = make([]byte, bufferSize)
	for {
		x, is := c.next()
		if is == odd {
			c.front.remove(c)
			c.front.handOver(&replayed{Conn: c.net, unread: slices.Clone(c.buffer[:c.filled]), used: !c.fresh, limit: c.until})
			return
		}
		if x == nil || !c.answer(x) {
			_ = c.net.Close()
			c.front.remove(c)
			return
		}
	}
}

// next reads a request. It returns nil if the connection has ended.
func (c *conn) next() (*exchange, verdict) {
	for c.skipBlank(); c.filled == 0; c.skipBlank() {
		if !c.awaitFirst() {
			return nil, plain
		}
	}
	for reads := 1; ; reads++ {
		x, size, is := c.read(c.buffer[:c.filled])
		if is == plain {
			c.filled = copy(c.buffer, c.buffer[size:c.filled])
			return x, plain
		}
		if is == odd && c.begun() || reads == maxReads || c.filled == len(c.buffer) {
			return nil, odd
		}
		if reads == 1 {
			c.beginHeader(time.Now())
		}
		n, err := c.net.Read(c.buffer[c.filled:])
		c.filled += n
		if errors.Is(err, io.EOF) && !c.begun() {
			return nil, plain
		}
		if err != nil {
			return nil, odd
		}
	}
}

// beginHeader sets the time for a request of which a part has come.
func (c *conn) beginHeader(now time.Time) {
	if c.until.IsZero() {
		c.until = now.Add(c.front.config.HeaderTimeout)
	}
	c.setDeadline(now.Add(patience))
}

// maxBlank is how many characters of line ends may come after the body of a POST: old clients send some (RFC 9112 section 2.2).
// It is net/http's number.
const maxBlank = 4

// skipBlank drops line ends.
func (c *conn) skipBlank() {
	n := 0
	for n < c.filled && c.skipped < c.blank && (c.buffer[n] == '\r' || c.buffer[n] == '\n') {
		n++
		c.skipped++
	}
	c.filled = copy(c.buffer, c.buffer[n:c.filled])
}

// minBegun is how many bytes make the beginning of a request after the first one on a connection. Who sends less and leaves gets
// no answer, as from net/http.
const minBegun = 4

func (c *conn) begun() bool { return c.fresh || c.filled+c.skipped >= minBegun }

// awaitFirst waits for the first bytes of a request. It tells whether they have come.
func (c *conn) awaitFirst() bool {
	c.state.Store(idle)
	if c.front.draining.Load() {
		return false
	}
	until := c.until
	if until.IsZero() {
		until = time.Now().Add(c.front.config.IdleTimeout)
	}
	// A deadline that is too early costs less than one that is set for each request.
	if c.deadline.IsZero() || until.Before(c.deadline) {
		c.setDeadline(until)
	}
	for {
		n, err := c.net.Read(c.buffer)
		if n > 0 {
			c.filled = n
			return c.state.CompareAndSwap(idle, busy)
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) || !c.deadline.Before(until) {
			return false
		}
		c.setDeadline(until)
	}
}

func (c *conn) setDeadline(t time.Time) {
	c.deadline = t
	_ = c.net.SetReadDeadline(t) // fails on closed connections only, which fail elsewhere too
}

// answer serves a request. It tells whether there may be another.
func (c *conn) answer(x *exchange) bool {
	c.fresh, c.until, c.blank, c.skipped = false, time.Time{}, 0, 0
	if x.head.method == http.MethodPost {
		c.blank = maxBlank
	}
	c.call.Store(x)
	c.front.wakeSweeper()
	completed := c.run(x)
	c.call.Store(nil)
	x.context.end()
	if !completed {
		return false
	}
	last := x.head.close || x.response.close || c.front.draining.Load()
	_, err := c.net.Write(x.response.finish(last, time.Now()))
	return err == nil && !last
}

// run has the handler answer. It tells whether the handler has returned.
func (c *conn) run(x *exchange) (completed bool) {
	defer func() {
		if defect := recover(); defect != nil && defect != http.ErrAbortHandler {
			c.front.config.ErrorLog.Printf("http1: panic serving %s: %v\n%s", c.remote, defect, debug.Stack())
		}
	}()
	c.front.config.Handler.ServeHTTP(&x.response, x.request)
	x.response.WriteHeader(http.StatusOK)
	return true
}
