package gateway

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// accept gives each HTTP request its id, and logs those that did not become a call.
func (g *Gateway) accept(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		seen(r)
		limitBody(w, r)
		answer := w.Header()
		f := &front{requestID: requestID(r.Header.Get(httpRequestID)), tls: r.TLS, sent: r.Header, answer: answer}
		if r.RemoteAddr != "" {
			f.peer = remote(r.RemoteAddr)
		}
		answer[httpRequestID] = []string{f.requestID}
		answer["X-Content-Type-Options"], answer["Cache-Control"] = noSniff, noStore
		watched := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(watched, r.WithContext(context.WithValue(r.Context(), frontKey{}, f)))
		if !f.reached {
			protocol := ProtocolREST
			if strings.HasPrefix(r.URL.Path, rpcPrefix) {
				protocol = protocolOf(r.Header)
			}
			if f.reason != "" {
				g.config.Refused(protocol, f.reason)
			}
			// The path may hold a call id, and is left out for that.
			g.config.Logger.LogAttrs(r.Context(), slog.LevelInfo, "refused",
				slog.String("request_id", f.requestID), slog.String("protocol", string(protocol)),
				slog.String("method", r.Method), slog.Int("http_status", watched.status), slog.String("reason", f.reason),
				slog.Duration("duration", time.Since(start)), slog.String("peer", r.RemoteAddr))
		}
	})
}

// httpRequestID is requestIDHeader as net/http writes it.
const httpRequestID = "X-Request-Id"

// Headers of all responses, which share them.
var noSniff, noStore = []string{"nosniff"}, []string{"no-store"}

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
