package gateway

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/umgateway/umgateway/gateway/internal/http1"
)

// newPlainFront puts before net/http what answers plain REST requests at less cost. All others, such as those for pages and for
// rpcs by their full names, are net/http's.
func (g *Gateway) newPlainFront(l net.Listener) *http1.Front {
	base := withListener(context.Background(), l)
	return http1.New(l, http1.Config{
		Handler: g.http, Takes: g.isPlainREST,
		Context:       func(net.Conn) context.Context { return base },
		HeaderTimeout: readHeaderTimeout, IdleTimeout: idleTimeout,
		ErrorLog: slog.NewLogLogger(g.config.Logger.Handler(), slog.LevelDebug),
	})
}

// isPlainREST tells whether a request is for an rpc with one response, or for none. A stream of responses has to be flushed.
func (g *Gateway) isPlainREST(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, apiPrefix) &&
		!slices.ContainsFunc(g.streamed, func(end string) bool { return strings.HasSuffix(r.URL.Path, end) })
}

// streamedPaths lists how the paths of rpcs end that stream their responses.
func streamedPaths(routes []*route) (ends []string) {
	for _, r := range routes {
		if r.method.descriptor.IsStreamingServer() {
			ends = append(ends, r.after)
		}
	}
	return ends
}
