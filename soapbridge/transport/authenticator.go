package transport

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/umgateway/umgateway/soapbridge/transport/challenge"
	"github.com/umgateway/umgateway/soapbridge/transport/channelbinding"
	"github.com/umgateway/umgateway/soapbridge/transport/ntlm"
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

// ntlmAuth is NTLM over HTTP (MS-NTHT), which authenticates a connection: a leg that announces it, the server's challenge,
// and the answer together with the first request.
type ntlmAuth struct {
	session   *session
	conn      *conn
	scheme    string // "NTLM" or "Negotiate"
	state     ntlmState
	challenge []byte
	served    int // requests since the connection was authenticated
}

type ntlmState int

const (
	ntlmNew        ntlmState = iota
	ntlmAnnounced            // the first leg was sent
	ntlmChallenged           // the server's challenge is there
	ntlmAnswered             // the answer was sent
	ntlmDone                 // the server took it
)

func (a *ntlmAuth) pending() bool { return a.state != ntlmDone }

func (a *ntlmAuth) prepare(context.Context) (string, bool, error) {
	switch a.state {
	case ntlmDone:
		return "", false, nil
	case ntlmChallenged:
		message, err := a.answer()
		a.state = ntlmAnswered
		return a.scheme + " " + base64.StdEncoding.EncodeToString(message), false, err
	}
	a.state = ntlmAnnounced
	a.conn.endpoint.count.handshakes.Add(1)
	return a.scheme + " " + base64.StdEncoding.EncodeToString(ntlm.Negotiate()), true, nil
}

func (a *ntlmAuth) answer() ([]byte, error) {
	domain, user := a.session.identity.split()
	options := ntlm.Options{TargetName: a.session.endpoint.spn}
	if a.conn.bindings != nil {
		options.ChannelBindings = channelbinding.Hash(a.conn.bindings)
	}
	return ntlm.Authenticate(a.challenge, ntlm.Credential{Domain: domain, User: user, Password: a.session.password}, options)
}

func (a *ntlmAuth) challenged(offers []challenge.Challenge) (verdict, error) {
	state := a.state
	a.state = ntlmNew
	switch state {
	case ntlmAnswered:
		return verdictRejected, nil
	case ntlmDone:
		if a.served == 1 && time.Since(a.conn.idleSince) < time.Second {
			a.session.forgetful.Store(true)
		}
		return verdictForgotten, nil
	}
	offer, offered := challenge.Find(offers, a.scheme)
	if !offered || offer.Token == "" {
		return verdictNotOffered, nil
	}
	message, err := base64.StdEncoding.DecodeString(offer.Token)
	if err != nil {
		return verdictUnfit, errors.New("the server's challenge is not in base64")
	}
	if _, err := ntlm.ParseChallenge(message); err != nil {
		return verdictUnfit, err
	}
	a.state, a.challenge = ntlmChallenged, message
	return verdictContinue, nil
}

func (a *ntlmAuth) accepted(header http.Header) {
	switch {
	case a.state == ntlmDone:
		a.served++
	case a.state == ntlmAnswered:
		a.state, a.challenge, a.served = ntlmDone, nil, 1
	}
	if a.session.forgetful.Load() || header.Get("Persistent-Auth") == "false" {
		a.state = ntlmNew
	}
}

// kerberosAuth is RFC 4559, with a token in every request.
type kerberosAuth struct {
	session  *session
	bindings []byte
	persists bool // the server has shown that it keeps the identity with the connection
	shown    bool // the last request had a token
}

func (a *kerberosAuth) pending() bool { return !a.persists }

func (a *kerberosAuth) prepare(ctx context.Context) (string, bool, error) {
	if a.shown = !a.persists; !a.shown {
		return "", false, nil
	}
	token, err := a.session.tickets.Token(ctx, a.session.endpoint.spn, a.bindings)
	if err != nil {
		return "", false, fmt.Errorf("kerberos: %w", err)
	}
	return "Negotiate " + base64.StdEncoding.EncodeToString(token), false, nil
}

func (a *kerberosAuth) challenged(offers []challenge.Challenge) (verdict, error) {
	a.persists = false
	if !a.shown {
		return verdictForgotten, nil
	}
	if _, offered := challenge.Find(offers, "Negotiate"); !offered && len(offers) > 0 {
		return verdictNotOffered, nil
	}
	return verdictUnfit, errors.New("the server did not accept the ticket")
}

func (a *kerberosAuth) accepted(header http.Header) {
	if a.shown && header.Get("Persistent-Auth") == "true" {
		a.persists = true
	}
}
