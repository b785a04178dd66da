package routing

import (
	"errors"
	"fmt"
	"slices"

	"github.com/umgateway/umgateway/gateway/policy"
)

// Call is what is known of a call.
type Call struct {
	// Caller is who calls.
	Caller policy.Caller
	// RPC is the full name of the rpc, "/um.v1.CallService/Disconnect".
	RPC string
	// Header returns the values of a header, or of gRPC metadata, by its name in lower case.
	Header func(name string) []string
}

// Choice is the backend of a call, and why.
type Choice struct {
	// Backend is its name.
	Backend string
	// Rule is the name of the rule that decided; empty if the default did.
	Rule string
}

// ErrNoRoute tells that no rule fits a call, and that the default is not for it.
var ErrNoRoute = errors.New("routing: no rule names a backend for the call")

// HeaderError tells that a header of a call cannot be routed by.
type HeaderError struct {
	// Name of the header.
	Name string
	// Repeated tells that the header has several values; otherwise, that no rule is about its value and this caller.
	Repeated bool
}

// Error names the header, and not its value.
func (e *HeaderError) Error() string {
	if e.Repeated {
		return fmt.Sprintf("routing: the header %s has several values", e.Name)
	}
	return fmt.Sprintf("routing: no rule is about this value of the header %s and this caller", e.Name)
}

// Choose finds the backend of a call. The error is ErrNoRoute or a *HeaderError.
func (t *Table) Choose(call Call) (Choice, error) {
	for i := range t.rules {
		r := &t.rules[i]
		if r.header != "" && len(call.Header(r.header)) > 1 {
			return Choice{}, &HeaderError{Name: r.header, Repeated: true}
		}
		if r.refusal(call) == "" {
			return Choice{r.backend, r.name}, nil
		}
	}
	for _, name := range t.headers {
		if len(call.Header(name)) > 0 {
			return Choice{}, &HeaderError{Name: name}
		}
	}
	if t.fallback == "" {
		return Choice{}, ErrNoRoute
	}
	return Choice{Backend: t.fallback}, nil
}

// refusal says why a rule does not fit a call; empty if it does. The header has one value at most.
func (r *rule) refusal(call Call) string {
	if r.rpcs != nil && !r.rpcs[call.RPC] {
		return "it is not about this rpc"
	}
	if r.header != "" {
		if values := call.Header(r.header); len(values) == 0 || !slices.Contains(r.values, values[0]) {
			return fmt.Sprintf("the header %s is not %s", r.header, oneOf(r.values))
		}
	}
	return r.refuses(call.Caller)
}

// refuses says why a rule is not about a caller; empty if it is.
func (r *rule) refuses(caller policy.Caller) string {
	if r.callers == nil {
		return ""
	}
	return r.callers.Refusal(caller)
}

// Open tells whether any call of a caller, with whatever header, would go to a backend.
func (t *Table) Open(caller policy.Caller, backend string) bool {
	for i := range t.rules {
		r := &t.rules[i]
		if r.refuses(caller) != "" {
			continue
		}
		if r.backend == backend {
			return true
		}
		if r.header == "" && r.rpcs == nil {
			return false // all calls of the caller end here
		}
	}
	return t.fallback == backend
}
