package transport

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/umgateway/umgateway/soapbridge/transport/challenge"
)

// kerberosPause is how long a key distribution centre that could not be asked is spared, where another scheme will do.
const kerberosPause = 5 * time.Minute

// credentialRejecter is what an error says when the key distribution centre rejected the credential.
type credentialRejecter interface{ CredentialRejected() bool }

// authenticateBy begins with a scheme on the connection.
func (c *conn) authenticateBy(scheme Scheme) {
	c.scheme, c.auth = scheme, c.session.authenticator(scheme, c)
}

// challenged deals with a reply of status 401. It returns nil if the request can go on.
func (x *exchange) challenged(c *conn, reply *Reply) error {
	offers, _ := challenge.Parse(reply.Header["Www-Authenticate"]) // what could not be read is not offered
	reply.Release()
	what, why := c.auth.challenged(offers)
	switch what {
	case verdictContinue:
		return nil
	case verdictForgotten:
		c.endpoint.count.forgotten.Add(1)
		return nil
	case verdictRejected:
		return x.rejected(c, errors.New("the server rejected the credential"+c.extendedProtection()))
	}
	offered := func(s Scheme) bool { _, found := challenge.Find(offers, s.field()); return found }
	if x.another(c, offered, 0, why) {
		return nil
	}
	if what == verdictUnfit && c.scheme == SchemeKerberos {
		return x.rejected(c, why)
	}
	return x.fail(KindUnauthorized, fmt.Errorf("no scheme will do: the server offers %s, and of %v it takes none: %w", names(offers), x.session.usable, orNotOffered(why)))
}

// extendedProtection names what else a server may mean that does not say why it rejects a credential.
func (c *conn) extendedProtection() string {
	switch {
	case c.scheme == SchemeBasic || c.stream == c.raw:
		return ""
	case c.bindings == nil:
		return "; with Extended Protection it rejects any that is not bound to the TLS channel, as this was not"
	}
	return "; with Extended Protection it rejects any if something on the way ends TLS"
}

var errNotOffered = errors.New("not offered")

func orNotOffered(why error) error {
	if why == nil {
		return errNotOffered
	}
	return why
}

func names(offers []challenge.Challenge) string {
	if len(offers) == 0 {
		return "none"
	}
	var list []string
	for _, offer := range offers {
		list = append(list, fmt.Sprintf("%.20q", offer.Scheme))
	}
	return strings.Join(slices.Compact(list), ", ")
}

// another turns the connection to the next scheme that will do, and remembers it for that long, or for good if that is 0.
func (x *exchange) another(c *conn, offered func(Scheme) bool, remember time.Duration, why error) bool {
	x.tried = append(x.tried, c.scheme)
	next, found := x.session.choose(x.tried, offered, remember)
	if !found {
		return false
	}
	c.endpoint.config.Log.Warn("another authentication scheme is used at the backend", "endpoint", c.endpoint.url,
		"identity", c.session.who.account, "scheme", next, "instead_of", c.scheme, "reason", orNotOffered(why))
	x.trial.end()
	x.trial = trial{} // another scheme may use another secret of the identity, which has yet to prove itself
	c.authenticateBy(next)
	return true
}

// rejected holds the credential off.
func (x *exchange) rejected(c *conn, why error) error {
	wait := x.trial.rejected()
	c.endpoint.count.rejections.Add(1)
	c.endpoint.config.Log.Warn("a credential for the backend was rejected", "endpoint", c.endpoint.url,
		"identity", c.session.who.account, "scheme", c.scheme, "held_off", wait.Round(time.Second), "reason", why)
	return &Error{
		Op: opAuthenticate, Kind: KindUnauthorized, Endpoint: c.endpoint.url, RetryAfter: wait,
		Err: fmt.Errorf("%s by %s: %w", c.session.who.account, c.scheme, why),
	}
}

// unprepared deals with what keeps a scheme from being used. It returns nil if another takes its place.
func (x *exchange) unprepared(ctx context.Context, c *conn, why error) error {
	var rejecter credentialRejecter
	switch {
	case errors.As(why, &rejecter) && rejecter.CredentialRejected():
		return x.rejected(c, why)
	case ctx.Err() != nil:
		return x.fail(kindOf(ctx), why)
	case c.scheme != SchemeKerberos:
		return x.fail(KindUnauthorized, why)
	case x.another(c, func(Scheme) bool { return true }, kerberosPause, why):
		return nil
	}
	return x.fail(KindUnavailable, why)
}
