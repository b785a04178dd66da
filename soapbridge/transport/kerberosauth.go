package transport

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"

	"github.com/umgateway/umgateway/soapbridge/transport/challenge"
)

// kerberosAuth is RFC 4559, with a token in every request.
type kerberosAuth struct {
	session  *session
	bindings []byte
	persists bool // the server has shown that it keeps the identity with the connection
	shown    bool // the last request had a token
	renewed  bool // the ticket was replaced after the server refused it
}

func (a *kerberosAuth) pending() bool { return !a.persists }

func (a *kerberosAuth) prepare(ctx context.Context) (string, bool, error) {
	if a.shown = !a.persists; !a.shown {
		return "", false, nil
	}
	token, err := a.session.tickets.Token(ctx, a.session.endpoint.spn, a.bindings)
	if err != nil {
		return "", false, err
	}
	return "Negotiate " + base64.StdEncoding.EncodeToString(token), false, nil
}

func (a *kerberosAuth) challenged(offers []challenge.Challenge) (verdict, error) {
	a.persists = false
	if !a.shown {
		return verdictForgotten, nil
	}
	offer, offered := challenge.Find(offers, "Negotiate")
	if !offered && len(offers) > 0 {
		return verdictNotOffered, nil
	}
	if a.renew() {
		return verdictForgotten, nil
	}
	a.session.ticketed.Store(false)
	return verdictUnfit, a.explain(offer.Token)
}

// renew replaces a ticket that the server has stopped taking, once: its key may have been changed.
func (a *kerberosAuth) renew() bool {
	forgetter, able := a.session.tickets.(interface{ Forget(spn string) })
	if able {
		forgetter.Forget(a.session.endpoint.spn)
	}
	if !able || a.renewed || !a.session.ticketed.Load() {
		return false
	}
	a.renewed = true
	return true
}

// explain says why the server refused a token, as far as it tells.
func (a *kerberosAuth) explain(answer string) error {
	explainer, able := a.session.tickets.(interface{ Explain(answer []byte) error })
	token, err := base64.StdEncoding.DecodeString(answer)
	if !able || answer == "" || err != nil {
		return errors.New("the server refused the kerberos ticket")
	}
	return fmt.Errorf("the server refused the kerberos ticket: %w", explainer.Explain(token))
}

func (a *kerberosAuth) accepted(header http.Header) {
	a.renewed = false
	a.session.ticketed.Store(true)
	if a.shown && header.Get("Persistent-Auth") == "true" {
		a.persists = true
	}
}
