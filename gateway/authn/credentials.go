package authn

import (
	"context"
	"crypto/x509"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
)

// Credentials is what a caller has shown, unchecked.
type Credentials struct {
	// Authorization holds the values of the Authorization header. More than one is refused, since two readers of such a
	// request could see two callers.
	Authorization []string
	// PeerCertificates is the chain of the TLS connection, the caller's own certificate first, as in
	// tls.ConnectionState.PeerCertificates: the handshake has proved that the caller has the key, and nothing else.
	PeerCertificates []*x509.Certificate
}

// Metadata is where gRPC metadata, and what the REST front makes of the HTTP header, hold the Authorization header.
const Metadata = "authorization"

// FromContext returns what the caller of a gRPC call has shown, for whoever has nothing but the call's context.
func FromContext(ctx context.Context) Credentials {
	found := Credentials{Authorization: metadata.ValueFromIncomingContext(ctx, Metadata)}
	if p, ok := peer.FromContext(ctx); ok {
		if info, ok := p.AuthInfo.(credentials.TLSInfo); ok {
			found.PeerCertificates = info.State.PeerCertificates
		}
	}
	return found
}

// withoutAuthorization hides the header from whatever runs behind the interceptor.
func withoutAuthorization(ctx context.Context) context.Context {
	if len(metadata.ValueFromIncomingContext(ctx, Metadata)) == 0 {
		return ctx
	}
	md, _ := metadata.FromIncomingContext(ctx) // a copy
	delete(md, Metadata)
	return metadata.NewIncomingContext(ctx, md)
}
