package soapbridge

import (
	"context"
	"sync"
	"time"
)

// formChoice remembers which of the dialect's namespace forms the backend accepts. While none is known, one call at a
// time finds out and the others wait for it, so that learning costs one refused exchange and not one for each caller.
type formChoice struct {
	mu       sync.Mutex
	known    bool
	form     int
	learning chan struct{} // closed when the call that is finding out has ended; nil if none is
}

// current returns the form to try first and whether the backend is known to accept it.
func (c *formChoice) current() (form int, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.form, c.known
}

// learn notes that the backend accepts the form.
func (c *formChoice) learn(form int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.form, c.known = form, true
}

// patience is how long a call waits for another to find out. One that is stuck must not hold the others back for long: they
// then go ahead, at the price of a refused exchange each.
const patience = 2 * time.Second

// enter waits while another call finds out. It returns at once when the form is known. The function that it returns must
// be called when the caller's own exchange has ended. A caller that has waited once for a call that found nothing out
// goes ahead beside others: a backend that is down must not make its callers stand in line.
func (c *formChoice) enter(ctx context.Context) (leave func(), err error) {
	c.mu.Lock()
	if c.known {
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
