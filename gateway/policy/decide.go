package policy

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/umgateway/umgateway/gateway/policy/dialstring"
	"github.com/umgateway/umgateway/gateway/principal"
)

// Request is what a call is about.
type Request struct {
	// RPC is the full name of the rpc, "/um.v1.CallService/Disconnect".
	RPC string
	// Backend is the name of the backend that would carry the call out; empty if there is none.
	Backend string
	// Identity is the backend identity with which the call would be carried out, usually a mailbox.
	Identity string
	// DialString is what is to be dialled, or to be kept for dialling; empty if the rpc has no dial string, or clears one.
	DialString string
}

// DialString returns the dial string of a request message; empty if it has none.
func DialString(request proto.Message) string {
	message := request.ProtoReflect()
	field := message.Descriptor().Fields().ByName("dial_string")
	if field == nil || field.Kind() != protoreflect.StringKind || field.IsList() {
		return ""
	}
	return message.Get(field).String()
}

// Reason is the machine-readable reason of a denial: the reason of google.rpc.ErrorInfo.
type Reason string

// The reasons.
const (
	// CredentialsMissing: an anonymous caller would have to authenticate (UNAUTHENTICATED).
	CredentialsMissing Reason = "CREDENTIALS_MISSING"
	// CallForbidden: the caller may not call the rpc, or not for this mailbox (PERMISSION_DENIED).
	CallForbidden Reason = "CALL_FORBIDDEN"
	// DialForbidden: the caller may call the rpc, but not dial this (PERMISSION_DENIED).
	DialForbidden Reason = "DIAL_FORBIDDEN"
)

// Decision is the answer to one request.
type Decision struct {
	// Allowed is the answer.
	Allowed bool
	// Reason is why not; empty if Allowed.
	Reason Reason
	// Rule is the name of the rule that decided; empty if no rule applied, or a premium prefix decided.
	Rule string
	// Why explains the decision to an operator. It holds parts of the policy, and nothing of the request.
	Why string
}

// Decide says whether a caller may make a call.
func (p *Policy) Decide(caller principal.Principal, request Request) Decision {
	return p.decide(caller, request)
}

// Anonymous lists the names of the rules that allow something to callers who show no credential.
func (p *Policy) Anonymous() []string {
	var names []string
	for _, r := range p.rules {
		if !r.deny && r.callers.Everyone {
			names = append(names, r.name)
		}
	}
	return names
}

func (p *Policy) decide(caller Caller, request Request) Decision {
	var applying []*rule
	for _, r := range p.rules {
		if r.refusal(caller, request) == "" {
			applying = append(applying, r)
		}
	}
	for _, r := range applying {
		if r.deny {
			return Decision{Reason: CallForbidden, Rule: r.name, Why: "the rule denies it"}
		}
	}
	switch {
	case len(applying) == 0 && caller.Kind() == principal.None:
		return Decision{Reason: CredentialsMissing, Why: "no rule allows it to anonymous callers"}
	case len(applying) == 0:
		return Decision{Reason: CallForbidden, Why: "no rule allows it"}
	case request.DialString == "":
		return Decision{Allowed: true, Rule: applying[0].name, Why: "the rule allows it"}
	}
	return p.dial(applying, request.DialString)
}

// refusal says why the rule does not apply; empty if it does.
func (r *rule) refusal(caller Caller, request Request) string {
	switch {
	case !r.rpcs[request.RPC]:
		return "it is not about this rpc"
	case len(r.backends) > 0 && !slices.Contains(r.backends, request.Backend):
		return "it is not about this backend"
	case len(r.identities) > 0 && !matchAny(r.identities, strings.ToLower(request.Identity)):
		return "it is not about this backend identity"
	}
	return r.callers.refusal(caller)
}

// dial decides about a dial string, which rules that allow the rpc apply to.
func (p *Policy) dial(applying []*rule, text string) Decision {
	address, err := dialstring.Parse(text)
	if denied, found := p.denied(applying, address, err); found {
		return denied
	}
	last := applying[len(applying)-1].name
	for _, r := range applying {
		if err == nil {
			if by := p.plan.Allowed(address, r.allowed); by != nil {
				return Decision{Allowed: true, Rule: r.name, Why: fmt.Sprintf("dialling is allowed by %q", by)}
			}
		} else if everything := anything(r.allowed); everything {
			return Decision{Allowed: true, Rule: r.name, Why: `dialling is allowed by "*"`}
		}
	}
	if err != nil {
		return Decision{Reason: DialForbidden, Rule: last, Why: err.Error()}
	}
	return Decision{Reason: DialForbidden, Rule: last, Why: "no rule that allows the call allows what is to be dialled"}
}

// denied looks for a pattern that denies the address. If there is any pattern, what cannot be read is denied.
func (p *Policy) denied(applying []*rule, address dialstring.Address, unreadable error) (Decision, bool) {
	check := func(rule, origin string, patterns []*dialstring.Pattern) (Decision, bool) {
		if len(patterns) == 0 {
			return Decision{}, false
		}
		if unreadable != nil {
			return Decision{Reason: DialForbidden, Rule: rule, Why: fmt.Sprintf("%s cannot be applied: %v", origin, unreadable)}, true
		}
		by := p.plan.Denied(address, patterns)
		if by == nil {
			return Decision{}, false
		}
		return Decision{Reason: DialForbidden, Rule: rule, Why: fmt.Sprintf("dialling is denied by %q of %s", by, origin)}, true
	}
	if decision, found := check("", "premium_prefixes", p.premium); found {
		return decision, true
	}
	for _, r := range applying {
		if decision, found := check(r.name, "dial: deny", r.denied); found {
			return decision, true
		}
	}
	return Decision{}, false
}

func anything(patterns []*dialstring.Pattern) bool {
	for _, pattern := range patterns {
		if pattern.String() == "*" {
			return true
		}
	}
	return false
}
