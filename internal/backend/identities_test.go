package backend

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func openIdentities(t *testing.T, mode, text string) (*Identities, string, error) {
	t.Helper()
	directory := t.TempDir()
	write(t, filepath.Join(directory, "alice.password"), "secret\n")
	path := filepath.Join(directory, "identities.yaml")
	write(t, path, text)
	i, err := Settings{Identity: mode, IdentitiesFile: path}.OpenIdentities(slog.New(slog.DiscardHandler))
	return i, path, err
}

func TestMistakesInTheFileOfIdentitiesAreNamed(t *testing.T) {
	t.Parallel()
	const alice = "identities:\n- {kind: mtls, name: 'dns:a', "
	for name, c := range map[string]struct{ mode, text, want string }{
		"an account":          {IdentityMapped, alice + "username: u, password_file: alice.password}", ""},
		"an address":          {IdentityImpersonated, alice + "smtp_address: alice@example.com}", ""},
		"a principal name":    {IdentityImpersonated, alice + "principal_name: alice@example.com}", ""},
		"nothing":             {IdentityMapped, "", "EOF"},
		"no entries":          {IdentityMapped, "identities: []", "no identities"},
		"an unknown key":      {IdentityMapped, alice + "user: u}", "user"},
		"no password":         {IdentityMapped, alice + "username: u}", "password_file"},
		"a missing password":  {IdentityMapped, alice + "username: u, password_file: b}", "password_file"},
		"an address to map":   {IdentityMapped, alice + "smtp_address: alice@example.com}", "want username"},
		"both names":          {IdentityImpersonated, alice + "smtp_address: a@b, principal_name: a@b}", "smtp_address or principal_name"},
		"not an address":      {IdentityImpersonated, alice + "smtp_address: alice}", "@"},
		"an account to act":   {IdentityImpersonated, alice + "smtp_address: a@b, username: u}", "smtp_address"},
		"basic":               {IdentityImpersonated, "identities: [{kind: basic, name: a, smtp_address: a@b}]", "mtls or jwt"},
		"no issuer":           {IdentityImpersonated, "identities: [{kind: jwt, name: a, smtp_address: a@b}]", "issuer"},
		"a needless issuer":   {IdentityImpersonated, "identities: [{kind: mtls, issuer: i, name: a, smtp_address: a@b}]", "issuer"},
		"no name":             {IdentityImpersonated, "identities: [{kind: mtls, smtp_address: a@b}]", "name"},
		"one caller twice":    {IdentityImpersonated, "identities:\n- {kind: mtls, name: a, smtp_address: a@b}\n- {kind: mtls, name: a, smtp_address: c@d}", "entry 2"},
		"identities not used": {IdentityService, "[", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := openIdentities(t, c.mode, c.text)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v, want one about %q", err, c.want)
			}
		})
	}
}

func TestIdentitiesOfTwoIssuersAreKeptApart(t *testing.T) {
	t.Parallel()
	i, _, err := openIdentities(t, IdentityImpersonated, "identities: [{kind: jwt, issuer: https://a.example.com, name: alice, smtp_address: alice@example.com}]")
	if err != nil {
		t.Fatal(err)
	}
	for caller, want := range map[Caller]string{
		{"jwt", "https://a.example.com", "alice"}: "alice@example.com",
		{"jwt", "https://b.example.com", "alice"}: "",
		{"jwt", "https://a.example.com", "Alice"}: "",
		{"mtls", "", "alice"}:                     "",
	} {
		if got, known := i.Of(caller); got.Name() != want || known != (want != "") {
			t.Errorf("%v is %q, want %q", caller, got.Name(), want)
		}
	}
}

func TestFileOfIdentitiesIsReadAgain(t *testing.T) {
	t.Parallel()
	entry := func(address string) string {
		return "identities: [{kind: mtls, name: a, smtp_address: " + address + "}]"
	}
	i, path, err := openIdentities(t, IdentityImpersonated, entry("old@example.com"))
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct{ text, want string }{
		{entry("old@example.com"), "old@example.com"}, {entry("new@example.com"), "new@example.com"},
		{"identities: [", "new@example.com"}, {entry("newer@example.com"), "newer@example.com"},
	} {
		write(t, path, step.text)
		i.next = time.Time{} // it is time to look
		if got, _ := i.Of(Caller{Kind: "mtls", Name: "a"}); got.Name() != step.want {
			t.Errorf("after %q the identity is %q, want %q", step.text, got.Name(), step.want)
		}
	}
}
