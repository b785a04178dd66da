package main

import (
	"bytes"
	"encoding/pem"
	"path/filepath"
	"strings"
	"testing"

	"github.com/umgateway/umgateway/internal/redact"
)

// The configuration files of the documentation, with one backend and with several.
const (
	sample           = "../../docs/umgateway.yaml"
	sampleOfBackends = "../../docs/backends.yaml"
)

// sampleAt is a sample with its files in a directory where they are.
func sampleAt(t *testing.T, sample string) string {
	t.Helper()
	directory, a := t.TempDir(), newAuthority(t)
	writeFiles(t, directory, a.sign(t, 2, "gateway.example.com"))
	replaceFile(t, filepath.Join(directory, "callers-ca.crt"), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.certificate.Raw})))
	for name, text := range map[string]string{
		"backend.password": "secret", "new.password": "secret", "audit.key": strings.Repeat("k", redact.MinKey),
		"accounts.yaml":  "identities: [{kind: mtls, name: a, username: a, password_file: backend.password}]",
		"mailboxes.yaml": "identities: [{kind: mtls, name: a, smtp_address: a@example.com}]",
	} {
		replaceFile(t, filepath.Join(directory, name), text)
	}
	text := strings.NewReplacer("/etc/umgateway", directory, "/var/log/umgateway", directory).Replace(read(t, sample))
	return replaceFile(t, filepath.Join(directory, "umgateway.yaml"), text)
}

func TestSampleConfigurationIsAccepted(t *testing.T) {
	t.Parallel()
	for _, path := range []string{sample, sampleOfBackends} {
		var printed bytes.Buffer
		if code := run([]string{"config", "check", "--config", sampleAt(t, path)}, &printed, &printed); code != 0 {
			t.Errorf("%s: exit code %d: %s", path, code, printed.String())
		}
	}
}

func TestSamplePolicyDecidesAsItSays(t *testing.T) {
	t.Parallel()
	dialler := []string{"--kind", "jwt", "--issuer", "https://login.example.com/realms/telephony", "--name", "alice", "--role", "um-dialler"}
	provisioning := []string{"--kind", "mtls", "--name", "uri:spiffe://example.com/provisioning", "--certificate-name", "uri:spiffe://example.com/provisioning"}
	for _, c := range []struct {
		who  []string
		rpc  []string
		want string
	}{
		{nil, []string{"IsUMEnabled"}, "denied"},
		{dialler, []string{"IsUMEnabled"}, "allowed"},
		{dialler, []string{"PlayOnPhone", "--dial-string", "+14255550100"}, "allowed"},
		{dialler, []string{"PlayOnPhone", "--dial-string", "50123"}, "allowed"},
		{dialler, []string{"PlayOnPhone", "--dial-string", "+14255550199"}, "denied"},
		{dialler, []string{"PlayOnPhone", "--dial-string", "+19005550100"}, "denied"},
		{dialler, []string{"PlayOnPhone", "--dial-string", "011 881 555 0100"}, "denied"},
		{dialler, []string{"ResetPIN"}, "denied"},
		{provisioning, []string{"ResetPIN"}, "allowed"},
		{provisioning, []string{"PlayOnPhone", "--dial-string", "+14255550100"}, "denied"},
	} {
		var printed bytes.Buffer
		args := append(append([]string{"policy", "explain", "--config", sample}, c.who...), c.rpc...)
		code := map[string]int{"denied": exitDenied}[c.want]
		if got := run(args, &printed, &printed); got != code || !strings.HasPrefix(printed.String(), c.want) {
			t.Errorf("%v: exit code %d, want %s:\n%s", args[4:], got, c.want, printed.String())
		}
	}
}

func TestSampleHoldsEverySection(t *testing.T) {
	t.Parallel()
	text := read(t, sample) + read(t, sampleOfBackends)
	for _, name := range sectionNames {
		if !strings.Contains(text, "\n"+name+":") {
			t.Errorf("the samples have no section %s", name)
		}
	}
}
