package gateway

import (
	"context"
	"time"
)

// limitTime gives a call that has no deadline the default, and shortens one that reaches further than the maximum. A stream
// lasts as long as its caller wants: each exchange that it needs has a deadline of its own.
func (g *Gateway) limitTime(ctx context.Context, call *Call, next Handler) error {
	if call.Method.IsStreamingServer() {
		return next(ctx, call)
	}
	limit := g.config.MaxTimeout
	if deadline, set := ctx.Deadline(); !set {
		limit = g.config.DefaultTimeout
	} else if time.Until(deadline) <= limit {
		return next(ctx, call)
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return next(ctx, call)
}
