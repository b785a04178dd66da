package routing

import (
	"errors"
	"strings"
	"testing"

	"github.com/umgateway/umgateway/gateway/policy"
	"github.com/umgateway/umgateway/gateway/principal"
)

const (
	play  = "/um.v1.CallService/PlayOnPhone"
	get   = "/um.v1.CallService/GetCallInfo"
	reset = "/um.v1.MailboxService/ResetPIN"
)

var (
	rpcs     = []string{play, get, reset}
	backends = []string{"new", "old", "spare"}
)

// moving is a table as an operator might write it: by rpc, by caller, by header.
var moving = Config{
	Rules: []Rule{
		{Name: "settings", RPCs: []string{"um.v1.MailboxService/*"}, Backend: "old"},
		{Name: "moved", Callers: &policy.Callers{Roles: []string{"moved"}}, Backend: "new"},
		{Name: "testers", Callers: &policy.Callers{Roles: []string{"tester"}}, Header: &Header{Name: "X-UM-Backend", Values: []string{"new", "n"}}, Backend: "new"},
		{Name: "testers spare", Callers: &policy.Callers{Roles: []string{"tester"}}, Header: &Header{Name: "x-um-backend", Values: []string{"spare"}}, RPCs: []string{"um.v1.CallService/PlayOnPhone"}, Backend: "spare"},
	},
	Default: "old",
}

func caller(roles ...string) policy.Caller {
	return policy.Hypothetical(principal.Facts{Kind: principal.JWT, Name: "alice", Issuer: "https://issuer.example.com", Roles: roles})
}

func anonymous() policy.Caller { return policy.Hypothetical(principal.Facts{}) }

// call makes a call with values of the one header.
func call(who policy.Caller, rpc string, values ...string) Call {
	return Call{Caller: who, RPC: rpc, Header: func(name string) []string {
		if name == "x-um-backend" {
			return values
		}
		return nil
	}}
}

func mustNew(t *testing.T, config Config) *Table {
	t.Helper()
	table, err := New(config, backends, rpcs)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestFirstRuleThatFitsNamesTheBackend(t *testing.T) {
	t.Parallel()
	withoutDefault := moving
	withoutDefault.Default = ""
	for name, c := range map[string]struct {
		config   Config
		call     Call
		want     Choice
		header   string // that the error names
		repeated bool
		noRoute  bool
	}{
		"by rpc":                     {moving, call(caller(), reset), Choice{"old", "settings"}, "", false, false},
		"by rpc before the caller":   {moving, call(caller("moved"), reset), Choice{"old", "settings"}, "", false, false},
		"by rpc before the header":   {moving, call(caller("tester"), reset, "new"), Choice{"old", "settings"}, "", false, false},
		"by caller":                  {moving, call(caller("moved"), play), Choice{"new", "moved"}, "", false, false},
		"by caller, whatever header": {moving, call(caller("moved"), play, "spare"), Choice{"new", "moved"}, "", false, false},
		"by header":                  {moving, call(caller("tester"), play, "new"), Choice{"new", "testers"}, "", false, false},
		"by another value":           {moving, call(caller("tester"), get, "n"), Choice{"new", "testers"}, "", false, false},
		"by header and rpc":          {moving, call(caller("tester"), play, "spare"), Choice{"spare", "testers spare"}, "", false, false},
		"the default":                {moving, call(caller("tester"), play), Choice{"old", ""}, "", false, false},
		"the default of nobody":      {moving, call(anonymous(), play), Choice{"old", ""}, "", false, false},
		"a header of another rpc":    {moving, call(caller("tester"), get, "spare"), Choice{}, "x-um-backend", false, false},
		"a header of other callers":  {moving, call(caller(), play, "new"), Choice{}, "x-um-backend", false, false},
		"a header of nobody":         {moving, call(anonymous(), play, "new"), Choice{}, "x-um-backend", false, false},
		"an unknown value":           {moving, call(caller("tester"), play, "nwe"), Choice{}, "x-um-backend", false, false},
		"a value in another case":    {moving, call(caller("tester"), play, "New"), Choice{}, "x-um-backend", false, false},
		"an empty value":             {moving, call(caller("tester"), play, ""), Choice{}, "x-um-backend", false, false},
		"two values":                 {moving, call(caller("tester"), play, "new", "spare"), Choice{}, "x-um-backend", true, false},
		"one value twice":            {moving, call(caller("tester"), play, "new", "new"), Choice{}, "x-um-backend", true, false},
		"without a default":          {withoutDefault, call(caller(), play), Choice{}, "", false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := mustNew(t, c.config).Choose(c.call)
			if got != c.want {
				t.Errorf("the choice is %v, want %v", got, c.want)
			}
			var header *HeaderError
			switch {
			case errors.As(err, &header):
				if header.Name != c.header || header.Repeated != c.repeated {
					t.Errorf("the error is %v", err)
				}
			case errors.Is(err, ErrNoRoute) != c.noRoute || err == nil && (c.header != "" || c.noRoute):
				t.Errorf("the error is %v", err)
			}
		})
	}
}

