package transport

import (
	"context"
	"errors"
	"sync"
	"time"
)

// pool keeps the connections of one identity to one endpoint: a stack of idle ones, and a queue of calls that wait.
type pool struct {
	endpoint *endpoint
	mu       sync.Mutex
	idle     []*conn // the one used last is at the end
	open     int     // connections that exist or are being made
	waiters  []chan *conn
	reaper   *time.Timer
	closed   bool
}

func newPool(e *endpoint) *pool {
	p := &pool{endpoint: e}
	p.reaper = time.AfterFunc(e.config.IdleTimeout, p.reap)
	return p
}

// get takes an idle connection that is still alive, makes a new one, or waits in line for one.
func (p *pool) get(ctx context.Context) (*conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, p.fail("wait", kindOf(ctx, err), err)
	}
	for {
		p.mu.Lock()
		if p.closed {
			p.mu.Unlock()
			return nil, p.fail("wait", KindClosed, errors.New("the client is closed"))
		}
		if last := len(p.idle) - 1; last >= 0 {
			c := p.idle[last]
			p.idle = p.idle[:last]
			p.mu.Unlock()
			if c.alive(p.endpoint.config.IdleTimeout) {
				return c, nil
			}
			p.discard(c)
			continue
		}
		if p.open < p.endpoint.config.MaxConns {
			p.open++
			p.mu.Unlock()
			return p.connect(ctx)
		}
		if len(p.waiters) >= p.endpoint.config.MaxWaiters {
			p.mu.Unlock()
			return nil, p.fail("wait", KindOverloaded, errors.New("too many calls wait for a connection"))
		}
		turn := make(chan *conn, 1)
		p.waiters = append(p.waiters, turn)
		p.mu.Unlock()
		return p.wait(ctx, turn)
	}
}

// wait waits for a connection, or for the permission to make one, which is a nil connection.
func (p *pool) wait(ctx context.Context, turn chan *conn) (*conn, error) {
	select {
	case c := <-turn:
		if c == nil {
			return p.connect(ctx)
		}
		return c, nil
	case <-ctx.Done():
		p.leave(turn)
		return nil, p.fail("wait", kindOf(ctx, ctx.Err()), ctx.Err())
	}
}

// leave takes a call out of the line, and passes on what it was handed at the same moment.
func (p *pool) leave(turn chan *conn) {
	p.mu.Lock()
	for i, other := range p.waiters {
		if other == turn {
			p.waiters = append(p.waiters[:i], p.waiters[i+1:]...)
			p.mu.Unlock()
			return
		}
	}
	p.mu.Unlock()
	if c := <-turn; c != nil {
		p.put(c)
	} else {
		p.giveUp()
	}
}

func (p *pool) connect(ctx context.Context) (*conn, error) {
	c, err := p.endpoint.connect(ctx)
	if err != nil {
		p.giveUp()
		return nil, err
	}
	return c, nil
}

// put gives a connection to whoever waits longest, or keeps it, or closes it if it can serve no more.
func (p *pool) put(c *conn) {
	if !c.reusable {
		p.discard(c)
		return
	}
	c.idleSince = time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closed:
		p.open--
		c.close()
	case len(p.waiters) > 0:
		p.nextWaiter() <- c
	default:
		p.idle = append(p.idle, c)
	}
}

func (p *pool) nextWaiter() chan *conn {
	turn := p.waiters[0]
	p.waiters = p.waiters[1:]
	return turn
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
		p.nextWaiter() <- nil
		return
	}
	p.open--
}

// reap closes what has been idle for too long. The stack has the oldest at its bottom.
func (p *pool) reap() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	limit := time.Now().Add(-p.endpoint.config.IdleTimeout)
	stale := 0
	for stale < len(p.idle) && p.idle[stale].idleSince.Before(limit) {
		p.idle[stale].close()
		stale++
	}
	p.idle = append(p.idle[:0], p.idle[stale:]...)
	p.open -= stale
	p.reaper.Reset(p.endpoint.config.IdleTimeout)
}

// close ends the pool: idle connections are closed, those that wait are sent away.
func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.reaper.Stop()
	for _, c := range p.idle {
		c.close()
	}
	p.open -= len(p.idle)
	p.idle = nil
	for len(p.waiters) > 0 {
		p.open++
		p.nextWaiter() <- nil
	}
}

func (p *pool) fail(op string, kind Kind, err error) error {
	return &Error{Op: op, Kind: kind, Endpoint: p.endpoint.url, Err: err}
}
