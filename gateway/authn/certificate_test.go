package authn

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/umgateway/umgateway/gateway/principal"
)

// authority signs certificates for tests.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// newAuthority makes a root if parent is nil.
func newAuthority(t *testing.T, now time.Time, parent *authority) *authority {
	t.Helper()
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "authority"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(100 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	return sign(t, template, parent)
}

// sign makes a certificate; the one that signs it is the certificate itself if parent is nil.
func sign(t *testing.T, template *x509.Certificate, parent *authority) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if template.SerialNumber, err = rand.Int(rand.Reader, big.NewInt(1<<62)); err != nil {
		t.Fatal(err)
	}
	by, with := template, key
	if parent != nil {
		by, with = parent.certificate, parent.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, by, key.Public(), with)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{certificate, key}
}

func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	return pool
}

// client makes the template of a client's certificate, valid for an hour.
func client(now time.Time, change func(*x509.Certificate)) *x509.Certificate {
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "Alice"}, DNSNames: []string{"Client.example.com"}, EmailAddresses: []string{"Alice@example.com"},
		URIs:      []*url.URL{{Scheme: "spiffe", Host: "example.com", Path: "/um/alice"}},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	if change != nil {
		change(template)
	}
	return template
}

func TestCertificateIsBelievedOnlyIfEverythingFits(t *testing.T) {
	t.Parallel()
	clock := newTestClock()
	now := clock.now()
	root, other := newAuthority(t, now, nil), newAuthority(t, now, nil)
	between := newAuthority(t, now, root)
	for name, test := range map[string]struct {
		signer *authority
		chain  []*x509.Certificate // sent after the client's own
		change func(*x509.Certificate)
		want   Reason
	}{
		"right":                                  {root, nil, nil, ""},
		"right, over an intermediate":            {between, []*x509.Certificate{between.certificate}, nil, ""},
		"intermediate not sent":                  {between, nil, nil, CertificateUntrusted},
		"wrong authority":                        {other, nil, nil, CertificateUntrusted},
		"wrong authority, which it sends itself": {other, []*x509.Certificate{other.certificate}, nil, CertificateUntrusted},
		"signed by itself":                       {nil, nil, nil, CertificateUntrusted},
		"expired":                                {root, nil, func(c *x509.Certificate) { c.NotAfter = now.Add(-time.Second) }, CertificateExpired},
		"not valid yet":                          {root, nil, func(c *x509.Certificate) { c.NotBefore = now.Add(time.Second) }, CertificateExpired},
		"for servers":                            {root, nil, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }, CertificateUntrusted},
		"for any use":                            {root, nil, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageAny} }, ""},
		"only a common name":                     {root, nil, onlyCN, CertificateNameless},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := mustNew(t, Config{Certificates: &CertificateConfig{}}, Options{Now: clock.now, ClientCAs: root.pool})
			own := sign(t, client(now, test.change), test.signer)
			_, err := a.Authenticate(t.Context(), Credentials{PeerCertificates: append([]*x509.Certificate{own.certificate}, test.chain...)})
			wantReason(t, err, test.want)
		})
	}
}

func onlyCN(c *x509.Certificate) { c.DNSNames, c.EmailAddresses, c.URIs = nil, nil, nil }

func TestCertificateNamesComeInTheConfiguredOrder(t *testing.T) {
	t.Parallel()
	clock := newTestClock()
	now := clock.now()
	root := newAuthority(t, now, nil)
	for name, test := range map[string]struct {
		kinds  []string
		change func(*x509.Certificate)
		want   []string
	}{
		"default": {nil, nil, []string{"uri:spiffe://example.com/um/alice", "dns:client.example.com", "email:Alice@example.com"}},
		"chosen":  {[]string{"cn", "dns"}, nil, []string{"cn:Alice", "dns:client.example.com"}},
		"several of a kind": {[]string{"dns"}, func(c *x509.Certificate) {
			c.DNSNames = []string{"b.example.com", "a.example.com", "B.example.com"}
		}, []string{"dns:b.example.com", "dns:a.example.com"}},
		"a kind that poses as another": {[]string{"cn"}, func(c *x509.Certificate) { c.Subject.CommonName = "dns:a.example.com" }, []string{"cn:dns:a.example.com"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := mustNew(t, Config{Certificates: &CertificateConfig{Names: test.kinds}}, Options{Now: clock.now, ClientCAs: root.pool})
			own := sign(t, client(now, test.change), root)
			found, err := a.Authenticate(t.Context(), Credentials{PeerCertificates: []*x509.Certificate{own.certificate}})
			if err != nil {
				t.Fatal(err)
			}
			p := found.Principal
			if p.Kind() != principal.MTLS || p.Name() != test.want[0] || !slices.Equal(p.CertificateNames(), test.want) {
				t.Errorf("%v with %q, want %q", p, p.CertificateNames(), test.want)
			}
		})
	}
}

