package resilience

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/umgateway/umgateway/soapbridge/transport"
)

// node is one endpoint with all that is known about it.
type node struct {
	url        string
	client     Client
	bit        uint64 // in the set of endpoints that a request has tried
	breaker    *breaker
	line       *line
	stallAfter time.Duration
	changed    func(*node)
	active     atomic.Bool // an exchange has ended since the prober looked

	mu     sync.Mutex
	alarm  *time.Timer // goes off when a trial is due
	closed bool
}

func newNode(index int, e Endpoint, config Config, changed func(*node)) *node {
	return &node{
		url: e.URL, client: e.Client, bit: 1 << index,
		breaker: newBreaker(e.URL, config), line: newLine(config),
		stallAfter: config.StallAfter, changed: changed,
	}
}

// send waits for a turn at the endpoint and carries the request to it.
func (n *node) send(ctx context.Context, request *transport.Request, t terms) (*transport.Reply, error) {
	if err := n.enter(ctx, t); err != nil {
		return nil, n.refusal(ctx, err)
	}
	var v verdict
	defer func() { n.leave(v) }() // also when a hook panics: a turn that is never given back is lost for good
	var reply *transport.Reply
	var err error
	down := n.breaker.do(func() outcome {
		start := time.Now()
		reply, err = n.client.RoundTrip(ctx, request)
		elapsed := time.Duration(0)
		if err != nil { // nothing else depends on it
			elapsed = time.Since(start)
		}
		n.noteActive()
		v = judge(reply, err, elapsed, n.stallAfter)
		return v.outcome
	})
	if down != nil {
		return nil, n.refusal(ctx, down)
	}
	return reply, err
}

// enter gets a turn. The request that tries the endpoint does not wait for those that may be stuck there from before.
func (n *node) enter(ctx context.Context, t terms) error {
	if state, _ := n.breaker.now(); state == StateTrying {
		n.line.enterAtOnce()
		return nil
	}
	return n.line.enter(ctx, t.priority, t.latest)
}

// leave gives a turn back.
func (n *node) leave(v verdict) {
	n.line.leave(v.outcome != uncounted || v.overloaded, v.overloaded)
	n.notice()
}

// noteActive writes only when there is news, so that processors do not pass the cache line around.
func (n *node) noteActive() {
	if !n.active.Load() {
		n.active.Store(true)
	}
}

// refusal turns the reason for which a call did not get its turn into an error that proves that nothing was sent.
func (n *node) refusal(ctx context.Context, reason error) error {
	failure := &transport.Error{Op: "wait", Kind: transport.KindOverloaded, Endpoint: n.url, RetryAfter: time.Second, Err: reason}
	switch {
	case reason == errDown:
		failure.Kind, failure.RetryAfter = transport.KindUnavailable, n.retryAfter()
	case ctx.Err() != nil:
		failure.Kind, failure.RetryAfter = kindOf(ctx), 0
	}
	return failure
}

// retryAfter is when another try makes sense while the endpoint is left alone or being tried.
func (n *node) retryAfter() time.Duration {
	if state, left := n.breaker.now(); state == StateDown {
		return max(left, time.Millisecond)
	}
	return time.Second
}

// notice acts on a change of the breaker's state, outside of the breaker's lock.
func (n *node) notice() {
	if !n.breaker.changed.Load() || !n.breaker.changed.CompareAndSwap(true, false) {
		return
	}
	n.apply()
	n.changed(n)
}

// apply makes the line follow the breaker. It reads the state under its lock, so that whoever comes last applies the last
// state.
func (n *node) apply() {
	n.mu.Lock()
	defer n.mu.Unlock()
	state, left := n.breaker.now()
	n.line.setDown(state == StateDown)
	if state != StateDown || n.closed {
		return
	}
	if n.alarm != nil {
		n.alarm.Stop()
	}
	// The circuit counts its time as over only when it has passed, not when it has come.
	n.alarm = time.AfterFunc(left+time.Millisecond, func() {
		n.breaker.wake()
		n.notice()
	})
}

func (n *node) close() error {
	n.mu.Lock()
	n.closed = true
	if n.alarm != nil {
		n.alarm.Stop()
	}
	n.mu.Unlock()
	return n.client.Close()
}
