package dialstring

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// plans are those of the tests: North America with 9 for an outside line, Germany with 0 for one, Norway, which has no national
// prefix,
// one whose prefix is that of another country, and a German one that says as little as possible.
var plans = map[string]PlanConfig{
	"us":    {CountryCode: "1", AccessCodes: []string{"9", "101xxxx"}},
	"de":    {CountryCode: "49", NationalPrefixes: []string{"0"}, AccessCodes: []string{"0"}},
	"no":    {CountryCode: "47", NationalPrefixes: []string{""}, AccessCodes: []string{}},
	"odd":   {CountryCode: "47", NationalPrefixes: []string{""}, InternationalPrefixes: []string{"810"}, AccessCodes: []string{}},
	"brief": {CountryCode: "49", NationalPrefixes: []string{"0"}},
}

func mustPlan(tb testing.TB, name string) *Plan {
	tb.Helper()
	plan, mistakes := NewPlan(plans[name])
	if mistakes != nil {
		tb.Fatal(mistakes)
	}
	return plan
}

func mustPatterns(tb testing.TB, texts ...string) []*Pattern {
	tb.Helper()
	var all []*Pattern
	for _, text := range texts {
		p, err := ParsePattern(text)
		if err != nil {
			tb.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

// stopped reports whether a list of what is denied keeps the dial string from being dialled: because it is on it, or cannot be
// read.
func stopped(plan *Plan, text string, denied []*Pattern) bool {
	address, err := Parse(text)
	return err != nil || plan.Denied(address, denied) != nil
}

func TestNoSpellingOfADeniedNumberPasses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		plan, denied string
		texts        []string
	}{
		{"us", "+1900", []string{
			"+19005551234", "+1 900 555 1234", "+1-900-555-1234", "+1.900.555.1234", "(+1) 900/555-1234", "+ 1 900 5551234", "+1(900)5551234",
			"19005551234", "1 900 555 1234", "9005551234", "900-555-1234", "011 1 900 555 1234", "00 1 900 555 1234",
			"9 1 900 555 1234", "919005551234", "9,1 900 555 1234", "9 9005551234", "9 011 1 900 555 1234", "9900 555 1234",
			"1010288 1 900 555 1234", "9 1010288 1 900 5551234", "1010288 9 9 1 900 555 1234", "1 1 900 555 1234", "+1 1 900 555 1234", "+1 0 900 555 1234",
			"tel:+19005551234", "TEL:+1-900-555-1234", "tel:19005551234", "tel:9005551234;phone-context=+1", "tel:5551234;phone-context=+1900",
			"tel:900-555-1234;phone-context=example.com", "tel:+1%39005551234", "tel:%2B19005551234", "tel://+19005551234", "tel:+19005551234;ext=12",
			"sip:+19005551234@contoso.com", "SIP:19005551234@contoso.com;user=phone", "sips:9005551234@contoso.com:5061", "+19005551234@contoso.com",
			"sip:%2B1900%355551234@contoso.com", "sip:1900-555-1234;phone-context=+1@contoso.com", "sip:9005551234;phone-context=+1@contoso.com",
			"sip:a19005551234@contoso.com", "sip:w19005551234@contoso.com", "sip:p,19005551234@contoso.com",
			"19005551234x55", "19005551234 ext. 55", "19005551234;ext=55", "1 900 555 1234,,123#", "1,900,555,1234", "1900x5551234", "1900p5551234", "1w9w0w0w5551234", "w005551234", "sip:w00sjj1234@contoso.com",
			",19005551234", "w19005551234", "x19005551234", "ext:19005551234", "+1 90 x0 5551234",
			"+190055512349999", "  +19005551234  ", "+1\u00a0900\u00a0555\u00a01234", "+1\u2011900\u20115551234", "1\u2012900\u20135551234",
			// What is not read alike everywhere.
			"＋１９００５５５１２３４", "+1９００5551234", "+\u0661\u0669\u0660\u06605551234", "+1\u200b9005551234", "+1\u00ad9005551234", "\u202e+19005551234", "\ufeff+19005551234",
			"+1\t9005551234", "+1\n9005551234", "+1\r\n900 5551234", "\x00+19005551234", "1-900-FLOWERS", "1900FLOWERS", "1-900-555-12E4", "*67 1 900 555 1234", "#31#+19005551234", "*82*19005551234",
			"1*900*5551234", "+1+9005551234", "1+9005551234", "++19005551234", "+0119005551234", "+0019005551234", "tel:tel:+19005551234", "callto:+19005551234", "skype:+19005551234",
			"h323:19005551234", "urn:19005551234", "<sip:19005551234@contoso.com>", `"Alice" <tel:+19005551234>`, "tel:+1%2539005551234", "tel:+15551234;rn=+19005551234", "tel:+15551234;tgrp=premium;trunk-context=example.com",
			"sip:+15551234@contoso.com;maddr=192.0.2.1", "sip:+15551234@contoso.com?Route=%3Csip:19005551234%40contoso.com%3E", "sip:+15551234@contoso.com;user=phone?Route=%3Csip:19005551234%40contoso.com%3E", "sip:alice:19005551234@contoso.com", "sip:alice@19005551234@contoso.com",
			"sip:1900FLOWERS@contoso.com", "sip:+1９００5551234@contoso.com", "sip:+1%EF%BC%99005551234@contoso.com", "sip:19005551234", "+1\x809005551234", "+1_9005551234", "+1'9005551234", "1=9005551234",
		}},
		{"de", "+49900", []string{
			"+49 900 1234567", "+49 (0)900 1234567", "+49(0) 900 1234567", "+49 ( 0 ) 900 1234567", "+49 0900 1234567", "+49 00 900 1234567", "0049 900 1234567", "0049 (0)900 1234567",
			"00 0900 1234567", "0 0 0900 1234567", "0900 1234567", "0900 123", "(0900) 1234567", "0 0049 900 1234567", "000049 900 1234567", "49 900 1234567", "0 49 900 1234567",
			"tel:0900-1234567;phone-context=+49", "900 1234567", "00 49 0900 1234567", "+49 (0) (0) 900 1234567", "011 49 900 1234567",
		}},
		{"de", "0900", []string{"0900 1234567", "0 0900 1234567", "+49 900 1234567", "+49 (0)900 1234567", "0049 900 1234567", "49 900 1234567"}},
		{"de", "00900", []string{"0 (0)900 1"}},
		{"de", "110", []string{"110", "1 1 0", "0110", "0 110", "0,110", "110 1234", "tel:110", "110x1", "sip:110@contoso.com", "00110"}},
		{"de", "+44909", []string{"+44 909 8790000", "+44 (0)909 8790000", "+44 0909 8790000", "0044 909 8790000", "0 0044 909 8790000", "44 909 8790000", "tel:909-8790000;phone-context=+44"}},
		{"de", "+247", []string{"+247 6000", "00247 6000", "000247 6000", "0 00 247 6000"}},
		{"brief", "+49900", []string{"0900 1234567", "0 0900 1234567", "8 0900 1234567", "9 0900 1234567", "9 0049 900 1234567"}},
		{"no", "+47829", []string{"82912345", "+47 829 12345", "0047 829 12345", "47 829 12345"}},
		{"us", "sip:*@*.example.com", []string{"sip:alice@a.example.com", "alice@b.a.example.com", "SIPS:Alice@A.Example.COM.", "sip:+15551234567@a.example.com"}},
		{"us", "4xxx", []string{"4123", "4 1 2 3", "9 4123", "41234", "4123x9", "tel:4123", "sip:4123@contoso.com"}},
		{"us", "*", []string{"4123", "+15551234567", "sip:alice@contoso.com"}},
	} {
		denied := mustPatterns(t, test.denied)
		for _, text := range test.texts {
			if !stopped(mustPlan(t, test.plan), text, denied) {
				t.Errorf("%s: %q passes a ban on %q", test.plan, text, test.denied)
			}
		}
	}
}

func TestDenyingANumberLeavesOthersAlone(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		plan, denied string
		texts        []string
	}{
		{"us", "+1900", []string{
			"+1 425 555 0100", "425-555-0100", "1 425 555 0100", "9 1 425 555 0100", "+1 905 555 1234", "+91 900 123 4567", "+90 055 512 34", "+49 190 0555", "011 49 1900 5551", "555-1900", "9001", "1900",
			"sip:alice@contoso.com", "tel:+14255550100;ext=1900", "+1 425 555 0100 x900",
		}},
		{"de", "+49900", []string{"+49 30 900 1234", "030 9001234", "0 030 9001234", "+44 900 1234567", "9001234"}},
		{"de", "110", []string{"+49 30 110", "030 110", "4110"}},
		{"de", "+32*", []string{"+30 210 1234567"}},
	} {
		denied := mustPatterns(t, test.denied)
		for _, text := range test.texts {
			if address, err := Parse(text); err != nil || mustPlan(t, test.plan).Denied(address, denied) != nil {
				t.Errorf("%s: %q is hit by a ban on %q (%v)", test.plan, text, test.denied, err)
			}
		}
	}
}

