package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/umgateway/umgateway/gateway/principal"
)

var (
	kinds        = []string{principal.Basic.String(), principal.MTLS.String(), principal.JWT.String()}
	namePrefixes = []string{"uri:", "dns:", "email:", "cn:"}
)

// callers are compiled Callers.
type callers struct {
	Callers
	names            []glob
	certificateNames []glob
}

// refusal says why the caller is not meant; empty if it is.
func (c callers) refusal(who Caller) string {
	switch {
	case c.Everyone:
		return ""
	case who.Kind() == principal.None:
		return "the caller is anonymous"
	case c.Authenticated:
		return ""
	case c.Kinds != nil && !slices.Contains(c.Kinds, who.Kind().String()):
		return fmt.Sprintf("the caller's credential is of the kind %s, not %s", who.Kind(), oneOf(c.Kinds))
	case c.Issuers != nil && !slices.Contains(c.Issuers, who.Issuer()):
		return "the caller's token was not issued by " + oneOf(c.Issuers)
	case c.Names != nil && !matchAny(c.names, who.Name()):
		return "the caller's name is not " + oneOf(c.Names)
	case c.Roles != nil && !slices.ContainsFunc(c.Roles, who.HasRole):
		return "the caller does not have the role " + oneOf(c.Roles)
	case c.Scopes != nil && !slices.ContainsFunc(c.Scopes, who.HasScope):
		return "the caller does not have the scope " + oneOf(c.Scopes)
	case c.CertificateNames != nil && !slices.ContainsFunc(who.CertificateNames(), func(name string) bool { return matchAny(c.certificateNames, name) }):
		return "the caller's certificate does not have the name " + oneOf(c.CertificateNames)
	}
	return ""
}

func oneOf(list []string) string { return strings.Join(list, " or ") }

// Caller is what the policy needs to know about a caller. Only principal.Principal counts when a call is decided; for
// explanations, a Hypothetical caller will do.
type Caller interface {
	// Kind is the kind of credential; principal.None for an anonymous caller.
	Kind() principal.Kind
	// Name is the caller's name.
	Name() string
	// Issuer is the issuer of the caller's token.
	Issuer() string
	// HasRole reports whether the caller has the role.
	HasRole(role string) bool
	// HasScope reports whether the caller has the OAuth scope.
	HasScope(scope string) bool
	// CertificateNames are the names of the caller's certificate, with their prefixes.
	CertificateNames() []string
}

// Hypothetical returns a caller whom nobody has authenticated, for Explain.
func Hypothetical(facts principal.Facts) Caller { return hypothetical{facts} }

type hypothetical struct{ facts principal.Facts }

func (h hypothetical) Kind() principal.Kind       { return h.facts.Kind }
func (h hypothetical) Name() string               { return h.facts.Name }
func (h hypothetical) Issuer() string             { return h.facts.Issuer }
func (h hypothetical) HasRole(role string) bool   { return slices.Contains(h.facts.Roles, role) }
func (h hypothetical) HasScope(scope string) bool { return slices.Contains(h.facts.Scopes, scope) }
func (h hypothetical) CertificateNames() []string { return h.facts.CertificateNames }

// glob is a text in which stars stand for any characters.
type glob struct {
	text       string
	expression *regexp.Regexp // nil if there is no star
}

func newGlob(text string) glob {
	if !strings.Contains(text, "*") {
		return glob{text: text}
	}
	parts := strings.Split(text, "*")
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	return glob{text, regexp.MustCompile(`(?s)^` + strings.Join(parts, `.*`) + `$`)}
}

func globs(texts []string) []glob {
	all := make([]glob, len(texts))
	for i, text := range texts {
		all[i] = newGlob(text)
	}
	return all
}

func (g glob) match(text string) bool {
	if g.expression == nil {
		return g.text == text
	}
	return g.expression.MatchString(text)
}

func matchAny(all []glob, text string) bool {
	return slices.ContainsFunc(all, func(g glob) bool { return g.match(text) })
}
