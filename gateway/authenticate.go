package gateway

import (
	"context"
	"net"
	"net/netip"

	"github.com/umgateway/umgateway/gateway/authn"
)

// authenticate finds out who calls. Interceptors that come later see the caller as a principal, and the credential no more.
func (g *Gateway) authenticate(ctx context.Context, call *Call) (context.Context, error) {
	authenticator := g.config.Authenticator()
	if authenticator == nil {
		return ctx, nil
	}
	shown := authn.Credentials{Authorization: call.Metadata(authn.Metadata)}
	if call.TLS != nil {
		shown.PeerCertificates = call.TLS.PeerCertificates
	}
	ctx, err := authenticator.Identify(ctx, shown)
	if err != nil {
		return nil, err
	}
	call.hidden = authn.Metadata
	return ctx, nil
}

// hostOf is an address without its port: of IPv6 the network, since one host can have all addresses of its network.
func hostOf(peer net.Addr) string {
	parsed, err := netip.ParseAddrPort(peer.String())
	if err != nil {
		return peer.String()
	}
	address := parsed.Addr().Unmap().WithZone("")
	if address.Is4() {
		return address.String()
	}
	return netip.PrefixFrom(address, ipv6Network).Masked().String()
}

// ipv6Network is the length of the prefix of a network of hosts (RFC 4291 section 2.5.1).
const ipv6Network = 64

// strangerError explains why a caller was not authenticated.
func strangerError(stranger *authn.Error) *Error {
	s := stranger.GRPCStatus()
	return &Error{
		Code: s.Code(), Reason: string(stranger.Reason), Message: s.Message(), RetryAfter: stranger.RetryAfter, Cause: stranger,
	}
}

// challenges returns what a reply of the status 401 asks the caller for.
func (g *Gateway) challenges(reason string) []string {
	authenticator := g.config.Authenticator()
	if authenticator == nil {
		return nil
	}
	if own := authenticator.Challenges(authn.Reason(reason)); len(own) > 0 {
		return own
	}
	return authenticator.CredentialChallenges()
}
