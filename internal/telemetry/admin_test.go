package telemetry_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/protobuf/proto"

	"github.com/umgateway/umgateway/gateway"
	umv1 "github.com/umgateway/umgateway/gen/um/v1"
	"github.com/umgateway/umgateway/internal/telemetry"
)

// get asks an admin handler.
func get(t *testing.T, admin http.Handler, verb, path string, body io.Reader) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	admin.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), verb, path, body))
	return w
}

func TestAdminAnswersWhatItShould(t *testing.T) {
	t.Parallel()
	metrics := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "metrics") })
	plain := telemetry.NewAdmin(telemetry.AdminConfig{Metrics: metrics})
	profiling := telemetry.NewAdmin(telemetry.AdminConfig{Metrics: metrics, Pprof: true})
	for name, c := range map[string]struct {
		admin      http.Handler
		verb, path string
		body       io.Reader
		status     int
		text       string
	}{
		"alive":                {plain, "GET", "/livez", nil, 200, "ok"},
		"alive, by HEAD":       {plain, "HEAD", "/livez", nil, 200, ""},
		"started":              {plain, "GET", "/startupz", nil, 200, "ok"},
		"ready":                {plain, "GET", "/readyz", nil, 200, ""},
		"metrics":              {plain, "GET", "/metrics", nil, 200, "metrics"},
		"no profiles":          {plain, "GET", "/debug/pprof/", nil, 404, ""},
		"no heap":              {plain, "GET", "/debug/pprof/heap", nil, 404, ""},
		"profiles":             {profiling, "GET", "/debug/pprof/", nil, 200, "goroutine"},
		"heap":                 {profiling, "GET", "/debug/pprof/goroutine?debug=1", nil, 200, "goroutine profile"},
		"command line":         {profiling, "GET", "/debug/pprof/cmdline", nil, 200, "telemetry"},
		"symbols":              {profiling, "GET", "/debug/pprof/symbol", nil, 200, "num_symbols"},
		"nothing there":        {plain, "GET", "/", nil, 404, ""},
		"another method":       {plain, "POST", "/livez", nil, 405, ""},
		"a body":               {plain, "GET", "/metrics", strings.NewReader("x"), 413, ""},
		"a body without end":   {plain, "GET", "/livez", io.NopCloser(strings.NewReader("x")), 413, ""},
		"a body for a profile": {profiling, "POST", "/debug/pprof/symbol", strings.NewReader("x"), 413, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := get(t, c.admin, c.verb, c.path, c.body); got.Code != c.status || !strings.Contains(got.Body.String(), c.text) {
				t.Errorf("the answer is %d %q, want %d %q", got.Code, got.Body, c.status, c.text)
			}
		})
	}
}

func TestForeignHostsAreRefusedWhereTheyAreLookedAt(t *testing.T) {
	t.Parallel()
	config := telemetry.AdminConfig{Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "metrics") })}
	anywhere := telemetry.NewAdmin(config)
	config.Host = func(host string) bool { return host == "localhost:9091" }
	here := telemetry.NewAdmin(config)
	for name, c := range map[string]struct {
		admin  http.Handler
		host   string
		status int
	}{
		"own":              {here, "localhost:9091", 200},
		"foreign":          {here, "evil.example", 403},
		"none":             {here, "", 200},
		"foreign anywhere": {anywhere, "evil.example", 200},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil)
		r.Host = c.host
		w := httptest.NewRecorder()
		c.admin.ServeHTTP(w, r)
		if w.Code != c.status || (c.status == 403) == strings.Contains(w.Body.String(), "metrics") {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}

func TestReadinessNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	var down error
	admin := telemetry.NewAdmin(telemetry.AdminConfig{Metrics: http.NotFoundHandler(), Ready: []telemetry.Check{
		{Name: "listeners", Err: func() error { return nil }}, {Name: "backend", Err: func() error { return down }},
	}})
	for _, step := range []struct {
		down   error
		status int
		text   string
	}{
		{nil, 200, "listeners: ok\nbackend: ok\n"},
		{errors.New("no endpoint is well"), 503, "listeners: ok\nbackend: no endpoint is well\n"},
		{nil, 200, "listeners: ok\nbackend: ok\n"},
	} {
		down = step.down
		if got := get(t, admin, "GET", "/readyz", nil); got.Code != step.status || got.Body.String() != step.text {
			t.Errorf("the answer is %d %q, want %d %q", got.Code, got.Body, step.status, step.text)
		}
		if got := get(t, admin, "GET", "/livez", nil); got.Code != 200 {
			t.Errorf("/livez answers %d", got.Code)
		}
	}
}

