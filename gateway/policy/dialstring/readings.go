package dialstring

import (
	"slices"
	"strings"
)

// everyInternationalPrefix is tried, besides those of the plan, to find denied numbers.
var everyInternationalPrefix = []string{"00", "011"}

// suspicions returns all that a telephone system could read from the number: what must not be denied.
func (p *Plan) suspicions(n number) []number {
	if n.international {
		return unique(p.abroad(n))
	}
	codes := slices.Concat(p.access, p.guessed)
	var all []number
	for _, digits := range stripped(n.digits, codes) {
		all = append(all, number{false, digits})
		prefixes := slices.Concat(p.international, everyInternationalPrefix)
		for _, found := range internationalOf(digits, prefixes) {
			all = append(all, p.abroad(found)...)
		}
		for _, found := range p.nationalOf(digits, slices.Concat(p.national, []string{""})) {
			all = append(all, p.abroad(found)...)
		}
		if len(digits) > p.longestLocal && digits[0] != '0' {
			all = append(all, p.abroad(number{true, digits})...)
		}
	}
	return unique(all)
}

// nationalOf reads dialled digits as national numbers behind any of the prefixes. A prefix that does not begin with 0, or is
// empty, could as well be the start of an extension, if there are no more digits than an extension has.
func (p *Plan) nationalOf(digits string, prefixes []string) []number {
	var found []number
	for _, prefix := range prefixes {
		rest, ok := strings.CutPrefix(digits, prefix)
		if ok && p.HasCountry() && rest != "" && (strings.HasPrefix(prefix, "0") || len(digits) > p.longestLocal) {
			found = append(found, number{true, p.country + rest})
		}
	}
	return found
}

// abroad adds to an international number what it is without a national prefix that was left in it, as in "+44 0909", and
// how it is dialled within the own country.
func (p *Plan) abroad(n number) []number {
	all := []number{n}
	country := n.digits[:min(countryLength(n.digits), len(n.digits))]
	rest := n.digits[len(country):]
	if left := strings.TrimLeft(rest, "0"); left != rest && left != "" {
		all = append(all, number{true, country + left})
	}
	if !p.HasCountry() || country != p.country {
		return all
	}
	for _, prefix := range p.national {
		if prefix == "" {
			continue
		}
		all = append(all, number{false, prefix + rest})
		if left, ok := strings.CutPrefix(rest, prefix); ok && left != "" {
			all = append(all, number{true, country + left}, number{false, prefix + left})
		}
	}
	return all
}

// meanings returns what the number means under the plan: all of them must be allowed. The first is the number as dialled;
// the others are international.
func (p *Plan) meanings(n number) []number {
	all := []number{n}
	if n.international {
		return all
	}
	for _, digits := range stripped(n.digits, p.access) {
		if found, ok := p.meaning(digits); ok {
			all = append(all, found)
		}
	}
	return unique(all)
}

// meaning reads dialled digits as an international number, in the one way that the plan gives precedence: behind an
// international prefix, behind the longest national prefix, or by an area code.
func (p *Plan) meaning(digits string) (number, bool) {
	if found := internationalOf(digits, p.international); len(found) > 0 {
		return found[0], true
	}
	// However the plan was written, this is no national number.
	if strings.HasPrefix(digits, "00") || p.country == "1" && strings.HasPrefix(digits, "011") {
		return number{}, false
	}
	for _, found := range p.nationalOf(digits, p.national) {
		if p.plausible(found) {
			return found, true
		}
	}
	return number{}, false
}

// plausible reports whether a number of the own country has a length that occurs.
func (p *Plan) plausible(n number) bool {
	if len(p.lengths) == 0 {
		return len(n.digits) <= maxLength
	}
	return slices.Contains(p.lengths, len(n.digits)-len(p.country))
}

// countryLength returns the length of the country code at the start of the digits.
func countryLength(digits string) int {
	switch {
	case digits[0] == '1' || digits[0] == '7':
		return 1
	case len(digits) > 1 && strings.Contains(twoDigitCodes, " "+digits[:2]+" "):
		return 2
	}
	return 3
}

// twoDigitCodes are the country codes with two digits. Those with one are 1 and 7, and all others have three (ITU-T E.164,
// list of assigned country codes).
const twoDigitCodes = " 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98 "
