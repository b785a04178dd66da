package authn

import (
	"context"
	"crypto/x509"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
)

// authorizationKey is the metadata key of gRPC, and what grpc-gateway makes of the HTTP header.
const authorizationKey = "authorization"

// Credentials is what a caller has shown, unchecked.
type Credentials struct {
	// Authorization holds the values of the Authorization header. More than one is refused, since two readers of such a
	// request could see two callers.
	Authorization []string
	// PeerCertificates is the chain of the TLS connection, the caller's own certificate first, as in
	// tls.ConnectionState.PeerCertificates: the handshake has proved that the caller has the key, and nothing else.
	PeerCertificates []*x509.Certificate
}

type peerCertificatesKey struct{}

// WithPeerCertificates returns a context that carries the certificates of a REST caller's TLS connection to the
// interceptors behind an in-process connection. It has no effect on a connection that has TLS of its own.
func WithPeerCertificates(ctx context.Context, certificates []*x509.Certificate) context.Context {
	if len(certificates) == 0 {
		return ctx
	}
	return context.WithValue(ctx, peerCertificatesKey{}, certificates)
}

// FromContext returns what the caller of a gRPC call has shown. The connection's own certificates count before those of
// WithPeerCertificates.
func FromContext(ctx context.Context) Credentials {
	found := Credentials{Authorization: metadata.ValueFromIncomingContext(ctx, authorizationKey)}
	if p, ok := peer.FromContext(ctx); ok {
		if info, ok := p.AuthInfo.(credentials.TLSInfo); ok {
			found.PeerCertificates = info.State.PeerCertificates
			return found
		}
	}
	found.PeerCertificates, _ = ctx.Value(peerCertificatesKey{}).([]*x509.Certificate)
	return found
}

// withoutAuthorization hides the header from whatever runs behind the interceptor.
func withoutAuthorization(ctx context.Context) context.Context {
	if len(metadata.ValueFromIncomingContext(ctx, authorizationKey)) == 0 {
		return ctx
	}
	md, _ := metadata.FromIncomingContext(ctx) // a copy
	delete(md, authorizationKey)
	return metadata.NewIncomingContext(ctx, md)
}
