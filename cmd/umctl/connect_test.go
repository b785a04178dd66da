package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
)

func TestCredentialIsShownOverBothFronts(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := func(name, content string) string {
		t.Helper()
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	cases := []struct {
		name    string
		environ map[string]string
		args    []string
		want    []string // base64 as RFC 7617 section 2 and RFC 4648 have it
	}{
		{"none", nil, nil, nil},
		{"the example of RFC 7617", map[string]string{"UMCTL_PASSWORD": "open sesame"}, []string{"--user=Aladdin"}, []string{"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="}},
		{"password in a file", nil, []string{"--user=Aladdin", "--password-file", file("password", "open sesame\n")}, []string{"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="}},
		{"only one end of line is cut off", nil, []string{"--user=u", "--password-file", file("spaces", " p \r\n")}, []string{"Basic dTogcCA="}},
		{"UTF-8, as RFC 7617 section 2.1 encodes it", map[string]string{"UMCTL_PASSWORD": "123£"}, []string{"--user=test"}, []string{"Basic dGVzdDoxMjPCow=="}},
		{"domain", map[string]string{"UMCTL_PASSWORD": "p"}, []string{`--user=CONTOSO\bob`}, []string{`Basic Q09OVE9TT1xib2I6cA==`}},
		{"token", map[string]string{"UMCTL_TOKEN": "mF_9.B5f-4.1JqM"}, nil, []string{"Bearer mF_9.B5f-4.1JqM"}},
		{"token in a file", nil, []string{"--token-file", file("token", "mF_9.B5f-4.1JqM\n")}, []string{"Bearer mF_9.B5f-4.1JqM"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := &standIn{}
			for front, flag := range s.serve(t) {
				s.authorizations = nil
				if _, stderr, code := umctl(t, c.environ, append(c.args, "props", flag)...); code != 0 {
					t.Fatalf("%s: exit code %d: %s", front, code, stderr)
				}
				if !slices.Equal(s.authorizations, c.want) {
					t.Errorf("%s: the gateway saw %q, want %q", front, s.authorizations, c.want)
				}
			}
		})
	}
}

func TestSecretsThatHTTPCannotCarryAreRefused(t *testing.T) {
	t.Parallel()
	for name, environ := range map[string]map[string]string{
		"a line break in a token":    {"UMCTL_TOKEN": "a\nb"},
		"a line break in a password": {"UMCTL_PASSWORD": "a\nb"},
		"a NUL in a password":        {"UMCTL_PASSWORD": "a\x00b"},
	} {
		args := []string{"props", "--addr=127.0.0.1:1"}
		if environ["UMCTL_PASSWORD"] != "" {
			args = append(args, "--user=u")
		}
		if _, stderr, code := umctl(t, environ, args...); code != exitUsage || strings.Contains(stderr, "b\n") {
			t.Errorf("%s: exit code %d, %s", name, code, stderr)
		}
	}
}

func TestOnlyThisMachineIsTrustedWithoutTLS(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"127.0.0.1": true, "127.9.9.9": true, "::1": true, "localhost": true, "::ffff:127.0.0.1": true,
		"um.example.com": false, "10.0.0.1": false, "0.0.0.0": false, "::": false, "localhost.example.com": false, "127.0.0.1.example.com": false,
	} {
		if got := isLoopback(host); got != want {
			t.Errorf("isLoopback(%q) = %v", host, got)
		}
		if got := (&tlsFlags{TLS: "auto"}).wanted(host); got == want {
			t.Errorf("TLS to %q by default: %v", host, got)
		}
	}
}

// identity is a certificate for 127.0.0.1 that signs itself, in files and in memory.
type identity struct {
	certFile, keyFile string
	pair              tls.Certificate
	pool              *x509.CertPool
}

func newIdentity(t *testing.T) identity {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "um.example.com"}, DNSNames: []string{"um.example.com"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	i := identity{certFile: filepath.Join(folder, "cert.pem"), keyFile: filepath.Join(folder, "key.pem"), pool: x509.NewCertPool()}
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
	for path, content := range map[string][]byte{i.certFile: certPEM, i.keyFile: keyPEM} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if i.pair, err = tls.X509KeyPair(certPEM, keyPEM); err != nil {
		t.Fatal(err)
	}
	i.pool.AppendCertsFromPEM(certPEM)
	return i
}

func TestTLSChecksTheGatewayAndShowsAClientCertificate(t *testing.T) {
	t.Parallel()
	gateway, client, stranger := newIdentity(t), newIdentity(t), newIdentity(t)
	config := &tls.Config{Certificates: []tls.Certificate{gateway.pair}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: client.pool}
	s := &standIn{}
	web := httptest.NewUnstartedServer(s.mux(t))
	web.TLS = config
	web.StartTLS()
	t.Cleanup(web.Close)
	fronts := map[string]string{
		"gRPC": s.serve(t, grpc.Creds(credentials.NewTLS(config)))["gRPC"],
		"REST": "--rest=" + web.URL,
	}
	own := []string{"--server-name=um.example.com", "--cert-file", client.certFile, "--key-file", client.keyFile}
	cases := []struct {
		name string
		args []string
		want int
	}{
		{"trusted", append([]string{"--ca-file", gateway.certFile}, own...), 0},
		{"another authority", append([]string{"--ca-file", stranger.certFile}, own...), 78},
		{"the system's authorities", own, 78},
		{"another name", append([]string{"--ca-file", gateway.certFile}, append(own, "--server-name=other.example.com")...), 78},
		{"no client certificate", []string{"--ca-file", gateway.certFile, "--server-name=um.example.com"}, 78},
	}
	for _, c := range cases {
		for front, flag := range fronts {
			t.Run(c.name+"/"+front, func(t *testing.T) {
				t.Parallel()
				// The password must not reach a gateway that could not prove who it is.
				args := append([]string{"props", flag, "--timeout=900ms", "--user=u"}, c.args...)
				_, stderr, code := umctl(t, map[string]string{"UMCTL_PASSWORD": "p"}, args...)
				if code != c.want {
					t.Errorf("exit code %d, want %d: %s", code, c.want, stderr)
				}
			})
		}
	}
	t.Cleanup(func() {
		if len(s.authorizations) != len(fronts) {
			t.Errorf("the credential was shown %d times, want %d", len(s.authorizations), len(fronts))
		}
	})
}
