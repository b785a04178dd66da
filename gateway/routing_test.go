package gateway_test

import (
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/umgateway/umgateway/gateway"
)

func TestRequestsThatReachNoRPC(t *testing.T) {
	t.Parallel()
	s, sim := newSimulated(t, gateway.Config{MaxRequestBytes: 2 << 20})
	const post, get = http.MethodPost, http.MethodGet
	for name, c := range map[string]struct {
		verb, path, body string
		want             answered
		allow            string
	}{
		"unknown path":           {get, "/v1/nothing", "", answered{codes.NotFound, "ROUTE_NOT_FOUND", 404}, ""},
		"root":                   {get, "/", "", answered{codes.NotFound, "ROUTE_NOT_FOUND", 404}, ""},
		"unknown verb":           {post, "/v1/mailbox:explode", "", answered{codes.NotFound, "ROUTE_NOT_FOUND", 404}, ""},
		"raw slash in an id":     {get, "/v1/calls/a/b", "", answered{codes.NotFound, "ROUTE_NOT_FOUND", 404}, ""},
		"get of a command":       {get, "/v1/mailbox:resetPin", "", answered{codes.Unimplemented, "METHOD_NOT_ALLOWED", 405}, "POST"},
		"post of a read":         {post, "/v1/mailbox:umEnabled", "{}", answered{codes.Unimplemented, "METHOD_NOT_ALLOWED", 405}, "GET"},
		"delete of a call":       {http.MethodDelete, "/v1/calls/x", "", answered{codes.Unimplemented, "METHOD_NOT_ALLOWED", 405}, "GET"},
		"put of a command":       {http.MethodPut, "/v1/calls:playOnPhone", "{}", answered{codes.Unimplemented, "METHOD_NOT_ALLOWED", 405}, "POST"},
		"body above the limit":   {post, "/v1/calls:disconnect", strings.Repeat(" ", 2<<20+1), answered{codes.ResourceExhausted, "BODY_TOO_LARGE", 413}, ""},
		"body just at the limit": {post, "/v1/calls:disconnect", strings.Repeat(" ", 2<<20), answered{codes.InvalidArgument, "REQUEST_INVALID", 400}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			reply, body := s.rest(t.Context(), c.verb, c.path, c.body)
			got := outcomeOfREST(t, reply, body)
			if got := (answered{got.code, got.reason, got.httpStatus}); got != c.want {
				t.Errorf("the answer is %v, want %v", got, c.want)
			}
			if got := reply.Header.Get("Allow"); got != c.allow {
				t.Errorf("Allow is %q, want %q", got, c.allow)
			}
			if reply.Header.Get("X-Request-Id") == "" {
				t.Error("the answer has no request id")
			}
		})
	}
	if n := sim.Posts(); n != 0 {
		t.Errorf("the backend saw %d requests, want none", n)
	}
}

func TestMethodOverrideAndFormsDoNotTurnOneMethodIntoAnother(t *testing.T) {
	t.Parallel()
	s, sim := newSimulated(t, gateway.Config{})
	for _, header := range [][]string{
		{"X-HTTP-Method-Override", "GET"},
		{"X-HTTP-Method-Override", "GET", "Content-Type", "application/x-www-form-urlencoded"},
		{"Content-Type", "application/x-www-form-urlencoded"},
	} {
		if reply, _ := s.rest(t.Context(), http.MethodPost, "/v1/mailbox:umEnabled", "", header...); reply.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("with %q the status is %d, want 405", header, reply.StatusCode)
		}
	}
	if n := sim.Posts(); n != 0 {
		t.Errorf("the backend saw %d requests, want none", n)
	}
}

func TestForeignWebPagesAreRefused(t *testing.T) {
	t.Parallel()
	s, sim := newSimulated(t, gateway.Config{AllowedOrigins: []string{"https://console.example.com"}, AllowedHosts: []string{"um.example.com"}})
	const post, get = http.MethodPost, http.MethodGet
	for name, c := range map[string]struct {
		verb, path string
		header     []string
		want       int
	}{
		"no browser":                   {post, "/v1/mailbox:resetPin", nil, 200},
		"own page":                     {post, "/v1/mailbox:resetPin", []string{"Sec-Fetch-Site", "same-origin"}, 200},
		"other page":                   {post, "/v1/mailbox:resetPin", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		"other page on this machine":   {post, "/v1/mailbox:resetPin", []string{"Sec-Fetch-Site", "same-site"}, 403},
		"other page of an old browser": {post, "/v1/mailbox:resetPin", []string{"Origin", "https://evil.example.com"}, 403},
		"sandboxed page":               {post, "/v1/mailbox:resetPin", []string{"Origin", "null"}, 403},
		"allowed page":                 {post, "/v1/mailbox:resetPin", []string{"Origin", "https://console.example.com", "Sec-Fetch-Site", "cross-site"}, 200},
		"foreign host":                 {get, "/v1/mailbox:umEnabled", []string{"Host", "evil.example.com"}, 403},
		"foreign host with port":       {get, "/v1/mailbox:umEnabled", []string{"Host", "evil.example.com:8080"}, 403},
		"foreign host like localhost":  {get, "/v1/mailbox:umEnabled", []string{"Host", "localhost.example.com"}, 403},
		"foreign address":              {get, "/v1/mailbox:umEnabled", []string{"Host", "192.0.2.1"}, 403},
		"localhost":                    {get, "/v1/mailbox:umEnabled", []string{"Host", "localhost:8080"}, 200},
		"localhost with a dot":         {get, "/v1/mailbox:umEnabled", []string{"Host", "LOCALHOST."}, 200},
		"loopback address":             {get, "/v1/mailbox:umEnabled", []string{"Host", "127.1.2.3:1"}, 200},
		"IPv6 loopback address":        {get, "/v1/mailbox:umEnabled", []string{"Host", "[::1]:8080"}, 200},
		"allowed host":                 {get, "/v1/mailbox:umEnabled", []string{"Host", "UM.example.com:443"}, 200},
	} {
		t.Run(name, func(t *testing.T) {
			before := sim.Posts()
			reply, body := s.rest(t.Context(), c.verb, c.path, "", c.header...)
			if reply.StatusCode != c.want {
				t.Errorf("the status is %d, want %d: %s", reply.StatusCode, c.want, body)
			}
			if c.want == http.StatusForbidden {
				if got := outcomeOfREST(t, reply, body); got.code != codes.PermissionDenied {
					t.Errorf("the code is %v, want PermissionDenied", got.code)
				}
				if sim.Posts() != before {
					t.Error("the backend was asked all the same")
				}
			}
		})
	}
}

func TestAllowedOriginGetsCORSHeadersAndOthersDoNot(t *testing.T) {
	t.Parallel()
	s, _ := newSimulated(t, gateway.Config{AllowedOrigins: []string{"https://console.example.com"}})
	for origin, want := range map[string]string{
		"https://console.example.com": "https://console.example.com", "https://evil.example.com": "",
	} {
		reply, _ := s.rest(t.Context(), http.MethodOptions, "/v1/calls:playOnPhone", "",
			"Origin", origin, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "content-type")
		if got := reply.Header.Get("Access-Control-Allow-Origin"); got != want {
			t.Errorf("%s is allowed as %q, want %q", origin, got, want)
		}
		reply, _ = s.rest(t.Context(), http.MethodGet, "/v1/mailbox:umEnabled", "", "Origin", origin)
		if got := reply.Header.Get("Access-Control-Allow-Origin"); got != want {
			t.Errorf("%s may read as %q, want %q", origin, got, want)
		}
	}
}
