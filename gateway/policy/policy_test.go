package policy

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/umgateway/umgateway/gateway/policy/dialstring"
	"github.com/umgateway/umgateway/gateway/principal"
	"github.com/umgateway/umgateway/gateway/principal/principaltest"
	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

const (
	play       = "/um.v1.CallService/PlayOnPhone"
	get        = "/um.v1.CallService/GetCallInfo"
	disconnect = "/um.v1.CallService/Disconnect"
	resetPIN   = "/um.v1.MailboxService/ResetPIN"
	health     = "/grpc.health.v1.Health/Check"
)

var rpcs = []string{play, get, disconnect, resetPIN, health}

// example is a policy as an operator might write it.
var example = Config{
	DialPlan:        dialstring.PlanConfig{CountryCode: "1", AccessCodes: []string{"9"}},
	PremiumPrefixes: []string{"+1900"},
	Rules: []Rule{
		{Name: "health", Callers: Callers{Everyone: true}, RPCs: []string{"grpc.health.v1.Health/*"}},
		{Name: "readers", Callers: Callers{Authenticated: true}, RPCs: []string{"um.v1.CallService/GetCallInfo"}},
		{
			Name: "operators", Callers: Callers{Kinds: []string{"jwt"}, Roles: []string{"operator", "admin"}}, RPCs: []string{"um.v1.CallService/*"},
			Dial: Dial{Allow: []string{"+1*", "4xxx"}, Deny: []string{"4999"}},
		},
		{
			Name: "robot", Callers: Callers{CertificateNames: []string{"uri:spiffe://example.com/um/*"}}, RPCs: []string{"*"},
			Identities: []string{"robot-*@contoso.com"}, Dial: Dial{Allow: []string{"*"}},
		},
		{Name: "trainees", Deny: true, Callers: Callers{Roles: []string{"trainee"}}, RPCs: []string{"um.v1.CallService/Disconnect"}},
	},
}

