package policy

import "github.com/umgateway/umgateway/gateway/policy/dialstring"

// Config is a policy as it is written in the configuration file. The tags enum and required are for its schema.
type Config struct {
	// DialPlan says how the telephone system reads digits. Needed as soon as a pattern begins with a plus.
	DialPlan dialstring.PlanConfig `yaml:"dial_plan"`
	// PremiumPrefixes are patterns of numbers that nobody may dial, whatever the rules say: premium-rate numbers, satellite
	// networks, foreign countries. A number stands for all that begin with it. For the form of patterns see
	// dialstring.Pattern.
	PremiumPrefixes []string `yaml:"premium_prefixes"`
	// Rules are the rules. Their order has no meaning. Without any, everything is denied.
	Rules []Rule `yaml:"rules"`
}

// Rule allows or denies some rpcs to some callers.
type Rule struct {
	// Name appears in logs and explanations. Required, and different for each rule.
	Name string `yaml:"name" required:""`
	// Deny turns the rule round: what it describes is denied, even if other rules allow it. Default false.
	Deny bool `yaml:"deny"`
	// Callers says to whom the rule applies. Required.
	Callers Callers `yaml:"callers" required:""`
	// RPCs are the rpcs to which the rule applies: "um.v1.CallService/Disconnect", "um.v1.CallService/*" for all of a
	// service, or "*". Required.
	RPCs []string `yaml:"rpcs" required:""`
	// Backends are the names of the backends for which the rule applies. Default: all.
	Backends []string `yaml:"backends"`
	// Identities are the backend identities, usually mailboxes, for which the rule applies, in any case; a star stands for
	// any characters. Default: all.
	Identities []string `yaml:"identities"`
	// Dial says what may be dialled by rpcs that have a dial string. Default: nothing. Not possible with Deny.
	Dial Dial `yaml:"dial"`
}

// Callers describes callers. A caller must fit every list that is given, by one of its entries. At least one field must be
// set; Everyone and Authenticated stand alone.
type Callers struct {
	// Everyone: all callers, anonymous ones included.
	Everyone bool `yaml:"everyone"`
	// Authenticated: all callers who have shown a credential.
	Authenticated bool `yaml:"authenticated"`
	// Kinds of credential: basic, mtls, jwt.
	Kinds []string `yaml:"kinds" enum:"basic,mtls,jwt"`
	// Issuers of the caller's token, exactly as in its "iss" claim. With more than one issuer, rules about roles, scopes
	// and names should say whose.
	Issuers []string `yaml:"issuers"`
	// Names of callers, as in logs: the subject of a token, the user name of Basic in lower case, the first name of a
	// certificate. A star stands for any characters.
	Names []string `yaml:"names"`
	// Roles, one of which the caller must have.
	Roles []string `yaml:"roles"`
	// Scopes, one of which the caller must have.
	Scopes []string `yaml:"scopes"`
	// CertificateNames, one of which the caller's certificate must have: "uri:spiffe://example.com/um", "dns:…", "email:…"
	// or "cn:…". A star stands for any characters.
	CertificateNames []string `yaml:"certificate_names"`
}

// Dial says what may be dialled. For the form of patterns see dialstring.Pattern.
type Dial struct {
	// Allow are patterns of what may be dialled; "*" is everything.
	Allow []string `yaml:"allow"`
	// Deny are patterns of what may not be dialled. They bind the callers of this rule even where another rule allows it.
	Deny []string `yaml:"deny"`
}
