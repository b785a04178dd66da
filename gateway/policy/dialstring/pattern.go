package dialstring

import (
	"fmt"
	"regexp"
	"strings"
)

// Pattern describes dial strings. It is written as one of
//
//	+49*              international numbers that begin with the digits; without the star, this one number
//	4xxx              digits as they are dialled on the own telephone system, where x is any digit; a star at the end
//	                  stands for any further digits
//	sip:*@contoso.com SIP addresses; a star stands for any text in the user, and at the start for any domain above the host
//	*                 every dial string
//
// Spaces, dashes, dots and parentheses may be written between the digits. In a list of what is denied, a number stands for
// everything that begins with it, star or not, since telephone networks stop reading where a number ends.
type Pattern struct {
	text          string
	any           bool
	international bool
	digits        string // with x for any digit
	open          bool   // a star at the end
	user, host    *regexp.Regexp
}

// String returns the pattern as it was written.
func (p *Pattern) String() string { return p.text }

// International reports whether the pattern is about international numbers, which need a Plan to be recognised.
func (p *Pattern) International() bool { return p.international }

var digitPattern = regexp.MustCompile(`^\+?[0-9x]+\*?$|^\+\*$`)

// ParsePattern reads a pattern.
func ParsePattern(text string) (*Pattern, error) {
	p := &Pattern{text: text}
	lower := strings.ToLower(text)
	if lower == "*" {
		p.any = true
		return p, nil
	}
	if address, isSIP := strings.CutPrefix(lower, "sip:"); isSIP {
		return p, p.parseSIP(address)
	}
	digits := strings.Map(func(r rune) rune {
		if strings.ContainsRune(separators, r) {
			return -1
		}
		return r
	}, lower)
	if !digitPattern.MatchString(digits) {
		return nil, fmt.Errorf("pattern %q: want +digits, digits with x for any digit, either perhaps with * at the end, sip:user@host, or *", text)
	}
	digits, p.open = strings.CutSuffix(digits, "*")
	p.digits, p.international = strings.CutPrefix(digits, "+")
	if p.international && strings.HasPrefix(p.digits, "0") {
		return nil, fmt.Errorf("pattern %q: no country code begins with 0", text)
	}
	return p, nil
}

var (
	userPattern = regexp.MustCompile(`^[a-z0-9._+*-]+$`)
	hostPattern = regexp.MustCompile(`^(\*|(\*\.)?[a-z0-9.-]+)$`)
)

func (p *Pattern) parseSIP(address string) error {
	user, host, found := strings.Cut(address, "@")
	if !found || !userPattern.MatchString(user) || !hostPattern.MatchString(host) {
		return fmt.Errorf("pattern %q: want sip:user@host, with stars in the user or at the start of the host", p.text)
	}
	p.user, p.host = glob(user), glob(host)
	return nil
}

// glob compiles a text in which stars stand for any characters.
func glob(text string) *regexp.Regexp {
	parts := strings.Split(text, "*")
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	return regexp.MustCompile(`^` + strings.Join(parts, `.*`) + `$`)
}

// matches reports whether the number is one that the pattern describes; with prefix, whether it begins with one.
func (p *Pattern) matches(n number, prefix bool) bool {
	switch {
	case p.any:
		return true
	case p.host != nil || p.international != n.international || len(n.digits) < len(p.digits):
		return false
	case !p.open && !prefix && len(n.digits) > len(p.digits):
		return false
	}
	for i := range p.digits {
		if p.digits[i] != 'x' && p.digits[i] != n.digits[i] {
			return false
		}
	}
	return true
}

// matchesSIP reports whether the address is one that the pattern describes.
func (p *Pattern) matchesSIP(a Address) bool {
	if a.host == "" || p.host == nil {
		return p.any
	}
	return p.user.MatchString(a.user) && p.host.MatchString(a.host)
}