func TestABackendIsOpenToWhomSomeCallWouldReachIt(t *testing.T) {
	t.Parallel()
	gated := Config{Rules: []Rule{
		{Name: "guests", Callers: &policy.Callers{Roles: []string{"guest"}}, Backend: "spare"},
		{Name: "dials", RPCs: []string{"um.v1.CallService/PlayOnPhone"}, Backend: "new"},
	}}
	for name, c := range map[string]struct {
		config Config
		caller policy.Caller
		want   string // the backends, in their order
	}{
		"who has moved":              {moving, caller("moved"), "new old"},
		"a tester":                   {moving, caller("tester"), "new old spare"},
		"anybody":                    {moving, caller(), "old"},
		"nobody":                     {moving, anonymous(), "old"},
		"a guest":                    {gated, caller("guest"), "spare"},
		"others, without a default":  {gated, caller(), "new"},
		"nobody, without a default":  {gated, anonymous(), "new"},
		"who has moved and may test": {moving, caller("moved", "tester"), "new old"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			table := mustNew(t, c.config)
			var open []string
			for _, b := range backends {
				if table.Open(c.caller, b) {
					open = append(open, b)
				}
			}
			if got := strings.Join(open, " "); got != c.want {
				t.Errorf("open are %q, want %q", got, c.want)
			}
		})
	}
}

func TestMistakesInTheRulesAreReportedTogether(t *testing.T) {
	t.Parallel()
	everyone := &policy.Callers{Everyone: true}
	_, err := New(Config{Default: "odl", Rules: []Rule{
		{RPCs: []string{"*"}, Backend: "old"},
		{Name: "twice", RPCs: []string{"*"}, Backend: "old"},
		{Name: "twice", RPCs: []string{"*"}, Backend: "old"},
		{Name: "nowhere", RPCs: []string{"*"}},
		{Name: "unknown", RPCs: []string{"*"}, Backend: "nwe"},
		{Name: "all", Backend: "old"},
		{Name: "no rpc", RPCs: []string{"um.v1.CallService/Explode"}, Backend: "old"},
		{Name: "empty rpcs", RPCs: []string{}, Backend: "old"},
		{Name: "no caller", Callers: &policy.Callers{}, Backend: "old"},
		{Name: "open header", Header: &Header{Name: "x-a", Values: []string{"a"}}, Backend: "old"},
		{Name: "nameless header", Callers: everyone, Header: &Header{Values: []string{"a"}}, Backend: "old"},
		{Name: "odd header", Callers: everyone, Header: &Header{Name: "x a", Values: []string{"a"}}, Backend: "old"},
		{Name: "secret header", Callers: everyone, Header: &Header{Name: "Authorization", Values: []string{"a"}}, Backend: "old"},
		{Name: "header of grpc", Callers: everyone, Header: &Header{Name: "grpc-timeout", Values: []string{"a"}}, Backend: "old"},
		{Name: "binary header", Callers: everyone, Header: &Header{Name: "x-a-bin", Values: []string{"a"}}, Backend: "old"},
		{Name: "valueless header", Callers: everyone, Header: &Header{Name: "x-a"}, Backend: "old"},
		{Name: "empty value", Callers: everyone, Header: &Header{Name: "x-a", Values: []string{""}}, Backend: "old"},
	}}, backends, rpcs)
	if err == nil {
		t.Fatal("the rules are accepted")
	}
	for _, want := range []string{
		`default: there is no backend "odl"; there is new, old, spare`,
		"rule 1: name: required",
		`rule "twice": name: used by another rule`,
		`rule "nowhere": backend: required`,
		`rule "unknown": backend: there is no backend "nwe"`,
		`rule "all": callers, header or rpcs are required`,
		`rule "no rpc": rpcs: there is no "um.v1.CallService/Explode"`,
		`rule "empty rpcs": rpcs: required`,
		`rule "no caller": callers: required`,
		`rule "open header": callers: required with a header`,
		`rule "nameless header": header: name: required`,
		`rule "odd header": header: name: "x a"`,
		`rule "secret header": header: name: "Authorization" has a meaning already`,
		`rule "header of grpc": header: name: "grpc-timeout" has a meaning already`,
		`rule "binary header": header: name: "x-a-bin" has a meaning already`,
		`rule "valueless header": header: values: required`,
		`rule "empty value": header: values: required`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q:\n%v", want, err)
		}
	}
	if _, err := New(Config{}, backends, rpcs); err == nil || !strings.Contains(err.Error(), "rules or a default are required") {
		t.Errorf("no rules at all: %v", err)
	}
}

func TestExplanationTellsHowEachRoutingRuleStands(t *testing.T) {
	t.Parallel()
	table := mustNew(t, moving)
	for name, c := range map[string]struct {
		call Call
		want []string
	}{
		"by header": {call(caller("tester"), play, "new"), []string{
			`backend "new": by the routing rule "testers"`,
			`routing rule "settings": does not fit: it is not about this rpc`,
			`routing rule "moved": does not fit: the caller does not have the role moved`,
			`routing rule "testers": fits, and names "new"`,
			`routing rule "testers spare": does not fit: the header x-um-backend is not spare`,
		}},
		"the default": {call(anonymous(), play), []string{`backend "old": the default`, "the caller is anonymous"}},
		"none":        {call(caller(), play, "new"), []string{"no backend: no rule is about this value of the header x-um-backend"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := table.Explain(c.call).String()
			for _, want := range c.want {
				if !strings.Contains(got, want) {
					t.Errorf("the explanation does not say %q:\n%s", want, got)
				}
			}
		})
	}
}

func TestHeadersOfRulesAreRead(t *testing.T) {
	t.Parallel()
	table := mustNew(t, moving)
	if !table.Reads("x-um-backend") || table.Reads("x-other") {
		t.Error("the table does not read what its rules name, and nothing else")
	}
}