func TestStartIsToldOnceItHasCome(t *testing.T) {
	t.Parallel()
	started := false
	admin := telemetry.NewAdmin(telemetry.AdminConfig{Metrics: http.NotFoundHandler(), Started: func() bool { return started }})
	if got := get(t, admin, "GET", "/startupz", nil); got.Code != 503 {
		t.Errorf("before the start the answer is %d", got.Code)
	}
	started = true
	if got := get(t, admin, "GET", "/startupz", nil); got.Code != 200 {
		t.Errorf("after the start the answer is %d", got.Code)
	}
}

// TestReadinessEndsWhenDrainingBegins looks at a gateway from outside while a call keeps it from ending.
func TestReadinessEndsWhenDrainingBegins(t *testing.T) {
	t.Parallel()
	begun, finish := make(chan struct{}), make(chan struct{})
	s := newStand(t, gateway.Config{Invoker: invoker(func(context.Context) (proto.Message, error) {
		close(begun)
		<-finish
		return &umv1.DisconnectResponse{}, nil
	})}, nil)
	admin := telemetry.NewAdmin(telemetry.AdminConfig{Metrics: http.NotFoundHandler(), Started: s.gateway.Started, Ready: []telemetry.Check{
		{Name: "listeners", Err: func() error {
			if !s.gateway.Accepting() {
				return errors.New("not accepting calls")
			}
			return nil
		}},
	}})
	ctx := context.WithoutCancel(t.Context())
	watch, err := healthv1.NewHealthClient(s.grpc).Watch(ctx, &healthv1.HealthCheckRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := watch.Recv(); err != nil { // now the gateway serves
		t.Fatal(err)
	}
	answered := make(chan error, 1)
	go func() {
		_, err := umv1.NewCallServiceClient(s.grpc).Disconnect(ctx, &umv1.DisconnectRequest{CallId: "AAAA"})
		answered <- err
	}()
	<-begun
	if got := get(t, admin, "GET", "/readyz", nil); got.Code != 200 {
		t.Errorf("while it serves, /readyz answers %d %s", got.Code, got.Body)
	}
	s.stop()
	for err == nil { // a watch ends when draining begins
		_, err = watch.Recv()
	}
	for path, want := range map[string]int{"/readyz": 503, "/livez": 200, "/startupz": 200} {
		if got := get(t, admin, "GET", path, nil); got.Code != want {
			t.Errorf("while it drains, %s answers %d %s", path, got.Code, got.Body)
		}
	}
	close(finish)
	if err := <-answered; err != nil {
		t.Errorf("the call in flight ends with %v", err)
	}
	if err := <-s.stopped; err != nil {
		t.Error(err)
	}
}

func TestAdminIsServedUntilTheContextEnds(t *testing.T) {
	t.Parallel()
	listener := listen(t)
	begun, finish := make(chan struct{}), make(chan struct{})
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() {
		ended <- telemetry.ServeAdmin(ctx, listener, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			close(begun)
			<-finish
			fmt.Fprint(w, "last words")
		}), slog.New(slog.DiscardHandler))
	}()
	connection, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	if _, err := fmt.Fprint(connection, "GET / HTTP/1.1\r\nHost: admin\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	<-begun
	stop()
	close(finish)
	reply, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	if text, err := io.ReadAll(reply.Body); string(text) != "last words" || err != nil {
		t.Errorf("the request under way is answered with %q, %v", text, err)
	}
	if err := <-ended; err != nil {
		t.Errorf("serving ended with %v", err)
	}
	if _, err := net.Dial("tcp", listener.Addr().String()); err == nil {
		t.Error("the address is still served")
	}
}

func TestAdminThatCannotBeServedSaysSo(t *testing.T) {
	t.Parallel()
	listener := listen(t)
	listener.Close()
	err := telemetry.ServeAdmin(t.Context(), listener, http.NotFoundHandler(), slog.New(slog.DiscardHandler))
	if !errors.Is(err, net.ErrClosed) {
		t.Errorf("serving ended with %v", err)
	}
}
