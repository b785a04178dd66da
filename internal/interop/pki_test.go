//go:build interop

package interop

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"path/filepath"
	"testing"
	"time"
)

// pki is a server's certificate and the authority that signed it.
type pki struct {
	roots     *x509.CertPool
	authority []byte
	leaf      []byte
	key       []byte
}

// newPKI makes a certificate that is signed in this way.
func newPKI(t *testing.T, signature x509.SignatureAlgorithm) *pki {
	t.Helper()
	authorityKey, serverKey := newKey(t), newKey(t)
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "interop authority"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	authorityDER := sign(t, authority, authority, authorityKey, authorityKey)
	server := &x509.Certificate{SerialNumber: big.NewInt(2), DNSNames: []string{host}, NotAfter: time.Now().Add(time.Hour), SignatureAlgorithm: signature}
	p := &pki{roots: x509.NewCertPool(), authority: authorityDER, leaf: sign(t, server, authority, serverKey, authorityKey)}
	signed, err := x509.ParseCertificate(authorityDER)
	if err != nil {
		t.Fatal(err)
	}
	p.roots.AddCert(signed)
	if p.key, err = x509.MarshalPKCS8PrivateKey(serverKey); err != nil {
		t.Fatal(err)
	}
	return p
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func sign(t *testing.T, cert, parent *x509.Certificate, key, parentKey *ecdsa.PrivateKey) []byte {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, cert, parent, key.Public(), parentKey)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// write writes the certificate and its key to files of that name.
func (p *pki) write(t *testing.T, dir, name string) {
	t.Helper()
	for suffix, block := range map[string]*pem.Block{
		".pem": {Type: "CERTIFICATE", Bytes: p.leaf}, ".key": {Type: "PRIVATE KEY", Bytes: p.key},
	} {
		write(t, filepath.Join(dir, name+suffix), string(pem.EncodeToMemory(block)))
	}
}

func (p *pki) client() *tls.Config { return &tls.Config{RootCAs: p.roots} }
