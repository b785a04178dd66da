package resilience

import (
	"context"
	"errors"
	"time"

	"github.com/umgateway/umgateway/soapbridge/transport"
)

// probeForEver probes an endpoint at once, when it is due to be tried, and whenever it saw no request for a while.
func (n *node) probeForEver(ctx context.Context, config Config) {
	for {
		if n.idle() {
			n.probe(ctx, config)
		}
		timer := time.NewTimer(n.nextProbe(config))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

// idle tells whether no exchange has ended since it was asked the last time, so that nothing new is known.
func (n *node) idle() bool { return !n.active.Swap(false) }

// nextProbe is when the endpoint is to be looked at again: soon after it is due to be tried, if it is down.
func (n *node) nextProbe(config Config) time.Duration {
	if state, left := n.breaker.now(); state == StateDown {
		n.active.Store(false)
		return min(left+2*time.Millisecond, config.ProbeEvery)
	}
	return config.ProbeEvery
}

// probe asks the endpoint, unless it is left alone, and lets the answer count as a caller's would.
func (n *node) probe(ctx context.Context, config Config) {
	n.breaker.do(func() outcome {
		limited, cancel := context.WithTimeout(ctx, config.ProbeTimeout)
		defer cancel()
		return judgeProbe(ctx, config.Probe(limited, n.client))
	})
	n.notice()
}

// judgeProbe decides what the end of a probe says. The context ends with the Endpoints, not with the probe's time.
func judgeProbe(ctx context.Context, err error) outcome {
	var failure *transport.Error
	switch {
	case err == nil:
		return well
	case ctx.Err() != nil:
		return uncounted
	case errors.As(err, &failure):
		return judge(nil, failure, slowConnect, slowConnect).outcome // a probe is never impatient
	}
	return failed
}
