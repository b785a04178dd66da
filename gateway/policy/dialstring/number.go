package dialstring

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxDigits is more than any number, with codes before it and an extension after it, can have: E.164 allows 15.
const maxDigits = 64

// number is one way to read the digits of a dial string.
type number struct {
	international bool   // the digits begin with a country code
	digits        string // ASCII digits
}

// String writes the number as a pattern would be written.
func (n number) String() string {
	if n.international {
		return "+" + n.digits
	}
	return n.digits
}

// Error says why a dial string cannot be read. It holds no part of the dial string but the character that is to blame.
type Error struct{ reason string }

// Error describes the failure.
func (e *Error) Error() string { return "dial string: " + e.reason }

func unreadable(format string, arguments ...any) error {
	return &Error{fmt.Sprintf(format, arguments...)}
}

// fold turns the spaces and dashes of all scripts into the ASCII ones, in lower case. Any other character that is not
// printable ASCII is an error: systems disagree on digits of other scripts and on invisible characters.
func fold(text string) (string, error) {
	if !utf8.ValidString(text) {
		return "", unreadable("not utf-8")
	}
	var folded strings.Builder
	for _, r := range text {
		switch {
		case unicode.Is(unicode.Zs, r):
			r = ' '
		case unicode.Is(unicode.Pd, r):
			r = '-'
		case r < ' ' || r > '~':
			return "", unreadable("the character %U is not read alike everywhere", r)
		}
		folded.WriteRune(unicode.ToLower(r))
	}
	return strings.Trim(folded.String(), " "), nil
}

// extensions are the words and signs that can stand before an extension, in the order in which they are to be replaced.
var extensions = strings.NewReplacer(
	"extension:", "x", "extension.", "x", "extension", "x", "ext:", "x", "ext.", "x", "ext=", "x", "ext", "x", "x:", "x", "x.", "x",
)

const (
	separators = " -./()"
	// pauses end the number that is called; the digits after them are dialled into the call, unless a system ignores
	// the signs.
	pauses = ",;pwx"
)

// parseNumber reads digits with separators, pauses and extensions. It returns every number that this can mean.
func parseNumber(text string) ([]number, error) {
	text = optionalZero.ReplaceAllString(extensions.Replace(text), "$1")
	called, later := text, ""
	if i := strings.IndexAny(text, pauses); i >= 0 {
		called, later = text[:i], text[i:]
	}
	first, international, err := digitsOf(called)
	if err != nil {
		return nil, err
	}
	rest, plus, err := digitsOf(strings.Map(dropPauses, later))
	switch {
	case err != nil:
		return nil, err
	case plus:
		return nil, unreadable("a plus sign in the middle")
	case first+rest == "":
		return nil, unreadable("no digit")
	case len(first)+len(rest) > maxDigits:
		return nil, unreadable("more than %d digits", maxDigits)
	}
	return numbers([]string{first, first + rest}, international)
}

func numbers(all []string, international bool) ([]number, error) {
	var found []number
	for _, digits := range all {
		if digits == "" {
			continue
		}
		if international && digits[0] == '0' {
			return nil, unreadable("no country code begins with 0")
		}
		found = append(found, number{international, digits})
	}
	return unique(found), nil
}

func dropPauses(r rune) rune {
	if strings.ContainsRune(pauses, r) {
		return -1
	}
	return r
}

// digitsOf drops the separators. A plus sign is allowed before the first digit.
func digitsOf(text string) (digits string, plus bool, err error) {
	var kept strings.Builder
	for _, r := range text {
		switch {
		case '0' <= r && r <= '9':
			kept.WriteRune(r)
		case strings.ContainsRune(separators, r):
		case r == '+' && kept.Len() == 0 && !plus:
			plus = true
		case r == '+':
			return "", false, unreadable("a plus sign in the middle")
		case r == '*' || r == '#':
			return "", false, unreadable("the feature code sign %q", r)
		case 'a' <= r && r <= 'z':
			return "", false, unreadable("a letter where digits are expected")
		default:
			return "", false, unreadable("the character %q", r)
		}
	}
	return kept.String(), plus, nil
}

// optionalZero is a national prefix in parentheses behind a country code, as in "+49 (0)30". It is meant to be left out.
// For systems that do not, see hiddenIn.
var optionalZero = regexp.MustCompile(`([0-9][ -./()]*)\( *0 *\)`)

func onlyDigits(r rune) rune {
	if '0' <= r && r <= '9' {
		return r
	}
	return -1
}

// unique drops repeated numbers.
func unique(all []number) []number {
	seen, kept := map[number]bool{}, all[:0:0]
	for _, n := range all {
		if !seen[n] {
			seen[n], kept = true, append(kept, n)
		}
	}
	return kept
}
