package gateway_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/umgateway/umgateway/gateway"
	"github.com/umgateway/umgateway/internal/exchangesim"
)

func TestPagesStandBesideTheRPCs(t *testing.T) {
	t.Parallel()
	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "the page "+r.URL.Path)
	})
	s, _ := newSimulated(t, gateway.Config{Pages: map[string]http.Handler{"GET /about/": page}})
	reply, body := s.rest(t.Context(), http.MethodGet, "/about/us", "")
	if reply.StatusCode != http.StatusOK || string(body) != "the page /about/us" {
		t.Errorf("the page answers %d %q", reply.StatusCode, body)
	}
	if reply.Header.Get("X-Request-Id") == "" {
		t.Error("the page was answered without a request id")
	}
	reply, body = s.rest(t.Context(), http.MethodGet, "/v1/calls/"+exchangesim.DocumentedCallID, "")
	if reply.StatusCode != http.StatusOK {
		t.Errorf("beside the page, an rpc answers %d %s", reply.StatusCode, body)
	}
	for name, c := range map[string]struct {
		verb, path, host string
		want             answered
	}{
		"another path":        {http.MethodGet, "/abouts", "", answered{codes.NotFound, "ROUTE_NOT_FOUND", 404}},
		"another verb":        {http.MethodPut, "/about/us", "", answered{codes.NotFound, "ROUTE_NOT_FOUND", 404}},
		"a name of elsewhere": {http.MethodGet, "/about/us", "evil.example", answered{codes.PermissionDenied, "HOST_FORBIDDEN", 403}},
	} {
		var header []string
		if c.host != "" {
			header = []string{"Host", c.host}
		}
		reply, body := s.rest(t.Context(), c.verb, c.path, "", header...)
		got := outcomeOfREST(t, reply, body)
		if got := (answered{got.code, got.reason, got.httpStatus}); got != c.want {
			t.Errorf("%s: the answer is %v, want %v", name, got, c.want)
		}
	}
}

func TestPagesThatCannotBeServedAreRefused(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{"GET /v1/calls", "/um.v1.CallService/", "/a/{b", "nothing"} {
		_, err := gateway.New(gateway.Config{
			Invoker: newBridge(t, "http://127.0.0.1:1", "https"),
			Pages:   map[string]http.Handler{pattern: http.NotFoundHandler()},
		})
		if err == nil || !strings.Contains(err.Error(), pattern) {
			t.Errorf("the page %q: the error is %v, want one that names it", pattern, err)
		}
	}
}

func TestPathsThatLeadNowhereSayWhatToDo(t *testing.T) {
	t.Parallel()
	plain, _ := newSimulated(t, gateway.Config{})
	documented, _ := newSimulated(t, gateway.Config{Pages: map[string]http.Handler{"GET /docs": http.NotFoundHandler()}})
	for name, c := range map[string]struct {
		stand      *stand
		path, want string
	}{
		"root":              {plain, "/", "there is nothing at this path: the methods are below /v1/"},
		"root, with docs":   {documented, "/", "there is nothing at this path: see /docs/"},
		"elsewhere":         {documented, "/favicon.ico", "there is nothing at this path: see /docs/"},
		"console":           {documented, "/console/", "the console is not served: start the gateway with --console"},
		"console, no slash": {plain, "/console", "the console is not served: start the gateway with --console"},
		"a slash in an id":  {documented, "/v1/calls/a/b", `no method has this path; an id in a path must be percent-encoded, "/" as %2F`},
	} {
		reply, body := c.stand.rest(t.Context(), http.MethodGet, c.path, "")
		if got := outcomeOfREST(t, reply, body); got.reason != "ROUTE_NOT_FOUND" || got.message != c.want {
			t.Errorf("%s: the answer is %s %q, want %q", name, got.reason, got.message, c.want)
		}
	}
}
