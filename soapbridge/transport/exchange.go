package transport

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

const (
	// maxConnections is how many connections one request may use up: servers close some inside an authentication.
	maxConnections = 4
	// maxRounds is how many messages it may need on one of them.
	maxRounds = 8
)

// exchange is one request on its way.
type exchange struct {
	client   *Client
	session  *session
	request  *Request
	announce func(context.Context) error // Request.BeforeSend; nil once it was called
	tried    []Scheme                    // schemes that did not do
	trial    trial
	waited   bool // since the connection was last seen alive
}

var errEndless = errors.New("the server asks for authentication again and again")

// run carries the request out on one connection after the other, until one brings back a reply or an error.
func (x *exchange) run(ctx context.Context) (*Reply, error) {
	if x.session.scheme() != "" {
		if err := x.guard().await(ctx, x.session.credential()); err != nil {
			return nil, x.at(err)
		}
	}
	defer x.trial.end()
	c, err := x.client.pool.get(ctx, x.session)
	if err != nil {
		return nil, err
	}
	defer func() { // also when a hook panics: a place in the pool that is never given back is lost for good
		if c != nil {
			x.client.pool.put(c)
		}
	}()
	for used := 1; ; used++ {
		reply, err := x.on(ctx, c)
		if reply != nil || err != nil || used == maxConnections {
			return x.outcome(reply, err)
		}
		// The place in the pool is kept: those who have the others may be waiting for this trial to end.
		if c, err = x.client.pool.replace(ctx, c); err != nil {
			return nil, err
		}
	}
}

func (x *exchange) outcome(reply *Reply, err error) (*Reply, error) {
	if reply == nil && err == nil {
		err = x.fail(KindUnavailable, errEndless)
	}
	return reply, err
}

// on carries the request out on a connection. Neither a reply nor an error means that another connection is needed.
func (x *exchange) on(ctx context.Context, c *conn) (*Reply, error) {
	c.watch.begin(ctx)
	defer func() { c.reusable = c.watch.end() && c.reusable }()
	if c.auth == nil {
		c.authenticateBy(x.session.scheme())
	}
	for range maxRounds {
		reply, err := x.round(ctx, c)
		if reply != nil || err != nil || !c.reusable {
			return reply, err
		}
	}
	return nil, x.fail(KindUnavailable, errEndless)
}

// round sends one message and deals with the answer. Neither a reply nor an error means that another round is needed.
func (x *exchange) round(ctx context.Context, c *conn) (*Reply, error) {
	if err := x.enterTrial(ctx, c); err != nil {
		return nil, err
	}
	field, leg, err := c.auth.prepare(ctx)
	if err != nil {
		return nil, x.unprepared(ctx, c, err)
	}
	if c.scheme == SchemeKerberos {
		x.trial.end() // the key distribution centre has judged the credential: nobody needs to wait for the server
	}
	if !leg {
		if err := x.announceOnce(ctx); err != nil {
			return nil, err
		}
	}
	if x.waited && !c.silent() {
		c.reusable = false
		return nil, nil
	}
	x.waited = false
	reply, err := c.send(ctx, message{request: x.request, leg: leg, authorization: field, cookie: x.session.cookies.header()})
	if err != nil {
		return nil, err
	}
	x.session.cookies.store(reply.Header["Set-Cookie"], c.endpoint.target)
	switch {
	case reply.Status == http.StatusUnauthorized && c.scheme != "":
		return nil, x.challenged(c, reply)
	case leg:
		return x.unasked(c, reply)
	}
	c.auth.accepted(reply.Header)
	x.trial.accepted()
	return reply, nil
}

// enterTrial asks for permission before the credential is shown, once.
func (x *exchange) enterTrial(ctx context.Context, c *conn) (err error) {
	if x.trial.guard != nil || !c.auth.pending() {
		return nil
	}
	x.trial, err = x.guard().enter(ctx, x.session.credential())
	x.waited = x.waited || x.trial.alone != nil
	return x.at(err)
}

// announceOnce calls BeforeSend.
func (x *exchange) announceOnce(ctx context.Context) error {
	if x.announce == nil {
		return nil
	}
	announce := x.announce
	x.announce, x.waited = nil, true
	if err := announce(ctx); err != nil {
		return &Error{Op: "write", Kind: KindStopped, Endpoint: x.session.endpoint.url, Err: err}
	}
	return nil
}

// unasked deals with an answer to a leg that is no challenge. Whatever it is, the request was not sent.
func (x *exchange) unasked(c *conn, reply *Reply) (*Reply, error) {
	c.auth = nil
	asXML := strings.Contains(strings.ToLower(reply.Header.Get("Content-Type")), "xml")
	if reply.Status < 300 || reply.Status == http.StatusInternalServerError && asXML {
		status := reply.Status
		reply.Release()
		return nil, x.fail(KindUnauthorized, fmt.Errorf("the server answered %d where a challenge was due: it does not ask for authentication", status))
	}
	reply.Unsent = true
	return reply, nil
}

func (x *exchange) guard() *Guard { return x.session.endpoint.config.Guard }

// fail makes an error for a request that was certainly not executed.
func (x *exchange) fail(kind Kind, err error) error {
	return x.session.endpoint.fail(opAuthenticate, kind, err)
}

// at names the endpoint in an error of the guard.
func (x *exchange) at(err error) error {
	var failure *Error
	if errors.As(err, &failure) {
		failure.Endpoint = x.session.endpoint.url
	}
	return err
}
