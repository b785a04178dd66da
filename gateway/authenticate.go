package gateway

import (
	"context"

	"github.com/umgateway/umgateway/gateway/authn"
)

// authenticate finds out who calls. Interceptors that come later see the caller as a principal, and the credential no more.
func (g *Gateway) authenticate(ctx context.Context, call *Call, next Handler) error {
	if g.config.Authenticator == nil {
		return next(ctx, call)
	}
	shown := authn.Credentials{Authorization: call.Metadata.Get(authn.Metadata)}
	if call.TLS != nil {
		shown.PeerCertificates = call.TLS.PeerCertificates
	}
	ctx, err := g.config.Authenticator.Identify(ctx, shown)
	if err != nil {
		return err
	}
	call.Metadata.Delete(authn.Metadata)
	return next(ctx, call)
}

// strangerError explains why a caller was not authenticated.
func strangerError(stranger *authn.Error) *Error {
	s := stranger.GRPCStatus()
	return &Error{
		Code: s.Code(), Reason: string(stranger.Reason), Message: s.Message(), RetryAfter: stranger.RetryAfter, Cause: stranger,
	}
}

// challenges returns what a reply of the status 401 asks the caller for.
func (g *Gateway) challenges(reason string) []string {
	if g.config.Authenticator == nil {
		return nil
	}
	if own := g.config.Authenticator.Challenges(authn.Reason(reason)); len(own) > 0 {
		return own
	}
	return g.config.Authenticator.CredentialChallenges()
}
