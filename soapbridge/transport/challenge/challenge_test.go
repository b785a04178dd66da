package challenge

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestEveryChallengeIsFound(t *testing.T) {
	basic := func(realm string) Challenge {
		return Challenge{Scheme: "basic", Params: map[string]string{"realm": realm}}
	}
	for name, test := range map[string]struct {
		values []string
		want   []Challenge
	}{
		"no field":               {nil, nil},
		"empty field":            {[]string{""}, nil},
		"one scheme":             {[]string{"NTLM"}, []Challenge{{Scheme: "ntlm"}}},
		"schemes in fields":      {[]string{"Negotiate", "NTLM", `Basic realm="x"`}, []Challenge{{Scheme: "negotiate"}, {Scheme: "ntlm"}, basic("x")}},
		"schemes in one field":   {[]string{`Negotiate, NTLM,Basic realm="x"`}, []Challenge{{Scheme: "negotiate"}, {Scheme: "ntlm"}, basic("x")}},
		"empty list elements":    {[]string{", ,Negotiate,,\tNTLM ,"}, []Challenge{{Scheme: "negotiate"}, {Scheme: "ntlm"}}},
		"token68":                {[]string{"NTLM TlRMTVNT+/A=="}, []Challenge{{Scheme: "ntlm", Token: "TlRMTVNT+/A=="}}},
		"token68, then another":  {[]string{"Negotiate YII=, NTLM"}, []Challenge{{Scheme: "negotiate", Token: "YII="}, {Scheme: "ntlm"}}},
		"token68 that ends in =": {[]string{"X realm="}, []Challenge{{Scheme: "x", Token: "realm="}}},
		"comma in quotes":        {[]string{`Basic realm="a, NTLM b=c", NTLM`}, []Challenge{basic("a, NTLM b=c"), {Scheme: "ntlm"}}},
		"quoted pairs":           {[]string{`Basic realm="a \"b\" \\"`}, []Challenge{basic(`a "b" \`)}},
		"bad white space":        {[]string{"Basic realm \t= \"x\" , charset = UTF-8"}, []Challenge{{Scheme: "basic", Params: map[string]string{"realm": "x", "charset": "UTF-8"}}}},
		"empty quotes":           {[]string{`Basic realm=""`}, []Challenge{basic("")}},
		"names in any case":      {[]string{`BASIC Realm="x"`}, []Challenge{basic("x")}},
		"the example of RFC 9110 section 11.6.1": {
			[]string{`Basic realm="simple", Newauth realm="apps", type=1, title="Login to \"apps\""`},
			[]Challenge{basic("simple"), {Scheme: "newauth", Params: map[string]string{"realm": "apps", "type": "1", "title": `Login to "apps"`}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Parse(test.values)
			if err != nil || !reflect.DeepEqual(got, test.want) {
				t.Fatalf("got %+v, %v; want %+v", got, err, test.want)
			}
		})
	}
}

func TestMalformedFieldKeepsWhatIsBeforeTheMistake(t *testing.T) {
	for name, test := range map[string]struct {
		value string
		want  int
	}{
		"parameter first":          {`realm="x"`, 0},
		"no end of quotes":         {`NTLM, Basic realm="x`, 2},
		"backslash at the end":     {`Basic realm="x\`, 1},
		"parameter twice":          {`Basic realm=a, Realm=b`, 1},
		"parameter after token68":  {`Negotiate YII=, realm="x"`, 1},
		"two words after a scheme": {`Negotiate a b`, 1},
		"not a name":               {`NTLM, @`, 1},
		"nothing after equals":     {`Basic realm=x, charset= , NTLM`, 1},
		"control character":        {"Basic realm=\"\x00\"", 1},
		"too many challenges":      {strings.Repeat("a,", maxChallenges+1), maxChallenges},
		"too long":                 {strings.Repeat(" ", maxLength+1), 0},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Parse([]string{test.value, "Last"})
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || syntax.Field != 0 {
				t.Fatalf("error %v, want a SyntaxError of field 0", err)
			}
			want := min(test.want+1, maxChallenges)
			if len(got) != want {
				t.Fatalf("%d challenges, want %d: %+v", len(got), want, got)
			}
		})
	}
}

func TestFindDisregardsCase(t *testing.T) {
	all, err := Parse([]string{"Negotiate abc, NTLM"})
	if err != nil {
		t.Fatal(err)
	}
	if c, ok := Find(all, "NEGOTIATE"); !ok || c.Token != "abc" {
		t.Errorf("got %+v, %v", c, ok)
	}
	if _, ok := Find(all, "Basic"); ok {
		t.Error("found a scheme that was not offered")
	}
}

// FuzzParse checks that parsing ends, stays in its bounds, and that what it found reads the same again when written out.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"", "NTLM", "Negotiate YII=, NTLM", `Basic realm="a \"b\"", x=y, NTLM TlRM==`, `a b= "c" ,,`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		got, err := Parse([]string{value})
		if len(got) > maxChallenges {
			t.Fatalf("%d challenges", len(got))
		}
		if err != nil {
			return
		}
		again, err := Parse([]string{write(got)})
		if err != nil || !reflect.DeepEqual(got, again) {
			t.Fatalf("%q: got %+v, written out and read again %+v, %v", value, got, again, err)
		}
	})
}

func write(all []Challenge) string {
	var out []string
	for _, c := range all {
		text := c.Scheme
		if c.Token != "" {
			text += " " + c.Token
		}
		separator := " "
		for name, value := range c.Params {
			text += separator + name + `="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
			separator = ", "
		}
		out = append(out, text)
	}
	return strings.Join(out, ", ")
}