func mustNew(t *testing.T, config Config) *Policy {
	t.Helper()
	p, err := New(config, rpcs)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func withRoles(roles ...string) principal.Facts {
	return principal.Facts{Kind: principal.JWT, Name: "alice", Issuer: "https://issuer.example.com", Roles: roles, Scopes: []string{"um"}}
}

func withCertificate(names ...string) principal.Facts {
	return principal.Facts{Kind: principal.MTLS, Name: names[0], CertificateNames: names}
}

func TestWhatNoRuleAllowsOrAnyRuleDeniesIsDenied(t *testing.T) {
	t.Parallel()
	robot := withCertificate("dns:robot.example.com", "uri:spiffe://example.com/um/robot")
	for name, test := range map[string]struct {
		caller  principal.Facts
		request Request
		reason  Reason // empty: allowed
		rule    string
	}{
		"anonymous, open rpc":       {principal.Facts{}, Request{RPC: health}, "", "health"},
		"anonymous, other rpc":      {principal.Facts{}, Request{RPC: get}, CredentialsMissing, ""},
		"anonymous, dials":          {principal.Facts{}, Request{RPC: play, DialString: "+14255550100"}, CredentialsMissing, ""},
		"authenticated reads":       {principal.Facts{Kind: principal.Basic, Name: "bob"}, Request{RPC: get}, "", "readers"},
		"authenticated changes":     {principal.Facts{Kind: principal.Basic, Name: "bob"}, Request{RPC: disconnect}, CallForbidden, ""},
		"role":                      {withRoles("operator"), Request{RPC: disconnect}, "", "operators"},
		"second role":               {withRoles("x", "admin"), Request{RPC: disconnect}, "", "operators"},
		"role in another case":      {withRoles("Operator"), Request{RPC: disconnect}, CallForbidden, ""},
		"role, other service":       {withRoles("operator"), Request{RPC: resetPIN}, CallForbidden, ""},
		"role, unknown rpc":         {withRoles("operator"), Request{RPC: "/um.v1.CallService/Nothing"}, CallForbidden, ""},
		"role, but not a token":     {principal.Facts{Kind: principal.MTLS, Name: "x", Roles: []string{"operator"}}, Request{RPC: disconnect}, CallForbidden, ""},
		"a denial beats permission": {withRoles("trainee", "operator"), Request{RPC: disconnect}, CallForbidden, "trainees"},
		"a denial of another rpc":   {withRoles("trainee", "operator"), Request{RPC: get}, "", "readers"},

		"dials an allowed number":     {withRoles("operator"), Request{RPC: play, DialString: "+1 425 555 0100"}, "", "operators"},
		"dials an allowed extension":  {withRoles("operator"), Request{RPC: play, DialString: "4123"}, "", "operators"},
		"dials another number":        {withRoles("operator"), Request{RPC: play, DialString: "+44 20 7946 0000"}, DialForbidden, "operators"},
		"dials a denied extension":    {withRoles("operator"), Request{RPC: play, DialString: "4999"}, DialForbidden, "operators"},
		"dials a premium number":      {withRoles("operator"), Request{RPC: play, DialString: "9 1 900 555 1234"}, DialForbidden, ""},
		"dials what cannot be read":   {withRoles("operator"), Request{RPC: play, DialString: "+1425555０100"}, DialForbidden, ""},
		"clears a dial string":        {withRoles("operator"), Request{RPC: play}, "", "operators"},
		"reads without dialling":      {withRoles("reader"), Request{RPC: get, DialString: "+14255550100"}, DialForbidden, "readers"},
		"everything is not premium":   {robot, Request{RPC: play, Identity: "robot-1@contoso.com", DialString: "tel:+19005551234"}, DialForbidden, ""},
		"everything is a SIP address": {robot, Request{RPC: play, Identity: "robot-1@contoso.com", DialString: "sip:alice@example.com"}, "", "robot"},

		"own mailbox":                    {robot, Request{RPC: resetPIN, Identity: "Robot-1@Contoso.com"}, "", "robot"},
		"other mailbox":                  {robot, Request{RPC: resetPIN, Identity: "alice@contoso.com"}, CallForbidden, ""},
		"mailbox that only begins right": {robot, Request{RPC: resetPIN, Identity: "robot-1@contoso.com.example.com"}, CallForbidden, ""},
		"no mailbox":                     {robot, Request{RPC: resetPIN}, CallForbidden, ""},
		"other certificate":              {withCertificate("uri:spiffe://example.org/um/robot"), Request{RPC: resetPIN, Identity: "robot-1@contoso.com"}, CallForbidden, ""},
		"certificate name as dns":        {withCertificate("dns:spiffe://example.com/um/robot"), Request{RPC: resetPIN, Identity: "robot-1@contoso.com"}, CallForbidden, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := mustNew(t, example).Decide(principaltest.New(t, test.caller), test.request)
			if got.Allowed != (test.reason == "") || got.Reason != test.reason || got.Rule != test.rule || got.Why == "" {
				t.Errorf("got %+v, want %q by %q", got, test.reason, test.rule)
			}
		})
	}
}

func TestOrderOfRulesHasNoMeaning(t *testing.T) {
	t.Parallel()
	allow := Rule{Name: "all", Callers: Callers{Authenticated: true}, RPCs: []string{"*"}, Dial: Dial{Allow: []string{"*"}}}
	never := Rule{Name: "never", Deny: true, Callers: Callers{Names: []string{"al*"}}, RPCs: []string{resetPIN[1:]}}
	partly := Rule{Name: "partly", Callers: Callers{Scopes: []string{"um"}}, RPCs: []string{"*"}, Dial: Dial{Allow: []string{"4xxx"}, Deny: []string{"41*"}}}
	for i, rules := range [][]Rule{{allow, never, partly}, {partly, never, allow}, {never, partly, allow}} {
		p, alice := mustNew(t, Config{Rules: rules}), principaltest.New(t, withRoles())
		for _, test := range []struct {
			request Request
			want    bool
		}{
			{Request{RPC: resetPIN}, false}, {Request{RPC: get}, true}, {Request{RPC: play, DialString: "4223"}, true},
			{Request{RPC: play, DialString: "5123"}, true}, {Request{RPC: play, DialString: "4123"}, false}, {Request{RPC: play, DialString: "41*1"}, false},
		} {
			if got := p.Decide(alice, test.request); got.Allowed != test.want {
				t.Errorf("order %d, %v: %+v", i, test.request, got)
			}
		}
	}
}

func TestWithoutDenialsEverythingIncludesWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	p := mustNew(t, Config{Rules: []Rule{
		{Name: "all", Callers: Callers{Everyone: true}, RPCs: []string{"*"}, Dial: Dial{Allow: []string{"*"}}},
	}})
	if got := p.Decide(principal.Principal{}, Request{RPC: play, DialString: "*97#"}); !got.Allowed {
		t.Errorf("got %+v", got)
	}
	p = mustNew(t, Config{Rules: []Rule{
		{Name: "some", Callers: Callers{Everyone: true}, RPCs: []string{"*"}, Dial: Dial{Allow: []string{"4xxx", "9*"}}},
	}})
	if got := p.Decide(principal.Principal{}, Request{RPC: play, DialString: "*97#"}); got.Allowed || got.Reason != DialForbidden {
		t.Errorf("got %+v", got)
	}
}

func TestEachKindOfCallerListCounts(t *testing.T) {
	t.Parallel()
	caller := principal.Facts{
		Kind: principal.JWT, Name: "alice", Issuer: "https://a.example.com", Roles: []string{"r"}, Scopes: []string{"s"}, CertificateNames: []string{"dns:x.example.com"},
	}
	for name, test := range map[string]struct {
		callers Callers
		want    bool
	}{
		"kind":                     {Callers{Kinds: []string{"basic", "jwt"}}, true},
		"other kind":               {Callers{Kinds: []string{"mtls"}}, false},
		"issuer":                   {Callers{Issuers: []string{"https://a.example.com"}}, true},
		"other issuer":             {Callers{Issuers: []string{"https://a.example.com/"}}, false},
		"name":                     {Callers{Names: []string{"bob", "alice"}}, true},
		"name with a star":         {Callers{Names: []string{"a*e"}}, true},
		"name is no expression":    {Callers{Names: []string{"a.*"}}, false},
		"other name":               {Callers{Names: []string{"alic"}}, false},
		"role":                     {Callers{Roles: []string{"r"}}, true},
		"star in a role is a star": {Callers{Roles: []string{"*"}}, false},
		"scope":                    {Callers{Scopes: []string{"s"}}, true},
		"other scope":              {Callers{Scopes: []string{"r"}}, false},
		"certificate":              {Callers{CertificateNames: []string{"dns:*.example.com"}}, true},
		"other certificate":        {Callers{CertificateNames: []string{"uri:x.example.com"}}, false},
		"all lists":                {Callers{Kinds: []string{"jwt"}, Names: []string{"alice"}, Roles: []string{"r"}, Scopes: []string{"s"}}, true},
		"one list of many":         {Callers{Kinds: []string{"jwt"}, Names: []string{"alice"}, Roles: []string{"r"}, Scopes: []string{"x"}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := mustNew(t, Config{Rules: []Rule{{Name: "only", Callers: test.callers, RPCs: []string{"*"}}}})
			if got := p.Decide(principaltest.New(t, caller), Request{RPC: get}); got.Allowed != test.want {
				t.Errorf("got %+v", got)
			}
			if got := p.Decide(principal.Principal{}, Request{RPC: get}); got.Allowed {
				t.Errorf("an anonymous caller gets %+v", got)
			}
		})
	}
}

