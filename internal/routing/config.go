package routing

import "github.com/umgateway/umgateway/gateway/policy"

// Config says which calls go to which backend. It is needed as soon as there are several.
type Config struct {
	// Rules are tried in their order. The first that fits a call names its backend.
	Rules []Rule `yaml:"rules"`
	// Default names the backend of calls that no rule fits, unless they bring a header that a rule names. Default: such calls
	// are refused.
	Default string `yaml:"default"`
}

// Rule sends some calls to a backend. A call must fit everything that the rule says; it must say something.
type Rule struct {
	// Name appears in explanations. Required, and different for each rule.
	Name string `yaml:"name"`
	// Callers says to whom the rule applies, as in the policy. Required with Header, since every caller can write one.
	// Default: to all.
	Callers *policy.Callers `yaml:"callers"`
	// Header is what must come with the call. Default: nothing.
	Header *Header `yaml:"header"`
	// RPCs are the rpcs to which the rule applies: "um.v1.CallService/PlayOnPhone", "um.v1.MailboxService/*" for all of a
	// service. Default: all.
	RPCs []string `yaml:"rpcs"`
	// Backend is the name of the backend. Required.
	Backend string `yaml:"backend"`
}

// Header is a header of a REST request, or gRPC metadata, with one of some values.
type Header struct {
	// Name of the header, in any case, such as "x-um-backend". Required. Headers that have a meaning for HTTP, gRPC or the
	// gateway are refused.
	Name string `yaml:"name"`
	// Values, one of which the header must have, exactly. Required.
	Values []string `yaml:"values"`
}
