package dialstring

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Address is a dial string that could be read.
type Address struct {
	// numbers are all that the digits can mean; empty for a SIP address that names a person.
	numbers []number
	// user and host are the parts of a SIP address; host is empty if it is none.
	user, host string
	// hidden is what a careless system might dial besides, see hiddenIn.
	hidden []number
}

// schemeOf matches the scheme of a URI (RFC 3986 section 3.1), in lower case.
var schemeOf = regexp.MustCompile(`^[a-z][a-z0-9+.-]*:`)

// wordsBeforeColon are no schemes, but can stand before an extension.
var wordsBeforeColon = map[string]bool{"x:": true, "ext:": true, "extension:": true}

// Parse reads a dial string. The error is an *Error.
func Parse(text string) (Address, error) {
	text, err := fold(text)
	if err != nil {
		return Address{}, err
	}
	scheme := schemeOf.FindString(text)
	rest := text[len(scheme):]
	switch {
	case scheme == "tel:":
		found, err := parseTel(rest)
		return Address{numbers: found, hidden: hiddenIn(rest)}, err
	case scheme == "sip:" || scheme == "sips:" || scheme == "" && strings.Contains(text, "@"):
		return parseSIP(rest)
	case scheme == "" || wordsBeforeColon[scheme]:
		found, err := parseNumber(text)
		return Address{numbers: found, hidden: hiddenIn(text)}, err
	}
	return Address{}, unreadable("unknown uri scheme")
}

// parseTel reads a tel URI without its scheme (RFC 3966 section 3), or the user part of a SIP URI that is one.
func parseTel(text string) ([]number, error) {
	text, err := unescape(text)
	if err != nil {
		return nil, err
	}
	text, list, _ := strings.Cut(text, ";")
	parameters, err := parseParameters(list, "ext", "phone-context")
	if err != nil {
		return nil, err
	}
	if extension, given := parameters["ext"]; given {
		text += "x" + extension
	}
	found, err := parseNumber(text)
	if err != nil {
		return nil, err
	}
	if context, given := parameters["phone-context"]; given {
		return inContext(found, context)
	}
	return found, nil
}

// inContext reads a local number in its context: a global prefix, or a domain that means nothing here (RFC 3966 section
// 5.1.5). A system that does not know the parameter dials the number alone.
func inContext(found []number, context string) ([]number, error) {
	prefix, isNumber := strings.CutPrefix(context, "+")
	if found[0].international {
		return nil, unreadable("a context for an international number")
	}
	if !isNumber {
		return found, nil
	}
	code, plus, err := digitsOf(prefix)
	if err != nil || plus || code == "" || code[0] == '0' {
		return nil, unreadable("the context is not a number")
	}
	for _, n := range found {
		found = append(found, number{true, code + n.digits})
	}
	return found, nil
}

// hostOf matches a host name or an IPv4 address with an optional port that SIP uses by default.
var hostOf = regexp.MustCompile(`^([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)\.?(?::506[01])?$`)

// nameOf matches the user part of a SIP address that names a person.
var nameOf = regexp.MustCompile(`^[a-z][a-z0-9._-]*$`)

// parseSIP reads a SIP URI without its scheme.
func parseSIP(text string) (Address, error) {
	user, rest, found := strings.Cut(text, "@")
	if !found || strings.ContainsAny(rest, "@?") {
		return Address{}, unreadable("not a sip address of the form user@host")
	}
	host, list, _ := strings.Cut(rest, ";")
	if _, err := parseParameters(list, "user", "transport"); err != nil {
		return Address{}, err
	}
	name := hostOf.FindStringSubmatch(host)
	if name == nil {
		return Address{}, unreadable("the host of the sip address")
	}
	decoded, err := unescape(user)
	if err != nil {
		return Address{}, err
	}
	address := Address{user: decoded, host: name[1], hidden: hiddenIn(decoded)}
	if address.numbers, err = parseTel(decoded); err == nil {
		return address, nil
	}
	if !nameOf.MatchString(decoded) {
		return Address{}, unreadable("the user of the sip address is neither a number nor a name")
	}
	return address, nil
}

// keys are the keys of a telephone for the letters a to z (ITU-T E.161).
const keys = "22233344455566677778889999"

// hiddenIn returns what a system might dial that skips letters, takes them for keys, or dials an optional zero.
func hiddenIn(text string) []number {
	skipped := strings.Map(onlyDigits, text)
	typed := strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' {
			return rune(keys[r-'a'])
		}
		return onlyDigits(r)
	}, text)
	var all []number
	if typed != skipped && len(typed) <= maxDigits {
		all = append(all, number{digits: typed})
	}
	if skipped != "" && (typed != skipped || optionalZero.MatchString(text)) && len(skipped) <= maxDigits {
		all = append(all, number{international: strings.Contains(text, "+"), digits: skipped})
	}
	return all
}

// unescape decodes percent signs, once. What needs it twice is not read, since no number holds one.
func unescape(text string) (string, error) {
	decoded, err := url.PathUnescape(text)
	if err != nil {
		return "", unreadable("a percent sign")
	}
	return fold(decoded)
}

// parseParameters reads ";name=value" lists. Parameters other than those known can change where a call goes (for instance
// maddr of RFC 3261, rn of RFC 4694, tgrp of RFC 4904).
func parseParameters(list string, known ...string) (map[string]string, error) {
	found := map[string]string{}
	if list == "" {
		return found, nil
	}
	for parameter := range strings.SplitSeq(list, ";") {
		name, value, _ := strings.Cut(parameter, "=")
		if _, twice := found[name]; twice {
			return nil, unreadable("a uri parameter twice")
		}
		if found[name] = value; !slices.Contains(known, name) {
			return nil, unreadable("an unknown uri parameter")
		}
	}
	return found, nil
}
