package gateway

import (
	"context"
	"time"
)

// limitTime gives a call that has no deadline the default, and shortens one that reaches further than the maximum. A stream
// lasts as long as its caller wants: each exchange that it needs has a deadline of its own.
func (g *Gateway) limitTime(ctx context.Context, call *Call) (context.Context, error) {
	if call.rpc.streams {
		return ctx, nil
	}
	limit := g.config.MaxTimeout
	if deadline, set := ctx.Deadline(); !set {
		limit = g.config.DefaultTimeout
	} else if time.Until(deadline) <= limit {
		return ctx, nil
	}
	return call.limit.begin(ctx, time.Now().Add(limit)), nil
}
