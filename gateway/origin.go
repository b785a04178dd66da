package gateway

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/rs/cors"
	"google.golang.org/grpc/codes"
)

// guardOrigin keeps web pages of other origins from calling the gateway through a browser that can reach it: without it,
// any page could ring telephones through a gateway on the reader's own machine. State-changing requests of other origins are
// refused (net/http.CrossOriginProtection). On a loopback listener so is every Host that is not the loopback's own, since a
// page can have its own name point to 127.0.0.1. The allowed origins are served with CORS headers.
func (g *Gateway) guardOrigin(next http.Handler) (http.Handler, error) {
	protection := http.NewCrossOriginProtection()
	for _, origin := range g.config.AllowedOrigins {
		if err := protection.AddTrustedOrigin(origin); err != nil {
			return nil, fmt.Errorf("allowed origin: %w", err)
		}
	}
	if len(g.config.AllowedOrigins) > 0 {
		next = cors.New(cors.Options{
			AllowedOrigins: g.config.AllowedOrigins,
			AllowedMethods: []string{http.MethodGet, http.MethodPost},
			AllowedHeaders: []string{
				"Authorization", "Content-Type", "Grpc-Timeout", "Idempotency-Key", "Last-Event-Id", "Request-Timeout", "Traceparent", "Tracestate", "X-Request-Id",
				"Connect-Protocol-Version", "Connect-Timeout-Ms", "X-Grpc-Web", "X-User-Agent", // of Connect and gRPC-Web
			},
			ExposedHeaders: []string{
				"Retry-After", "Www-Authenticate", "X-Request-Id",
				"Grpc-Message", "Grpc-Status", "Grpc-Status-Details-Bin", // of gRPC-Web
			},
		}).Handler(next)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if onLoopback(r.Context()) && !IsOwnHost(r.Host, g.config.AllowedHosts) {
			g.refuse(w, r, &Error{Code: codes.PermissionDenied, Reason: reasonHostForbidden,
				Message: "the Host header names neither this machine's loopback interface nor an allowed host"})
			return
		}
		if err := protection.Check(r); err != nil {
			g.refuse(w, r, &Error{Code: codes.PermissionDenied, Reason: reasonOriginForbidden,
				Message: "web pages of other origins may not call the gateway: allow the origin if it should", Cause: err})
			return
		}
		next.ServeHTTP(w, r)
	}), nil
}

// IsOwnHost tells whether a Host header names the loopback interface or an allowed host. Ports do not matter.
func IsOwnHost(host string, allowed []string) bool {
	name := host
	if withoutPort, _, err := net.SplitHostPort(host); err == nil {
		name = withoutPort
	}
	name = strings.ToLower(strings.TrimSuffix(strings.Trim(name, "[]"), "."))
	if name == "localhost" || slices.ContainsFunc(allowed, func(a string) bool { return strings.EqualFold(a, name) }) {
		return true
	}
	address, err := netip.ParseAddr(name)
	return err == nil && address.Unmap().IsLoopback()
}

type loopbackKey struct{}

// withListener remembers whether the listener can be reached from this machine only.
func withListener(ctx context.Context, l net.Listener) context.Context {
	address, isTCP := l.Addr().(*net.TCPAddr)
	return context.WithValue(ctx, loopbackKey{}, isTCP && address.IP.IsLoopback())
}

func onLoopback(ctx context.Context) bool {
	loopback, _ := ctx.Value(loopbackKey{}).(bool)
	return loopback
}
