package policy

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/umgateway/umgateway/gateway/policy/dialstring"
)

// Policy is a compiled Config. It may be used by many goroutines at once.
type Policy struct {
	plan    *dialstring.Plan
	premium []*dialstring.Pattern
	rules   []*rule
}

type rule struct {
	name       string
	deny       bool
	callers    callers
	rpcs       map[string]bool // by full method name
	backends   []string        // empty: all
	identities []glob          // empty: all
	allowed    []*dialstring.Pattern
	denied     []*dialstring.Pattern
}

// compiler collects mistakes.
type compiler struct {
	rpcs          []string
	backends      []string
	errs          []error
	international string // a pattern about international numbers; empty if there is none
}

// New compiles a policy for the rpcs of the gateway, which are given by their full names, "/um.v1.CallService/Disconnect", and
// for its backends. All mistakes are reported together.
func New(config Config, rpcs []string, backends ...string) (*Policy, error) {
	c := &compiler{rpcs: rpcs, backends: backends}
	p := &Policy{premium: c.patterns("premium_prefixes", config.PremiumPrefixes)}
	seen := map[string]bool{}
	for i, r := range config.Rules {
		where := fmt.Sprintf("rule %q", r.Name)
		if r.Name == "" {
			where = fmt.Sprintf("rule %d", i+1)
			c.fail(where, "name: required")
		}
		if seen[r.Name] && r.Name != "" {
			c.fail(where, "name: used by another rule")
		}
		seen[r.Name] = true
		p.rules = append(p.rules, c.rule(where, r))
	}
	p.plan = c.plan(config.DialPlan)
	if err := errors.Join(c.errs...); err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	return p, nil
}

// fail notes a mistake, and where it is, if there is more than one place.
func (c *compiler) fail(where, format string, arguments ...any) {
	err := fmt.Errorf(format, arguments...)
	if where != "" {
		err = fmt.Errorf("%s: %w", where, err)
	}
	c.errs = append(c.errs, err)
}

func (c *compiler) plan(config dialstring.PlanConfig) *dialstring.Plan {
	plan, mistakes := dialstring.NewPlan(config)
	for _, err := range mistakes {
		c.fail("dial_plan", "%w", err)
	}
	if len(mistakes) == 0 && c.international != "" && !plan.HasCountry() {
		c.fail("dial_plan", "country_code: required, since the pattern %q is about international numbers", c.international)
	}
	return plan
}

func (c *compiler) rule(where string, config Rule) *rule {
	compiled := &rule{
		name: config.Name, deny: config.Deny, callers: c.callers(where, config.Callers), rpcs: c.expand(where, config.RPCs),
		backends: config.Backends,
		allowed:  c.patterns(where+": dial: allow", config.Dial.Allow), denied: c.patterns(where+": dial: deny", config.Dial.Deny),
	}
	for _, identity := range config.Identities {
		if identity == "" {
			c.fail(where, "identities: an empty one")
		}
		compiled.identities = append(compiled.identities, newGlob(strings.ToLower(identity)))
	}
	for _, backend := range config.Backends {
		if !slices.Contains(c.backends, backend) {
			c.fail(where, "backends: there is no %q; there is %s", backend, strings.Join(c.backends, ", "))
		}
	}
	if config.Deny && len(config.Dial.Allow)+len(config.Dial.Deny) > 0 {
		c.fail(where, "dial: not possible in a rule that denies; a rule that allows can have dial: deny")
	}
	return compiled
}

func (c *compiler) patterns(where string, texts []string) []*dialstring.Pattern {
	var all []*dialstring.Pattern
	for _, text := range texts {
		pattern, err := dialstring.ParsePattern(text)
		if err != nil {
			c.fail(where, "%w", err)
			continue
		}
		if pattern.International() {
			c.international = text
		}
		all = append(all, pattern)
	}
	return all
}

// expand lists the rpcs that the patterns stand for.
func (c *compiler) expand(where string, patterns []string) map[string]bool {
	found := map[string]bool{}
	if len(patterns) == 0 {
		c.fail(where, `rpcs: required, "*" for all`)
	}
	for _, pattern := range patterns {
		matched := false
		service, all := strings.CutSuffix(pattern, "/*")
		for _, rpc := range c.rpcs {
			name := strings.TrimPrefix(rpc, "/")
			if pattern == "*" || pattern == name || all && strings.HasPrefix(name, service+"/") {
				found[rpc], matched = true, true
			}
		}
		if !matched {
			c.fail(where, "rpcs: there is no %q; write for instance %q", pattern, strings.TrimPrefix(c.example(), "/"))
		}
	}
	return found
}

func (c *compiler) example() string {
	if len(c.rpcs) == 0 {
		return "*"
	}
	return c.rpcs[0]
}

func (c *compiler) callers(where string, config Callers) callers {
	lists := config
	lists.Everyone, lists.Authenticated = false, false
	hasLists := !reflect.DeepEqual(lists, Callers{})
	switch {
	case config.Everyone && (config.Authenticated || hasLists), config.Authenticated && hasLists:
		c.fail(where, "callers: everyone and authenticated stand alone")
	case !config.Everyone && !config.Authenticated && !hasLists:
		c.fail(where, "callers: required")
	}
	for _, list := range []struct {
		name    string
		entries []string
	}{
		{"kinds", config.Kinds}, {"issuers", config.Issuers}, {"names", config.Names}, {"roles", config.Roles},
		{"scopes", config.Scopes}, {"certificate_names", config.CertificateNames},
	} {
		if list.entries != nil && len(list.entries) == 0 || slices.Contains(list.entries, "") {
			c.fail(where, "callers: %s: an empty list or entry fits nobody", list.name)
		}
	}
	for _, kind := range config.Kinds {
		if !slices.Contains(kinds, kind) {
			c.fail(where, "callers: kinds: %q is none of %s", kind, strings.Join(kinds, ", "))
		}
	}
	for _, name := range config.CertificateNames {
		if !slices.ContainsFunc(namePrefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) }) {
			c.fail(where, "callers: certificate_names: %q begins with none of %s", name, strings.Join(namePrefixes, ", "))
		}
	}
	return callers{config, globs(config.Names), globs(config.CertificateNames)}
}
