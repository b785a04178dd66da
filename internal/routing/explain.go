package routing

import (
	"fmt"
	"strings"
)

// Explain says in several lines where a call would go, and how each rule stands to it.
func (t *Table) Explain(call Call) string {
	var text strings.Builder
	choice, err := t.Choose(call)
	switch {
	case err != nil:
		fmt.Fprintf(&text, "no backend: %s\n", strings.TrimPrefix(err.Error(), "routing: "))
	case choice.Rule == "":
		fmt.Fprintf(&text, "backend %q: the default\n", choice.Backend)
	default:
		fmt.Fprintf(&text, "backend %q: by the routing rule %q\n", choice.Backend, choice.Rule)
	}
	for i := range t.rules {
		standing := t.rules[i].refusal(call)
		if standing == "" {
			standing = fmt.Sprintf("fits, and names %q", t.rules[i].backend)
		} else {
			standing = "does not fit: " + standing
		}
		fmt.Fprintf(&text, "routing rule %q: %s\n", t.rules[i].name, standing)
	}
	return text.String()
}

func oneOf(list []string) string { return strings.Join(list, " or ") }