func TestAllowedIsWhatHasNoOtherMeaning(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		plan, text string
		patterns   []string
		want       string // the pattern that allows it; empty if none may
	}{
		{"us", "+1 425 555 0100", []string{"+1*"}, "+1*"},
		{"us", "425-555-0100", []string{"+1*"}, "+1*"},
		{"us", "1 425 555 0100", []string{"+1425*"}, "+1425*"},
		{"us", "9 1 425 555 0100", []string{"+1*"}, "+1*"},
		{"us", "9 425 555 0100", []string{"+1425*"}, "+1425*"},
		{"us", "+1 (425) 555-0100 ext. 12", []string{"+1*"}, "+1*"},
		{"us", "tel:+1-425-555-0100", []string{"+14255550100"}, "+14255550100"},
		{"us", "4123", []string{"+1*", "4xxx"}, "4xxx"},
		{"us", "tel:4123", []string{"4xxx"}, "4xxx"},
		{"us", "011 49 30 1234567", []string{"+49*"}, "+49*"},
		{"us", "9 011 49 30 1234567", []string{"+49*"}, "+49*"},
		{"us", "011 49 30 1234567", []string{"011*"}, "011*"},
		{"us", "sip:alice@contoso.com", []string{"sip:*@contoso.com"}, "sip:*@contoso.com"},
		{"us", "Alice@Contoso.COM", []string{"sip:alice@contoso.com"}, "sip:alice@contoso.com"},
		{"us", "sip:alice@um.contoso.com", []string{"sip:*@*.contoso.com"}, "sip:*@*.contoso.com"},
		{"us", "sip:+14255550100@contoso.com;user=phone", []string{"+1*", "sip:*@contoso.com"}, "sip:*@contoso.com"},
		{"us", "+44 20 7946 0000", []string{"*"}, "*"},
		{"us", "sip:anyone@example.com", []string{"*"}, "*"},
		{"de", "030 1234567", []string{"+4930*"}, "+4930*"},
		{"de", "+49 (0)30 1234567", []string{"+4930*"}, "+4930*"},
		{"de", "+49 (0)30 1234567", []string{"+49301234567"}, "+49301234567"},
		{"brief", "0049 (0) 30 1234567", []string{"+49301234567"}, "+49301234567"},
		{"no", "22 12 34 56", []string{"+4722*"}, "+4722*"},

		// Other numbers.
		{"us", "+44 20 7946 0000", []string{"+1*", "4xxx"}, ""},
		{"us", "+1 425 555 0100", []string{"+14255550101", "+1425555010"}, ""},
		{"us", "41234", []string{"4xxx"}, ""},
		{"us", "412", []string{"4xxx"}, ""},
		{"us", "+4123", []string{"4xxx"}, ""},
		{"us", "4123", []string{"+4123"}, ""},
		// A domestic number must not be a foreign one in disguise.
		{"us", "011 49 30 1234567", []string{"+1*"}, ""},
		{"us", "00 49 30 1234567", []string{"+1*"}, ""},
		{"us", "9 011 49 30 1234567", []string{"+1*"}, ""},
		{"us", "1010288 011 49 30 1234567", []string{"+1*"}, ""},
		{"us", "425 555 0100 99", []string{"+1*"}, ""},
		{"de", "0044 20 7946 0000", []string{"+49*"}, ""},
		// Behind 0 for an outside line, it is the national number 049301234567.
		{"de", "0049 30 1234567", []string{"+49301234567"}, ""},
		{"de", "0 0044 20 7946 0000", []string{"+49*"}, ""},
		// Digits that are dialled at once by a system that does not know the sign between them.
		{"us", "4123x5", []string{"4xxx"}, ""},
		{"us", "4123,5", []string{"4xxx"}, ""},
		{"us", "+1425,5550100", []string{"+1425"}, ""},
		{"odd", "00 49 30 1234567", []string{"+47*"}, ""},
		{"us", "tel:4123;phone-context=+44", []string{"4xxx"}, ""},
		// A number in a SIP address goes where the number may go, and to no other host.
		{"us", "sip:+442079460000@contoso.com", []string{"+1*", "sip:*@contoso.com"}, ""},
		{"us", "sip:+14255550100@example.com", []string{"+1*", "sip:*@contoso.com"}, ""},
		{"us", "sip:+14255550100@contoso.com", []string{"+1*"}, ""},
		{"us", "sip:+14255550100@contoso.com", []string{"sip:*@contoso.com"}, ""},
		{"us", "sip:alice@contoso.com.example.com", []string{"sip:*@contoso.com"}, ""},
		{"us", "sip:alice@xcontoso.com", []string{"sip:*@*.contoso.com", "sip:*@contoso.com"}, ""},
		{"us", "sip:bob@contoso.com", []string{"sip:alice@contoso.com"}, ""},
		{"us", "+14255550100", nil, ""},
	} {
		address, err := Parse(test.text)
		if err != nil {
			t.Errorf("%q: %v", test.text, err)
			continue
		}
		got := ""
		if by := mustPlan(t, test.plan).Allowed(address, mustPatterns(t, test.patterns...)); by != nil {
			got = by.String()
		}
		if got != test.want {
			t.Errorf("%s: %q is allowed by %q, want %q", test.plan, test.text, got, test.want)
		}
	}
}

