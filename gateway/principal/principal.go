package principal

import (
	"errors"
	"log/slog"
	"net/url"
	"slices"
	"strings"

	"github.com/umgateway/umgateway/gateway/internal/seal"
)

// Kind says by which sort of credential a caller was authenticated.
type Kind int

// The kinds of credential.
const (
	// None: the caller showed no credential. Such a caller is anonymous.
	None Kind = iota
	// Basic: a user name and a password, which are forwarded to the backend. The gateway itself cannot check them: see
	// Principal.Verified.
	Basic
	// MTLS: a client certificate that a trusted authority has signed.
	MTLS
	// JWT: a token that a trusted issuer has signed.
	JWT
)

var kindTexts = [...]string{None: "none", Basic: "basic", MTLS: "mtls", JWT: "jwt"}

// String returns "none", "basic", "mtls" or "jwt".
func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindTexts) {
		return "unknown"
	}
	return kindTexts[k]
}

// Facts is what an authenticator has learnt about a caller.
type Facts struct {
	// Kind is the sort of credential. None makes an anonymous principal, of which all other facts must be empty.
	Kind Kind
	// Name identifies the caller among those of the same kind and issuer: the user name of Basic, the first certificate
	// name of mTLS, the subject claim of a JWT. Required unless Kind is None.
	Name string
	// Issuer is the "iss" claim of a JWT; empty for other kinds.
	Issuer string
	// Roles are the roles that a JWT grants.
	Roles []string
	// Scopes are the OAuth scopes that a JWT grants.
	Scopes []string
	// CertificateNames are the names of a client certificate, each with the prefix "uri:", "dns:", "email:" or "cn:".
	CertificateNames []string
}

// Principal is an authenticated caller. It is immutable and may be copied.
type Principal struct{ facts Facts }

// New makes a principal. It is an error if the seal is not genuine, or if the facts contradict each other.
func New(proof seal.Seal, facts Facts) (Principal, error) {
	switch {
	case !proof.Genuine():
		return Principal{}, errors.New("principal: made by a package that may not authenticate")
	case facts.Kind < None || facts.Kind > JWT:
		return Principal{}, errors.New("principal: unknown kind of credential")
	case facts.Kind == None && !facts.empty():
		return Principal{}, errors.New("principal: an anonymous caller has neither name nor rights")
	case facts.Kind != None && facts.Name == "":
		return Principal{}, errors.New("principal: no name")
	}
	facts.Roles = slices.Clone(facts.Roles)
	facts.Scopes = slices.Clone(facts.Scopes)
	facts.CertificateNames = slices.Clone(facts.CertificateNames)
	return Principal{facts}, nil
}

func (f Facts) empty() bool {
	return f.Name == "" && f.Issuer == "" && len(f.Roles)+len(f.Scopes)+len(f.CertificateNames) == 0
}

// Kind returns the sort of credential; None for an anonymous caller.
func (p Principal) Kind() Kind { return p.facts.Kind }

// Name identifies the caller among those of the same kind and issuer; empty for an anonymous caller.
func (p Principal) Name() string { return p.facts.Name }

// Issuer returns the issuer of the caller's token; empty for other kinds than JWT.
func (p Principal) Issuer() string { return p.facts.Issuer }

// Roles returns a copy of the caller's roles.
func (p Principal) Roles() []string { return slices.Clone(p.facts.Roles) }

// Scopes returns a copy of the caller's OAuth scopes.
func (p Principal) Scopes() []string { return slices.Clone(p.facts.Scopes) }

// CertificateNames returns a copy of the names of the caller's certificate, each with its prefix, for instance
// "dns:client.example.com".
func (p Principal) CertificateNames() []string { return slices.Clone(p.facts.CertificateNames) }

// HasRole reports whether the caller has the role.
func (p Principal) HasRole(role string) bool { return slices.Contains(p.facts.Roles, role) }

// HasScope reports whether the caller has the OAuth scope.
func (p Principal) HasScope(scope string) bool { return slices.Contains(p.facts.Scopes, scope) }

// HasCertificateName reports whether the caller's certificate has the name, which is written with its prefix.
func (p Principal) HasCertificateName(name string) bool {
	return slices.Contains(p.facts.CertificateNames, name)
}

// Verified reports whether the gateway itself has checked the credential. It is false for anonymous callers and for Basic,
// where only the backend can tell whether the password is right: until the backend has accepted it in this very call, the
// name is a claim. What belongs to an unverified principal, for instance a recorded answer, must not be handed out.
func (p Principal) Verified() bool { return p.facts.Kind == MTLS || p.facts.Kind == JWT }

// Key is one string for kind, issuer and name. Two principals have the same key only if these three are the same. It is
// the key of rate limits and ledgers, and it is "none" for every anonymous caller.
func (p Principal) Key() string {
	if p.facts.Kind == None {
		return None.String()
	}
	return strings.Join([]string{p.facts.Kind.String(), url.QueryEscape(p.facts.Issuer), url.QueryEscape(p.facts.Name)}, ":")
}

// String returns the key, for logs.
func (p Principal) String() string { return p.Key() }

// LogValue logs kind, issuer and name.
func (p Principal) LogValue() slog.Value {
	if p.facts.Kind == None {
		return slog.StringValue(None.String())
	}
	attrs := []slog.Attr{slog.String("kind", p.facts.Kind.String()), slog.String("name", p.facts.Name)}
	if p.facts.Issuer != "" {
		attrs = append(attrs, slog.String("issuer", p.facts.Issuer))
	}
	return slog.GroupValue(attrs...)
}
