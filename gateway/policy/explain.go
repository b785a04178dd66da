package policy

import (
	"fmt"
	"strings"

	"github.com/umgateway/umgateway/gateway/policy/dialstring"
)

// Explanation says whether a caller may make a call, and how each rule stands to it. It shows the dial string and what was read
// from it, and so is meant for the operator who has asked, not for logs.
type Explanation struct {
	// Allowed is the answer.
	Allowed bool `json:"allowed"`
	// Reason is why not; empty if Allowed.
	Reason Reason `json:"reason,omitempty"`
	// Rule is the name of the rule that decided; empty if no rule applied, or a premium prefix decided.
	Rule string `json:"rule,omitempty"`
	// Why explains the decision in words.
	Why string `json:"why"`
	// Notes say what was read from the dial string; empty without one.
	Notes []string `json:"notes,omitempty"`
	// Rules are all rules, in their order.
	Rules []Standing `json:"rules"`
}

// Standing says in words what a rule has to do with a call.
type Standing struct {
	Rule     string `json:"rule"`
	Standing string `json:"standing"`
}

// Explain explains a decision.
func (p *Policy) Explain(caller Caller, request Request) Explanation {
	decision := p.decide(caller, request)
	e := Explanation{
		Allowed: decision.Allowed, Reason: decision.Reason, Rule: decision.Rule, Why: decision.Why,
		Notes: p.explainDialString(request.DialString), Rules: []Standing{},
	}
	for _, r := range p.rules {
		e.Rules = append(e.Rules, Standing{r.name, p.standing(r, caller, request)})
	}
	return e
}

// String is the explanation in several lines.
func (e Explanation) String() string {
	var text strings.Builder
	verdict := "denied"
	if e.Allowed {
		verdict = "allowed"
	}
	fmt.Fprintf(&text, "%s: %s", verdict, e.Why)
	if e.Rule != "" {
		fmt.Fprintf(&text, " (rule %q)", e.Rule)
	}
	text.WriteString("\n")
	for _, note := range e.Notes {
		fmt.Fprintln(&text, note)
	}
	for _, r := range e.Rules {
		fmt.Fprintf(&text, "rule %q: %s\n", r.Rule, r.Standing)
	}
	if len(e.Rules) == 0 {
		text.WriteString("there are no rules\n")
	}
	return text.String()
}

func (p *Policy) explainDialString(dialString string) []string {
	if dialString == "" {
		return nil
	}
	address, err := dialstring.Parse(dialString)
	if err != nil {
		return []string{fmt.Sprintf("the dial string %q cannot be read: %v", dialString, err)}
	}
	notes := []string{fmt.Sprintf("the dial string %q is read as %s", dialString, strings.Join(p.plan.Describe(address), ", "))}
	if by := p.plan.Denied(address, p.premium); by != nil {
		notes = append(notes, fmt.Sprintf("premium_prefixes: %q denies it", by))
	}
	return notes
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
