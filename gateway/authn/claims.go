package authn

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/go-jose/go-jose/v4/json"
	"github.com/go-jose/go-jose/v4/jwt"
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

// claimError says what is wrong with a claim, and nothing of its value.
type claimError struct{ claim, what string }

func (e *claimError) Error() string { return fmt.Sprintf("the claim %q %s", e.claim, e.what) }

// refuseClaim refuses a token for its claims.
func refuseClaim(err error) *Error {
	refusal := refuse(TokenClaimInvalid, err)
	if about := (*claimError)(nil); errors.As(err, &about) {
		refusal.Claim = about.claim
	}
	return refusal
}

// standard reads the claims of RFC 7519 section 4.1.
func (c claims) standard(payload []byte) (standard jwt.Claims, err error) {
	if json.Unmarshal(payload, &standard) == nil {
		if standard.Expiry == nil {
			return standard, &claimError{"exp", "is missing"}
		}
		return standard, nil
	}
	for _, name := range []string{"iss", "sub", "aud", "exp", "nbf", "iat", "jti"} {
		alone, err := json.Marshal(map[string]any{name: c[name]})
		if err == nil && json.Unmarshal(alone, new(jwt.Claims)) != nil {
			return standard, &claimError{name, "is of another type than it should"}
		}
	}
	return standard, errors.New("the claims cannot be read")
}

// text returns the claim that names the caller.
func (c claims) text(name string) (string, error) {
	text, ok := c.find(name).(string)
	if !ok || text == "" || len(text) > maxName || strings.ContainsFunc(text, unicode.IsControl) {
		return "", &claimError{name, fmt.Sprintf("is not a text of 1 to %d bytes without control characters", maxName)}
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
					return nil, &claimError{name, "does not hold texts only"}
				}
				all = append(all, text)
			}
		default:
			return nil, &claimError{name, "is neither a text nor an array"}
		}
	}
	return all, nil
}
