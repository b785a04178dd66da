package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/status"
)

// answers are what a caller gets for each kind of rpc.
type answers struct{ read, change, dial, forbidden string }

func all(answer string) answers { return answers{answer, answer, answer, answer} }

func TestWhoMayCall(t *testing.T) {
	t.Parallel()
	s := newSecured(t)
	s.serve(t, t.Output(), s.config(policyOfTheTests, ""))
	const ok = "OK "
	good := s.issuer.token(t, s.key, nil)
	next := newSigningKey(t, "second")
	for _, c := range []struct {
		name   string
		caller caller
		before func(t *testing.T)
		want   answers // of both fronts
	}{
		{"none", caller{}, nil,
			all("Unauthenticated CREDENTIALS_MISSING")},
		{"wrong CA", caller{certificate: newAuthority(t).sign(t, 3, "machine.example.com")}, nil,
			all("Unauthenticated CERTIFICATE_UNTRUSTED")},
		{"right certificate", caller{certificate: s.authority.sign(t, 4, "machine.example.com")}, nil,
			answers{ok, ok, "PermissionDenied CALL_FORBIDDEN", "PermissionDenied CALL_FORBIDDEN"}},
		{"right certificate of another", caller{certificate: s.authority.sign(t, 5, "machine.example.org")}, nil,
			all("PermissionDenied CALL_FORBIDDEN")},
		{"expired token", bearer(s.issuer.token(t, s.key, map[string]any{"exp": time.Now().Add(-time.Hour).Unix()})), nil,
			all("Unauthenticated TOKEN_EXPIRED")},
		{"wrong audience", bearer(s.issuer.token(t, s.key, map[string]any{"aud": "another"})), nil,
			all("Unauthenticated TOKEN_AUDIENCE_WRONG")},
		{"right token", bearer(good), nil,
			answers{ok, ok, ok, "PermissionDenied DIAL_FORBIDDEN"}},
		{"right token and wrong certificate", caller{certificate: newAuthority(t).sign(t, 6, "machine.example.com"), credential: "Bearer " + good}, nil,
			all("Unauthenticated CERTIFICATE_UNTRUSTED")},
		{"new key", bearer(s.issuer.token(t, next, nil)), func(t *testing.T) {
			s.issuer.publish(next)
			fresh := s.client(t, bearer(s.issuer.token(t, next, nil)))
			// The issuer is asked at most once in some seconds.
			eventually(t, "a token of the new key is accepted", func() bool { return fresh.overGRPC(t.Context(), readIt) == nil })
		}, answers{ok, ok, ok, "PermissionDenied DIAL_FORBIDDEN"}},
		{"withdrawn key", bearer(good), nil,
			all("Unauthenticated TOKEN_KEY_UNKNOWN")},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.before != nil {
				c.before(t)
			}
			caller := s.client(t, c.caller)
			for front, over := range map[string]func(context.Context, operation) error{"gRPC": caller.overGRPC, "REST": caller.overREST} {
				for _, ask := range []struct {
					name string
					operation
					want string
				}{
					{"read", readIt, c.want.read}, {"change", changeIt, c.want.change}, {"dial", dial("4255550100"), c.want.dial}, {"dial what is forbidden", dial("9005550100"), c.want.forbidden},
				} {
					err := over(t.Context(), ask.operation)
					if got := status.Code(err).String() + " " + reasonOf(err); got != ask.want {
						t.Errorf("%s, %s: %s, want %s (%v)", front, ask.name, got, ask.want, err)
					}
				}
			}
			if strings.HasPrefix(c.want.read, "Unauthenticated") {
				wantChallenge(t, caller)
			}
		})
	}
}

// wantChallenge asks for the header that a reply of the status 401 must have (RFC 9110 section 15.5.2).
func wantChallenge(t *testing.T, c *client) {
	t.Helper()
	reply, _, err := c.send(t.Context(), readIt)
	if err != nil {
		t.Fatal(err)
	}
	if reply.StatusCode != 401 || reply.Header.Get("WWW-Authenticate") == "" {
		t.Errorf("the status is %d with the challenge %q", reply.StatusCode, reply.Header.Get("WWW-Authenticate"))
	}
}
