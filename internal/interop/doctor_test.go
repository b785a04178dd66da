//go:build interop

package interop

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/umgateway/umgateway/internal/backend"
	"github.com/umgateway/umgateway/internal/doctor"
	"github.com/umgateway/umgateway/internal/exchange"
	"github.com/umgateway/umgateway/internal/exchangesim"
)

// patient are the settings with which the doctor looks at a front.
func (f *front) patient(t *testing.T, k *realmKDC, auth, user, password string) backend.Settings {
	t.Helper()
	secret, authority := filepath.Join(t.TempDir(), "password"), filepath.Join(t.TempDir(), "ca.pem")
	write(t, secret, password)
	write(t, authority, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: f.pki.authority})))
	return backend.Settings{
		URLs: []string{"https://127.0.0.1:" + f.port + exchangesim.ServicePath}, ServerName: host, CAFile: authority,
		Auth: auth, Username: user, PasswordFile: secret, Krb5Conf: k.path("krb5.conf"), SPN: spn,
	}
}

// signIns are the ways to sign in that the fronts know.
var signIns = []struct{ auth, pattern, front string }{
	{"basic", "%s@CONTOSO.COM", authBasic},
	{"ntlm", `CONTOSO\%s`, authNTLM},
	{"kerberos", `CONTOSO\%s`, authKerberos},
	{"kerberos", "%s@contoso.com", authPersistent},
	{"negotiate", "%s@contoso.com", authBoth},
}

func TestDoctorRaisesNoFalseAlarm(t *testing.T) {
	t.Parallel()
	k := startKDC(t)
	for _, c := range signIns {
		f := startFront(t, k, frontConfig{tls: true, auth: c.front})
		for dialect, path := range map[string]string{exchange.UMWS: exchangesim.ServicePath, exchange.EWS: exchangesim.EWSPath} {
			t.Run(fmt.Sprintf("%s as %s, %s", c.auth, c.pattern, dialect), func(t *testing.T) {
				t.Parallel()
				patient := f.patient(t, k, c.auth, fmt.Sprintf(c.pattern, "alice"), users["alice"])
				patient.Dialect, patient.URLs[0] = dialect, strings.Replace(patient.URLs[0], exchangesim.ServicePath, path, 1)
				findings := doctor.Examine(t.Context(), patient)
				for _, f := range findings {
					// The certificates of the rig last for an hour.
					if f.Verdict != doctor.Good && f.Check != "tls" {
						t.Errorf("%+v", f)
					}
				}
				wantFound(t, findings, "operation", doctor.Good, "")
			})
		}
	}
}

func TestDoctorShowsAWrongPasswordOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		auth, pattern, front string
		atRealm              bool
		shown                int
	}{
		{"basic", "%s@CONTOSO.COM", authBasic, false, 1},
		{"ntlm", `CONTOSO\%s`, authNTLM, false, 1},
		{"kerberos", `CONTOSO\%s`, authKerberos, true, 0},
	} {
		t.Run(c.auth, func(t *testing.T) {
			t.Parallel()
			k := startKDC(t)
			f := startFront(t, k, frontConfig{tls: true, auth: c.front})
			findings := doctor.Examine(t.Context(), f.patient(t, k, c.auth, fmt.Sprintf(c.pattern, "alice"), "wrong"))
			wantFound(t, findings, "operation", doctor.Fail, "password file")
			if want := map[bool]string{true: "1", false: "0"}[c.atRealm]; k.counted(t, "alice") != want {
				t.Errorf("the realm counted %s wrong passwords, want %s", k.counted(t, "alice"), want)
			}
			if shown := countRefused(t, f); shown != c.shown {
				t.Errorf("Apache was shown the wrong password %d times, want %d", shown, c.shown)
			}
		})
	}
}

func TestDoctorTellsTheSymptomsOfExtendedProtection(t *testing.T) {
	t.Parallel()
	k, pki := startKDC(t), newPKI(t, x509.ECDSAWithSHA256)
	between := startAcceptor(t, k, pki, newPKI(t, x509.ECDSAWithSHA256), "sha256")
	direct := startAcceptor(t, k, pki, pki, "sha256")
	for _, auth := range []string{"ntlm", "kerberos"} {
		t.Run(auth, func(t *testing.T) {
			t.Parallel()
			findings := doctor.Examine(t.Context(), between.patient(t, k, auth, `CONTOSO\alice`, users["alice"]))
			wantFound(t, findings, "extended-protection", doctor.Note, "--backend-no-channel-bindings leaves the binding out")
			unbound := direct.patient(t, k, auth, `CONTOSO\alice`, users["alice"])
			unbound.NoChannelBindings = true
			wantFound(t, doctor.Examine(t.Context(), unbound), "extended-protection", doctor.Note, "leave out --backend-no-channel-bindings")
		})
	}
}

func wantFound(t *testing.T, findings []doctor.Finding, check string, verdict doctor.Verdict, words string) {
	t.Helper()
	for _, f := range findings {
		if f.Check == check && f.Verdict == verdict && strings.Contains(f.Detail+" "+f.Fix, words) {
			return
		}
	}
	t.Errorf("want %s, %s, with %q: %+v", check, verdict, words, findings)
}
