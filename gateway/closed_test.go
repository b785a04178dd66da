package gateway_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/umgateway/umgateway/gateway"
	"github.com/umgateway/umgateway/gateway/authn"
	"github.com/umgateway/umgateway/gateway/policy"
	"github.com/umgateway/umgateway/gateway/ratelimit"
	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

// alice is "alice:secret".
const alice = "Basic YWxpY2U6c2VjcmV0"

// closed is a gateway that only alice may use, to ask for her mailbox and to dial 4255550100.
func closed(t *testing.T) gateway.Config {
	t.Helper()
	authenticator, err := authn.New(authn.Config{Basic: true}, authn.Options{})
	if err != nil {
		t.Fatal(err)
	}
	rules, err := policy.New(policy.Config{Rules: []policy.Rule{{
		Name: "alice", Callers: policy.Callers{Names: []string{"alice"}},
		RPCs: []string{"um.v1.MailboxService/*", "um.v1.CallService/PlayOnPhone"}, Dial: policy.Dial{Allow: []string{"4255550100"}},
	}}}, rpcs())
	if err != nil {
		t.Fatal(err)
	}
	return gateway.Config{
		Invoker:       enabled,
		Authenticator: func() *authn.Authenticator { return authenticator },
		Policy:        func() *policy.Policy { return rules },
	}
}

func rpcs() []string {
	return []string{
		"/um.v1.MailboxService/IsUMEnabled", "/um.v1.CallService/PlayOnPhone", "/um.v1.CallService/WatchCall",
		"/um.v1.CallService/RenewLease", "/um.v1.CallService/Disconnect",
	}
}

func TestReflectionIsForCallersAndHealthForEverybody(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		config        gateway.Config
		authorization string
		want          codes.Code
	}{
		"open gateway":     {gateway.Config{Invoker: enabled}, "", codes.OK},
		"nobody":           {closed(t), "", codes.Unauthenticated},
		"unreadable":       {closed(t), "Basic ???", codes.Unauthenticated},
		"somebody else":    {closed(t), "Bearer x", codes.Unauthenticated},
		"a caller":         {closed(t), alice, codes.OK},
		"a caller's third": {limited(t, closed(t)), alice, codes.ResourceExhausted},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			told := newRefusals()
			c.config.Refused = told.add
			s := newStand(t, c.config)
			ctx := t.Context()
			if c.authorization != "" {
				ctx = metadata.AppendToOutgoingContext(ctx, "authorization", c.authorization)
			}
			if c.want == codes.ResourceExhausted {
				for range 2 {
					_ = reflect(ctx, t, s)
				}
			}
			if err := reflect(ctx, t, s); status.Code(err) != c.want {
				t.Errorf("reflection answers %v, want %v", err, c.want)
			}
			if n := len(told.all()); n > 1 || (n == 1) != (c.want != codes.OK) {
				t.Errorf("%q is told of what is refused", told.all())
			}
			if _, err := healthv1.NewHealthClient(s.grpc).Check(t.Context(), &healthv1.HealthCheckRequest{}); err != nil {
				t.Errorf("health answers %v", err)
			}
		})
	}
}

// reflect asks for the services.
func reflect(ctx context.Context, t *testing.T, s *stand) error {
	t.Helper()
	stream, err := reflectionv1.NewServerReflectionClient(s.grpc).ServerReflectionInfo(ctx)
	if err != nil {
		t.Fatal(err)
	}
	err = stream.Send(&reflectionv1.ServerReflectionRequest{
		MessageRequest: &reflectionv1.ServerReflectionRequest_ListServices{ListServices: "*"},
	})
	if err == nil {
		err = stream.CloseSend()
	}
	if err != nil {
		t.Log(err) // what Recv returns says why
	}
	_, err = stream.Recv()
	return err
}

