package principal_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/umgateway/umgateway/gateway/internal/seal"
	"github.com/umgateway/umgateway/gateway/principal"
	"github.com/umgateway/umgateway/gateway/principal/principaltest"
)

func TestWithoutAGenuineSealNothingIsMade(t *testing.T) {
	t.Parallel()
	var forged seal.Seal
	if p, err := principal.New(forged, principal.Facts{Kind: principal.JWT, Name: "alice"}); err == nil || p.Kind() != principal.None {
		t.Errorf("New made %v", p)
	}
	if ctx, err := principal.NewContext(t.Context(), forged, principal.Principal{}); err == nil || ctx != nil {
		t.Error("NewContext made a context")
	}
	if ctx, err := principal.NewCredentialContext(t.Context(), forged, principal.BasicCredential{}); err == nil || ctx != nil {
		t.Error("NewCredentialContext made a context")
	}
}

func TestContradictoryFactsAreRefused(t *testing.T) {
	t.Parallel()
	for name, facts := range map[string]principal.Facts{
		"no name":                           {Kind: principal.MTLS},
		"unknown kind":                      {Kind: principal.JWT + 1, Name: "alice"},
		"negative kind":                     {Kind: -1, Name: "alice"},
		"anonymous with a name":             {Name: "alice"},
		"anonymous with a role":             {Roles: []string{"operator"}},
		"anonymous with a scope":            {Scopes: []string{"dial"}},
		"anonymous with a certificate name": {CertificateNames: []string{"dns:a.example.com"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if p, err := principal.New(seal.New(), facts); err == nil {
				t.Errorf("made %v", p)
			}
		})
	}
}

func TestZeroPrincipalIsAnonymousAndHasNoRights(t *testing.T) {
	t.Parallel()
	var p principal.Principal
	if p.Kind() != principal.None || p.Verified() || p.Name() != "" || p.HasRole("") || p.HasScope("") || p.HasCertificateName("") {
		t.Errorf("the zero principal is %+v", p)
	}
}

func TestOnlyCheckedCredentialsAreVerified(t *testing.T) {
	t.Parallel()
	for kind, want := range map[principal.Kind]bool{principal.Basic: false, principal.MTLS: true, principal.JWT: true} {
		if got := principaltest.New(t, principal.Facts{Kind: kind, Name: "alice"}).Verified(); got != want {
			t.Errorf("%v: verified is %v", kind, got)
		}
	}
}

func TestKeysOfDifferentCallersDiffer(t *testing.T) {
	t.Parallel()
	seen := map[string]principal.Facts{}
	for _, facts := range []principal.Facts{
		{},
		{Kind: principal.Basic, Name: "alice"},
		{Kind: principal.MTLS, Name: "alice"},
		{Kind: principal.JWT, Name: "alice"},
		{Kind: principal.JWT, Name: "alice", Issuer: "https://a.example.com"},
		{Kind: principal.JWT, Name: "alice", Issuer: "https://b.example.com"},
		{Kind: principal.JWT, Name: "a:alice", Issuer: "https"},
		{Kind: principal.JWT, Name: "alice", Issuer: "https:a"},
		{Kind: principal.JWT, Name: "%3Aalice", Issuer: "https"},
		{Kind: principal.JWT, Name: ":alice", Issuer: "https"},
		{Kind: principal.JWT, Name: "none"},
	} {
		key := principaltest.New(t, facts).Key()
		if other, twice := seen[key]; twice {
			t.Errorf("%+v and %+v share the key %q", facts, other, key)
		}
		seen[key] = facts
	}
}

func TestPrincipalCannotBeChangedFromOutside(t *testing.T) {
	t.Parallel()
	roles := []string{"reader"}
	p := principaltest.New(t, principal.Facts{Kind: principal.JWT, Name: "alice", Roles: roles, Scopes: roles, CertificateNames: roles})
	roles[0] = "operator"
	p.Roles()[0], p.Scopes()[0], p.CertificateNames()[0] = "operator", "operator", "operator"
	if !p.HasRole("reader") || !p.HasScope("reader") || !p.HasCertificateName("reader") || p.HasRole("operator") {
		t.Errorf("the rights became %v, %v, %v", p.Roles(), p.Scopes(), p.CertificateNames())
	}
}

func TestContextHoldsTheLastPrincipal(t *testing.T) {
	t.Parallel()
	if p, ok := principal.FromContext(t.Context()); ok || p.Kind() != principal.None {
		t.Error("a principal in a context that no interceptor has seen")
	}
	alice := principaltest.New(t, principal.Facts{Kind: principal.JWT, Name: "alice"})
	ctx := principaltest.Context(t.Context(), t, alice)
	if p, ok := principal.FromContext(ctx); !ok || p.Name() != "alice" {
		t.Errorf("got %v, %v", p, ok)
	}
	ctx = principaltest.Context(ctx, t, principal.Principal{})
	if p, ok := principal.FromContext(ctx); !ok || p.Kind() != principal.None {
		t.Errorf("an anonymous call inside runs as %v", p)
	}
}

func TestCredentialIsShownByNoPrinter(t *testing.T) {
	t.Parallel()
	ctx := principaltest.CredentialContext(t.Context(), t, `MARK\user`, "MARKword")
	c, ok := principal.CredentialFromContext(ctx)
	if !ok || c.User() != `MARK\user` || c.Password() != "MARKword" {
		t.Fatal("the credential is lost")
	}
	var logged bytes.Buffer
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("x", "c", c, "p", &c, "s", []any{c})
	slog.New(slog.NewTextHandler(&logged, nil)).Info("x", "c", c, "p", &c, "s", []any{c})
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T"} {
		fmt.Fprintf(&logged, verb, c)
		fmt.Fprintf(&logged, verb, &c)
		fmt.Fprintf(&logged, verb, struct{ C principal.BasicCredential }{c})
		fmt.Fprintf(&logged, verb, struct{ c principal.BasicCredential }{c})
	}
	fmt.Fprint(&logged, c, c.String(), []principal.BasicCredential{c}, map[string]any{"c": c})
	if text, err := json.Marshal(map[string]any{"c": c, "p": &c}); err != nil {
		t.Error(err)
	} else {
		logged.Write(text)
	}
	if hex := fmt.Sprintf("%x", "MARK"); strings.Contains(logged.String(), "MARK") || strings.Contains(logged.String(), hex) {
		t.Errorf("shown: %s", logged.String())
	}
}

func TestLogValueNamesTheCaller(t *testing.T) {
	t.Parallel()
	for want, facts := range map[string]principal.Facts{
		"none":                         {},
		"[kind=mtls name=dns:a]":       {Kind: principal.MTLS, Name: "dns:a"},
		"[kind=jwt name=bob issuer=i]": {Kind: principal.JWT, Name: "bob", Issuer: "i", Roles: []string{"r"}},
	} {
		if got := principaltest.New(t, facts).LogValue().String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
