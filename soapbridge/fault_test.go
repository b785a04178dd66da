package soapbridge

import (
	"slices"
	"strings"
	"testing"
)

// TestMessagesAreFitForCallers: the first line, without the class name, and never a stack trace.
func TestMessagesAreFitForCallers(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ text, want string }{
		"plain":                     {"The call ID is invalid.", "The call ID is invalid."},
		"empty":                     {"", ""},
		"blank":                     {" \r\n ", ""},
		"white space around":        {"\n  a b \t\n", "a b"},
		"class name":                {"System.Web.Services.Protocols.SoapException: no", "no"},
		"class name without dots":   {"InvalidCallIdException: no", "no"},
		"nested and generic class":  {"A.B+C`1: no", "no"},
		"one class name only":       {"A.BException: C.DException: no", "C.DException: no"},
		"no class name":             {"Error: the number 1.2: no", "Error: the number 1.2: no"},
		"class name of any kind":    {"A_1.B: no", "no"},
		"a sentence with a dot":     {"See section 1.2: no", "See section 1.2: no"},
		"a bracket with a dot":      {"Error(1.2): no", "Error(1.2): no"},
		"a sentence with a colon":   {"The server said: no", "The server said: no"},
		"colon without space":       {"http://example.com", "http://example.com"},
		"class name and no message": {"System.Exception: ", ""},
		"arrow":                     {"Server was unable to process request. ---> no", "no"},
		"arrow and class name":      {"A.BException: outer ---> C.DException: inner", "inner"},
		"two arrows":                {"outer ---> A.BException: middle ---> C.DException: inner", "inner"},
		"stack trace":               {"A.BException: no\r\n   at A.B.C(String d) in e.cs:line 5\r\n   at F.G()", "no"},
		"stack trace after return":  {"no\r   at A.B.C()", "no"},
		"stack trace on the line":   {"no   at A.B.C(String d)   at F.G()", "no"},
		"arrow in the stack trace":  {"no\n   at A.B() ---> C.D: secret", "no"},
		"200 bytes":                 {strings.Repeat("a", 200), strings.Repeat("a", 200)},
		"more than 200 bytes":       {strings.Repeat("a", 201), strings.Repeat("a", 200)},
		"cut inside a character":    {strings.Repeat("a", 199) + "é", strings.Repeat("a", 199)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := (&Fault{Text: test.text}).Message(); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestNamesStartWithTheMostSpecific(t *testing.T) {
	t.Parallel()
	f := &Fault{Codes: []string{"Receiver", "Outer", "Inner"}, ExceptionType: "E", ResponseCode: "R"}
	if got, want := f.Names(), []string{"R", "E", "Inner", "Outer", "Receiver"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := (&Fault{}).Names(); len(got) != 0 {
		t.Errorf("got %q, want none", got)
	}
	if got := f.Error(); got != "soap fault R" {
		t.Errorf("got %q", got)
	}
}

// TestNotDispatchedIsCertain: the texts of ASP.NET, alone or after one class name, with a code that blames the request and
// with nothing in the detail; or a code that is raised before dispatch.
func TestNotDispatchedIsCertain(t *testing.T) {
	t.Parallel()
	const header = "Server did not recognize the value of HTTP Header SOAPAction: x."
	const action = "Unable to handle request without a valid action parameter. Please supply a valid soap action."
	tests := map[string]struct {
		fault Fault
		want  bool
	}{
		"header":                        {Fault{Codes: []string{"Client"}, Text: header}, true},
		"action":                        {Fault{Codes: []string{"Client"}, Text: action}, true},
		"header after a class name":     {Fault{Codes: []string{"Client"}, Text: "System.Web.Services.Protocols.SoapException: " + header + "\n   at A()"}, true},
		"action after a class name":     {Fault{Codes: []string{"Client"}, Text: "System.Web.Services.Protocols.SoapException: " + action}, true},
		"header after white space":      {Fault{Codes: []string{"Client"}, Text: "\r\n  " + header}, true},
		"soap 1.2":                      {Fault{Codes: []string{"Sender"}, Text: header}, true},
		"header after two class names":  {Fault{Codes: []string{"Client"}, Text: "A.B: C.D: " + header}, false},
		"header after other words":      {Fault{Codes: []string{"Client"}, Text: "it said " + header}, false},
		"header after an arrow":         {Fault{Codes: []string{"Client"}, Text: "Server was unable to process request. ---> " + header}, false},
		"with a detail":                 {Fault{Codes: []string{"Client"}, Text: header, HasDetail: true}, false},
		"of the server":                 {Fault{Codes: []string{"Server"}, Text: header}, false},
		"without a code":                {Fault{Text: header}, false},
		"another text":                  {Fault{Codes: []string{"Client"}, Text: "Server was unable to read request."}, false},
		"another language":              {Fault{Codes: []string{"Client"}, Text: "Le serveur n'a pas reconnu la valeur de l'en-tête HTTP SOAPAction : x."}, false},
		"action not supported":          {Fault{Codes: []string{"ActionNotSupported"}}, true},
		"action not supported, subcode": {Fault{Codes: []string{"Sender", "ActionNotSupported"}, HasDetail: true}, true},
		"version mismatch":              {Fault{Codes: []string{"VersionMismatch"}}, true},
		"must understand":               {Fault{Codes: []string{"MustUnderstand"}, HasDetail: true}, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := test.fault.notDispatched(); got != test.want {
				t.Errorf("got %t, want %t", got, test.want)
			}
		})
	}
}
