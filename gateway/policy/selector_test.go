package policy

import (
	"strings"
	"testing"

	"github.com/umgateway/umgateway/gateway/principal"
	"github.com/umgateway/umgateway/gateway/principal/principaltest"
)

func TestRulesAboutBackendsBindThereAlone(t *testing.T) {
	t.Parallel()
	config := Config{Rules: []Rule{
		{Name: "old", Callers: Callers{Authenticated: true}, RPCs: []string{"*"}, Backends: []string{"old"}, Dial: Dial{Allow: []string{"*"}}},
		{Name: "both", Callers: Callers{Roles: []string{"admin"}}, RPCs: []string{"*"}, Dial: Dial{Allow: []string{"4*"}}},
		{Name: "no guests", Deny: true, Callers: Callers{Roles: []string{"guest"}}, RPCs: []string{"*"}, Backends: []string{"new", "spare"}},
	}}
	p, err := New(config, rpcs, "old", "new", "spare")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		caller  principal.Facts
		backend string
		dial    string
		want    Reason
	}{
		"where the rule is about":          {withRoles(), "old", "9", ""},
		"where it is not":                  {withRoles(), "new", "4", CallForbidden},
		"where there is none":              {withRoles(), "", "4", CallForbidden},
		"a rule about all":                 {withRoles("admin"), "new", "4", ""},
		"a rule about all, another number": {withRoles("admin"), "new", "9", DialForbidden},
		"denied there":                     {withRoles("admin", "guest"), "new", "4", CallForbidden},
		"not denied here":                  {withRoles("admin", "guest"), "old", "4", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			decision := p.Decide(principaltest.New(t, c.caller), Request{RPC: play, Backend: c.backend, DialString: c.dial})
			if decision.Reason != c.want {
				t.Errorf("the decision is %q by %q (%s), want %q", decision.Reason, decision.Rule, decision.Why, c.want)
			}
		})
	}
	if _, err := New(config, rpcs, "old"); err == nil || !strings.Contains(err.Error(), `rule "no guests": backends: there is no "new"; there is old`) {
		t.Errorf("backends that do not exist: %v", err)
	}
}

func TestSelectorTellsCallersApart(t *testing.T) {
	t.Parallel()
	s, err := NewSelector(Callers{Kinds: []string{"jwt"}, Roles: []string{"admin"}})
	if err != nil {
		t.Fatal(err)
	}
	if refusal := s.Refusal(principaltest.New(t, withRoles("admin"))); refusal != "" {
		t.Errorf("who is meant is refused: %s", refusal)
	}
	for _, facts := range []principal.Facts{{}, withRoles("operator"), withCertificate("dns:a")} {
		if s.Refusal(principaltest.New(t, facts)) == "" {
			t.Errorf("%v is taken for who is meant", facts)
		}
	}
	if _, err := NewSelector(Callers{Kinds: []string{"oauth"}, Roles: []string{""}}); err == nil || !strings.HasPrefix(err.Error(), "callers: ") || strings.Count(err.Error(), "\n") != 1 {
		t.Errorf("mistakes: %v", err)
	}
}
