package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"strings"
	"time"
)

// AdminConfig says what the admin address serves.
type AdminConfig struct {
	// Metrics is served at /metrics. Required.
	Metrics http.Handler
	// Started tells whether the gateway has begun to serve; once it has, it stays so. Default: it has from the beginning.
	Started func() bool
	// Ready must all be met for /readyz to answer 200. Each call of /readyz asks them anew.
	Ready []Check
	// Pprof serves profiles below /debug/pprof/. Default: not.
	Pprof bool
	// Host tells whether a request with that Host header is answered: on an address of this machine alone, a page in a browser
	// of it can have its own name lead there. Default: any is.
	Host func(host string) bool
}

// Check is a condition for taking calls.
type Check struct {
	// Name is shown to whoever asks.
	Name string
	// Err tells why the condition is not met; nil if it is. The text is shown.
	Err func() error
}

// NewAdmin returns what the admin address serves: /livez, /startupz, /readyz and /metrics. /livez answers 200 as long as the
// process can answer, whatever state it is in: to restart the gateway mends nothing that is wrong elsewhere.
func NewAdmin(config AdminConfig) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", config.Metrics)
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, "ok\n") })
	mux.HandleFunc("GET /startupz", func(w http.ResponseWriter, _ *http.Request) {
		if config.Started != nil && !config.Started() {
			answer(w, http.StatusServiceUnavailable, "not serving yet\n")
			return
		}
		answer(w, http.StatusOK, "ok\n")
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		status, text := ready(config.Ready)
		answer(w, status, text)
	})
	if config.Pprof {
		mux.HandleFunc("GET /debug/pprof/", pprof.Index)
		mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
		mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
		mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	}
	return refuseHosts(config.Host, refuseBodies(mux))
}

// refuseHosts refuses requests for foreign names. Probes that speak HTTP/1.0 name no host; browsers always do.
func refuseHosts(own func(host string) bool, next http.Handler) http.Handler {
	if own == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != "" && !own(r.Host) {
			answer(w, http.StatusForbidden, "the Host header names neither this machine's loopback interface nor an allowed host\n")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// refuseBodies keeps callers from holding connections by bodies that never end: nothing here reads any.
func refuseBodies(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			w.Header().Set("Connection", "close")
			answer(w, http.StatusRequestEntityTooLarge, "a body is not expected\n")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// ready asks all conditions, and says a line about each.
func ready(checks []Check) (status int, text string) {
	var lines strings.Builder
	status = http.StatusOK
	for _, check := range checks {
		state := "ok"
		if err := check.Err(); err != nil {
			status, state = http.StatusServiceUnavailable, err.Error()
		}
		fmt.Fprintf(&lines, "%s: %s\n", check.Name, state)
	}
	return status, lines.String()
}

func answer(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text))
}

// Limits of the admin address. A profile may take as long as its reader asks for, so that there are none on whole requests.
const (
	adminHeaderTimeout = 5 * time.Second
	adminIdleTimeout   = 2 * time.Minute
	adminHeaderBytes   = 16 << 10
	adminEndTimeout    = 2 * time.Second
)

// ServeAdmin serves on the listener until the context ends, and closes it. Requests under way have two seconds to finish.
func ServeAdmin(ctx context.Context, listener net.Listener, handler http.Handler, log *slog.Logger) error {
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: adminHeaderTimeout, IdleTimeout: adminIdleTimeout,
		MaxHeaderBytes: adminHeaderBytes, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(ended)
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), adminEndTimeout)
		defer cancel()
		if server.Shutdown(limited) != nil {
			_ = server.Close() // whoever still reads a profile has lost it
		}
	})
	err := server.Serve(listener)
	if !stop() {
		<-ended
	}
	if !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("telemetry: serve the admin address: %w", err)
	}
	return nil
}
