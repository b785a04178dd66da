package authn

import (
	"encoding/base64"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/umgateway/umgateway/gateway/principal"
)

// maxHeader is the longest Authorization value that is looked at, in bytes.
const maxHeader = 16 << 10

// parseHeader splits an Authorization value into its scheme, in lower case, and its token68 (RFC 9110 section 11.4). Of the
// schemes that are accepted here, none has parameters.
func parseHeader(value string) (scheme, token string, err error) {
	if len(value) > maxHeader {
		return "", "", errors.New("longer than 16 KiB")
	}
	scheme, token, found := strings.Cut(value, " ")
	if !found || scheme == "" || strings.ContainsFunc(scheme, isNotTokenChar) {
		return "", "", errors.New("want a scheme, a space and a credential")
	}
	token = strings.TrimLeft(token, " ")
	if rest := strings.TrimRight(token, "="); rest == "" || strings.ContainsFunc(rest, isNotToken68) {
		return "", "", errors.New("the credential is not a token68")
	}
	return strings.ToLower(scheme), token, nil
}

// isNotTokenChar is the complement of tchar, RFC 9110 section 5.6.2.
func isNotTokenChar(r rune) bool {
	return !isAlphanumeric(r) && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
}

// isNotToken68 is the complement of RFC 9110 section 11.2, without the equals signs at the end.
func isNotToken68(r rune) bool { return !isAlphanumeric(r) && !strings.ContainsRune("-._~+/", r) }

func isAlphanumeric(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

// parseBasic reads user-id and password (RFC 7617 section 2). Both must be UTF-8 without control characters.
func parseBasic(token string) (principal.BasicCredential, error) {
	none := principal.BasicCredential{}
	// Strict: two texts must not stand for the same credential. Padding is left out by some clients.
	decoded, err := base64.RawStdEncoding.Strict().DecodeString(strings.TrimRight(token, "="))
	if err != nil {
		return none, errors.New("not base64")
	}
	user, password, found := strings.Cut(string(decoded), ":")
	switch {
	case !found:
		return none, errors.New("no colon after the user name")
	case user == "":
		return none, errors.New("no user name")
	case !utf8.Valid(decoded):
		return none, errors.New("not utf-8")
	case strings.ContainsFunc(string(decoded), unicode.IsControl):
		return none, errors.New("a control character")
	}
	return principal.NewBasicCredential(user, password), nil
}
