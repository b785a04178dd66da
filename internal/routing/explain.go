package routing

import (
	"fmt"
	"strings"

	"github.com/umgateway/umgateway/gateway/policy"
)

// Explanation says where a call would go, and how each rule stands to it.
type Explanation struct {
	// Backend is where the call goes; empty if nowhere.
	Backend string `json:"backend,omitempty"`
	// Rule is the name of the rule that decided; empty if the default did, or the call goes nowhere.
	Rule string `json:"rule,omitempty"`
	// Refusal says in words why the call goes nowhere; empty if it has a backend.
	Refusal string `json:"refusal,omitempty"`
	// Rules are all rules, in their order.
	Rules []policy.Standing `json:"rules"`
}

// Explain explains a choice.
func (t *Table) Explain(call Call) Explanation {
	choice, err := t.Choose(call)
	e := Explanation{Backend: choice.Backend, Rule: choice.Rule, Rules: []policy.Standing{}}
	if err != nil {
		e.Refusal = strings.TrimPrefix(err.Error(), "routing: ")
	}
	for i := range t.rules {
		standing := t.rules[i].refusal(call)
		if standing == "" {
			standing = fmt.Sprintf("fits, and names %q", t.rules[i].backend)
		} else {
			standing = "does not fit: " + standing
		}
		e.Rules = append(e.Rules, policy.Standing{Rule: t.rules[i].name, Standing: standing})
	}
	return e
}

// String is the explanation in several lines.
func (e Explanation) String() string {
	var text strings.Builder
	switch {
	case e.Refusal != "":
		fmt.Fprintf(&text, "no backend: %s\n", e.Refusal)
	case e.Rule == "":
		fmt.Fprintf(&text, "backend %q: the default\n", e.Backend)
	default:
		fmt.Fprintf(&text, "backend %q: by the routing rule %q\n", e.Backend, e.Rule)
	}
	for _, r := range e.Rules {
		fmt.Fprintf(&text, "routing rule %q: %s\n", r.Rule, r.Standing)
	}
	return text.String()
}

func oneOf(list []string) string { return strings.Join(list, " or ") }
