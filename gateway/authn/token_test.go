package authn

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/status"

	"github.com/umgateway/umgateway/gateway/principal"
)

// wantReason checks the reason of a refusal; empty means that there must be none.
func wantReason(t *testing.T, err error, want Reason) {
	t.Helper()
	var got Reason
	if refusal := (*Error)(nil); errors.As(err, &refusal) {
		got = refusal.Reason
	} else if err != nil {
		t.Fatalf("the error is not an *Error but %v", err)
	}
	if got != want {
		t.Fatalf("refused for %q (%v), want %q", got, err, want)
	}
}

func TestGoodTokenNamesItsBearer(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	found, err := b.show(t, b.key.sign(t, nil, b.claims(nil)))
	if err != nil {
		t.Fatal(err)
	}
	p := found.Principal
	if p.Kind() != principal.JWT || p.Name() != "alice" || p.Issuer() != b.issuer.URL || !p.Verified() {
		t.Errorf("the principal is %v", p)
	}
	if !slices.Equal(p.Roles(), []string{"operator"}) || !slices.Equal(p.Scopes(), []string{"um.dial", "um.read"}) {
		t.Errorf("roles %v, scopes %v", p.Roles(), p.Scopes())
	}
}

func TestRefusalNamesTheClaimAndNotItsValue(t *testing.T) {
	t.Parallel()
	for claim, value := range map[string]any{"exp": "secret", "nbf": "secret", "aud": map[string]any{"secret": 1}, "sub": "secret\n", "roles": []any{"secret", 1}, "scope": map[string]any{"secret": 1}} {
		t.Run(claim, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, nil)
			_, err := b.show(t, b.key.sign(t, nil, b.claims(map[string]any{claim: value})))
			wantReason(t, err, TokenClaimInvalid)
			told := status.Convert(err).Message()
			if want := fmt.Sprintf("the claim %q of the token is missing or cannot be read", claim); told != want {
				t.Errorf("the caller is told %q, want %q", told, want)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the log is told %v", err)
			}
		})
	}
	b := newBench(t, nil)
	_, err := b.show(t, b.key.sign(t, nil, b.claims(map[string]any{"exp": nil})))
	if told := status.Convert(err).Message(); told != `the claim "exp" of the token is missing or cannot be read` {
		t.Errorf("without exp: %q", told)
	}
}