// limited lets each caller call twice.
func limited(t *testing.T, config gateway.Config) gateway.Config {
	t.Helper()
	limiter, err := ratelimit.New(ratelimit.Config{PerCaller: ratelimit.Limit{Rate: 0.001, Burst: 2}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	config.Limiter = func() *ratelimit.Limiter { return limiter }
	return config
}

func TestOnlyCallersLearnWhatIsWrongWithARequest(t *testing.T) {
	t.Parallel()
	s := newStand(t, closed(t))
	for name, c := range map[string]struct{ verb, path, body string }{
		"not JSON":          {http.MethodPost, "/v1/calls:playOnPhone", "{"},
		"unknown field":     {http.MethodPost, "/v1/calls:playOnPhone", `{"dialStrink": "1"}`},
		"missing field":     {http.MethodPost, "/v1/calls:playOnPhone", `{}`},
		"unknown parameter": {http.MethodGet, "/v1/mailbox:umEnabled?mailbox=x", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reply, body := s.rest(t.Context(), c.verb, c.path, c.body)
			if got := outcomeOfREST(t, reply, body); got.code != codes.Unauthenticated || got.reason != "CREDENTIALS_MISSING" {
				t.Errorf("nobody gets %v %s", got.code, got.reason)
			}
			if reply.Header.Get("WWW-Authenticate") == "" {
				t.Error("the refusal names no scheme")
			}
			reply, body = s.rest(t.Context(), c.verb, c.path, c.body, "Authorization", alice)
			if got := outcomeOfREST(t, reply, body); got.code != codes.InvalidArgument {
				t.Errorf("a caller gets %v %s", got.code, got.reason)
			}
		})
	}
}

func TestRequestsThatCannotBeReadCountAgainstTheLimit(t *testing.T) {
	t.Parallel()
	s := newStand(t, limited(t, gateway.Config{Invoker: enabled}))
	for i, want := range []codes.Code{codes.InvalidArgument, codes.InvalidArgument, codes.ResourceExhausted} {
		reply, body := s.rest(t.Context(), http.MethodPost, "/v1/calls:playOnPhone", "{")
		if got := outcomeOfREST(t, reply, body); got.code != want {
			t.Errorf("request %d gets %v %s, want %v", i, got.code, got.reason, want)
		}
		if (want == codes.ResourceExhausted) != (reply.Header.Get("Retry-After") != "") {
			t.Errorf("request %d: Retry-After is %q", i, reply.Header.Get("Retry-After"))
		}
	}
}

func TestPolicyDecidesAboutWatchingAndRenewing(t *testing.T) {
	t.Parallel()
	s := newStand(t, closed(t))
	ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", alice)
	calls := umv1.NewCallServiceClient(s.grpc)
	stream, err := calls.WatchCall(ctx, &umv1.WatchCallRequest{CallId: "AAAA"})
	if err == nil {
		_, err = stream.Recv()
	}
	if got := outcomeOfGRPC(t, err); got.code != codes.PermissionDenied || got.reason != "CALL_FORBIDDEN" {
		t.Errorf("watching gets %v %s", got.code, got.reason)
	}
	_, err = calls.RenewLease(ctx, &umv1.RenewLeaseRequest{CallId: "AAAA"})
	if got := outcomeOfGRPC(t, err); got.code != codes.PermissionDenied || got.reason != "CALL_FORBIDDEN" {
		t.Errorf("renewing gets %v %s", got.code, got.reason)
	}
	reply, body := s.rest(t.Context(), http.MethodGet, "/v1/calls/AAAA:watch", "", "Authorization", alice)
	if got := outcomeOfREST(t, reply, body); got.code != codes.PermissionDenied {
		t.Errorf("watching over REST gets %v %s", got.code, got.reason)
	}
}

// records keeps what an auditor is told.
type records struct {
	mu     sync.Mutex
	reason []string
}

func (*records) Ready() error { return nil }

func (r *records) Record(_ context.Context, _ *gateway.Call, e *gateway.Error, _ time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	reason := "OK"
	if e != nil {
		reason = e.Reason
	}
	r.reason = append(r.reason, reason)
}

func TestEachChangeIsRecordedHoweverItEnds(t *testing.T) {
	t.Parallel()
	kept := &records{}
	config := closed(t)
	config.Auditor = kept
	config.Invoker = invoker(func(context.Context, protoreflect.MethodDescriptor, proto.Message) (proto.Message, error) {
		panic("a defect of the test")
	})
	s := newStand(t, config)
	ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", alice)
	calls := umv1.NewCallServiceClient(s.grpc)
	for _, number := range []string{"4255550100", "911", ""} {
		if _, err := calls.PlayOnPhone(ctx, &umv1.PlayOnPhoneRequest{EntryId: "AAAA", DialString: number}); err == nil {
			t.Errorf("dialling %q succeeds", number)
		}
	}
	s.rest(t.Context(), http.MethodPost, "/v1/calls:playOnPhone", "{", "Authorization", alice)
	kept.mu.Lock()
	defer kept.mu.Unlock()
	if got, want := strings.Join(kept.reason, " "), "INTERNAL DIAL_FORBIDDEN REQUEST_INVALID REQUEST_INVALID"; got != want {
		t.Errorf("recorded: %s, want %s", got, want)
	}
}
