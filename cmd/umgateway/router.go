package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/umgateway/umgateway/gateway"
	"github.com/umgateway/umgateway/gateway/authn"
	"github.com/umgateway/umgateway/gateway/policy"
	"github.com/umgateway/umgateway/gateway/principal"
	umv1 "github.com/umgateway/umgateway/gen/um/v1"
	"github.com/umgateway/umgateway/internal/backend"
	"github.com/umgateway/umgateway/internal/lease"
	"github.com/umgateway/umgateway/internal/routing"
	"github.com/umgateway/umgateway/soapbridge"
)

const (
	reasonNotRouted = "BACKEND_NOT_ROUTED" // no rule of the routing names a backend for the call
	reasonAmbiguous = "BACKEND_AMBIGUOUS"  // a header that the routing reads has several values
)

// router has each call carried out by one of several backends.
type router struct {
	lanes  []*lane
	table  func() *routing.Table // of the moment
	memory *routing.Memory
	keeper *lease.Keeper
	policy func() *policy.Policy // of the moment; nil if there is none
}

// routed is what was chosen for a call: a lane, or an error that its caller is told if the policy lets it call at all.
type routed struct {
	lane *lane
	err  error
}

type routedKey struct{}

// route chooses the backend of a call.
func (r *router) route(ctx context.Context, call *gateway.Call) context.Context {
	chosen := r.choose(ctx, call)
	if chosen.lane != nil {
		call.Backend = chosen.lane.name
	}
	return context.WithValue(ctx, routedKey{}, chosen)
}

func (r *router) choose(ctx context.Context, call *gateway.Call) routed {
	caller, _ := principal.FromContext(ctx)
	table := r.table()
	if about, ok := call.Request.(interface{ GetCallId() string }); ok && about.GetCallId() != "" {
		if l := r.goesBack(ctx, caller, call.FullMethod, about.GetCallId(), table); l != nil {
			return routed{lane: l}
		}
	}
	choice, err := table.Choose(routing.Call{Caller: caller, RPC: call.FullMethod, Header: call.Metadata})
	if err != nil {
		return routed{err: routeError(err)}
	}
	l := r.lane(choice.Backend)
	if !l.accepts(caller) {
		return routed{lane: l, err: &gateway.Error{Code: codes.Unauthenticated, Reason: string(authn.SchemeUnsupported),
			Message: "the backend of this call is not shown the passwords of callers: send no user name and password, but what the gateway checks"}}
	}
	return routed{lane: l}
}

// goesBack finds the backend that has minted the id of a call, among those at which the caller may make this call; nil if there
// is none. What was minted elsewhere is unknown to the caller, who must not learn from the answer that there is such a call.
func (r *router) goesBack(ctx context.Context, caller principal.Principal, rpc, callID string, table *routing.Table) *lane {
	var open []*lane
	for _, l := range r.lanes {
		if table.Open(caller, l.name) && l.accepts(caller) && r.allows(ctx, caller, rpc, l) {
			open = append(open, l)
		}
	}
	if len(open) == 0 {
		return nil
	}
	if l := r.minted(ctx, callID); l != nil && slices.Contains(open, l) {
		return l
	}
	return nil
}

// allows tells whether a caller has an identity at a backend, and may by the policy make a call there.
func (r *router) allows(ctx context.Context, caller principal.Principal, rpc string, l *lane) bool {
	if l.accounts.named != nil {
		if _, mapped := l.accounts.mapped(ctx); !mapped {
			return false
		}
	}
	rules := r.policy()
	return rules == nil || rules.Decide(caller, policy.Request{RPC: rpc, Backend: l.name, Identity: l.accounts.name(ctx)}).Allowed
}

// accepts tells whether a caller may be heard: a password that the backend does not get to see is checked by nobody.
func (l *lane) accepts(caller principal.Principal) bool {
	return caller.Kind() != principal.Basic || l.Identity == backend.IdentityCallerBasic
}

// leaseLookup is how long a call waits, at most, for the leases of before a restart to be read.
const leaseLookup = time.Second

// minted finds the backend that has minted the id of a call, by memory or by its lease; nil if nothing tells, or if several have.
func (r *router) minted(ctx context.Context, callID string) *lane {
	if name, known := r.memory.Minted(callID); known {
		return r.lane(name)
	}
	ctx, cancel := context.WithTimeout(ctx, leaseLookup)
	defer cancel()
	var found *lane
	for _, l := range r.lanes {
		if r.keeper.Has(ctx, lease.Key(l.name, callID)) {
			if found != nil {
				return nil
			}
			found = l
		}
	}
	return found
}

func (r *router) lane(name string) *lane {
	for _, l := range r.lanes {
		if l.name == name {
			return l
		}
	}
	return nil
}

// routeError tells a caller why a call has no backend. Whether another header or another caller would have one is not told.
func routeError(err error) error {
	e := &gateway.Error{Code: codes.PermissionDenied, Reason: reasonNotRouted, Cause: err,
		Message: "the gateway's routing has no backend for this call of this caller"}
	if header := (*routing.HeaderError)(nil); errors.As(err, &header) {
		e.Message = "the header " + header.Name + " does not choose a backend for this call of this caller"
		if header.Repeated {
			e.Code, e.Reason, e.Message = codes.InvalidArgument, reasonAmbiguous, "the header "+header.Name+" has several values: send one"
		}
	}
	return e
}

// identity names the account, or the mailbox, for which the backend of a context is asked.
func (r *router) identity(ctx context.Context) string {
	if chosen, _ := ctx.Value(routedKey{}).(routed); chosen.lane != nil {
		return chosen.lane.accounts.name(ctx)
	}
	return ""
}

var errUnrouted = errors.New("route: nothing was chosen for the call")

// chosen is the lane of a context.
func (r *router) chosen(ctx context.Context) (*lane, error) {
	chosen, _ := ctx.Value(routedKey{}).(routed)
	if chosen.lane == nil && chosen.err == nil {
		return nil, errUnrouted
	}
	return chosen.lane, chosen.err
}

// Invoke carries the call out at the backend that was chosen for it, and remembers which backend has minted an id.
func (r *router) Invoke(ctx context.Context, method protoreflect.MethodDescriptor, in proto.Message) (proto.Message, error) {
	l, err := r.chosen(ctx)
	if err != nil {
		return nil, err
	}
	out, err := l.watching.Invoke(ctx, method, in)
	if err != nil {
		return nil, l.explain(string(method.Name()), err)
	}
	if placed, ok := out.(interface{ GetCallId() string }); ok && placed.GetCallId() != "" {
		r.memory.Learn(placed.GetCallId(), l.name)
	}
	return out, nil
}

// WatchCall follows the call at the backend that was chosen for it.
func (r *router) WatchCall(ctx context.Context, request *umv1.WatchCallRequest, send func(*umv1.WatchCallResponse) error) error {
	l, err := r.chosen(ctx)
	if err != nil {
		return err
	}
	return l.explain("WatchCall", l.watching.WatchCall(ctx, request, send))
}

// explain turns an error of the backend into what its caller is told, which depends on whose credential was shown.
func (l *lane) explain(rpc string, err error) error {
	var known *gateway.Error
	var failure *soapbridge.Error
	if errors.As(err, &known) || !errors.As(err, &failure) {
		return err
	}
	return gateway.ExplainBackend(rpc, err, l.Identity == backend.IdentityCallerBasic)
}
