package authn

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	defaultRealm      = "umgateway"
	defaultSkew       = 30 * time.Second
	maxSkew           = 5 * time.Minute
	defaultKeyRefresh = 5 * time.Minute
	minKeyRefresh     = 10 * time.Second
	maxKeyRefresh     = 24 * time.Hour
	defaultKeyMaxAge  = 24 * time.Hour
)

// algorithms are the signature algorithms that can be allowed: those whose verifier cannot sign (RFC 7518 section 3.1,
// RFC 8037 section 3.1).
var algorithms = []string{
	"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
}

var defaultTokenTypes = []string{"", "JWT", "at+jwt", "application/at+jwt"}

// complete checks the configuration and fills in the defaults. All mistakes are reported together.
func (c Config) complete(opts Options) (Config, error) {
	var errs []error
	if c.Realm == "" {
		c.Realm = defaultRealm
	}
	if strings.ContainsFunc(c.Realm, func(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' }) {
		errs = append(errs, errors.New("realm: only printable ascii without quotes and backslashes is possible"))
	}
	if c.Certificates != nil {
		certificates, err := c.Certificates.complete(opts)
		c.Certificates, errs = &certificates, append(errs, err)
	}
	issuers, seen := make([]IssuerConfig, len(c.Issuers)), map[string]bool{}
	for i, issuer := range c.Issuers {
		var mistakes []error
		issuers[i], mistakes = issuer.complete()
		for _, err := range mistakes {
			errs = append(errs, fmt.Errorf("issuer %q: %w", issuer.URL, err))
		}
		if seen[issuer.URL] {
			errs = append(errs, fmt.Errorf("issuer %q: listed twice", issuer.URL))
		}
		seen[issuer.URL] = true
	}
	c.Issuers = issuers
	return c, errors.Join(errs...)
}

func (c CertificateConfig) complete(opts Options) (CertificateConfig, error) {
	var errs []error
	if opts.ClientCAs == nil {
		errs = append(errs, errors.New("client_certificates: no client ca is configured"))
	}
	if c.Names == nil {
		c.Names = []string{"uri", "dns", "email"}
	}
	if len(c.Names) == 0 {
		errs = append(errs, errors.New("client_certificates: names: an empty list accepts nobody"))
	}
	for _, kind := range c.Names {
		if _, known := nameReaders[kind]; !known {
			errs = append(errs, fmt.Errorf("client_certificates: names: %q is none of uri, dns, email, cn", kind))
		}
	}
	return c, errors.Join(errs...)
}

func (c IssuerConfig) complete() (IssuerConfig, []error) {
	var errs []error
	if err := checkURL("url", c.URL); err != nil {
		errs = append(errs, err)
	}
	if c.JWKSURL != "" {
		if err := checkURL("jwks_url", c.JWKSURL); err != nil {
			errs = append(errs, err)
		}
	}
	if len(c.Audiences) == 0 || slices.Contains(c.Audiences, "") {
		errs = append(errs, errors.New("audiences: at least one is required, and none may be empty"))
	}
	c.Algorithms = withDefault(c.Algorithms, algorithms...)
	for _, algorithm := range c.Algorithms {
		if !slices.Contains(algorithms, algorithm) {
			errs = append(errs, fmt.Errorf("algorithms: %q is none of %s", algorithm, strings.Join(algorithms, ", ")))
		}
	}
	c.TokenTypes = withDefault(c.TokenTypes, defaultTokenTypes...)
	c.RoleClaims = withDefault(c.RoleClaims, "roles")
	c.ScopeClaims = withDefault(c.ScopeClaims, "scope", "scp")
	if c.NameClaim == "" {
		c.NameClaim = "sub"
	}
	c, mistakes := c.completeTimes()
	return c, append(errs, mistakes...)
}

func (c IssuerConfig) completeTimes() (IssuerConfig, []error) {
	var errs []error
	skew := defaultSkew
	if c.ClockSkew != nil {
		skew = *c.ClockSkew
	}
	c.ClockSkew = &skew
	if skew < 0 || skew > maxSkew {
		errs = append(errs, fmt.Errorf("clock_skew: %v is not between 0 and %v", skew, maxSkew))
	}
	if c.KeyRefresh == 0 {
		c.KeyRefresh = defaultKeyRefresh
	}
	if c.KeyRefresh < minKeyRefresh || c.KeyRefresh > maxKeyRefresh {
		errs = append(errs, fmt.Errorf("key_refresh: %v is not between %v and %v", c.KeyRefresh, minKeyRefresh, maxKeyRefresh))
	}
	if c.KeyMaxAge == 0 {
		c.KeyMaxAge = max(defaultKeyMaxAge, c.KeyRefresh)
	}
	if c.KeyMaxAge < c.KeyRefresh {
		errs = append(errs, fmt.Errorf("key_max_age: %v is less than key_refresh, %v", c.KeyMaxAge, c.KeyRefresh))
	}
	return c, errs
}

func withDefault(list []string, defaults ...string) []string {
	if list == nil {
		return defaults
	}
	return list
}

// checkURL wants https, or http to a loopback address, since keys that came over an open line prove nothing.
func checkURL(name, text string) error {
	u, err := url.Parse(text)
	switch {
	case text == "":
		return fmt.Errorf("%s: required", name)
	case err != nil || u.Host == "" || u.User != nil || u.Fragment != "":
		return fmt.Errorf("%s: not an absolute url without user and fragment", name)
	case u.Scheme == "https" || u.Scheme == "http" && isLoopback(u.Hostname()):
		return nil
	}
	return fmt.Errorf("%s: want https, or http on a loopback address", name)
}

func isLoopback(host string) bool {
	if ip := net.ParseIP(host); ip != nil {
		return ip.IsLoopback()
	}
	return host == "localhost"
}

func (o Options) complete() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}
