package gateway

import (
	"context"
	"errors"

	"google.golang.org/grpc/codes"

	"github.com/umgateway/umgateway/gateway/policy"
	"github.com/umgateway/umgateway/gateway/principal"
	"github.com/umgateway/umgateway/gateway/ratelimit"
)

const reasonRateLimited = "RATE_LIMITED" // the caller, or all callers together, call too often

// limitRate refuses callers who call too often. Whom nobody has authenticated is known by the network address.
func (g *Gateway) limitRate(ctx context.Context, call *Call) (context.Context, error) {
	limiter := g.config.Limiter()
	if limiter == nil {
		return ctx, nil
	}
	verdict := limiter.Allow(callerKey(ctx, call))
	if verdict.Allowed {
		return ctx, nil
	}
	message := "too many calls: wait before the next"
	if verdict.Scope == ratelimit.ScopeTotal {
		message = "the gateway has too many calls to carry out: wait before the next"
	}
	return nil, (&Error{Code: codes.ResourceExhausted, Reason: reasonRateLimited, Message: message, RetryAfter: verdict.RetryAfter}).
		with(map[string]string{"scope": string(verdict.Scope)})
}

// callerKey tells callers apart. What nobody has checked does not stand alone: the network address goes with it.
func callerKey(ctx context.Context, call *Call) string {
	caller, _ := principal.FromContext(ctx)
	if caller.Verified() || call.Peer == nil {
		return caller.Key()
	}
	return caller.Key() + " " + hostOf(call.Peer)
}

// authorize asks the policy whether the caller may make this call at all, before anything is said about the request.
func (g *Gateway) authorize(ctx context.Context, call *Call) (context.Context, error) {
	return ctx, g.decide(ctx, call, "")
}

// authorizeDialling asks the policy whether the caller may dial this. The request is valid.
func (g *Gateway) authorizeDialling(ctx context.Context, call *Call) (context.Context, error) {
	if !call.rpc.dials {
		return ctx, nil
	}
	if dialled := policy.DialString(call.Request); dialled != "" {
		return ctx, g.decide(ctx, call, dialled)
	}
	return ctx, nil
}

// decide returns the error of a call that the policy denies.
func (g *Gateway) decide(ctx context.Context, call *Call, dialled string) error {
	rules := g.config.Policy()
	if rules == nil {
		return nil
	}
	caller, _ := principal.FromContext(ctx)
	decision := rules.Decide(caller, policy.Request{
		RPC: call.FullMethod, Backend: call.Backend, Identity: g.config.Identity(ctx), DialString: dialled,
	})
	if decision.Allowed {
		return nil
	}
	e := &Error{Reason: string(decision.Reason), Cause: errors.New(decision.Why)}
	switch decision.Reason {
	case policy.CredentialsMissing:
		e.Code, e.Message = codes.Unauthenticated, "this call is not open to anonymous callers: send a credential"
	case policy.DialForbidden:
		e.Code, e.Message = codes.PermissionDenied, "the gateway's policy does not let this caller dial this"
	default:
		e.Code, e.Message = codes.PermissionDenied, "the gateway's policy does not let this caller make this call"
	}
	return e
}
