package transport

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"time"

	"github.com/umgateway/umgateway/soapbridge/transport/challenge"
	"github.com/umgateway/umgateway/soapbridge/transport/channelbinding"
	"github.com/umgateway/umgateway/soapbridge/transport/ntlm"
)

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
