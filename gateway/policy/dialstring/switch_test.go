package dialstring

import (
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// carelessSwitch is a telephone system in North America that does its best to dial whatever it gets: 9 for an outside line,
// 101xxxx for a carrier, 011 and 1 before international and national numbers. It was written without a look at the
// package. It returns the international numbers that it might dial.
func carelessSwitch(text string) []string {
	for range 3 {
		if decoded, err := url.PathUnescape(text); err == nil {
			text = decoded
		}
	}
	text = strings.ToLower(norm.NFKC.String(text))
	if scheme, rest, found := strings.Cut(text, ":"); found && !strings.ContainsFunc(scheme, unicode.IsDigit) {
		text = rest
	}
	text, _, _ = strings.Cut(text, "@")
	var dialled []string
	for _, letters := range []func(rune) rune{skip, keypad} {
		for _, whole := range []bool{true, false} {
			dialled = append(dialled, route(keystrokes(text, letters, whole))...)
		}
	}
	return dialled
}

func skip(rune) rune { return -1 }

func keypad(r rune) rune {
	for key, letters := range []string{2: "abc", 3: "def", 4: "ghi", 5: "jkl", 6: "mno", 7: "pqrs", 8: "tuv", 9: "wxyz"} {
		if strings.ContainsRune(letters, r) {
			return rune('0' + key)
		}
	}
	return -1
}

// keystrokes keeps digits of any script and a leading plus. Unless it reads the whole text, it stops at a pause.
func keystrokes(text string, letter func(rune) rune, whole bool) string {
	var keys []rune
	for _, r := range text {
		switch {
		case unicode.Is(unicode.Nd, r):
			keys = append(keys, decimal(r))
		case r == '+' && len(keys) == 0:
			keys = append(keys, r)
		case !whole && len(keys) > 0 && strings.ContainsRune(",;pwx", r):
			return string(keys)
		case 'a' <= r && r <= 'z':
			if key := letter(r); key > 0 {
				keys = append(keys, key)
			}
		}
	}
	return string(keys)
}

// decimal uses that digits are encoded in runs from 0 to 9.
func decimal(r rune) rune {
	for _, block := range unicode.Nd.R16 {
		if rune(block.Lo) <= r && r <= rune(block.Hi) {
			return '0' + (r-rune(block.Lo))%10
		}
	}
	for _, block := range unicode.Nd.R32 {
		if rune(block.Lo) <= r && r <= rune(block.Hi) {
			return '0' + (r-rune(block.Lo))%10
		}
	}
	return r
}

func route(keys string) []string {
	if number, global := strings.CutPrefix(keys, "+"); global {
		return []string{number}
	}
	var found []string
	if rest, outside := strings.CutPrefix(keys, "9"); outside {
		found = append(found, route(rest)...)
	}
	if strings.HasPrefix(keys, "101") && len(keys) > 7 {
		found = append(found, route(keys[7:])...)
	}
	switch {
	case strings.HasPrefix(keys, "011"):
		found = append(found, keys[3:])
	case strings.HasPrefix(keys, "1") && len(keys) >= 11:
		found = append(found, keys)
	case len(keys) >= 10:
		found = append(found, "1"+keys)
	}
	return found
}

func premium(number string) bool { return strings.HasPrefix(number, "1900") && len(number) >= 11 }

func TestTheCarelessSwitchKnowsAPremiumNumber(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"+1 900 555 1234": true, "９ ０１１ 1 900 555 1234": true, "tel:%2B1900555FLOW": true, "900-555-1234": true, "1010288 1 900 555 1234": true,
		"sip:+19005551234@contoso.com": true, "1,900,5551234": true, "+1 425 555 0100": false, "4123": false, "+91 900 555 1234": false,
	} {
		if got := slices.ContainsFunc(carelessSwitch(text), premium); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// FuzzNoSpellingOfADeniedNumberPasses lets the careless switch dial what the package lets pass.
func FuzzNoSpellingOfADeniedNumberPasses(f *testing.F) {
	for _, seed := range []string{
		"+1 900 555 1234", "tel:+1-900-555-1234;ext=1", "sip:19005551234@contoso.com;user=phone", "9,1 (900) 555.1234 ext. 5", "١900", "%2B1900", "1010288", "x:,;pw(0)", "011",
		"+49 (0)30 123", "alice@contoso.com", "\u200b\u00a0\u2011", ";phone-context=+1",
	} {
		f.Add(seed)
	}
	plan, denied := mustPlan(f, "us"), mustPatterns(f, "+1900")
	f.Fuzz(func(t *testing.T, text string) {
		// The schema lets no longer dial string pass.
		if len(text) > 1024 {
			return
		}
		if slices.ContainsFunc(carelessSwitch(text), premium) && !stopped(plan, text, denied) {
			t.Fatalf("%q passes and is dialled as one of %q", text, carelessSwitch(text))
		}
	})
}

// TestNoComposedSpellingOfADeniedNumberPasses writes a denied number in as many ways as the pieces give.
func TestNoComposedSpellingOfADeniedNumberPasses(t *testing.T) {
	t.Parallel()
	plan, denied := mustPlan(t, "us"), mustPatterns(t, "+1900")
	random := rand.New(rand.NewPCG(1900, 2026))
	pick := func(pieces ...string) string { return pieces[random.IntN(len(pieces))] }
	for range 50_000 {
		var number strings.Builder
		number.WriteString(pick("+1", "1", "", "011 1", "9 1", "9", "9,011-1", "1010288 1", "9 1010288", "00 1", "+ 1", "(+1)", "+1 (0)", "(1)"))
		for _, digit := range "9005551234" {
			number.WriteString(pick("", "", "", "", " ", "-", ".", "/", "(", ")", "\u00a0", "\u2013", "\u200b", "\u00ad", ",", "x", "p", "w", ";"))
			number.WriteString(pick(string(digit), string(digit), string(digit), string(digit), string(digit), string(digit-'0'+'０'), string(digit-'0'+'٠'), "%3"+string(digit)))
		}
		number.WriteString(pick("", "", "", "x12", " ext. 12", ",,1", ";ext=12", "#", "99"))
		text := pick("", "", "tel:", "TEL:", "sip:", "Sips:", " ", "callto:") + number.String() + pick("", "", "@contoso.com", "@contoso.com;user=phone", " ", ";phone-context=example.com")
		if !stopped(plan, text, denied) {
			t.Fatalf("%q passes", text)
		}
	}
}
