package soapbridge

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// formChoice remembers which of the dialect's namespace forms the backend accepts. While none is known, one call at a
// time finds out and the others wait for it, so that learning costs one refused exchange and not one for each caller.
type formChoice struct {
	learned  atomic.Int64 // the form and one; 0 if none is known
	mu       sync.Mutex
	learning chan struct{} // closed when the call that is finding out has ended; nil if none is
}

// current returns the form to try first and whether the backend is known to accept it.
func (c *formChoice) current() (form int, known bool) {
	learned := int(c.learned.Load())
	return max(learned-1, 0), learned > 0
}

// learn notes that the backend accepts the form.
func (c *formChoice) learn(form int) { c.learned.Store(int64(form) + 1) }

// patience is how long a call waits for another to find out. One that is stuck must not hold the others back for long: they
// then go ahead, at the price of a refused exchange each.
const patience = 2 * time.Second

// enter waits while another call finds out. It returns at once when the form is known. The function that it returns must
// be called when the caller's own exchange has ended. A caller that has waited once for a call that found nothing out
// goes ahead beside others: a backend that is down must not make its callers stand in line.
func (c *formChoice) enter(ctx context.Context) (leave func(), err error) {
	c.mu.Lock()
	if _, known := c.current(); known {
		c.mu.Unlock()
		return func() {}, nil
	}
	if c.learning == nil {
		c.learning = make(chan struct{})
		c.mu.Unlock()
		return c.leave, nil
	}
	learning := c.learning
	c.mu.Unlock()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-learning:
		return func() {}, nil
	case <-timer.C:
		return func() {}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (c *formChoice) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	close(c.learning)
	c.learning = nil
}
