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
	if err := n.line.enter(ctx, t.priority, t.latest); err != nil {
		return nil, n.refusal(ctx, err)
	}
	p, err := n.breaker.allow()
	if err != nil {
		n.line.leave(false, false)
		n.notice()
		return nil, n.refusal(ctx, err)
	}
	start := time.Now()
	reply, err := n.client.RoundTrip(ctx, request)
	v := judge(reply, err, time.Since(start), n.stallAfter)
	n.breaker.end(p, v.outcome)
	n.noteActive()
	n.line.leave(v.outcome != uncounted || v.overloaded, v.overloaded)
	n.notice()
	return reply, err
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

// notice acts on a change of the breaker's state, once, outside of its lock.
func (n *node) notice() {
	if !n.breaker.changed.Load() || !n.breaker.changed.CompareAndSwap(true, false) {
		return
	}
	if state, left := n.breaker.now(); state == StateDown {
		n.line.clear()
		// The circuit counts its time as over only when it has passed, not when it has come.
		n.wakeAfter(left + time.Millisecond)
	}
	n.changed(n)
}

func (n *node) wakeAfter(d time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return
	}
	if n.alarm != nil {
		n.alarm.Stop()
	}
	n.alarm = time.AfterFunc(d, func() {
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
