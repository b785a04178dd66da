package authn

import (
	"fmt"
	"strings"
	"unicode"
)

// claims are the claims of a token, by name.
type claims map[string]any

// unescapePointer undoes the escapes of a JSON pointer's tokens (RFC 6901 section 4).
var unescapePointer = strings.NewReplacer("~1", "/", "~0", "~")

// find returns a claim by its name or, if that begins with a slash, by JSON pointer; nil if there is none.
func (c claims) find(name string) any {
	pointer, nested := strings.CutPrefix(name, "/")
	if !nested {
		return c[name]
	}
	var value any = map[string]any(c)
	for token := range strings.SplitSeq(pointer, "/") {
		object, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = object[unescapePointer.Replace(token)]
	}
	return value
}

// text returns the claim that names the caller.
func (c claims) text(name string) (string, error) {
	text, ok := c.find(name).(string)
	if !ok || text == "" || len(text) > maxName || strings.ContainsFunc(text, unicode.IsControl) {
		return "", fmt.Errorf("the claim %q is not a text of 1 to %d bytes without control characters", name, maxName)
	}
	return text, nil
}

// list returns the texts of several claims. A claim that is missing or null has none; one of another type than text or array
// of texts is an error, since guessing at rights is not safe.
func (c claims) list(names []string, spaceSeparated bool) ([]string, error) {
	var all []string
	for _, name := range names {
		switch value := c.find(name).(type) {
		case nil:
		case string:
			if spaceSeparated {
				all = append(all, strings.Fields(value)...)
			} else if value != "" {
				all = append(all, value)
			}
		case []any:
			for _, element := range value {
				text, ok := element.(string)
				if !ok || text == "" {
					return nil, fmt.Errorf("the claim %q does not hold texts only", name)
				}
				all = append(all, text)
			}
		default:
			return nil, fmt.Errorf("the claim %q is neither a text nor an array", name)
		}
	}
	return all, nil
}