func TestTokenIsBelievedOnlyIfEverythingFits(t *testing.T) {
	t.Parallel()
	other := newSigner("first", "RS256", "2")
	elliptic := newSigner("elliptic", "ES256", "1")
	for name, test := range map[string]struct {
		make func(t *testing.T, b *bench) string
		want Reason
	}{
		"right":                 {func(t *testing.T, b *bench) string { return b.key.sign(t, nil, b.claims(nil)) }, ""},
		"right, elliptic curve": {func(t *testing.T, b *bench) string { return elliptic.sign(t, nil, b.claims(nil)) }, ""},
		"right, without the key's name": {func(t *testing.T, b *bench) string {
			return elliptic.sign(t, map[string]any{"kid": nil}, b.claims(nil))
		}, ""},
		"right, one audience of several":     {claim("aud", []string{"other", "umgateway"}), ""},
		"right, no iat":                      {claim("iat", nil), ""},
		"access token of RFC 9068":           {head("typ", "at+jwt"), ""},
		"access token, long and in capitals": {head("typ", "APPLICATION/AT+JWT"), ""},
		"no type":                            {head("typ", nil), ""},

		"wrong audience":             {claim("aud", "other"), TokenAudienceWrong},
		"audience only begins right": {claim("aud", "umgateway2"), TokenAudienceWrong},
		"no audience":                {claim("aud", nil), TokenAudienceWrong},
		"audience is a number":       {claim("aud", 5), TokenClaimInvalid},
		"wrong issuer":               {claim("iss", "https://issuer.example.com"), TokenIssuerUnknown},
		"issuer with a slash more": {func(t *testing.T, b *bench) string {
			return b.key.sign(t, nil, b.claims(map[string]any{"iss": b.issuer.URL + "/"}))
		}, TokenIssuerUnknown},
		"no issuer": {claim("iss", nil), TokenIssuerUnknown},
		"issuer claim in capitals": {func(t *testing.T, b *bench) string {
			return b.key.sign(t, nil, b.claims(map[string]any{"iss": nil, "ISS": b.issuer.URL}))
		}, TokenIssuerUnknown},
		"no expiry":                        {claim("exp", nil), TokenClaimInvalid},
		"expiry is a text":                 {claim("exp", "2030-01-01"), TokenClaimInvalid},
		"no subject":                       {claim("sub", nil), TokenClaimInvalid},
		"empty subject":                    {claim("sub", ""), TokenClaimInvalid},
		"subject is a number":              {claim("sub", 7), TokenClaimInvalid},
		"subject with a control character": {claim("sub", "alice\nadmin"), TokenClaimInvalid},
		"subject too long":                 {claim("sub", strings.Repeat("a", 513)), TokenClaimInvalid},
		"roles are numbers":                {claim("roles", []int{1}), TokenClaimInvalid},
		"a role is empty":                  {claim("roles", []string{"operator", ""}), TokenClaimInvalid},
		"roles are an object":              {claim("roles", map[string]any{"operator": true}), TokenClaimInvalid},
		"scope is a number":                {claim("scope", 1), TokenClaimInvalid},

		"logout token":     {head("typ", "logout+jwt"), TokenTypeRefused},
		"type is a number": {head("typ", 5), TokenMalformed},
		"unknown critical header": {func(t *testing.T, b *bench) string {
			return b.key.sign(t, map[string]any{"crit": []string{"exp"}, "exp": 1}, b.claims(nil))
		}, TokenSignatureInvalid},
		"key of somebody else under the same name": {func(t *testing.T, b *bench) string { return other.sign(t, nil, b.claims(nil)) }, TokenSignatureInvalid},
		"unknown key": {head("kid", "unheard of"), TokenKeyUnknown},
		"key of the token's own choice": {func(t *testing.T, b *bench) string {
			return other.sign(t, map[string]any{"jwk": other.jwk()}, b.claims(nil))
		}, TokenSignatureInvalid},
		"key set of the token's own choice": {func(t *testing.T, b *bench) string {
			return other.sign(t, map[string]any{"jku": "http://127.0.0.1:1/keys"}, b.claims(nil))
		}, TokenSignatureInvalid},
		"name of an elliptic key, algorithm of rsa": {head("kid", "elliptic"), TokenSignatureInvalid},
		"key meant for another algorithm":           {head("kid", "for PS256"), TokenKeyUnknown},
		"key meant for encryption":                  {head("kid", "encrypts"), TokenKeyUnknown},
		"signature cut off": {func(t *testing.T, b *bench) string {
			token := b.key.sign(t, nil, b.claims(nil))
			return token[:strings.LastIndexByte(token, '.')+1]
		}, TokenSignatureInvalid},
		"claims replaced": {func(t *testing.T, b *bench) string {
			parts := strings.Split(b.key.sign(t, nil, b.claims(nil)), ".")
			parts[1] = segment(t, b.claims(map[string]any{"sub": "mallory"}))
			return strings.Join(parts, ".")
		}, TokenSignatureInvalid},

		"alg none":        {unsigned("none"), TokenAlgorithmRefused},
		"alg None":        {unsigned("None"), TokenAlgorithmRefused},
		"alg empty":       {unsigned(""), TokenAlgorithmRefused},
		"no alg":          {unsigned(nil), TokenAlgorithmRefused},
		"alg is a number": {unsigned(1), TokenAlgorithmRefused},
		"alg HS256 with the public key's DER as secret": {func(t *testing.T, b *bench) string {
			return signWithSecret(t, der(t, b.key), map[string]any{"alg": "HS256", "kid": "first"}, b.claims(nil))
		}, TokenAlgorithmRefused},
		"alg HS256 with the public key's PEM as secret": {func(t *testing.T, b *bench) string {
			secret := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der(t, b.key)})
			return signWithSecret(t, secret, map[string]any{"alg": "HS256", "kid": "first"}, b.claims(nil))
		}, TokenAlgorithmRefused},
		"alg RS256 made with a secret that the issuer publishes": {func(t *testing.T, b *bench) string {
			return signWithSecret(t, []byte("0123456789abcdef"), map[string]any{"alg": "RS256", "kid": "symmetric"}, b.claims(nil))
		}, TokenKeyUnknown},

		"not a token":        {func(*testing.T, *bench) string { return "abc" }, TokenMalformed},
		"two parts":          {func(*testing.T, *bench) string { return "e30.e30" }, TokenMalformed},
		"five parts":         {func(*testing.T, *bench) string { return "e30.e30.e30.e30.e30" }, TokenMalformed},
		"header is not json": {func(*testing.T, *bench) string { return "eA.e30.eA" }, TokenMalformed},
		"claims are not json": {func(t *testing.T, b *bench) string {
			return segment(t, map[string]any{"alg": "RS256"}) + "." + base64.RawURLEncoding.EncodeToString([]byte("x")) + ".eA"
		}, TokenMalformed},
		"the same claim twice": {func(t *testing.T, b *bench) string {
			claims := `{"iss":"` + b.issuer.URL + `","iss":"` + b.issuer.URL + `"}`
			return segment(t, map[string]any{"alg": "RS256"}) + "." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".eA"
		}, TokenMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, nil)
			forPS, encrypts := newSigner("for PS256", "RS256", "1").jwk(), newSigner("encrypts", "RS256", "1").jwk()
			forPS["alg"], encrypts["use"] = "PS256", "enc"
			b.issuer.publish(b.key.jwk(), elliptic.jwk(), forPS, encrypts,
				map[string]any{"kty": "oct", "kid": "symmetric", "k": base64.RawURLEncoding.EncodeToString([]byte("0123456789abcdef"))})
			found, err := b.show(t, test.make(t, b))
			wantReason(t, err, test.want)
			if anonymous := found.Principal.Kind() == principal.None; anonymous != (test.want != "") {
				t.Errorf("the principal is %v", found.Principal)
			}
		})
	}
}

