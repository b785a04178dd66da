package gateway

import (
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/umgateway/umgateway/gateway/internal/http1"
)

// accept gives each HTTP request its id, and logs those that did not become a call.
func (g *Gateway) accept(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		seen(r)
		limitBody(w, r)
		v := newVisit(w, r)
		next.ServeHTTP(&v.writer, http1.With(r, frontKey{}, &v.front))
		if !v.front.reached {
			g.logRefused(r, v, time.Since(start))
		}
	})
}

// visit is what comes of a request, in one piece of memory.
type visit struct {
	front  front
	writer statusWriter
	peer   remote
	id     [1]string // the value of the header
}

func newVisit(w http.ResponseWriter, r *http.Request) *visit {
	var sent string
	if ids := r.Header[httpRequestID]; len(ids) > 0 {
		sent = ids[0]
	}
	answer := w.Header()
	v := &visit{
		front:  front{requestID: requestID(sent), tls: r.TLS, sent: r.Header, answer: answer},
		writer: statusWriter{ResponseWriter: w, status: http.StatusOK},
		peer:   remote(r.RemoteAddr),
	}
	if v.peer != "" {
		v.front.peer = &v.peer
	}
	v.id[0] = v.front.requestID
	answer[httpRequestID] = v.id[:]
	answer["X-Content-Type-Options"], answer["Cache-Control"] = noSniff, noStore
	return v
}

// logRefused logs and counts a request that did not become a call.
func (g *Gateway) logRefused(r *http.Request, v *visit, took time.Duration) {
	protocol := ProtocolREST
	if strings.HasPrefix(r.URL.Path, rpcPrefix) {
		protocol = protocolOf(r.Header)
	}
	if v.front.reason != "" {
		g.config.Refused(protocol, v.front.reason)
	}
	// The path may hold a call id, and is left out for that.
	g.config.Logger.LogAttrs(r.Context(), slog.LevelInfo, "refused",
		slog.String("request_id", v.front.requestID), slog.String("protocol", string(protocol)),
		slog.String("method", r.Method), slog.Int("http_status", v.writer.status), slog.String("reason", v.front.reason),
		slog.Duration("duration", took), slog.String("peer", r.RemoteAddr))
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
