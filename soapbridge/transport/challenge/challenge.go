package challenge

import (
	"errors"
	"fmt"
	"strings"
)

const (
	maxChallenges = 64
	maxParams     = 64
	maxLength     = 128 << 10 // a Kerberos token with a large PAC has about 64 KiB before base64
)

// Challenge is what a server offers or answers for one scheme. It has a token, parameters, or neither.
type Challenge struct {
	// Scheme is in lower case, since schemes are compared without regard to case (RFC 9110 section 11.1).
	Scheme string
	// Token is the token68 after the scheme, as NTLM and Negotiate use it; empty if there is none.
	Token string
	// Params are the auth-params: names in lower case, values without quotes. Nil if there are none.
	Params map[string]string
}

// Parse reads the values of all fields of one name. Of a field that is not well formed it returns the challenges before
// the mistake; the error joins one *SyntaxError for each such field, so that a caller may still use what was read.
func Parse(values []string) ([]Challenge, error) {
	var all []Challenge
	var failures []error
	for i, value := range values {
		s := scanner{field: i, text: value, room: maxChallenges - len(all)}
		if err := s.run(); err != nil {
			failures = append(failures, err)
		}
		all = append(all, s.found...)
	}
	return all, errors.Join(failures...)
}

// Find returns the first challenge of a scheme, whatever the case of its name.
func Find(all []Challenge, scheme string) (Challenge, bool) {
	for _, c := range all {
		if strings.EqualFold(c.Scheme, scheme) {
			return c, true
		}
	}
	return Challenge{}, false
}

// SyntaxError says where a field breaks the grammar of RFC 9110 section 11.6.1. It does not repeat the field's text,
// which may hold a token.
type SyntaxError struct {
	Field  int // index of the field in the argument of Parse
	Offset int // byte in the field
	Reason string
}

// Error says what is wrong at which byte.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("challenge: field %d, byte %d: %s", e.Field+1, e.Offset, e.Reason)
}