func TestNameWithAControlCharacterIsRefused(t *testing.T) {
	t.Parallel()
	clock := newTestClock()
	root := newAuthority(t, clock.now(), nil)
	a := mustNew(t, Config{Certificates: &CertificateConfig{Names: []string{"cn"}}}, Options{Now: clock.now, ClientCAs: root.pool})
	own := sign(t, client(clock.now(), func(c *x509.Certificate) { c.Subject.CommonName = "alice\nadmin" }), root)
	_, err := a.Authenticate(t.Context(), Credentials{PeerCertificates: []*x509.Certificate{own.certificate}})
	wantReason(t, err, CertificateNameless)
}

func TestConnectionDoesNotOutliveItsCertificateOrItsAuthority(t *testing.T) {
	t.Parallel()
	clock := newTestClock()
	root, other := newAuthority(t, clock.now(), nil), newAuthority(t, clock.now(), nil)
	pool, otherPool := root.pool(), other.pool()
	current := pool
	a := mustNew(t, Config{Certificates: &CertificateConfig{}}, Options{Now: clock.now, ClientCAs: func() *x509.CertPool { return current }})
	shown := Credentials{PeerCertificates: []*x509.Certificate{sign(t, client(clock.now(), nil), root).certificate}}
	for _, step := range []struct {
		pool    *x509.CertPool
		advance time.Duration
		want    Reason
	}{
		{pool, 0, ""}, {pool, time.Minute, ""}, {otherPool, 0, CertificateUntrusted}, {nil, 0, CertificateUntrusted}, {pool, 0, ""},
		{pool, 59 * time.Minute, ""}, {pool, time.Second, CertificateExpired},
	} {
		current = step.pool
		clock.advance(step.advance)
		_, err := a.Authenticate(t.Context(), shown)
		wantReason(t, err, step.want)
	}
}

func TestAuthorityThatExpiresEndsWhatItSigned(t *testing.T) {
	t.Parallel()
	clock := newTestClock()
	now := clock.now()
	root := newAuthority(t, now, nil)
	between := sign(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: "short"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Minute),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, root)
	pool := root.pool()
	a := mustNew(t, Config{Certificates: &CertificateConfig{}}, Options{Now: clock.now, ClientCAs: func() *x509.CertPool { return pool }})
	shown := Credentials{PeerCertificates: []*x509.Certificate{sign(t, client(now, nil), between).certificate, between.certificate}}
	_, err := a.Authenticate(t.Context(), shown)
	wantReason(t, err, "")
	clock.advance(time.Minute + time.Second)
	_, err = a.Authenticate(t.Context(), shown)
	wantReason(t, err, CertificateExpired)
}

func TestMemoryOfCheckedCertificatesIsBounded(t *testing.T) {
	t.Parallel()
	clock := newTestClock()
	root := newAuthority(t, clock.now(), nil)
	pool := root.pool()
	a := mustNew(t, Config{Certificates: &CertificateConfig{}}, Options{Now: clock.now, ClientCAs: func() *x509.CertPool { return pool }})
	own := sign(t, client(clock.now(), nil), root).certificate
	for i := range maxChecked + 10 {
		// One certificate, followed by ever more that have nothing to do with it.
		chain := []*x509.Certificate{own, {Raw: []byte{byte(i), byte(i >> 8)}}}
		if _, err := a.certificates.verify(chain); err != nil {
			t.Fatal(err)
		}
	}
	if got := len(a.certificates.checked); got > maxChecked {
		t.Errorf("%d are remembered", got)
	}
}

func TestTokenOverMutualTLSKeepsTheNamesOfTheCertificate(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	root, other := newAuthority(t, b.clock.now(), nil), newAuthority(t, b.clock.now(), nil)
	b.Authenticator = mustNew(t, Config{
		Certificates: &CertificateConfig{}, Issuers: []IssuerConfig{{URL: b.issuer.URL, Audiences: []string{"umgateway"}}},
	}, Options{Now: b.clock.now, ClientCAs: root.pool})
	good := []string{"Bearer " + b.key.sign(t, nil, b.claims(nil))}
	mine := []*x509.Certificate{sign(t, client(b.clock.now(), nil), root).certificate}
	found, err := b.Authenticate(t.Context(), Credentials{good, mine})
	p := found.Principal
	if err != nil || p.Kind() != principal.JWT || p.Name() != "alice" || !p.HasCertificateName("dns:client.example.com") {
		t.Errorf("got %v with %q, %v", p, p.CertificateNames(), err)
	}
	_, err = b.Authenticate(t.Context(), Credentials{good, []*x509.Certificate{sign(t, client(b.clock.now(), nil), other).certificate}})
	wantReason(t, err, CertificateUntrusted)
	_, err = b.Authenticate(t.Context(), Credentials{[]string{"Bearer e30.e30.e30"}, mine})
	wantReason(t, err, TokenAlgorithmRefused)
}
