package resilience

import (
	"context"
	"time"

	"github.com/umgateway/umgateway/soapbridge/transport"
)

// terms are the conditions of one call.
type terms struct {
	priority transport.Priority
	latest   time.Time // until when the call may wait in line; zero for as long as its context lets it
	tried    uint64    // the bits of the endpoints that were asked, or passed over
}

func termsOf(ctx context.Context, request *transport.Request) terms {
	t := terms{priority: max(request.Priority, transport.PriorityFromContext(ctx))} // the lower of the two
	if deadline, found := ctx.Deadline(); found {
		now := time.Now()
		t.latest = now.Add(deadline.Sub(now) / 2)
	}
	return t
}

// choose finds the endpoint for a request; nil if there is none left. An endpoint that is due to be tried gets one request
// that may be repeated, so that a dial never has to be the one that finds out while another endpoint is up. Otherwise it
// is the endpoint that is up and has the least to do. One that the request would rather avoid comes last.
func (e *Endpoints) choose(request *transport.Request, tried uint64) *node {
	var best, trial *node
	first := int(e.turn.Add(1) % uint64(len(e.nodes)))
	for i := range e.nodes {
		n := e.nodes[(first+i)%len(e.nodes)]
		if tried&n.bit != 0 {
			continue
		}
		switch state, _ := n.breaker.now(); state {
		case StateUp:
			if best == nil || n.before(best, request.Avoid) {
				best = n
			}
		case StateTrying:
			if !n.breaker.trial.Load() && (trial == nil || trial.url == request.Avoid) {
				trial = n
			}
		}
	}
	if best == nil || trial != nil && request.Repeatable && trial.url != request.Avoid {
		return trialOr(trial, best)
	}
	return best
}

func trialOr(trial, best *node) *node {
	if trial != nil {
		return trial
	}
	return best
}

// before tells whether n is to be preferred to other; both are up.
func (n *node) before(other *node, avoid string) bool {
	if (n.url == avoid) != (other.url == avoid) {
		return other.url == avoid
	}
	return n.line.load.Load() < other.line.load.Load()
}

// soonest is when another try makes sense, given that no endpoint takes the request now.
func (e *Endpoints) soonest() time.Duration {
	soonest := e.nodes[0].retryAfter()
	for _, n := range e.nodes[1:] {
		soonest = min(soonest, n.retryAfter())
	}
	return soonest
}
