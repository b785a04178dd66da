package tlsfile

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"time"
)

// contents are what the files hold at one time.
type contents struct{ cert, key, ca []byte }

func (c Config) read() (contents, error) {
	var found contents
	var errs [3]error
	found.cert, errs[0] = os.ReadFile(c.CertFile)
	found.key, errs[1] = os.ReadFile(c.KeyFile)
	if c.ClientCAFile != "" {
		found.ca, errs[2] = os.ReadFile(c.ClientCAFile)
	}
	return found, errors.Join(errs[:]...)
}

// digest identifies the contents without keeping the key.
func (c contents) digest() [sha256.Size]byte {
	all := sha256.New()
	for _, content := range [][]byte{c.cert, c.key, c.ca} {
		one := sha256.Sum256(content)
		all.Write(one[:])
	}
	return [sha256.Size]byte(all.Sum(nil))
}

// loaded is what was made of the contents.
type loaded struct {
	digest      [sha256.Size]byte
	certificate tls.Certificate
	notAfter    time.Time // of the server's own certificate
	clientCAs   *x509.CertPool
	caNotAfter  time.Time // of the client authority that expires first
}

func (c contents) load() (*loaded, error) {
	fresh := &loaded{digest: c.digest()}
	var err error
	// The error of X509KeyPair does not quote the files.
	if fresh.certificate, err = tls.X509KeyPair(c.cert, c.key); err != nil {
		return nil, err
	}
	fresh.notAfter = fresh.certificate.Leaf.NotAfter
	if c.ca == nil {
		return fresh, nil
	}
	if fresh.clientCAs, fresh.caNotAfter, err = parseCAs(c.ca); err != nil {
		return nil, fmt.Errorf("client ca file: %w", err)
	}
	return fresh, nil
}

// parseCAs reads all certificates. Other than x509.CertPool.AppendCertsFromPEM it does not skip those it cannot read.
func parseCAs(text []byte) (*x509.CertPool, time.Time, error) {
	pool, first := x509.NewCertPool(), time.Time{}
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, first, err
		}
		pool.AddCert(certificate)
		if first.IsZero() || certificate.NotAfter.Before(first) {
			first = certificate.NotAfter
		}
	}
	if first.IsZero() {
		return nil, first, errors.New("no certificate in it")
	}
	return pool, first, nil
}
