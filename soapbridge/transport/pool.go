package transport

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

var errClosedClient = errors.New("the client is closed")

const (
	// maxBypass is how often the call that waits longest sees a connection go to a later call, whose identity the connection
	// has. Then its turn comes, at the cost of a new connection.
	maxBypass = 16
	// sessionLife is how long a session without connections keeps its cookies and what it learned.
	sessionLife = 15 * time.Minute
	maxSessions = 10_000
)

// pool keeps the connections to one endpoint: those that are idle, each with its identity, and a queue of calls that wait.
// A connection is only ever used for the identity that it was made for.
type pool struct {
	endpoint *endpoint
	mu       sync.Mutex
	sessions map[sessionKey]*session
	idle     []*conn   // the one used last is at the end
	open     int       // connections that exist or are being made
	clock    time.Time // when the pool last looked at it: seldom longer ago than the idle timeout
	waiters  []*waiter
	reaper   *time.Timer
	closed   bool
}

// waiter is a call that waits for a connection of its session, or for the permission to make one, which is a nil connection.
type waiter struct {
	session  *session
	turn     chan *conn
	bypassed int
}

func newPool(e *endpoint) *pool {
	p := &pool{endpoint: e, sessions: map[sessionKey]*session{}, clock: time.Now()}
	p.mu.Lock() // the timer's function may run before this one has stored the timer
	defer p.mu.Unlock()
	p.reaper = time.AfterFunc(e.config.IdleTimeout, p.reap)
	return p
}

// get takes an idle connection that is still alive, makes a new one, or waits in line for one.
func (p *pool) get(ctx context.Context, s *session) (*conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, p.endpoint.fail("wait", kindOf(ctx), err)
	}
	for {
		c, w, err := p.take(s)
		switch {
		case err != nil:
			return nil, err
		case w != nil:
			return p.wait(ctx, w)
		case c == nil:
			return p.connect(ctx, s)
		case c.session == s && c.alive(p.endpoint.config.IdleTimeout):
			return c, nil
		case c.session == s:
			p.discard(c)
		default: // another identity's, whose place is taken
			c.close()
			return p.connect(ctx, s)
		}
	}
}

// take returns an idle connection of the session; or another's, to be closed for its place; or a place in the queue; or
// nothing at all, which is the permission to make a connection.
func (p *pool) take(s *session) (*conn, *waiter, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, nil, p.endpoint.fail("wait", KindClosed, errClosedClient)
	}
	for i := len(p.idle) - 1; i >= 0; i-- {
		if c := p.idle[i]; c.session == s {
			p.idle = slices.Delete(p.idle, i, i+1)
			return c, nil, nil
		}
	}
	switch {
	case p.open < p.endpoint.config.MaxConns:
		p.open++
		return nil, nil, nil
	case len(p.idle) > 0:
		oldest := p.idle[0]
		p.idle = slices.Delete(p.idle, 0, 1)
		return oldest, nil, nil
	case len(p.waiters) >= p.endpoint.config.MaxWaiters:
		return nil, nil, p.endpoint.fail("wait", KindOverloaded, errors.New("too many calls wait for a connection"))
	}
	w := &waiter{session: s, turn: make(chan *conn, 1)}
	p.waiters = append(p.waiters, w)
	return nil, w, nil
}

func (p *pool) wait(ctx context.Context, w *waiter) (*conn, error) {
	select {
	case c, open := <-w.turn:
		switch {
		case !open:
			return nil, p.endpoint.fail("wait", KindClosed, errClosedClient)
		case c == nil:
			return p.connect(ctx, w.session)
		}
		return c, nil
	case <-ctx.Done():
		p.leave(w)
		return nil, p.endpoint.fail("wait", kindOf(ctx), ctx.Err())
	}
}

// leave takes a call out of the line, and passes on what it was handed at the same moment.
func (p *pool) leave(w *waiter) {
	p.mu.Lock()
	if i := slices.Index(p.waiters, w); i >= 0 {
		p.waiters = slices.Delete(p.waiters, i, i+1)
		p.mu.Unlock()
		return
	}
	p.mu.Unlock()
	switch c, open := <-w.turn; {
	case c != nil:
		p.put(c)
	case open:
		p.giveUp()
	}
}

func (p *pool) connect(ctx context.Context, s *session) (*conn, error) {
	c, err := p.endpoint.connect(ctx, s)
	if err != nil {
		p.giveUp()
		return nil, err
	}
	return c, nil
}

// replace closes a connection and makes another in its place.
func (p *pool) replace(ctx context.Context, c *conn) (*conn, error) {
	c.close()
	return p.connect(ctx, c.session)
}

// put gives a connection to whoever of its session waits longest, or keeps it, or closes it if it can serve no more or
// somebody else has waited for too long.
func (p *pool) put(c *conn) {
	if !c.reusable || !p.keep(c) {
		p.discard(c)
	}
}

// keep finds a use for a connection, or tells that there is none.
func (p *pool) keep(c *conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clock = time.Now()
	c.idleSince = p.clock
	own := slices.IndexFunc(p.waiters, func(w *waiter) bool { return w.session == c.session })
	switch {
	case p.closed:
		return false
	case len(p.waiters) == 0:
		p.idle = append(p.idle, c)
		return true
	case own == 0 || own > 0 && p.waiters[0].bypassed < maxBypass:
		p.waiters[0].bypassed++
		p.serve(own, c)
		return true
	}
	return false
}

// serve ends the waiting of a call. The caller holds the lock.
func (p *pool) serve(i int, c *conn) {
	w := p.waiters[i]
	p.waiters = slices.Delete(p.waiters, i, i+1)
	w.turn <- c
}

func (p *pool) discard(c *conn) {
	c.close()
	p.giveUp()
}

// giveUp returns the place of a connection that is gone, or was never made, to whoever waits longest.
func (p *pool) giveUp() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.waiters) > 0 && !p.closed {
		p.serve(0, nil)
		return
	}
	p.open--
}
