package authn

import (
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
)

// maxChecked bounds the memory of the certificates that were checked before.
const maxChecked = 1024

// nameReaders reads the names of one kind.
var nameReaders = map[string]func(*x509.Certificate) []string{
	"uri": func(c *x509.Certificate) []string {
		var names []string
		for _, uri := range c.URIs {
			names = append(names, uri.String())
		}
		return names
	},
	"dns": func(c *x509.Certificate) []string {
		var names []string
		for _, name := range c.DNSNames {
			names = append(names, strings.ToLower(name))
		}
		return names
	},
	"email": func(c *x509.Certificate) []string { return c.EmailAddresses },
	"cn":    func(c *x509.Certificate) []string { return []string{c.Subject.CommonName} },
}

// certificateVerifier checks client certificates.
type certificateVerifier struct {
	kinds     []string
	clientCAs func() *x509.CertPool
	now       func() time.Time

	mu      sync.Mutex
	checked map[[sha256.Size]byte]checkedCertificate
}

// checkedCertificate is the outcome of an earlier check, which holds as long as pool and time allow.
type checkedCertificate struct {
	names       []string
	pool        *x509.CertPool
	from, until time.Time
}

// verify returns the names of the holder, the preferred one first.
func (v *certificateVerifier) verify(chain []*x509.Certificate) ([]string, error) {
	pool, now, key := v.clientCAs(), v.now(), fingerprint(chain)
	v.mu.Lock()
	known, ok := v.checked[key]
	v.mu.Unlock()
	if ok && known.pool == pool && !now.Before(known.from) && !now.After(known.until) {
		return known.names, nil
	}
	fresh, err := v.check(chain, pool, now)
	if err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.checked) >= maxChecked {
		clear(v.checked)
	}
	v.checked[key] = fresh
	return fresh.names, nil
}

func (v *certificateVerifier) check(chain []*x509.Certificate, pool *x509.CertPool, now time.Time) (checkedCertificate, error) {
	none := checkedCertificate{}
	if pool == nil {
		return none, refuse(CertificateUntrusted, errors.New("no client ca is loaded"))
	}
	intermediates := x509.NewCertPool()
	for _, certificate := range chain[1:] {
		intermediates.AddCert(certificate)
	}
	found, err := chain[0].Verify(x509.VerifyOptions{
		Roots: pool, Intermediates: intermediates, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	if err != nil {
		return none, refuse(certificateReason(err), err)
	}
	names, err := v.names(chain[0])
	if err != nil {
		return none, refuse(CertificateNameless, err)
	}
	fresh := checkedCertificate{names: names, pool: pool, from: found[0][0].NotBefore, until: found[0][0].NotAfter}
	for _, certificate := range found[0] {
		if certificate.NotBefore.After(fresh.from) {
			fresh.from = certificate.NotBefore
		}
		if certificate.NotAfter.Before(fresh.until) {
			fresh.until = certificate.NotAfter
		}
	}
	return fresh, nil
}

func certificateReason(err error) Reason {
	if invalid := (x509.CertificateInvalidError{}); errors.As(err, &invalid) && invalid.Reason == x509.Expired {
		return CertificateExpired
	}
	return CertificateUntrusted
}

// names lists the names of the configured kinds. A name with a control character could pose as another in a log.
func (v *certificateVerifier) names(certificate *x509.Certificate) ([]string, error) {
	var names []string
	for _, kind := range v.kinds {
		for _, name := range nameReaders[kind](certificate) {
			if strings.ContainsFunc(name, unicode.IsControl) {
				return nil, errors.New("a name holds a control character")
			}
			if full := kind + ":" + name; name != "" && !slices.Contains(names, full) {
				names = append(names, full)
			}
		}
	}
	if len(names) == 0 {
		return nil, errors.New("no name of the kinds " + strings.Join(v.kinds, ", "))
	}
	return names, nil
}

func fingerprint(chain []*x509.Certificate) [sha256.Size]byte {
	digest := sha256.New()
	for _, certificate := range chain {
		// A certificate's own length field keeps the sequence unambiguous.
		digest.Write(certificate.Raw)
	}
	return [sha256.Size]byte(digest.Sum(nil))
}