// claim makes a token in which one claim differs from a good one's.
func claim(name string, value any) func(*testing.T, *bench) string {
	return func(t *testing.T, b *bench) string { return b.key.sign(t, nil, b.claims(map[string]any{name: value})) }
}

// head makes a token in which one header differs from a good one's.
func head(name string, value any) func(*testing.T, *bench) string {
	return func(t *testing.T, b *bench) string { return b.key.sign(t, map[string]any{name: value}, b.claims(nil)) }
}

// unsigned makes a token with that algorithm, and the signature of another.
func unsigned(alg any) func(*testing.T, *bench) string {
	return func(t *testing.T, b *bench) string { return b.key.sign(t, map[string]any{"alg": alg}, b.claims(nil)) }
}

func der(t *testing.T, s signer) []byte {
	t.Helper()
	text, err := x509.MarshalPKIXPublicKey(s.key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestUnsignedTokenIsRefusedEvenWithAnEmptySignature(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	token := segment(t, map[string]any{"alg": "none"}) + "." + segment(t, b.claims(nil)) + "."
	_, err := b.show(t, token)
	wantReason(t, err, TokenAlgorithmRefused)
}

func TestTimesAreKeptWithinTheClockSkew(t *testing.T) {
	t.Parallel()
	second := time.Second
	for name, test := range map[string]struct {
		skew  *time.Duration // nil: the default, 30 s
		claim string
		at    time.Duration // from now
		want  Reason
	}{
		"expired within the skew":       {nil, "exp", -30 * time.Second, ""},
		"expired beyond the skew":       {nil, "exp", -31 * time.Second, TokenExpired},
		"expired long ago":              {nil, "exp", -24 * time.Hour, TokenExpired},
		"not before, within the skew":   {nil, "nbf", 30 * time.Second, ""},
		"not before, beyond the skew":   {nil, "nbf", 31 * time.Second, TokenNotYetValid},
		"issued within the skew":        {nil, "iat", 30 * time.Second, ""},
		"issued in the future":          {nil, "iat", 31 * time.Second, TokenNotYetValid},
		"smaller skew, expired within":  {&second, "exp", -time.Second, ""},
		"smaller skew, expired beyond":  {&second, "exp", -2 * time.Second, TokenExpired},
		"no skew, expired a second ago": {new(time.Duration), "exp", -time.Second, TokenExpired},
		"no skew, expires in a second":  {new(time.Duration), "exp", time.Second, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, func(c *IssuerConfig) { c.ClockSkew = test.skew })
			at := b.clock.now().Add(test.at).Unix()
			_, err := b.show(t, b.key.sign(t, nil, b.claims(map[string]any{test.claim: at})))
			wantReason(t, err, test.want)
		})
	}
}

