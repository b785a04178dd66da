package transport

import (
	"slices"
	"time"
)

// reap closes what has been idle for too long, and forgets sessions that nobody used.
func (p *pool) reap() {
	for _, c := range p.stale(time.Now()) {
		c.close()
	}
}

// stale takes out what is idle for too long, and has the reaper come again when the next will be.
func (p *pool) stale(now time.Time) []*conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil
	}
	p.clock = now
	limit := p.endpoint.config.IdleTimeout
	n := 0
	for n < len(p.idle) && now.Sub(p.idle[n].idleSince) >= limit {
		n++
	}
	out := slices.Clone(p.idle[:n])
	p.idle = slices.Delete(p.idle, 0, n)
	p.open -= n
	for key, s := range p.sessions {
		if now.Sub(s.used) >= max(sessionLife, 2*limit) { // used may be too old by as much as the clock is, which is the limit
			delete(p.sessions, key)
		}
	}
	next := limit
	if len(p.idle) > 0 {
		next = p.idle[0].idleSince.Add(limit).Sub(now)
	}
	p.reaper.Reset(next)
	return out
}

// close ends the pool: idle connections are closed, those that wait are sent away.
func (p *pool) close() {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return
	}
	p.closed = true
	p.reaper.Stop()
	idle := p.idle
	p.idle, p.open = nil, p.open-len(p.idle)
	for _, w := range p.waiters {
		close(w.turn)
	}
	p.waiters = nil
	p.mu.Unlock()
	for _, c := range idle {
		c.close()
	}
}
