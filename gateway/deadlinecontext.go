package gateway

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// deadlineContext is the context of a call that has a deadline, and does what one of context.WithDeadline does. The timer, and
// the channel that it closes, are made once somebody asks to be told of the end: an exchange that goes well only asks when the
// end is, and whether it has come. One difference can be seen: if the parent ends after the deadline, and only then somebody
// asks for the first time, the parent's is the reason.
type deadlineContext struct {
	context.Context // the parent, which has a later deadline or none
	deadline        time.Time

	told   atomic.Pointer[toldContext] // nil as long as nobody has asked to be told
	ended  atomic.Bool
	inTime bool       // it was ended before it had come to an end by itself
	mu     sync.Mutex // held to make told, and to end
}

// toldContext is what the standard library makes of a deadline.
type toldContext struct {
	context.Context
	cancel context.CancelFunc
}

// begin makes it the context of a call. It must be ended.
func (c *deadlineContext) begin(parent context.Context, deadline time.Time) context.Context {
	c.Context, c.deadline = parent, deadline
	return c
}

// end cancels the context, and releases what it holds. Ending it twice, or before it has begun, does nothing.
func (c *deadlineContext) end() {
	if c.Context == nil || c.ended.Load() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if told := c.told.Load(); told != nil {
		told.cancel()
	} else {
		c.inTime = c.running()
	}
	c.ended.Store(true)
}

// running tells whether neither the parent nor the time has come to an end.
func (c *deadlineContext) running() bool { return c.Context.Err() == nil && time.Until(c.deadline) > 0 }

// Deadline is when the context ends by itself.
func (c *deadlineContext) Deadline() (time.Time, bool) { return c.deadline, true }

// Done returns the channel that is closed at the end.
func (c *deadlineContext) Done() <-chan struct{} { return c.tell().Done() }

// Err is why the context has ended; nil before. It goes by the clock, whether or not anybody is told.
func (c *deadlineContext) Err() error {
	if c.told.Load() == nil && !c.ended.Load() && c.running() {
		return nil
	}
	return c.tell().Err() // which keeps to the reason that came first
}

// Value is the parent's, but that the standard library finds its own context, and so tells those below without a goroutine.
func (c *deadlineContext) Value(key any) any {
	if told := c.told.Load(); told != nil {
		return told.Value(key)
	}
	return c.Context.Value(key)
}

func (c *deadlineContext) tell() *toldContext {
	if told := c.told.Load(); told != nil {
		return told
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	told := c.told.Load()
	if told != nil {
		return told
	}
	told = &toldContext{}
	if c.inTime {
		told.Context, told.cancel = context.WithCancel(context.WithoutCancel(c.Context))
		told.cancel()
	} else {
		told.Context, told.cancel = context.WithDeadline(c.Context, c.deadline)
	}
	c.told.Store(told)
	return told
}