func TestUnreadableDialStringsAreErrorsWithoutTheirDigits(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", " ", "-", "+", "x", ",,", "ext.", "tel:", "sip:", "sip:@contoso.com", "sip:alice@", "alice@", "alice", "tel:alice", "+1 425 CALL NOW",
		"tel:73919;ext=5;ext=5", "tel:73919;isub=73919", "tel:+73919;phone-context=+1", "tel:73919;phone-context=+", "tel:73919;phone-context=+0", "tel:73919;phone-context=+a",
		"sip:alice@con_toso.com", "sip:alice@contoso.com:5070", "sip:alice@[2001:db8::1]", "sip:alice@contoso.com;lr", "sip:al%zzice@contoso.com", "sip:bob+73919@contoso.com",
		"73919*1", "#73919", "73919 or 73920", strings.Repeat("1", maxDigits+1), "mailto:alice@contoso.com", "73919\xff", "73919\u200e",
	} {
		_, err := Parse(text)
		unreadable := (*Error)(nil)
		if !errors.As(err, &unreadable) {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if strings.Contains(err.Error(), "7391") {
			t.Errorf("%q: the error shows it: %v", text, err)
		}
	}
}

func TestMistakesInAPlanAreReportedTogether(t *testing.T) {
	t.Parallel()
	_, mistakes := NewPlan(PlanConfig{
		CountryCode: "4", InternationalPrefixes: []string{""}, NationalPrefixes: []string{"x"}, AccessCodes: []string{"x9", ""}, LongestLocal: -1, NationalLengths: []int{16},
	})
	for _, want := range []string{`country_code: "4"`, `international_prefixes: ""`, `national_prefixes: "x"`, `access_codes: "x9"`, `access_codes: ""`, "-1 is not", "16 is not"} {
		if !slices.ContainsFunc(mistakes, func(err error) bool { return strings.Contains(err.Error(), want) }) {
			t.Errorf("%q is missing in %v", want, mistakes)
		}
	}
	if _, mistakes := NewPlan(PlanConfig{CountryCode: "47"}); len(mistakes) != 1 || !strings.Contains(mistakes[0].Error(), "national_prefixes: required") {
		t.Errorf("a country without a word about its prefix: %v", mistakes)
	}
	for _, code := range []string{"0", "49a", "4912", "+49", " 49"} {
		if _, mistakes := NewPlan(PlanConfig{CountryCode: code, NationalPrefixes: []string{"0"}}); len(mistakes) == 0 {
			t.Errorf("%q passes as a country code", code)
		}
	}
}

func TestMistakesInPatternsAreRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "+", "**", "+0*", "4*2", "*4", "4?", "tel:+1", "sip:", "sip:@x", "sip:a@", "sip:a@b*", "sip:a@*b.com", "sip:a b@c", "alice@contoso.com", "１"} {
		if p, err := ParsePattern(text); err == nil {
			t.Errorf("%q passes as %+v", text, p)
		}
	}
	for _, text := range []string{"+*", "+49 (30) 12-34*", "4XXX", "SIP:*@Contoso.com", "0*"} {
		if p, err := ParsePattern(text); err != nil || p.String() != text {
			t.Errorf("%q: %v, %v", text, p, err)
		}
	}
}

func TestPatternsAboutInternationalNumbersAreKnown(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{"+49*": true, "+*": true, "49*": false, "*": false, "sip:*@*": false} {
		if got := mustPatterns(t, text)[0].International(); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestDescriptionShowsEveryMeaning(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"030 1234567":                  {"0301234567", "+49301234567"},
		"4123":                         {"4123"},
		"sip:+49301234567@contoso.com": {"sip:+49301234567@contoso.com", "+49301234567"},
	} {
		address, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		plan, mistakes := NewPlan(PlanConfig{CountryCode: "49", NationalPrefixes: []string{"0"}, AccessCodes: []string{}})
		if mistakes != nil {
			t.Fatal(mistakes)
		}
		if got := plan.Describe(address); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
