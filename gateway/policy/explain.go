package policy

import (
	"fmt"
	"strings"

	"github.com/umgateway/umgateway/gateway/policy/dialstring"
)

// Explain says in several lines whether a caller may make a call, and how each rule stands to it. It shows the dial string and
// what was read from it, and so is meant for the operator who has asked, not for logs.
func (p *Policy) Explain(caller Caller, request Request) string {
	var text strings.Builder
	decision := p.decide(caller, request)
	verdict := "denied"
	if decision.Allowed {
		verdict = "allowed"
	}
	fmt.Fprintf(&text, "%s: %s", verdict, decision.Why)
	if decision.Rule != "" {
		fmt.Fprintf(&text, " (rule %q)", decision.Rule)
	}
	text.WriteString("\n")
	p.explainDialString(&text, request.DialString)
	for _, r := range p.rules {
		fmt.Fprintf(&text, "rule %q: %s\n", r.name, p.standing(r, caller, request))
	}
	if len(p.rules) == 0 {
		text.WriteString("there are no rules\n")
	}
	return text.String()
}

func (p *Policy) explainDialString(text *strings.Builder, dialString string) {
	if dialString == "" {
		return
	}
	address, err := dialstring.Parse(dialString)
	if err != nil {
		fmt.Fprintf(text, "the dial string %q cannot be read: %v\n", dialString, err)
		return
	}
	fmt.Fprintf(text, "the dial string %q is read as %s\n", dialString, strings.Join(p.plan.Describe(address), ", "))
	if by := p.plan.Denied(address, p.premium); by != nil {
		fmt.Fprintf(text, "premium_prefixes: %q denies it\n", by)
	}
}

// standing says what one rule has to do with the call.
func (p *Policy) standing(r *rule, caller Caller, request Request) string {
	if refusal := r.refusal(caller, request); refusal != "" {
		return "does not apply: " + refusal
	}
	switch {
	case r.deny:
		return "applies, and denies the call"
	case request.DialString == "":
		return "applies, and allows the call"
	case len(r.allowed) == 0:
		return "applies, but allows to dial nothing: it has no dial: allow"
	}
	address, err := dialstring.Parse(request.DialString)
	if err != nil {
		return fmt.Sprintf("applies; allows to dial %s", quoted(r.allowed))
	}
	if by := p.plan.Denied(address, r.denied); by != nil {
		return fmt.Sprintf("applies, and %q denies to dial it", by)
	}
	if by := p.plan.Allowed(address, r.allowed); by != nil {
		return fmt.Sprintf("applies, and %q allows to dial it", by)
	}
	return fmt.Sprintf("applies, but allows to dial only %s", quoted(r.allowed))
}

func quoted(patterns []*dialstring.Pattern) string {
	texts := make([]string, len(patterns))
	for i, pattern := range patterns {
		texts[i] = fmt.Sprintf("%q", pattern)
	}
	return strings.Join(texts, ", ")
}
