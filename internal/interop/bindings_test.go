//go:build interop

package interop

import (
	"crypto/x509"
	"errors"
	"path/filepath"
	"testing"

	"github.com/umgateway/umgateway/soapbridge/transport"
)

// startAcceptor starts a server that insists on bindings to a certificate, its own or another.
func startAcceptor(t *testing.T, k *realmKDC, server, bound *pki, hash string) *front {
	t.Helper()
	f := &front{dir: openDir(t), secure: true, pki: server}
	bound.write(t, f.dir, "bound")
	server.write(t, f.dir, "server")
	path := func(name string) string { return filepath.Join(f.dir, name) }
	f.process = start(t, f.acceptorEnv(t, k), "/usr/bin/python3", "testdata/acceptor.py", path("server.pem"), path("server.key"), path("bound.pem"), hash)
	match := f.ready(t, `listening on (\d+)`)
	if match == nil {
		t.Fatalf("the acceptor ended:\n%s", f.output())
	}
	f.port = match[1]
	return f
}

func TestChannelBindingsAreTakenByARealAcceptor(t *testing.T) {
	t.Parallel()
	k := startKDC(t)
	for name, c := range map[string]struct {
		signature x509.SignatureAlgorithm
		hash      string
	}{
		"sha256": {x509.ECDSAWithSHA256, "sha256"},
		"sha384": {x509.ECDSAWithSHA384, "sha384"},
		"sha512": {x509.ECDSAWithSHA512, "sha512"},
	} {
		pki := newPKI(t, c.signature)
		f := startAcceptor(t, k, pki, pki, c.hash)
		for _, auth := range []string{"ntlm", "negotiate-ntlm", "kerberos"} {
			t.Run(name+" "+auth, func(t *testing.T) {
				t.Parallel()
				client := f.client(t, auth, func(config *transport.Config) {
					config.Tickets = transport.KerberosTickets(k.profile(t), config.Auth)
				})
				for range 3 {
					if err := call(t.Context(), client, identity(`CONTOSO\%s`, "alice"), ""); err != nil {
						t.Fatalf("%v\n%s", err, f.output())
					}
				}
			})
		}
	}
}

func TestWrongAndMissingChannelBindingsAreRefused(t *testing.T) {
	t.Parallel()
	k, pki := startKDC(t), newPKI(t, x509.ECDSAWithSHA256)
	between := startAcceptor(t, k, pki, newPKI(t, x509.ECDSAWithSHA256), "sha256")
	direct := startAcceptor(t, k, pki, pki, "sha256")
	for name, c := range map[string]struct {
		to   *front
		omit bool
		auth string
		says string // the acceptor, in words of its library
	}{
		"ntlm, wrong":       {between, false, "ntlm", "refused: .*Invalid token"},
		"ntlm, missing":     {direct, true, "ntlm", "refused: not bound"},
		"kerberos, wrong":   {between, false, "kerberos", "refused: .*Incorrect channel bindings"},
		"kerberos, missing": {direct, true, "kerberos", "refused: not bound"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := c.to.client(t, c.auth, func(config *transport.Config) {
				config.OmitChannelBindings, config.Tickets = c.omit, transport.KerberosTickets(k.profile(t), config.Auth)
			})
			err := call(t.Context(), client, identity(`CONTOSO\%s`, "alice"), "")
			var failure *transport.Error
			if !errors.As(err, &failure) || failure.Kind != transport.KindUnauthorized {
				t.Errorf("error %v", err)
			}
			if c.to.ready(t, c.says) == nil {
				t.Errorf("the acceptor ended:\n%s", c.to.output())
			}
		})
	}
}
