package authn

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/json"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/umgateway/umgateway/gateway/principal"
)

// maxName is the longest name of a caller, in bytes.
const maxName = 512

// tokenVerifier checks JSON Web Tokens.
type tokenVerifier struct {
	issuers    map[string]*issuer // by URL
	algorithms []jose.SignatureAlgorithm
	now        func() time.Time
}

func newTokenVerifier(configs []IssuerConfig, opts Options) (*tokenVerifier, error) {
	v := &tokenVerifier{issuers: map[string]*issuer{}, now: opts.Now}
	var errs []error
	for _, config := range configs {
		fresh, err := newIssuer(config, opts)
		if err != nil {
			errs = append(errs, fmt.Errorf("issuer %q: %w", config.URL, err))
			continue
		}
		if old := opts.Previous.issuer(config.URL); old != nil && old.same(fresh) {
			fresh = old
		}
		v.issuers[config.URL] = fresh
		for _, algorithm := range config.Algorithms {
			v.algorithms = append(v.algorithms, jose.SignatureAlgorithm(algorithm))
		}
	}
	return v, errors.Join(errs...)
}

// verify checks a token, and returns what it says about its bearer.
func (v *tokenVerifier) verify(ctx context.Context, raw string) (principal.Facts, error) {
	token, err := jose.ParseSignedCompact(raw, v.algorithms)
	if unexpected := (*jose.ErrUnexpectedSignatureAlgorithm)(nil); errors.As(err, &unexpected) {
		return principal.Facts{}, refuse(TokenAlgorithmRefused, nil)
	}
	if err != nil {
		// The parser's error may quote the token.
		return principal.Facts{}, refuse(TokenMalformed, nil)
	}
	// Unverified so far: it only chooses whose keys are asked, and is checked once more below.
	var unverified struct {
		Issuer string `json:"iss"`
	}
	if json.Unmarshal(token.UnsafePayloadWithoutVerification(), &unverified) != nil {
		return principal.Facts{}, refuse(TokenMalformed, errors.New("the claims are not a json object"))
	}
	from, known := v.issuers[unverified.Issuer]
	if !known {
		return principal.Facts{}, refuse(TokenIssuerUnknown, nil)
	}
	if err := from.checkHeader(token.Signatures[0].Header); err != nil {
		return principal.Facts{}, err
	}
	payload, err := from.verifySignature(ctx, token)
	if err != nil {
		return principal.Facts{}, err
	}
	return from.facts(payload, v.now())
}

// checkHeader checks algorithm and type before any key is looked for.
func (i *issuer) checkHeader(header jose.Header) error {
	if !slices.Contains(i.config.Algorithms, header.Algorithm) {
		return refuse(TokenAlgorithmRefused, nil)
	}
	name := ""
	if value, present := header.ExtraHeaders[jose.HeaderType]; present {
		text, ok := value.(string)
		if !ok || text == "" {
			return refuse(TokenMalformed, errors.New("the type is not a text"))
		}
		name = text
	}
	if !slices.ContainsFunc(i.config.TokenTypes, func(allowed string) bool { return strings.EqualFold(allowed, name) }) {
		return refuse(TokenTypeRefused, nil)
	}
	return nil
}

// verifySignature returns the claims. A key that does not fit may have been replaced under the same name, so that the
// issuer is asked once more.
func (i *issuer) verifySignature(ctx context.Context, token *jose.JSONWebSignature) ([]byte, error) {
	header := token.Signatures[0].Header
	keys, err := i.keysFor(ctx, header.KeyID, header.Algorithm)
	if err != nil {
		return nil, err
	}
	if payload, ok := verifyWithAny(token, keys); ok {
		return payload, nil
	}
	if payload, ok := verifyWithAny(token, i.newerKeysFor(ctx, header.KeyID, header.Algorithm)); ok {
		return payload, nil
	}
	return nil, refuse(TokenSignatureInvalid, nil)
}

func verifyWithAny(token *jose.JSONWebSignature, keys []jose.JSONWebKey) ([]byte, bool) {
	for _, key := range keys {
		if payload, err := token.Verify(key.Key); err == nil {
			return payload, true
		}
	}
	return nil, false
}

// facts checks the claims of a token whose signature is right.
func (i *issuer) facts(payload []byte, now time.Time) (principal.Facts, error) {
	var all claims
	if json.Unmarshal(payload, &all) != nil {
		return principal.Facts{}, refuse(TokenClaimInvalid, errors.New("the claims cannot be read"))
	}
	standard, err := all.standard(payload)
	if err != nil {
		return principal.Facts{}, refuseClaim(err)
	}
	expected := jwt.Expected{Issuer: i.config.URL, AnyAudience: i.config.Audiences, Time: now}
	if err := standard.ValidateWithLeeway(expected, *i.config.ClockSkew); err != nil {
		return principal.Facts{}, refuse(claimReason(err), nil)
	}
	facts := principal.Facts{Kind: principal.JWT, Issuer: i.config.URL}
	var errs [3]error
	facts.Name, errs[0] = all.text(i.config.NameClaim)
	facts.Roles, errs[1] = all.list(i.config.RoleClaims, false)
	facts.Scopes, errs[2] = all.list(i.config.ScopeClaims, true)
	if err := errors.Join(errs[:]...); err != nil {
		return principal.Facts{}, refuseClaim(err)
	}
	return facts, nil
}

func claimReason(err error) Reason {
	switch {
	case errors.Is(err, jwt.ErrInvalidIssuer):
		return TokenIssuerUnknown
	case errors.Is(err, jwt.ErrInvalidAudience):
		return TokenAudienceWrong
	case errors.Is(err, jwt.ErrExpired):
		return TokenExpired
	case errors.Is(err, jwt.ErrNotValidYet), errors.Is(err, jwt.ErrIssuedInTheFuture):
		return TokenNotYetValid
	}
	return TokenClaimInvalid
}
