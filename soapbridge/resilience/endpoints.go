package resilience

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/umgateway/umgateway/soapbridge/transport"
)

// Endpoints carries requests to one backend by way of one or several endpoints. It is safe for concurrent use.
type Endpoints struct {
	config  Config
	nodes   []*node
	turn    atomic.Uint64 // spreads requests over endpoints that have the same to do
	holds   *holdOffs
	health  health
	traffic traffic
	probing sync.WaitGroup
	stop    context.CancelFunc
}

var (
	errNoneUp  = errors.New("every endpoint is left alone after failures")
	errDrained = errors.New("the gateway is shutting down")
)

// New checks the configuration. It sends nothing, unless a probe is configured, and then owns the endpoints' clients.
func New(endpoints []Endpoint, config Config) (*Endpoints, error) {
	config, err := config.withDefaults()
	if err == nil {
		err = checkEndpoints(endpoints)
	}
	if err != nil {
		return nil, fmt.Errorf("resilience: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	e := &Endpoints{config: config, holds: newHoldOffs(config), stop: stop}
	e.health.serving = true
	e.traffic.idle = make(chan struct{})
	for i, endpoint := range endpoints {
		e.nodes = append(e.nodes, newNode(i, endpoint, config, e.changed))
	}
	if config.Probe != nil {
		for _, n := range e.nodes {
			e.probing.Go(func() { n.probeForEver(ctx, config) })
		}
	}
	return e, nil
}

// RoundTrip sends the request to the endpoint that is best for it, and to another only after the proof that not one byte
// has left for the first. Besides the errors of the endpoints' clients there are: KindUnavailable when every endpoint is
// left alone, KindOverloaded when too many calls wait or half of the caller's time was spent in line, KindThrottled when
// the backend asked to hold the identity back. All three say NothingSent and when to come again.
func (e *Endpoints) RoundTrip(ctx context.Context, request *transport.Request) (*transport.Reply, error) {
	if !e.traffic.enter() {
		return nil, &transport.Error{Op: "wait", Kind: transport.KindClosed, Err: errDrained}
	}
	defer e.traffic.leave()
	t := termsOf(ctx, request)
	key := identityKey(ctx, request)
	if err := e.holds.pass(ctx, key, t.priority, t.latest); err != nil {
		e.refused(err, t.priority)
		return nil, err
	}
	reply, err := e.send(ctx, request, t)
	if err != nil {
		e.refused(err, t.priority)
		return nil, err
	}
	if reply.Status == http.StatusTooManyRequests {
		e.hold(key, transport.RetryAfter(reply.Header, time.Now()))
	}
	return reply, nil
}

// send asks one endpoint after the other, as long as none has been sent anything.
func (e *Endpoints) send(ctx context.Context, request *transport.Request, t terms) (*transport.Reply, error) {
	n := e.choose(request, t.tried)
	if n == nil {
		return nil, &transport.Error{Op: "wait", Kind: transport.KindUnavailable, RetryAfter: e.soonest(), Err: errNoneUp}
	}
	for {
		reply, err := n.send(ctx, request, t)
		if !untouched(reply, err) || ctx.Err() != nil {
			return reply, err
		}
		t.tried |= n.bit
		if n = e.choose(request, t.tried); n == nil {
			return reply, err
		}
		if reply != nil {
			reply.Release()
		}
		e.config.Observe(Event{Kind: EventFailover, Endpoint: n.url, Priority: t.priority})
	}
}

// untouched tells whether another endpoint may be asked: this one could not serve the request through a fault of its own,
// and not one byte of it has left. The answer to a first leg of authentication proves that as well.
func untouched(reply *transport.Reply, err error) bool {
	if err == nil {
		return reply.Unsent && judgeReply(reply).outcome == failed
	}
	var failure *transport.Error
	if !errors.As(err, &failure) || failure.Sent != transport.NothingSent {
		return false
	}
	switch failure.Kind {
	case transport.KindUnavailable, transport.KindTLS, transport.KindOverloaded:
		return true
	}
	return false
}

// HoldOff holds the request's identity back for a time, because a reply's body asked for that. It reads the identity from
// the request, or else from the context.
func (e *Endpoints) HoldOff(ctx context.Context, request *transport.Request, d time.Duration) {
	e.hold(identityKey(ctx, request), d)
}

func (e *Endpoints) hold(key string, d time.Duration) {
	if d <= 0 {
		return
	}
	e.holds.add(key, d)
	e.config.Observe(Event{Kind: EventHeldBack, RetryAfter: min(d, e.config.MaxHoldOff)})
}

// identityKey names the account that a request acts as; the service's own is the empty name.
func identityKey(ctx context.Context, request *transport.Request) string {
	identity := request.Identity
	if identity == nil {
		identity = transport.IdentityFromContext(ctx)
	}
	switch {
	case identity == nil:
		return ""
	case identity.Key != "":
		return identity.Key
	}
	return identity.Username
}

func kindOf(ctx context.Context) transport.Kind {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return transport.KindDeadline
	}
	return transport.KindCanceled
}

func ended(ctx context.Context) error {
	return &transport.Error{Op: "wait", Kind: kindOf(ctx), Err: ctx.Err()}
}
