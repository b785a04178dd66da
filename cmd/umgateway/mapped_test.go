package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
	"github.com/umgateway/umgateway/internal/exchangesim"
)

const everythingToCallers = `
policy:
  rules:
    - {name: callers, callers: {authenticated: true}, rpcs: ["*"], dial: {allow: ["*"]}}
`

// identities is a file that names identities of alice, who shows a token, and of a machine.
func (s *secured) identities(t *testing.T, alice, machine string) string {
	t.Helper()
	return replaceFile(t, filepath.Join(s.directory, "identities.yaml"),
		"identities:\n- {kind: jwt, issuer: "+s.issuer.URL+", name: alice, "+alice+"}\n- {kind: mtls, name: \"dns:machine.example.com\", "+machine+"}\n")
}

// ask dials as alice and as the machine, and checks who is refused.
func (s *secured) askAsEachCaller(t *testing.T, o operation) {
	t.Helper()
	for name, c := range map[string]struct {
		caller caller
		want   string
	}{
		"alice":             {bearer(s.issuer.token(t, s.key, nil)), "OK "},
		"a machine":         {caller{certificate: s.authority.sign(t, 9, "machine.example.com")}, "OK "},
		"who is not mapped": {bearer(s.issuer.token(t, s.key, map[string]any{"sub": "mallory"})), "PermissionDenied " + reasonNotMapped},
		"nobody":            {caller{}, "Unauthenticated CREDENTIALS_MISSING"},
	} {
		client := s.client(t, c.caller)
		for _, err := range []error{client.overGRPC(t.Context(), o), client.overREST(t.Context(), o)} {
			if got := status.Code(err).String() + " " + reasonOf(err); got != c.want {
				t.Errorf("%s gets %s, want %s (%v)", name, got, c.want, err)
			}
		}
	}
}

func TestMappedCallersHaveAccountsOfTheirOwn(t *testing.T) {
	t.Parallel()
	s := newSecured(t)
	var err error
	if s.sim, err = exchangesim.New(exchangesim.Config{UserHeader: "X-User"}); err != nil {
		t.Fatal(err)
	}
	s.backend = &basicFront{sim: s.sim, attempts: map[string]int{}}
	replaceFile(t, filepath.Join(s.directory, "a.password"), "password of a.smith")
	replaceFile(t, filepath.Join(s.directory, "m.password"), "password of machine")
	trail := filepath.Join(s.directory, "audit.log")
	s.serve(t, t.Output(), s.config(everythingToCallers, ""), "--backend-identity", "mapped", "--backend-auth", "basic",
		"--backend-allow-insecure-basic", "--audit-file", trail,
		"--backend-identities-file", s.identities(t, "username: a.smith, password_file: a.password", "username: machine, password_file: m.password"))
	s.askAsEachCaller(t, dial("4255550100"))
	for user, want := range map[string]int{"a.smith": 2, "machine": 2} {
		if got := len(s.sim.Calls(user)); got != want {
			t.Errorf("%s has placed %d calls, want %d", user, got, want)
		}
	}
	if !strings.Contains(read(t, trail), `"identity":"a.smith"`) {
		t.Error("the audit log does not tell as whom a call was made")
	}
	err = s.client(t, bearer(s.issuer.token(t, s.key, nil))).overGRPC(t.Context(), operation{"/um.v1.CallService/PlayOnPhone",
		&umv1.PlayOnPhoneRequest{EntryId: "AAAA", DialString: "1", Lease: &umv1.HangUpLease{MaxDuration: durationpb.New(time.Minute)}},
		&umv1.PlayOnPhoneResponse{}, "", ""})
	if reasonOf(err) != "LEASE_UNSUPPORTED" {
		t.Errorf("a lease of a call that could not be hung up later gets %v", err)
	}
}

func TestImpersonatedCallersHaveMailboxesOfTheirOwn(t *testing.T) {
	t.Parallel()
	s := newSecured(t)
	s.path = exchangesim.EWSPath
	s.serve(t, t.Output(), s.config(everythingToCallers, ""), "--backend-identity", "impersonated", "--backend-dialect", "ews",
		"--backend-identities-file", s.identities(t, "smtp_address: alice@example.com", "principal_name: machine@example.com"))
	o := operation{"/um.v1.CallService/PlayOnPhone", &umv1.PlayOnPhoneRequest{ItemId: "AAAA", DialString: "4255550100"},
		&umv1.PlayOnPhoneResponse{}, "POST", "/v1/calls:playOnPhone"}
	s.askAsEachCaller(t, o)
	found := map[string]int{}
	for _, e := range s.sim.Exchanges() {
		for _, element := range []string{"<t:PrimarySmtpAddress>alice@example.com<", "<t:PrincipalName>machine@example.com<"} {
			found[element] += strings.Count(e.Request, element)
		}
	}
	if len(s.sim.Exchanges()) != 4 || found["<t:PrimarySmtpAddress>alice@example.com<"] != 2 || found["<t:PrincipalName>machine@example.com<"] != 2 {
		t.Errorf("%d requests, in which there are %v", len(s.sim.Exchanges()), found)
	}
}
