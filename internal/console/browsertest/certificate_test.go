//go:build interop

package browsertest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// authority issues certificates into a folder, NAME.crt and NAME.key in PEM, with its own as ca.crt.
type authority struct {
	folder      string
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{folder: t.TempDir()}
	a.certificate, a.key = a.issue(t, "ca", &x509.Certificate{
		BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageCertSign,
	})
	return a
}

// issue signs with the authority's key; the first certificate with its own.
func (a *authority) issue(t *testing.T, name string, template *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber, template.Subject = big.NewInt(time.Now().UnixNano()), pkix.Name{CommonName: name}
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	issuer, signer := a.certificate, a.key
	if issuer == nil {
		issuer, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for suffix, block := range map[string]*pem.Block{".crt": {Type: "CERTIFICATE", Bytes: der}, ".key": {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(a.path(name+suffix), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return certificate, key
}

func (a *authority) path(name string) string { return filepath.Join(a.folder, name) }

// home makes the folder of somebody whose browser trusts the authority, and has the certificates of these names.
func (a *authority) home(t *testing.T, names ...string) string {
	t.Helper()
	home := t.TempDir()
	store := filepath.Join(home, ".pki", "nssdb") // where Chromium looks
	if err := os.MkdirAll(store, 0o700); err != nil {
		t.Fatal(err)
	}
	run := func(name string, args ...string) {
		t.Helper()
		if err := runIn(a.folder, name, args...); err != nil {
			t.Fatal(err)
		}
	}
	run("certutil", "-N", "-d", "sql:"+store, "--empty-password")
	run("certutil", "-A", "-d", "sql:"+store, "-n", "ca", "-t", "C,,", "-i", "ca.crt")
	for _, name := range names {
		run("openssl", "pkcs12", "-export", "-name", name, "-in", name+".crt", "-inkey", name+".key", "-out", name+".p12", "-passout", "pass:")
		run("pk12util", "-d", "sql:"+store, "-i", name+".p12", "-W", "", "-K", "")
	}
	return home
}

// asking makes the profile of somebody who has told the browser to show a certificate to a site without asking.
func asking(t *testing.T, site string) string {
	t.Helper()
	profile := t.TempDir()
	path := filepath.Join(profile, "Default", "Preferences")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	settings := `{"profile": {"managed_auto_select_certificate_for_urls": ["{\"pattern\": \"` + site + `\", \"filter\": {}}"]}}`
	if err := os.WriteFile(path, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	return profile
}

// certified runs a gateway that only holders of the authority's certificates may use.
func (a *authority) certified(t *testing.T) *gateway {
	t.Helper()
	a.issue(t, "gateway", &x509.Certificate{
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	})
	config := write(t, "umgateway.yaml", `
callers: {client_certificates: {names: [dns]}}
policy:
  rules:
    - {name: alice, callers: {certificate_names: ["dns:alice.example.com"]}, rpcs: ["*"], dial: {allow: ["4255550*"]}}
`)
	return serve(t, simulate(t), "--config", config, "--tls-cert-file", a.path("gateway.crt"), "--tls-key-file", a.path("gateway.key"),
		"--tls-client-ca-file", a.path("ca.crt"))
}

func TestAClientCertificateOpensTheConsole(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	a.issue(t, "alice", &x509.Certificate{DNSNames: []string{"alice.example.com"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	g := a.certified(t)
	b := newBrowserOf(t, a.home(t, "alice"), asking(t, g.ready["REST"])).goTo(g.ready["console"])
	b.shows("#health-mark", "Backend is well")
	b.shows("#um-mark", "Unified Messaging on")
	b.place()
	b.shows("#call-mark", "Connected")
	b.click("#hang-up")
	b.shows("#outcome", "ended in the ordinary way")
	b.fill("#number", "+1 900 555 0100")
	b.click("#place-button")
	b.shows("#place-error", "DIAL_FORBIDDEN")
}

func TestWhoeverHasNoClientCertificateIsToldSo(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	g := a.certified(t)
	b := newBrowserOf(t, a.home(t), asking(t, g.ready["REST"])).goTo(g.ready["console"])
	b.shows("#sign-in", "The browser shows the certificate by itself")
	b.look("sign-in-certificate")
	b.click("#sign-in-form .primary")
	b.shows("#sign-in-error", "About CREDENTIALS_MISSING")
}
