package authn

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// testIssuer is an issuer of tokens on loopback, written from RFC 7515, 7517 and 7518 and OpenID Connect Discovery with the
// standard library alone, so that the package is not only right by the word of the library that it uses.
type testIssuer struct {
	*httptest.Server
	fetches atomic.Int64 // of the key set

	mu        sync.Mutex
	keys      []map[string]any
	document  func(issuer string) map[string]any // the discovery document
	intercept http.HandlerFunc                   // answers in place of the issuer, unless nil
}

func newTestIssuer(t *testing.T) *testIssuer {
	t.Helper()
	i := &testIssuer{document: func(url string) map[string]any {
		return map[string]any{"issuer": url, "jwks_uri": url + "/keys"}
	}}
	i.Server = httptest.NewServer(i)
	t.Cleanup(i.Close)
	return i
}

func (i *testIssuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	keys, document, intercept := i.keys, i.document, i.intercept
	i.mu.Unlock()
	if r.URL.Path == "/keys" {
		i.fetches.Add(1)
	}
	if intercept != nil {
		intercept(w, r)
		return
	}
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		_ = json.NewEncoder(w).Encode(document(i.URL))
	case "/keys":
		_ = json.NewEncoder(w).Encode(map[string]any{"keys": keys})
	default:
		http.NotFound(w, r)
	}
}

// publish replaces the key set.
func (i *testIssuer) publish(keys ...map[string]any) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys = keys
}

func (i *testIssuer) answerWith(handler http.HandlerFunc) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.intercept = handler
}

// signer is a private key with a name.
type signer struct {
	kid, alg string
	key      crypto.Signer
}

// Key generation is slow: the tests share two keys of each kind.
var sharedKeys = sync.OnceValue(func() map[string]crypto.Signer {
	keys := map[string]crypto.Signer{}
	for _, name := range []string{"1", "2"} {
		keys["RS256"+name], _ = rsa.GenerateKey(rand.Reader, 2048)
		keys["ES256"+name], _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	return keys
})

func newSigner(kid, alg, which string) signer { return signer{kid, alg, sharedKeys()[alg+which]} }

// jwk writes the public key (RFC 7518 section 6).
func (s signer) jwk() map[string]any {
	number := base64.RawURLEncoding.EncodeToString
	switch public := s.key.Public().(type) {
	case *rsa.PublicKey:
		return map[string]any{"kty": "RSA", "kid": s.kid, "n": number(public.N.Bytes()), "e": "AQAB"}
	case *ecdsa.PublicKey:
		point, err := public.Bytes() // 4, then X and Y
		if err != nil {
			return nil
		}
		return map[string]any{"kty": "EC", "crv": "P-256", "kid": s.kid, "x": number(point[1:33]), "y": number(point[33:])}
	}
	return nil
}

// sign makes a token (RFC 7515 section 7.1). Header entries are added to those that it needs, or replace them.
func (s signer) sign(t *testing.T, header, claims map[string]any) string {
	t.Helper()
	full := map[string]any{"alg": s.alg, "kid": s.kid, "typ": "JWT"}
	for name, value := range header {
		if full[name] = value; value == nil {
			delete(full, name)
		}
	}
	input := segment(t, full) + "." + segment(t, claims)
	digest := sha256.Sum256([]byte(input))
	var signature []byte
	var err error
	switch key := s.key.(type) {
	case *rsa.PrivateKey:
		signature, err = rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:])
	case *ecdsa.PrivateKey:
		signature = make([]byte, 64)
		r, s, failed := ecdsa.Sign(rand.Reader, key, digest[:])
		if err = failed; err == nil {
			r.FillBytes(signature[:32])
			s.FillBytes(signature[32:])
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// signWithSecret makes an HS256 token: the classic confusion takes the issuer's public key for the secret.
func signWithSecret(t *testing.T, secret []byte, header, claims map[string]any) string {
	t.Helper()
	input := segment(t, header) + "." + segment(t, claims)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(input))
	return input + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func segment(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// testClock is driven by the test.
type testClock struct {
	mu   sync.Mutex
	time time.Time
}

func newTestClock() *testClock {
	return &testClock{time: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)}
}

func (c *testClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.time
}

func (c *testClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.time = c.time.Add(d)
}

// bench is an issuer with one published key, and an Authenticator that trusts it.
type bench struct {
	*Authenticator
	issuer *testIssuer
	clock  *testClock
	key    signer
}

// newBench lets change adapt the configuration, unless it is nil.
func newBench(t *testing.T, change func(*IssuerConfig)) *bench {
	t.Helper()
	b := &bench{issuer: newTestIssuer(t), clock: newTestClock(), key: newSigner("first", "RS256", "1")}
	b.issuer.publish(b.key.jwk())
	config := IssuerConfig{URL: b.issuer.URL, Audiences: []string{"umgateway"}}
	if change != nil {
		change(&config)
	}
	b.Authenticator = mustNew(t, Config{Issuers: []IssuerConfig{config}}, Options{Now: b.clock.now})
	return b
}

func mustNew(t *testing.T, config Config, opts Options) *Authenticator {
	t.Helper()
	a, err := New(config, opts)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// claims are those of a good token, changed as told: nil removes a claim.
func (b *bench) claims(changes map[string]any) map[string]any {
	now := b.clock.now()
	all := map[string]any{
		"iss": b.issuer.URL, "sub": "alice", "aud": "umgateway",
		"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "roles": []string{"operator"}, "scope": "um.dial um.read",
	}
	for name, value := range changes {
		if all[name] = value; value == nil {
			delete(all, name)
		}
	}
	return all
}

// show authenticates with a token.
func (b *bench) show(t *testing.T, token string) (Identified, error) {
	t.Helper()
	return b.Authenticate(t.Context(), Credentials{Authorization: []string{"Bearer " + token}})
}

// settle waits for a fetch under way.
func (b *bench) settle(t *testing.T) {
	t.Helper()
	for _, i := range b.tokens.issuers {
		i.mu.Lock()
		running := i.running
		i.mu.Unlock()
		i.await(context.Background(), running, false)
	}
}
