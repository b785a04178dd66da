package gateway_test

import (
	"context"
	"io"
	"net/http"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/umgateway/umgateway/gateway"
	"github.com/umgateway/umgateway/gateway/policy"
	"github.com/umgateway/umgateway/gateway/principal"
)

// whoAmI is a page that names its caller.
var whoAmI = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	caller, _ := principal.FromContext(r.Context())
	_, _ = io.WriteString(w, caller.Name()+r.Header.Get("Authorization"))
})

func TestCallerPagesAreForCallers(t *testing.T) {
	t.Parallel()
	open := gateway.Config{Invoker: enabled}
	for name, c := range map[string]struct {
		config        gateway.Config
		authorization string
		caller        string
		want          answered
	}{
		"open gateway":     {open, "", "", answered{codes.OK, "", 200}},
		"a caller":         {closed(t), alice, "alice", answered{codes.OK, "", 200}},
		"nobody":           {closed(t), "", "", answered{codes.Unauthenticated, "CREDENTIALS_MISSING", 401}},
		"nobody, no rules": {withoutPolicy(closed(t)), "", "", answered{codes.Unauthenticated, "CREDENTIALS_MISSING", 401}},
		"anybody known":    {withoutPolicy(closed(t)), "Basic Ym9iOnNlY3JldA==", "bob", answered{codes.OK, "", 200}},
		"unreadable":       {closed(t), "Basic ???", "", answered{codes.Unauthenticated, "CREDENTIALS_MALFORMED", 401}},
		"another scheme":   {closed(t), "Bearer x", "", answered{codes.Unauthenticated, "CREDENTIALS_SCHEME_UNSUPPORTED", 401}},
		"no right at all":  {closed(t), "Basic Ym9iOnNlY3JldA==", "", answered{codes.PermissionDenied, "CALL_FORBIDDEN", 403}}, // bob:secret
		"right backend":    {ofBackend(t, "north"), alice, "alice", answered{codes.OK, "", 200}},
		"wrong backend":    {ofBackend(t, "south"), alice, "", answered{codes.PermissionDenied, "CALL_FORBIDDEN", 403}},
		"a caller's third": {limited(t, closed(t)), alice, "", answered{codes.ResourceExhausted, "RATE_LIMITED", 429}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.config.CallerPages = map[string]http.Handler{"GET /who": whoAmI}
			s := newStand(t, c.config)
			var header []string
			if c.authorization != "" {
				header = []string{"Authorization", c.authorization}
			}
			if c.want.reason == "RATE_LIMITED" {
				for range 2 {
					s.rest(t.Context(), http.MethodGet, "/who", "", header...)
				}
			}
			reply, body := s.rest(t.Context(), http.MethodGet, "/who", "", header...)
			if c.want.httpStatus == http.StatusOK {
				if reply.StatusCode != http.StatusOK || string(body) != c.caller {
					t.Errorf("the page answers %d %q, want one for %q", reply.StatusCode, body, c.caller)
				}
				return
			}
			got := outcomeOfREST(t, reply, body)
			if got := (answered{got.code, got.reason, got.httpStatus}); got != c.want {
				t.Errorf("the answer is %v, want %v", got, c.want)
			}
			if asked := reply.Header.Get("WWW-Authenticate"); (asked != "") != (reply.StatusCode == http.StatusUnauthorized) {
				t.Errorf("the status is %d with the challenge %q", reply.StatusCode, asked)
			}
		})
	}
}

func withoutPolicy(config gateway.Config) gateway.Config {
	config.Policy = nil
	return config
}

// ofBackend is a gateway whose policy is about the backend north, and that has another or the same.
func ofBackend(t *testing.T, backend string) gateway.Config {
	t.Helper()
	rules, err := policy.New(policy.Config{Rules: []policy.Rule{{
		Name: "north", Callers: policy.Callers{Authenticated: true}, RPCs: []string{"*"}, Backends: []string{"north"},
	}}}, rpcs(), "north", "south")
	if err != nil {
		t.Fatal(err)
	}
	config := closed(t)
	config.Policy = func() *policy.Policy { return rules }
	config.Route = func(ctx context.Context, call *gateway.Call) context.Context {
		call.Backend = backend
		return ctx
	}
	return config
}

func TestCallerPagesPassTheGuardOfTheHost(t *testing.T) {
	t.Parallel()
	s := newStand(t, gateway.Config{Invoker: enabled, CallerPages: map[string]http.Handler{"GET /who": whoAmI}})
	reply, body := s.rest(t.Context(), http.MethodGet, "/who", "", "Host", "evil.example")
	if got := outcomeOfREST(t, reply, body); got.reason != "HOST_FORBIDDEN" {
		t.Errorf("a name of elsewhere gets %v %s", got.code, got.reason)
	}
}
