package authn

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"

	"github.com/umgateway/umgateway/gateway/internal/seal"
	"github.com/umgateway/umgateway/gateway/principal"
)

// Authenticator checks the credentials of callers. It may be used by many goroutines at once.
type Authenticator struct {
	realm        string
	basic        bool
	certificates *certificateVerifier // nil: not accepted
	tokens       *tokenVerifier       // nil: not accepted
}

// New makes an Authenticator. It reports all mistakes of the configuration together, and asks no issuer yet: see Warm.
func New(config Config, opts Options) (*Authenticator, error) {
	opts = opts.complete()
	config, err := config.complete(opts)
	if err != nil {
		return nil, fmt.Errorf("authn: %w", err)
	}
	a := &Authenticator{realm: config.Realm, basic: config.Basic}
	if config.Certificates != nil {
		a.certificates = &certificateVerifier{
			kinds: config.Certificates.Names, clientCAs: opts.ClientCAs, now: opts.Now,
			checked: map[[sha256.Size]byte]checkedCertificate{},
		}
	}
	if len(config.Issuers) > 0 {
		if a.tokens, err = newTokenVerifier(config.Issuers, opts); err != nil {
			return nil, fmt.Errorf("authn: %w", err)
		}
	}
	return a, nil
}

// Configured reports whether any kind of credential is accepted. If not, every caller is anonymous.
func (a *Authenticator) Configured() bool {
	return a.basic || a.certificates != nil || a.tokens != nil
}

// Identified is an authenticated caller.
type Identified struct {
	// Principal says who it is. It is anonymous if the caller has shown no credential.
	Principal principal.Principal
	// Credential is the user name and password to forward, if the principal's kind is Basic.
	Credential principal.BasicCredential
}

// Authenticate checks what a caller has shown. A caller who has shown nothing is anonymous, which is no error. Where there
// are both a certificate and an Authorization header, both must be right; the header names the caller, and the names of
// the certificate are added. The error is an *Error.
func (a *Authenticator) Authenticate(ctx context.Context, shown Credentials) (Identified, error) {
	facts, credential, err := a.facts(ctx, shown)
	if err != nil {
		return Identified{}, err
	}
	p, err := principal.New(seal.New(), facts)
	if err != nil {
		return Identified{}, refuse(CredentialsMalformed, err)
	}
	return Identified{p, credential}, nil
}

func (a *Authenticator) facts(ctx context.Context, shown Credentials) (principal.Facts, principal.BasicCredential, error) {
	var (
		facts      principal.Facts
		credential principal.BasicCredential
		names      []string
		err        error
	)
	if a.certificates != nil && len(shown.PeerCertificates) > 0 {
		if names, err = a.certificates.verify(shown.PeerCertificates); err != nil {
			return facts, credential, err
		}
		facts = principal.Facts{Kind: principal.MTLS, Name: names[0]}
	}
	if len(shown.Authorization) > 0 && a.Configured() {
		if facts, credential, err = a.header(ctx, shown.Authorization); err != nil {
			return facts, credential, err
		}
	}
	facts.CertificateNames = names
	return facts, credential, nil
}

func (a *Authenticator) header(ctx context.Context, values []string) (principal.Facts, principal.BasicCredential, error) {
	none := principal.BasicCredential{}
	if len(values) > 1 {
		return principal.Facts{}, none, refuse(CredentialsMalformed, errors.New("more than one authorization header"))
	}
	scheme, token, err := parseHeader(values[0])
	switch {
	case err != nil:
		return principal.Facts{}, none, refuse(CredentialsMalformed, err)
	case scheme == "bearer" && a.tokens != nil:
		facts, err := a.tokens.verify(ctx, token)
		return facts, none, err
	case scheme == "basic" && a.basic:
		credential, err := parseBasic(token)
		if err != nil {
			return principal.Facts{}, none, refuse(CredentialsMalformed, err)
		}
		// Active Directory compares user names without regard to case: one user must not have many names.
		return principal.Facts{Kind: principal.Basic, Name: strings.ToLower(credential.User())}, credential, nil
	}
	return principal.Facts{}, none, refuse(SchemeUnsupported, nil)
}
