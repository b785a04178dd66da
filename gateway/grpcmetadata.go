package gateway

import (
	"context"

	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/tap"
)

// sentContext is the context of a gRPC call with its metadata. gRPC has them too, but gives them away only as a copy, or by
// comparing the names of all with the one that is asked for. The names are in lower case (RFC 9113 section 8.2).
type sentContext struct {
	context.Context
	sent metadata.MD
}

type sentKey struct{}

// Value finds the context itself.
func (c *sentContext) Value(key any) any {
	if key == (sentKey{}) {
		return c
	}
	return c.Context.Value(key)
}

// keepMetadata is told of each call by the goroutine that reads from the connection.
func keepMetadata(ctx context.Context, about *tap.Info) (context.Context, error) {
	return &sentContext{ctx, about.Header}, nil
}

// sentIn returns the metadata of a call, which are gRPC's and must not be changed.
func sentIn(ctx context.Context) metadata.MD {
	if c, ok := ctx.Value(sentKey{}).(*sentContext); ok {
		return c.sent
	}
	sent, _ := metadata.FromIncomingContext(ctx)
	return sent
}
