package dialstring

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// PlanConfig says how the own telephone system reads digits.
type PlanConfig struct {
	// CountryCode is the country code of the telephone system, digits only, for instance "49". Required if any pattern
	// is about international numbers: without it, nobody can tell whether a national number is one of those.
	CountryCode string `yaml:"country_code"`
	// InternationalPrefixes are dialled before a country code. Default: 011 if CountryCode is 1, otherwise 00. To find
	// denied numbers, both are always tried.
	InternationalPrefixes []string `yaml:"international_prefixes"`
	// NationalPrefixes are dialled before a national number, for instance 0; an empty one means that national numbers can
	// stand alone, as in countries without such a prefix. Required with CountryCode, since a wrong guess would let denied
	// numbers pass; but for CountryCode 1 the default is 1 and the empty one.
	NationalPrefixes []string `yaml:"national_prefixes"`
	// AccessCodes are what the telephone system or the network strips from the front: codes for an outside line, for a
	// carrier, for hiding one's number. An x stands for any digit. Default: to find denied numbers, 0, 8, 9 and, if
	// CountryCode is 1, 101xxxx are tried; to find allowed ones, none is. An empty list means that there are none.
	AccessCodes []string `yaml:"access_codes"`
	// NationalLengths are the numbers of digits that national numbers can have, without prefix. Default: 10 if CountryCode
	// is 1, otherwise any. They help to find allowed numbers; denied ones are found at any length.
	NationalLengths []int `yaml:"national_lengths"`
	// LongestLocal is the number of digits of the longest extension, and of the longest number that can be dialled without
	// an area code where there are any. What is longer may be a national or international number without a prefix. From
	// 1 to 15. Default: 7 if CountryCode is 1, otherwise 5 if NationalPrefixes has an empty one, otherwise 8.
	LongestLocal int `yaml:"longest_local"`
}

// Plan is a compiled PlanConfig.
type Plan struct {
	country       string
	international []string
	national      []string
	access        []*Pattern // stripped to find denied and allowed numbers
	guessed       []*Pattern // stripped to find denied numbers only
	lengths       []int      // of national numbers; empty: any
	longestLocal  int
}

// maxLength is the number of digits that an international number can have (ITU-T E.164 section 6.1).
const maxLength = 15

var (
	countryDigits = regexp.MustCompile(`^[1-9][0-9]{0,2}$`)
	codeDigits    = regexp.MustCompile(`^[0-9]{1,6}$`)
	accessDigits  = regexp.MustCompile(`^[0-9][0-9x]{0,9}$`)
)

// NewPlan checks the configuration. The Plan is nil if there are mistakes, all of which are returned.
func NewPlan(config PlanConfig) (*Plan, []error) {
	var errs []error
	if c := config.CountryCode; c != "" && (!countryDigits.MatchString(c) || countryLength(c) != len(c)) {
		errs = append(errs, fmt.Errorf("country_code: %q is not a country code", config.CountryCode))
	}
	for _, prefix := range config.InternationalPrefixes {
		if !codeDigits.MatchString(prefix) {
			errs = append(errs, fmt.Errorf("international_prefixes: %q is not 1 to 6 digits", prefix))
		}
	}
	if config.CountryCode != "" && config.CountryCode != "1" && len(config.NationalPrefixes) == 0 {
		errs = append(errs, errors.New(`national_prefixes: required, for instance ["0"], or [""] in a country without such a prefix`))
	}
	for _, prefix := range config.NationalPrefixes {
		if prefix != "" && !codeDigits.MatchString(prefix) {
			errs = append(errs, fmt.Errorf("national_prefixes: %q is not 0 to 6 digits", prefix))
		}
	}
	for _, code := range config.AccessCodes {
		if !accessDigits.MatchString(code) {
			errs = append(errs, fmt.Errorf("access_codes: %q is not 1 to 10 digits, with x for any but the first", code))
		}
	}
	lengths := config.NationalLengths
	if config.LongestLocal != 0 {
		lengths = append(slices.Clone(lengths), config.LongestLocal)
	}
	for _, length := range lengths {
		if length < 1 || length > maxLength {
			errs = append(errs, fmt.Errorf("national_lengths, longest_local: %d is not between 1 and %d", length, maxLength))
		}
	}
	if len(errs) > 0 {
		return nil, errs
	}
	return config.compile(), nil
}

func (c PlanConfig) compile() *Plan {
	northAmerica := c.CountryCode == "1"
	plan := &Plan{
		country: c.CountryCode, international: c.InternationalPrefixes, national: slices.Clone(c.NationalPrefixes),
		access: codes(c.AccessCodes), lengths: c.NationalLengths, longestLocal: c.LongestLocal,
	}
	if c.InternationalPrefixes == nil {
		plan.international = choose(northAmerica, []string{"011"}, []string{"00"})
	}
	if c.NationalPrefixes == nil {
		plan.national = choose(northAmerica, []string{"1", ""}, nil)
	}
	if c.AccessCodes == nil {
		plan.guessed = codes(choose(northAmerica, []string{"0", "8", "9", "101xxxx"}, []string{"0", "8", "9"}))
	}
	if c.NationalLengths == nil && northAmerica {
		plan.lengths = []int{10}
	}
	if c.LongestLocal == 0 {
		plan.longestLocal = longestLocal(northAmerica, slices.Contains(plan.national, ""))
	}
	// The longest first, so that an empty prefix is only tried where no other fits.
	slices.SortFunc(plan.national, func(a, b string) int { return len(b) - len(a) })
	return plan
}

func longestLocal(northAmerica, withoutPrefix bool) int {
	switch {
	case northAmerica:
		return 7
	case withoutPrefix:
		return 5
	}
	return 8
}

func choose(condition bool, yes, no []string) []string {
	if condition {
		return yes
	}
	return no
}

func codes(texts []string) []*Pattern {
	patterns := make([]*Pattern, len(texts))
	for i, text := range texts {
		patterns[i] = &Pattern{text: text, digits: text}
	}
	return patterns
}

// stripped returns the digits as they are, and what is left of them after any sequence of the codes.
func stripped(digits string, codes []*Pattern) []string {
	all := []string{digits}
	for i := 0; i < len(all); i++ {
		for _, code := range codes {
			if !code.matches(number{digits: all[i]}, true) || len(all[i]) == len(code.digits) {
				continue
			}
			if left := all[i][len(code.digits):]; !slices.Contains(all, left) {
				all = append(all, left)
			}
		}
	}
	return all
}

// HasCountry reports whether the plan can tell national from international numbers.
func (p *Plan) HasCountry() bool { return p.country != "" }

// internationalOf reads dialled digits behind an international prefix.
func internationalOf(digits string, prefixes []string) []number {
	var found []number
	for _, prefix := range prefixes {
		if rest, ok := strings.CutPrefix(digits, prefix); ok && rest != "" && rest[0] != '0' {
			found = append(found, number{true, rest})
		}
	}
	return found
}
