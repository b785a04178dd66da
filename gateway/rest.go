package gateway

import (
	"context"
	"net/http"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

// newHTTP builds the HTTP front: the generated routes, over the in-process connection, and beside them pages and the rpcs by
// their full names, behind what every HTTP request goes through.
func (g *Gateway) newHTTP() (http.Handler, error) {
	routes, err := routesOf(g.methods)
	if err != nil {
		return nil, err
	}
	g.streamed = streamedPaths(routes)
	mux := runtime.NewServeMux(
		runtime.WithMarshalerOption(runtime.MIMEWildcard, marshaler{}),
		runtime.WithUnescapingMode(runtime.UnescapingModeAllExceptReserved),
		runtime.WithDisablePathLengthFallback(),
		runtime.WithDisableHTTPMethodOverride(),
		runtime.WithIncomingHeaderMatcher(g.forwardedHeader),
		runtime.WithOutgoingHeaderMatcher(dropHeader),
		runtime.WithOutgoingTrailerMatcher(dropHeader),
		runtime.WithMiddlewares(g.checkRequest(routes)),
		runtime.WithErrorHandler(g.writeError),
		runtime.WithRoutingErrorHandler(g.refuseRoute(routes)),
	)
	connection := inProcess{g}
	ctx := context.Background()
	// The handler that was registered last is asked first, and calls are more frequent than settings.
	if err := umv1.RegisterMailboxServiceHandlerClient(ctx, mux, umv1.NewMailboxServiceClient(connection)); err != nil {
		return nil, err
	}
	if err := umv1.RegisterCallServiceHandlerClient(ctx, mux, umv1.NewCallServiceClient(connection)); err != nil {
		return nil, err
	}
	g.mux = mux
	if err := mux.HandlePath(http.MethodGet, watchPattern, g.serveWatch); err != nil {
		return nil, err
	}
	served, err := g.withPages(mux)
	if err != nil {
		return nil, err
	}
	guarded, err := g.guardOrigin(g.connect.before(served))
	if err != nil {
		return nil, err
	}
	return g.accept(guarded), nil
}

// forwardedHeader names the metadata that a request header becomes. The generated code adds Authorization and the
// forwarding headers by itself.
func (g *Gateway) forwardedHeader(name string) (string, bool) {
	switch lower := strings.ToLower(name); lower {
	case "traceparent", "tracestate", "user-agent", idempotencyKey:
		return lower, true
	default:
		return lower, g.config.Headers(lower)
	}
}

// dropHeader keeps gRPC headers off HTTP: the HTTP side sets its own.
func dropHeader(string) (string, bool) { return "", false }
