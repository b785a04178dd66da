package http1

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"
)

// requestContext is done when the client has left or the handler has returned. Most calls need no channel of it.
type requestContext struct {
	base       context.Context
	key, value any // set by With

	mu    sync.Mutex
	done  chan struct{}
	err   error
	after []*waiting
	first [1]*waiting // memory of after
}

// With returns the request with a value in its context. Of a request of this package it changes the context that it has: only
// who has just received the request may do so, once. Other requests are copied.
func With(r *http.Request, key, value any) *http.Request {
	if c, own := r.Context().(*requestContext); own && c.key == nil {
		c.key, c.value = key, value
		return r
	}
	return r.WithContext(context.WithValue(r.Context(), key, value))
}

// Deadline is that of the connection's context.
func (c *requestContext) Deadline() (time.Time, bool) { return c.base.Deadline() }

// Value is what With has set, or that of the connection's context.
func (c *requestContext) Value(key any) any {
	if c.key != nil && c.key == key {
		return c.value
	}
	return c.base.Value(key)
}

// Done returns a channel that is closed when the context is done.
func (c *requestContext) Done() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done == nil {
		c.done = make(chan struct{})
		if c.err != nil {
			close(c.done)
		}
	}
	return c.done
}

// Err is context.Canceled when the context is done.
func (c *requestContext) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// waiting is a function for the end of a context.
type waiting struct {
	context *requestContext
	f       func() // nil once it is called or stopped
}

// AfterFunc has a function called in a goroutine of its own when the context is done, unless it is stopped before. Package
// context uses it in place of a goroutine that waits.
func (c *requestContext) AfterFunc(f func()) (stop func() bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		go f()
		return func() bool { return false }
	}
	w := &waiting{c, f}
	if c.after == nil {
		c.after = c.first[:0]
	}
	c.after = append(c.after, w)
	return w.stop
}

func (w *waiting) stop() bool {
	w.context.mu.Lock()
	defer w.context.mu.Unlock()
	waits := w.f != nil
	w.f = nil
	if i := slices.Index(w.context.after, w); i >= 0 {
		w.context.after = slices.Delete(w.context.after, i, i+1)
	}
	return waits
}

// end makes the context done.
func (c *requestContext) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return
	}
	c.err = context.Canceled
	if c.done != nil {
		close(c.done)
	}
	for _, w := range c.after {
		go w.f()
		w.f = nil
	}
	c.after = nil
}