func TestRightsComeFromTheConfiguredClaims(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change        func(*IssuerConfig)
		claims        map[string]any
		roles, scopes []string
		caller        string
	}{
		"defaults":         {nil, nil, []string{"operator"}, []string{"um.dial", "um.read"}, "alice"},
		"none":             {nil, map[string]any{"roles": nil, "scope": nil}, nil, nil, "alice"},
		"one role as text": {nil, map[string]any{"roles": "a b"}, []string{"a b"}, []string{"um.dial", "um.read"}, "alice"},
		"scp as array":     {nil, map[string]any{"scope": nil, "scp": []string{"x", "y"}}, []string{"operator"}, []string{"x", "y"}, "alice"},
		"nested": {
			func(c *IssuerConfig) { c.RoleClaims = []string{"/realm_access/roles", "groups"} },
			map[string]any{"realm_access": map[string]any{"roles": []string{"a"}}, "groups": []string{"g"}},
			[]string{"a", "g"}, []string{"um.dial", "um.read"}, "alice",
		},
		"nested in what is not an object": {
			func(c *IssuerConfig) { c.RoleClaims = []string{"/sub/roles"} }, nil, nil, []string{"um.dial", "um.read"}, "alice",
		},
		"a name with slashes and escapes": {
			func(c *IssuerConfig) { c.RoleClaims = []string{"https://example.com/roles", "/a~1b/~01"} },
			map[string]any{"https://example.com/roles": []string{"r"}, "a/b": map[string]any{"~1": "s"}},
			[]string{"r", "s"}, []string{"um.dial", "um.read"}, "alice",
		},
		"another name": {
			func(c *IssuerConfig) { c.NameClaim = "oid" }, map[string]any{"oid": "0001"},
			[]string{"operator"}, []string{"um.dial", "um.read"}, "0001",
		},
		"a claim in another case is another claim": {nil, map[string]any{"roles": nil, "Roles": []string{"x"}}, nil, []string{"um.dial", "um.read"}, "alice"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, test.change)
			found, err := b.show(t, b.key.sign(t, nil, b.claims(test.claims)))
			if err != nil {
				t.Fatal(err)
			}
			p := found.Principal
			if !slices.Equal(p.Roles(), test.roles) || !slices.Equal(p.Scopes(), test.scopes) || p.Name() != test.caller {
				t.Errorf("roles %q, scopes %q, name %q", p.Roles(), p.Scopes(), p.Name())
			}
		})
	}
}

func TestAlgorithmsAreThoseOfTheTokensOwnIssuer(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(c *IssuerConfig) { c.Algorithms = []string{"ES256"} })
	second := newTestIssuer(t)
	second.publish(b.key.jwk())
	b.Authenticator = mustNew(t, Config{Issuers: []IssuerConfig{
		{URL: b.issuer.URL, Audiences: []string{"umgateway"}, Algorithms: []string{"ES256"}},
		{URL: second.URL, Audiences: []string{"umgateway"}, Algorithms: []string{"RS256"}},
	}}, Options{Now: b.clock.now})
	_, err := b.show(t, b.key.sign(t, nil, b.claims(nil)))
	wantReason(t, err, TokenAlgorithmRefused)
	_, err = b.show(t, b.key.sign(t, nil, b.claims(map[string]any{"iss": second.URL})))
	wantReason(t, err, "")
}

func TestKeyOfOneIssuerSignsNothingForAnother(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	second, foreign := newTestIssuer(t), newSigner("first", "RS256", "2")
	second.publish(foreign.jwk())
	b.Authenticator = mustNew(t, Config{Issuers: []IssuerConfig{
		{URL: b.issuer.URL, Audiences: []string{"umgateway"}}, {URL: second.URL, Audiences: []string{"umgateway"}},
	}}, Options{Now: b.clock.now})
	_, err := b.show(t, foreign.sign(t, nil, b.claims(map[string]any{"iss": second.URL})))
	wantReason(t, err, "")
	_, err = b.show(t, foreign.sign(t, nil, b.claims(nil)))
	wantReason(t, err, TokenSignatureInvalid)
}
