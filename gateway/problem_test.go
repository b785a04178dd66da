package gateway_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/umgateway/umgateway/gateway"
)

// TestProblemsAreThoseOfRFC9457 compares whole answers. The members, their types and the content type are those of section 3.1.
func TestProblemsAreThoseOfRFC9457(t *testing.T) {
	t.Parallel()
	s, _ := newSimulated(t, gateway.Config{})
	const domain = `"@type":"type.googleapis.com/google.rpc.ErrorInfo","domain":"umgateway"`
	const request = `{"@type":"type.googleapis.com/google.rpc.RequestInfo","requestId":"a:b/c"}`
	for name, c := range map[string]struct {
		verb, path, body string
		status           int
		want             string
	}{
		"unknown path": {http.MethodGet, "/v1/nothing", "", 404, `{
			"type": "https://github.com/umgateway/umgateway/blob/main/docs/reasons.md#route_not_found",
			"title": "Route not found", "status": 404, "instance": "a%3Ab%2Fc", "code": 5, "reason": "ROUTE_NOT_FOUND",
			"detail": "no method has this path; an id in a path must be percent-encoded, \"/\" as %2F",
			"details": [{` + domain + `,"reason":"ROUTE_NOT_FOUND"}, ` + request + `]}`},
		"wrong method": {http.MethodDelete, "/v1/calls/x", "", 405, `{
			"type": "https://github.com/umgateway/umgateway/blob/main/docs/reasons.md#method_not_allowed",
			"title": "Method not allowed", "status": 405, "instance": "a%3Ab%2Fc", "code": 12, "reason": "METHOD_NOT_ALLOWED",
			"detail": "this path does not have the method DELETE, but GET",
			"details": [{` + domain + `,"reason":"METHOD_NOT_ALLOWED"}, ` + request + `]}`},
		"bad request": {http.MethodPost, "/v1/calls:disconnect", "{}", 400, `{
			"type": "https://github.com/umgateway/umgateway/blob/main/docs/reasons.md#request_invalid",
			"title": "Request invalid", "status": 400, "instance": "a%3Ab%2Fc", "code": 3, "reason": "REQUEST_INVALID",
			"detail": "call_id: value is required",
			"details": [{` + domain + `,"reason":"REQUEST_INVALID"},
				{"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[{"field":"call_id","description":"value is required"}]},
				` + request + `]}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reply, body := s.rest(t.Context(), c.verb, c.path, c.body, "Accept", "application/problem+json", "X-Request-Id", "a:b/c")
			if kind := reply.Header.Get("Content-Type"); kind != "application/problem+json" || reply.StatusCode != c.status {
				t.Errorf("the answer is %d of type %q", reply.StatusCode, kind)
			}
			if diff := cmp.Diff(decoded(t, []byte(c.want)), decoded(t, body)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func decoded(t *testing.T, text []byte) (value any) {
	t.Helper()
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return value
}

func TestProblemsAreForThoseWhoAskForThem(t *testing.T) {
	t.Parallel()
	s, _ := newSimulated(t, gateway.Config{})
	const plain, problem = "application/json", "application/problem+json"
	for accept, want := range map[string]string{
		"":                                       plain,
		"*/*":                                    plain,
		"application/*":                          plain,
		"application/json":                       plain,
		"text/html, nonsense;;=, */*;q=0.1":      plain,
		"application/problem+json":               problem,
		"Application/Problem+JSON; charset=utf8": problem,
		"application/json, application/problem+json":             problem,
		"application/json, application/problem+json;q=0.5":       plain,
		"application/json;q=0.4, application/problem+json;q=0.5": problem,
		"application/problem+json;q=0":                           plain,
		"application/problem+json;q=much":                        plain,
	} {
		reply, _ := s.rest(t.Context(), http.MethodGet, "/v1/nothing", "", "Accept", accept)
		if got := reply.Header.Get("Content-Type"); got != want {
			t.Errorf("who accepts %q gets %q, want %q", accept, got, want)
		}
	}
	reply, _ := s.rest(t.Context(), http.MethodGet, "/v1/mailbox:umEnabled", "", "Accept", problem)
	if got := reply.Header.Get("Content-Type"); got != plain {
		t.Errorf("an answer that is no error is of type %q", got)
	}
}

func TestTimeoutCanBeSaidInSeconds(t *testing.T) {
	t.Parallel()
	left := make(chan time.Duration, 1)
	s := newStand(t, gateway.Config{
		DefaultTimeout: 20 * time.Second, MaxTimeout: 30 * time.Second,
		Invoker: invoker(func(ctx context.Context, m protoreflect.MethodDescriptor, in proto.Message) (proto.Message, error) {
			deadline, _ := ctx.Deadline()
			left <- time.Until(deadline)
			return enabled(ctx, m, in)
		}),
	})
	for sent, most := range map[string]time.Duration{
		"25": 25 * time.Second, "5.5": 5500 * time.Millisecond, "1e9": 30 * time.Second, "100000": 30 * time.Second,
	} {
		s.rest(t.Context(), isUMEnabled.verb, isUMEnabled.path, "", "Request-Timeout", sent)
		if got := <-left; got > most || got < most-time.Second {
			t.Errorf("with %s the exchange may take %v, want %v", sent, got, most)
		}
	}
	for name, header := range map[string][]string{
		"no number":    {"Request-Timeout", "soon"},
		"nothing":      {"Request-Timeout", ""},
		"not a number": {"Request-Timeout", "NaN"},
		"zero":         {"Request-Timeout", "0"},
		"negative":     {"Request-Timeout", "-1"},
		"infinite":     {"Request-Timeout", "Inf"},
		"two":          {"Request-Timeout", "5", "Grpc-Timeout", "5S"},
	} {
		reply, body := s.rest(t.Context(), isUMEnabled.verb, isUMEnabled.path, "", header...)
		if got := outcomeOfREST(t, reply, body); got.httpStatus != http.StatusBadRequest || got.reason != "REQUEST_INVALID" {
			t.Errorf("%s is answered with %d %s", name, got.httpStatus, got.reason)
		}
	}
}
