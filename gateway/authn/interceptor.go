package authn

import (
	"context"
	"fmt"

	"google.golang.org/grpc"

	"github.com/umgateway/umgateway/gateway/internal/seal"
	"github.com/umgateway/umgateway/gateway/principal"
)

// Unary returns an interceptor that lets authenticated and anonymous callers pass, with the principal in the context of the
// call, and without the Authorization header. For each call, current returns the Authenticator to be used, so that it
// can be replaced while calls run.
func Unary(current func() *Authenticator) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
		ctx, err := identify(ctx, current())
		if err != nil {
			return nil, err
		}
		return handler(ctx, request)
	}
}

// Stream is Unary for streams. The caller is authenticated once, when the stream begins.
func Stream(current func() *Authenticator) grpc.StreamServerInterceptor {
	return func(server any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
		ctx, err := identify(stream.Context(), current())
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

func identify(ctx context.Context, a *Authenticator) (context.Context, error) {
	found, err := a.Authenticate(ctx, FromContext(ctx))
	if err != nil {
		return nil, err
	}
	ctx = withoutAuthorization(ctx)
	if ctx, err = principal.NewContext(ctx, seal.New(), found.Principal); err != nil {
		return nil, fmt.Errorf("authenticate: %w", err)
	}
	if found.Principal.Kind() != principal.Basic {
		return ctx, nil
	}
	return principal.NewCredentialContext(ctx, seal.New(), found.Credential)
}
