package exchangesim

import (
	"fmt"
	"strings"
	"unicode"
)

// FormatExchange writes an exchange for people to read, as `--log-soap` shows it. It holds what was sent, telephone numbers
// and ids too: it is for demonstrations. Control characters are replaced, so that it cannot steer a terminal.
func FormatExchange(e Exchange) string {
	var b strings.Builder
	fmt.Fprintf(&b, "--> %s %s SOAPAction: %s\n%s\n", e.Method, e.Path, e.Action, indent(e.Request))
	if e.Status == 0 {
		b.WriteString("<-- connection closed without a reply\n")
	} else {
		fmt.Fprintf(&b, "<-- %d\n%s\n", e.Status, indent(e.Reply))
	}
	return strings.Map(printable, b.String())
}

func printable(r rune) rune {
	if unicode.IsControl(r) && r != '\n' && r != '\t' {
		return unicode.ReplacementChar
	}
	return r
}

// indent puts each element that holds elements on lines of its own. It works on the text, so that what is not XML is shown
// as it is.
func indent(text string) string {
	if !strings.HasPrefix(text, "<?xml") {
		return text
	}
	var b strings.Builder
	depth, ended := 0, true // ended: the last tag began no element
	for text != "" {
		before, tag, rest := cutTag(text)
		text = rest
		closing := strings.HasPrefix(tag, "</")
		if closing {
			depth--
		}
		if strings.TrimSpace(before) == "" && (!closing || ended) {
			b.WriteString("\n" + strings.Repeat("  ", max(depth, 0)))
		} else {
			b.WriteString(before)
		}
		b.WriteString(tag)
		ended = closing || strings.HasSuffix(tag, "/>") || strings.HasPrefix(tag, "<?") || strings.HasPrefix(tag, "<!")
		if !ended {
			depth++
		}
	}
	return strings.TrimSpace(b.String())
}

// cutTag splits off the text before the next tag, and the tag.
func cutTag(text string) (before, tag, rest string) {
	start := strings.IndexByte(text, '<')
	if start < 0 {
		return text, "", ""
	}
	end := strings.IndexByte(text[start:], '>')
	if end < 0 {
		return text, "", ""
	}
	return text[:start], text[start : start+end+1], text[start+end+1:]
}
