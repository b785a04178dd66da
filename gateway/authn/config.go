package authn

import (
	"crypto/x509"
	"log/slog"
	"time"
)

// Config says which credentials are accepted. If it is empty, every caller is anonymous and credentials are not looked at. The
// tags enum and required are for the schema of the configuration file.
type Config struct {
	// Realm is shown to callers who must authenticate. Default "umgateway".
	Realm string `yaml:"realm"`
	// Basic accepts a user name and a password, to be forwarded to the backend, which alone can check them. It must be set
	// only where every call is sent to the backend with them.
	Basic bool `yaml:"-"`
	// Certificates accepts client certificates. Absent: they are not looked at.
	Certificates *CertificateConfig `yaml:"client_certificates"`
	// Issuers accepts JSON Web Tokens of these issuers. Empty: none.
	Issuers []IssuerConfig `yaml:"issuers"`
}

// CertificateConfig says how the holder of a client certificate is named.
type CertificateConfig struct {
	// Names lists the kinds of names that are taken from a certificate, the preferred one first: "uri", "dns" and "email"
	// are subject alternative names, "cn" is the common name of the subject. The first name found is the caller's name.
	// A certificate without any is refused. Default: uri, dns, email.
	Names []string `yaml:"names" enum:"uri,dns,email,cn"`
}

// IssuerConfig describes one issuer of JSON Web Tokens (OpenID Connect Discovery 1.0, RFC 7519, RFC 9068).
type IssuerConfig struct {
	// URL is the issuer, exactly as in the "iss" claim. Required; https, or http on a loopback address.
	URL string `yaml:"url" required:""`
	// JWKSURL is the address of the issuer's keys. Default: what the discovery document at
	// URL/.well-known/openid-configuration says.
	JWKSURL string `yaml:"jwks_url"`
	// CAFile is a PEM file with the authorities that sign the issuer's TLS certificate. Default: those of the system.
	CAFile string `yaml:"ca_file"`
	// Audiences lists what the "aud" claim may hold; one of them must be there. Required.
	Audiences []string `yaml:"audiences" required:""`
	// Algorithms is the allow list of signature algorithms. Default: RS, PS and ES with 256, 384 and 512 bits, and EdDSA,
	// which are also all that may be listed.
	Algorithms []string `yaml:"algorithms" enum:"RS256,RS384,RS512,PS256,PS384,PS512,ES256,ES384,ES512,EdDSA"`
	// TokenTypes lists what the "typ" header may hold, in any case, where "" means that it is missing. Default: "", JWT,
	// at+jwt, application/at+jwt, so that a token made for another purpose, for instance logout+jwt, is refused
	// (RFC 8725 section 3.11).
	TokenTypes []string `yaml:"token_types"`
	// ClockSkew is how far the clocks of issuer and gateway may differ. From 0 to 5m. Default 30s.
	ClockSkew *time.Duration `yaml:"clock_skew"`
	// KeyRefresh is the age at which keys are fetched again, and so how long a withdrawn key may still be believed while
	// the issuer can be reached. From 10s to 24h. Default 5m.
	KeyRefresh time.Duration `yaml:"key_refresh"`
	// KeyMaxAge is how long keys are believed while the issuer cannot be reached. At least KeyRefresh. Default 24h.
	KeyMaxAge time.Duration `yaml:"key_max_age"`
	// NameClaim is the claim that names the caller. Choose none that users can change by themselves. Default "sub".
	NameClaim string `yaml:"name_claim"`
	// RoleClaims are the claims that hold the caller's roles: an array of strings, or one string. A name that begins with
	// a slash is a JSON pointer (RFC 6901), for instance /realm_access/roles. Default: roles.
	RoleClaims []string `yaml:"role_claims"`
	// ScopeClaims are the claims that hold the caller's scopes: an array of strings, or one string with spaces between
	// them (RFC 8693 section 4.2). Default: scope, scp.
	ScopeClaims []string `yaml:"scope_claims"`
}

// Options are what an Authenticator gets from the program around it.
type Options struct {
	// ClientCAs returns the authorities that sign client certificates, as they are now. The same pool must be returned
	// until they change. Required if Config.Certificates is set.
	ClientCAs func() *x509.CertPool
	// Previous is the Authenticator that is being replaced: issuers with unchanged settings keep their keys. Default none.
	Previous *Authenticator
	// Now is the clock. Default time.Now.
	Now func() time.Time
	// Log tells about issuers that cannot be reached. Default: nowhere.
	Log *slog.Logger
}
