package authn

import (
	"context"
	"fmt"

	"google.golang.org/grpc"

	"github.com/umgateway/umgateway/gateway/internal/seal"
	"github.com/umgateway/umgateway/gateway/principal"
)

// Identify authenticates a caller and returns the context for the call: with the principal, with the credential to forward
// if there is one, and without the Authorization header that gRPC keeps in the context, if that was shown. The error is an *Error.
func (a *Authenticator) Identify(ctx context.Context, shown Credentials) (context.Context, error) {
	if len(shown.Authorization) == 0 && (a.certificates == nil || len(shown.PeerCertificates) == 0) {
		if _, before := principal.CredentialFromContext(ctx); !before { // most callers of a gateway that asks for nothing
			return principal.NewContext(ctx, seal.New(), principal.Principal{})
		}
	}
	found, err := a.Authenticate(ctx, shown)
	if err != nil {
		return nil, err
	}
	ctx = withoutAuthorization(ctx)
	if ctx, err = principal.NewContext(ctx, seal.New(), found.Principal); err != nil {
		return nil, fmt.Errorf("authenticate: %w", err)
	}
	if _, before := principal.CredentialFromContext(ctx); found.Principal.Kind() != principal.Basic && !before {
		return ctx, nil
	}
	return principal.NewCredentialContext(ctx, seal.New(), found.Credential)
}

// Unary returns an interceptor for rpcs that do not run through the gateway's own, such as health and reflection. It lets authenticated and anonymous callers pass, with the principal in the context of the
// call, and without the Authorization header. For each call, current returns the Authenticator to be used, so that it
// can be replaced while calls run.
func Unary(current func() *Authenticator) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
		ctx, err := current().Identify(ctx, FromContext(ctx))
		if err != nil {
			return nil, err
		}
		return handler(ctx, request)
	}
}

// Stream is Unary for streams. The caller is authenticated once, when the stream begins.
func Stream(current func() *Authenticator) grpc.StreamServerInterceptor {
	return func(server any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
		ctx, err := current().Identify(stream.Context(), FromContext(stream.Context()))
		if err != nil {
			return err
		}
		return handler(server, identifiedStream{stream, ctx})
	}
}

type identifiedStream struct {
	grpc.ServerStream
	ctx context.Context
}

// Context returns the context that holds the principal.
func (s identifiedStream) Context() context.Context { return s.ctx }