func TestMistakesInAPolicyAreReportedTogether(t *testing.T) {
	t.Parallel()
	_, err := New(Config{
		DialPlan:        dialstring.PlanConfig{CountryCode: "x", LongestLocal: 99},
		PremiumPrefixes: []string{"premium"},
		Rules: []Rule{
			{},
			{Name: "100%", Callers: Callers{Everyone: true, Roles: []string{"r"}}, RPCs: []string{"um.v1.CallService/Hangup"}},
			{Name: "b", Deny: true, Callers: Callers{Kinds: []string{"oauth"}, Roles: []string{""}, Names: []string{}}, RPCs: []string{"*"}, Dial: Dial{Deny: []string{"4xxx"}}},
			{Name: "b", Callers: Callers{CertificateNames: []string{"robot"}}, RPCs: []string{"um.v1.CallService/*"}, Identities: []string{""}, Dial: Dial{Allow: []string{"4?"}}},
			{Name: "c", Callers: Callers{Authenticated: true, Scopes: []string{"s"}}, RPCs: []string{"*/*"}},
		},
	}, rpcs)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		`dial_plan: country_code: "x"`, "dial_plan: national_lengths, longest_local: 99", `premium_prefixes: pattern "premium"`, "rule 1: name: required", "rule 1: callers: required",
		"rule 1: rpcs: required", `rule "100%": callers: everyone and authenticated stand alone`, `rule "100%": rpcs: there is no "um.v1.CallService/Hangup"; write for instance "um.v1.CallService/PlayOnPhone"`,
		`rule "b": callers: kinds: "oauth"`, `rule "b": callers: roles: an empty`, `rule "b": callers: names: an empty`, `rule "b": dial: not possible`, `rule "b": name: used by another`,
		`rule "b": callers: certificate_names: "robot"`, `rule "b": identities`, `rule "b": dial: allow: pattern "4?"`, `rule "c": callers: everyone and`, `rule "c": rpcs: there is no "*/*"`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in\n%v", want, err)
		}
	}
}

func TestPatternsAboutTheWorldNeedACountry(t *testing.T) {
	t.Parallel()
	for _, config := range []Config{
		{PremiumPrefixes: []string{"+1900"}},
		{Rules: []Rule{{Name: "a", Callers: Callers{Everyone: true}, RPCs: []string{"*"}, Dial: Dial{Allow: []string{"+1*"}}}}},
	} {
		if _, err := New(config, rpcs); err == nil || !strings.Contains(err.Error(), "country_code: required") {
			t.Errorf("got %v", err)
		}
	}
}

