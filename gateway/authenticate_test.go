package gateway_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/umgateway/umgateway/gateway"
	"github.com/umgateway/umgateway/gateway/authn"
	"github.com/umgateway/umgateway/gateway/principal"
)

func TestCallersAreKnownToWhateverComesLater(t *testing.T) {
	t.Parallel()
	authenticator, err := authn.New(authn.Config{Basic: true}, authn.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		authorization string
		user          string // empty: anonymous
		code          codes.Code
		reason        string
	}{
		"nobody":              {"", "", codes.OK, ""},
		"basic":               {"Basic Ym9iOnNlY3JldA==", "bob", codes.OK, ""}, // bob:secret
		"another scheme":      {"Bearer x", "", codes.Unauthenticated, "CREDENTIALS_SCHEME_UNSUPPORTED"},
		"unreadable password": {"Basic ???", "", codes.Unauthenticated, "CREDENTIALS_MALFORMED"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			overEachFront(t, func(t *testing.T, f front) {
				var user string
				s := newStand(t, gateway.Config{
					Authenticator: func() *authn.Authenticator { return authenticator },
					Invoker: invoker(func(ctx context.Context, m protoreflect.MethodDescriptor, in proto.Message) (proto.Message, error) {
						credential, _ := principal.CredentialFromContext(ctx)
						user = credential.User()
						if md, _ := metadata.FromIncomingContext(ctx); len(md.Get("authorization")) > 0 {
							t.Error("the credential is still in the context")
						}
						return enabled(ctx, m, in)
					}),
				})
				var got outcome
				if f.name == "REST" {
					var header []string
					if c.authorization != "" {
						header = []string{"Authorization", c.authorization}
					}
					reply, body := s.rest(t.Context(), isUMEnabled.verb, isUMEnabled.path, "", header...)
					got = outcomeOfREST(t, reply, body)
					asked := strings.Join(reply.Header.Values("WWW-Authenticate"), ", ")
					if (reply.StatusCode == http.StatusUnauthorized) != strings.HasPrefix(asked, "Basic") {
						t.Errorf("the status is %d with the challenge %q", reply.StatusCode, asked)
					}
				} else {
					ctx := t.Context()
					if c.authorization != "" {
						ctx = metadata.AppendToOutgoingContext(ctx, "authorization", c.authorization)
					}
					got, _ = f.ask(ctx, t, s, isUMEnabled)
				}
				if got.code != c.code || got.reason != c.reason || user != c.user {
					t.Errorf("the answer is %v %s for %q, want %v %s for %q", got.code, got.reason, user, c.code, c.reason, c.user)
				}
			})
		})
	}
}

func TestHealthOfTheServicesFollowsTheBackendAndThatOfTheProcessDoesNot(t *testing.T) {
	t.Parallel()
	s := newStand(t, gateway.Config{Invoker: enabled})
	for _, serving := range []bool{true, false, true} {
		s.gateway.SetServing(serving)
		want := healthv1.HealthCheckResponse_NOT_SERVING
		if serving {
			want = healthv1.HealthCheckResponse_SERVING
		}
		for service, want := range map[string]healthv1.HealthCheckResponse_ServingStatus{
			"": healthv1.HealthCheckResponse_SERVING, "um.v1.CallService": want, "um.v1.MailboxService": want,
		} {
			reply, err := healthv1.NewHealthClient(s.grpc).Check(t.Context(), &healthv1.HealthCheckRequest{Service: service})
			if err != nil || reply.GetStatus() != want {
				t.Errorf("the health of %q is %v, %v; want %v", service, reply.GetStatus(), err, want)
			}
		}
	}
	s.stop()
	<-s.stopped
	s.gateway.SetServing(true) // must not panic, nor matter
}
