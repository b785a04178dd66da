package exchangesim

import (
	"fmt"
	"strings"
)

// FormatExchange writes an exchange for people to read, as `--log-soap` shows it.
func FormatExchange(e Exchange) string {
	var b strings.Builder
	fmt.Fprintf(&b, "--> %s SOAPAction: %s\n%s\n", e.Method, e.Action, indent(e.Request))
	fmt.Fprintf(&b, "<-- %d\n%s\n", e.Status, indent(e.Reply))
	return b.String()
}

// indent puts each element that holds elements on lines of its own. It works on the text, so that what is not XML is shown
// as it is.
func indent(text string) string {
	if !strings.HasPrefix(text, "<?xml") {
		return text
	}
	var b strings.Builder
	depth, closed := 0, false
	for rest := text; rest != ""; {
		end := strings.IndexByte(rest, '>')
		if end < 0 {
			return b.String() + rest
		}
		part := rest[:end+1]
		rest = rest[end+1:]
		closing := strings.Contains(part, "</")
		if closing {
			depth--
		}
		if !closing || closed {
			b.WriteString("\n" + strings.Repeat("  ", max(depth, 0)))
		}
		b.WriteString(part)
		closed = closing || strings.HasSuffix(part, "/>")
		if !closing && !strings.HasSuffix(part, "/>") && !strings.HasPrefix(part, "<?") {
			depth++
		}
	}
	return strings.TrimPrefix(b.String(), "\n")
}