func TestExplanationTellsHowEachRuleStands(t *testing.T) {
	t.Parallel()
	p := mustNew(t, example)
	for name, test := range map[string]struct {
		caller  principal.Facts
		request Request
		want    []string
	}{
		"allowed": {withRoles("operator"), Request{RPC: play, DialString: "(425) 555-0100"}, []string{
			`allowed: dialling is allowed by "+1*" (rule "operators")`,
			`the dial string "(425) 555-0100" is read as 4255550100, +14255550100`,
			`rule "health": does not apply: it is not about this rpc`,
			`rule "operators": applies, and "+1*" allows to dial it`,
			`rule "robot": does not apply: it is not about this backend identity`,
		}},
		"premium": {withRoles("operator"), Request{RPC: play, DialString: "900 555 1234"}, []string{
			`denied: dialling is denied by "+1900" of premium_prefixes`, `premium_prefixes: "+1900" denies it`,
		}},
		"denied extension": {withRoles("operator"), Request{RPC: play, DialString: "4999"}, []string{
			`denied: dialling is denied by "4999" of dial: deny (rule "operators")`, `rule "operators": applies, and "4999" denies to dial it`,
		}},
		"other number": {withRoles("operator"), Request{RPC: play, DialString: "+44 20 7946 0000"}, []string{
			`denied: no rule that allows the call`, `rule "operators": applies, but allows to dial only "+1*", "4xxx"`,
		}},
		"unreadable": {withRoles("operator"), Request{RPC: play, DialString: "*67 4123"}, []string{
			`denied: premium_prefixes cannot be applied: dial string: the feature code sign '*'`, `the dial string "*67 4123" cannot be read`,
			`rule "operators": applies; allows to dial "+1*", "4xxx"`,
		}},
		"dial without a word about it": {withRoles("x"), Request{RPC: get, DialString: "4123"}, []string{
			`rule "readers": applies, but allows to dial nothing`,
		}},
		"anonymous": {principal.Facts{}, Request{RPC: get}, []string{
			"denied: no rule allows it to anonymous callers", `rule "readers": does not apply: the caller is anonymous`,
		}},
		"role missing": {withRoles("x"), Request{RPC: disconnect}, []string{
			"denied: no rule allows it", `rule "operators": does not apply: the caller does not have the role operator or admin`,
		}},
		"denied by a rule": {withRoles("trainee", "operator"), Request{RPC: disconnect}, []string{
			`denied: the rule denies it (rule "trainees")`, `rule "trainees": applies, and denies the call`, `rule "operators": applies, and allows the call`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := p.Explain(Hypothetical(test.caller), test.request).String()
			for _, want := range test.want {
				if !strings.Contains(got, want) {
					t.Errorf("%q is missing in\n%s", want, got)
				}
			}
			if decided := p.Decide(principaltest.New(t, test.caller), test.request); decided.Allowed != strings.HasPrefix(got, "allowed") {
				t.Errorf("the explanation contradicts %+v:\n%s", decided, got)
			}
		})
	}
	if got := mustNew(t, Config{}).Explain(Hypothetical(principal.Facts{}), Request{RPC: get}).String(); !strings.Contains(got, "there are no rules") {
		t.Errorf("got %s", got)
	}
}

func TestDecisionHoldsNothingOfTheRequest(t *testing.T) {
	t.Parallel()
	p := mustNew(t, example)
	for _, dialString := range []string{"+1 425 555 7391", "+44 7391", "sip:mark7391@example.com", "+19007391", "7391*", "mark7391", "+1\u200b7391"} {
		got := p.Decide(principaltest.New(t, withRoles("operator")), Request{RPC: play, Identity: "mark", DialString: dialString})
		if text := fmt.Sprintf("%+v", got); strings.Contains(text, "7391") || strings.Contains(text, "mark") {
			t.Errorf("%s", text)
		}
	}
}

func TestDialStringIsFoundInEveryRequestThatHasOne(t *testing.T) {
	t.Parallel()
	for want, request := range map[string]proto.Message{
		"1": &umv1.PlayOnPhoneRequest{DialString: "1", EntryId: "x"}, "2": &umv1.PlayOnPhoneGreetingRequest{DialString: "2"},
		"3": &umv1.SetPlayOnPhoneDialStringRequest{DialString: proto.String("3")}, "": &umv1.DisconnectRequest{CallId: "4"},
	} {
		if got := DialString(request); got != want {
			t.Errorf("%T: got %q, want %q", request, got, want)
		}
	}
	// Whatever is called a dial string must be found by DialString.
	for _, file := range []protoreflect.FileDescriptor{umv1.File_um_v1_call_service_proto, umv1.File_um_v1_mailbox_service_proto} {
		for i := range file.Messages().Len() {
			message := file.Messages().Get(i)
			for j := range message.Fields().Len() {
				field := message.Fields().Get(j)
				if name := string(field.Name()); strings.HasSuffix(string(message.Name()), "Request") && strings.Contains(name, "dial") && name != "dial_string" {
					t.Errorf("%s is not looked at", field.FullName())
				}
			}
		}
	}
}
