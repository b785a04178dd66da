package gateway

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// accept gives each HTTP request its id, and logs those that did not become a call.
func (g *Gateway) accept(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		f := &front{requestID: requestID(r.Header.Get(requestIDHeader)), tls: r.TLS, setHeader: w.Header().Set}
		if address, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
			f.peer = net.TCPAddrFromAddrPort(address)
		}
		w.Header().Set(requestIDHeader, f.requestID)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		watched := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(watched, r.WithContext(context.WithValue(r.Context(), frontKey{}, f)))
		if !f.reached {
			// The path may hold a call id, and is left out for that.
			g.config.Logger.LogAttrs(r.Context(), slog.LevelInfo, "refused",
				slog.String("request_id", f.requestID), slog.String("protocol", string(ProtocolREST)),
				slog.String("method", r.Method), slog.Int("http_status", watched.status),
				slog.Duration("duration", time.Since(start)), slog.String("peer", r.RemoteAddr))
		}
	})
}

// statusWriter remembers the status.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader remembers the status.
func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap gives http.ResponseController the writer below.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
