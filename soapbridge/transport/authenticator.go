package transport

import (
	"context"
	"encoding/base64"
	"net/http"

	"github.com/umgateway/umgateway/soapbridge/transport/challenge"
)

// authenticator proves the session's identity on one connection.
type authenticator interface {
	// pending tells whether the next request shows the credential to the server.
	pending() bool
	// prepare returns the Authorization field of the next request on the connection; empty if it needs none. A leg is to be
	// sent before the request, on the same connection, and carries nothing of it.
	prepare(ctx context.Context) (field string, leg bool, err error)
	// challenged is told about a reply with status 401, and says what it means.
	challenged(offers []challenge.Challenge) (verdict, error)
	// accepted is told about the header of any other reply.
	accepted(header http.Header)
}

// verdict is what a reply with status 401 means.
type verdict int

const (
	verdictContinue   verdict = iota // go on with the next leg, on the same connection
	verdictForgotten                 // the server no longer knows who is on the connection: begin again
	verdictNotOffered                // the server does not take the scheme; the credential was not judged
	verdictUnfit                     // the server takes the scheme, but not so; the credential may be right
	verdictRejected                  // the credential is wrong
)

// authenticator makes the authenticator of a scheme for a connection.
func (s *session) authenticator(scheme Scheme, c *conn) authenticator {
	switch scheme {
	case SchemeBasic:
		token := base64.StdEncoding.EncodeToString([]byte(s.identity.Username + ":" + s.password))
		return basicAuth{field: "Basic " + token}
	case SchemeNTLM, SchemeNegotiateNTLM:
		return &ntlmAuth{session: s, conn: c, scheme: scheme.field()}
	case SchemeKerberos:
		return &kerberosAuth{session: s, bindings: c.bindings}
	}
	return nobody{}
}

// nobody sends requests as they are.
type nobody struct{}

func (nobody) pending() bool                                     { return false }
func (nobody) prepare(context.Context) (string, bool, error)     { return "", false, nil }
func (nobody) challenged([]challenge.Challenge) (verdict, error) { return verdictRejected, nil }
func (nobody) accepted(http.Header)                              {}

// basicAuth is RFC 7617.
type basicAuth struct{ field string }

func (basicAuth) pending() bool                                   { return true }
func (a basicAuth) prepare(context.Context) (string, bool, error) { return a.field, false, nil }
func (basicAuth) accepted(http.Header)                            {}

func (basicAuth) challenged(offers []challenge.Challenge) (verdict, error) {
	if _, offered := challenge.Find(offers, "Basic"); !offered && len(offers) > 0 {
		return verdictNotOffered, nil
	}
	return verdictRejected, nil
}
