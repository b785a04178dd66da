package gateway

import (
	"context"
	"errors"
	"net/http"

	"google.golang.org/protobuf/proto"

	"github.com/umgateway/umgateway/gateway/authn"
	"github.com/umgateway/umgateway/gateway/principal"
)

// forCallers lets a page be seen by callers only. Whoever is refused gets the same errors as for an rpc.
func (g *Gateway) forCallers(page http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, err := g.admit(r)
		if err != nil {
			frontOf(r.Context()).reached = false // so that it is logged
			g.refuse(w, r, visitError(err))
			return
		}
		r = r.WithContext(ctx)
		r.Header.Del("Authorization") // pages need not see it, and must not repeat it
		page.ServeHTTP(w, r)
	})
}

// admit returns the context for a page: with the principal of a caller whom the limits and the policy let pass.
func (g *Gateway) admit(r *http.Request) (context.Context, error) {
	ctx := r.Context()
	visit := &Call{Peer: frontOf(ctx).peer, caller: visitor{r.Header}}
	if authenticator := g.config.Authenticator(); authenticator != nil {
		shown := authn.Credentials{Authorization: r.Header.Values("Authorization")}
		if r.TLS != nil {
			shown.PeerCertificates = r.TLS.PeerCertificates
		}
		var err error
		if ctx, err = authenticator.Identify(ctx, shown); err != nil {
			return nil, err
		}
		if caller, _ := principal.FromContext(ctx); caller.Kind() == principal.None && authenticator.Configured() {
			return nil, &authn.Error{Reason: authn.CredentialsMissing}
		}
	}
	ctx, err := g.limitRate(ctx, visit)
	if err != nil {
		return nil, err
	}
	return ctx, g.authorizeVisit(ctx, visit)
}

func visitError(err error) *Error {
	if stranger := (*authn.Error)(nil); errors.As(err, &stranger) {
		return strangerError(stranger)
	}
	return callersError(err)
}

// authorizeVisit asks the policy whether the caller may make any call at all: a page is about none in particular.
func (g *Gateway) authorizeVisit(ctx context.Context, visit *Call) error {
	var err error
	for rpc, m := range g.methods {
		call := &Call{Method: m.descriptor, FullMethod: rpc, Peer: visit.Peer, Backend: g.config.Backend, caller: visit.caller, hidden: authn.Metadata}
		routed := ctx
		if g.config.Route != nil {
			routed = g.config.Route(ctx, call)
		}
		if err = g.decide(routed, call, ""); err == nil {
			return nil
		}
	}
	return err
}

// visitor is the end of a visit: it has the headers of a request for a page, and nothing is sent to it.
type visitor struct{ header http.Header }

func (visitor) send(proto.Message) error { return errors.ErrUnsupported }

func (visitor) setHeader(string, string) {}

func (v visitor) metadata(key string) []string { return v.header.Values(key) }
