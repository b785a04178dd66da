package dialstring

import "slices"

// Allowed returns the pattern that allows the address; nil if none does. Every meaning of a number must be allowed. A SIP
// address must be allowed as such, and if its user is a number, that too.
func (p *Plan) Allowed(a Address, patterns []*Pattern) *Pattern {
	var by *Pattern
	if a.host != "" {
		if by = firstSIP(a, patterns); by == nil || by.any {
			return by
		}
	}
	for _, n := range a.numbers {
		found := p.allowedNumber(n, patterns)
		if found == nil {
			return nil
		}
		if by == nil {
			by = found
		}
	}
	return by
}

func firstSIP(a Address, patterns []*Pattern) *Pattern {
	for _, pattern := range patterns {
		if pattern.matchesSIP(a) {
			return pattern
		}
	}
	return nil
}

// allowedNumber looks for a pattern for the digits as dialled, which is enough, or for one for each meaning.
func (p *Plan) allowedNumber(n number, patterns []*Pattern) *Pattern {
	all := p.meanings(n)
	if by := first(all[0], patterns, false); by != nil || len(all) == 1 {
		return by
	}
	var by *Pattern
	for _, meaning := range all[1:] {
		if by = first(meaning, patterns, false); by == nil {
			return nil
		}
	}
	return by
}

func first(n number, patterns []*Pattern, prefix bool) *Pattern {
	for _, pattern := range patterns {
		if pattern.matches(n, prefix) {
			return pattern
		}
	}
	return nil
}

// Denied returns the pattern that denies the address; nil if none does. One reading that is denied is enough.
func (p *Plan) Denied(a Address, patterns []*Pattern) *Pattern {
	if a.host != "" {
		if by := firstSIP(a, patterns); by != nil {
			return by
		}
	}
	for _, n := range slices.Concat(a.numbers, a.hidden) {
		for _, reading := range p.suspicions(n) {
			if by := first(reading, patterns, true); by != nil {
				return by
			}
		}
	}
	return nil
}

// Describe tells what the address means under the plan, for an operator. It shows the number.
func (p *Plan) Describe(a Address) []string {
	var all []string
	if a.host != "" {
		all = append(all, "sip:"+a.user+"@"+a.host)
	}
	for _, n := range a.numbers {
		for _, meaning := range p.meanings(n) {
			all = append(all, meaning.String())
		}
	}
	return all
}
