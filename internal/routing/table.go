package routing

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/umgateway/umgateway/gateway/policy"
)

// Table is a compiled Config. It never changes, and is safe for concurrent use.
type Table struct {
	rules    []rule
	fallback string   // the default backend; empty if there is none
	headers  []string // that rules name, in lower case
}

type rule struct {
	name    string
	callers *policy.Selector // nil: all
	header  string           // in lower case; empty: none
	values  []string
	rpcs    map[string]bool // by full name; nil: all
	backend string
}

// New compiles rules for backends, by their names, and for rpcs, by their full names, "/um.v1.CallService/Disconnect". All
// mistakes are reported together.
func New(config Config, backends, rpcs []string) (*Table, error) {
	c := &compiler{backends: backends, rpcs: rpcs, names: map[string]bool{}}
	t := &Table{fallback: config.Default}
	if config.Default == "" && len(config.Rules) == 0 {
		c.fail("", "rules or a default are required: there are several backends, %s", strings.Join(backends, ", "))
	}
	if config.Default != "" {
		c.checkBackend("default", config.Default)
	}
	for i, r := range config.Rules {
		compiled := c.rule(i, r)
		t.rules = append(t.rules, compiled)
		if compiled.header != "" && !slices.Contains(t.headers, compiled.header) {
			t.headers = append(t.headers, compiled.header)
		}
	}
	if err := errors.Join(c.errs...); err != nil {
		return nil, fmt.Errorf("routing: %w", err)
	}
	return t, nil
}

// Reads tells whether a rule names a header, which is given in lower case.
func (t *Table) Reads(header string) bool { return slices.Contains(t.headers, header) }

// Headers lists the headers that rules name, in lower case.
func (t *Table) Headers() []string { return slices.Clone(t.headers) }

// compiler collects mistakes.
type compiler struct {
	backends, rpcs []string
	names          map[string]bool // of rules
	errs           []error
}

// fail notes a mistake, and where it is, if there is more than one place.
func (c *compiler) fail(where, format string, arguments ...any) {
	err := fmt.Errorf(format, arguments...)
	if where != "" {
		err = fmt.Errorf("%s: %w", where, err)
	}
	c.errs = append(c.errs, err)
}

func (c *compiler) rule(i int, config Rule) rule {
	where := fmt.Sprintf("rule %q", config.Name)
	switch {
	case config.Name == "":
		where = fmt.Sprintf("rule %d", i+1)
		c.fail(where, "name: required")
	case c.names[config.Name]:
		c.fail(where, "name: used by another rule")
	}
	c.names[config.Name] = true
	c.checkBackend(where+": backend", config.Backend)
	compiled := rule{name: config.Name, backend: config.Backend}
	if config.Callers == nil && config.Header == nil && config.RPCs == nil {
		c.fail(where, "callers, header or rpcs are required; a backend for everything else is the default of routing")
	}
	if config.Callers != nil {
		var err error
		if compiled.callers, err = policy.NewSelector(*config.Callers); err != nil {
			c.fail(where, "%w", err)
		}
	}
	if config.Header != nil {
		c.header(where, config, &compiled)
	}
	if config.RPCs != nil {
		var err error
		if compiled.rpcs, err = policy.ExpandRPCs(config.RPCs, c.rpcs); err != nil {
			c.fail(where, "%w", err)
		}
	}
	return compiled
}

func (c *compiler) checkBackend(where, name string) {
	switch {
	case name == "":
		c.fail(where, "required")
	case !slices.Contains(c.backends, name):
		c.fail(where, "there is no backend %q; there is %s", name, strings.Join(c.backends, ", "))
	}
}

func (c *compiler) header(where string, config Rule, into *rule) {
	into.header, into.values = strings.ToLower(config.Header.Name), config.Header.Values
	if config.Callers == nil {
		c.fail(where, "callers: required with a header, since every caller can write one; {everyone: true} opens the rule to all")
	}
	switch {
	case into.header == "":
		c.fail(where, "header: name: required")
	case strings.ContainsFunc(into.header, func(r rune) bool { return !strings.ContainsRune(headerLetters, r) }):
		c.fail(where, "header: name: %q: want letters, digits, dashes, dots and underscores", config.Header.Name)
	case isReserved(into.header):
		c.fail(where, "header: name: %q has a meaning already", config.Header.Name)
	}
	if len(into.values) == 0 || slices.Contains(into.values, "") {
		c.fail(where, "header: values: required, and none of them empty")
	}
}

// headerLetters are what a key of gRPC metadata may be made of.
const headerLetters = "abcdefghijklmnopqrstuvwxyz0123456789-_."

// reservedHeaders have a meaning for HTTP or the gateway, and some of them a secret for a value.
var reservedHeaders = []string{
	"accept", "authorization", "connection", "content-encoding", "content-length", "content-type", "cookie", "expect", "host", "idempotency-key",
	"keep-alive", "last-event-id", "origin", "proxy-authorization", "te", "traceparent", "tracestate", "trailer",
	"transfer-encoding", "upgrade", "user-agent", "x-forwarded-for", "x-forwarded-host", "x-request-id",
}

func isReserved(name string) bool {
	return slices.Contains(reservedHeaders, name) || strings.HasPrefix(name, "grpc-") || strings.HasPrefix(name, "sec-") ||
		strings.HasSuffix(name, "-bin")
}
