package main

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/umgateway/umgateway/docs"
	"github.com/umgateway/umgateway/gateway"
	"github.com/umgateway/umgateway/gateway/principal"
	"github.com/umgateway/umgateway/internal/buildinfo"
	"github.com/umgateway/umgateway/internal/console"
	"github.com/umgateway/umgateway/internal/exchange"
	"github.com/umgateway/umgateway/internal/exchangesim"
	"github.com/umgateway/umgateway/internal/routing"
)

// consolePage is the console in front of a service.
type consolePage struct {
	service *service // set before it is served
	docs    bool     // the documentation of the API is served too
	signIn  func() []string
	table   func() *routing.Table // nil where there is nothing to choose
	demo    *console.Demo         // nil unless the backend is a simulator
}

// addTo puts the console beside the rpcs.
func (p *consolePage) addTo(config *gateway.Config) error {
	settings := console.Config{Status: p.status, SignIn: p.signIn, Demo: p.demo, Reasons: docs.Reasons}
	if p.docs {
		settings.Docs = "/docs/"
	}
	c, err := console.New(settings)
	if err != nil {
		return err
	}
	config.Pages, config.CallerPages = c.Pages(), c.CallerPages()
	return nil
}

// status is what the caller of a context may know. Whom the gateway itself cannot authenticate learns only which backends
// serve.
func (p *consolePage) status(ctx context.Context) console.Status {
	caller, _ := principal.FromContext(ctx)
	unchecked := caller.Kind() == principal.Basic
	var status console.Status
	if !unchecked {
		status.Version = buildinfo.Get().Version
	}
	for _, l := range p.service.lanes {
		if !p.open(caller, l.name) {
			continue
		}
		b := console.Backend{Name: l.name, Dialect: cmp.Or(l.Dialect, exchange.UMWS), Serving: l.backend.Serving()}
		if !unchecked {
			b.Endpoints = l.endpoints()
		}
		status.Backends = append(status.Backends, b)
	}
	return status
}

// open tells whether any call of a caller would go to a backend. The others are none of the caller's business.
func (p *consolePage) open(caller principal.Principal, backend string) bool {
	if p.table == nil || p.table() == nil {
		return true
	}
	return p.table().Open(caller, backend)
}

func (l *lane) endpoints() []console.Endpoint {
	var endpoints []console.Endpoint
	for _, s := range l.backend.Endpoints() {
		endpoints = append(endpoints, console.Endpoint{
			URL: address(s.URL), State: s.State.String(), RetryAfterMS: s.RetryAfter.Milliseconds(),
			Busy: s.Busy, Waiting: s.Waiting, Limit: s.Limit,
		})
	}
	return endpoints
}

// address is a URL without its query, which may hold anything.
func address(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// schemes are the kinds of credential that are accepted at the moment.
func (a *access) schemes() []string {
	var schemes []string
	for _, challenge := range a.now.Load().authenticator.CredentialChallenges() {
		scheme, _, _ := strings.Cut(challenge, " ")
		schemes = append(schemes, scheme)
	}
	return schemes
}

// simulated is what the console offers in front of a simulator.
func simulated() *console.Demo {
	return &console.Demo{
		EntryID: demoEntryID,
		Numbers: []console.Number{
			{DialString: "4255550100", Meaning: "Answers"},
			{DialString: exchangesim.BusyNumber, Meaning: "Is busy"},
			{DialString: exchangesim.NoAnswerNumber, Meaning: "Does not answer"},
			{DialString: exchangesim.UnavailableNumber, Meaning: "Cannot be reached"},
			{DialString: exchangesim.ForbiddenNumber, Meaning: "Is forbidden"},
		},
		Journal: &console.Journal{},
	}
}

// keep has the exchanges of a simulator kept for the console, besides what else is done with them.
func keep(journal *console.Journal, next func(exchangesim.Exchange)) func(exchangesim.Exchange) {
	return func(e exchangesim.Exchange) {
		journal.Add(console.Exchange{Time: e.Time, Operation: e.Operation, Status: e.Status, Text: exchangesim.FormatExchange(e)})
		if next != nil {
			next(e)
		}
	}
}

// consoleLine says where the console is, if there is one.
func consoleLine(shown bool, on listeners, encrypted bool) string {
	if !shown {
		return ""
	}
	return fmt.Sprintf("console ready at %s://%s%s\n", schemeOf(encrypted), on.http.Addr(), console.Path)
}
