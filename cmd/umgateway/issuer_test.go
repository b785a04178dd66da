package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// issuer is an OpenID Connect issuer of tokens on the loopback interface.
type issuer struct {
	*httptest.Server
	mu   sync.Mutex
	keys []jose.JSONWebKey // published
}

// newIssuer publishes one key.
func newIssuer(t *testing.T) (*issuer, *jose.JSONWebKey) {
	t.Helper()
	i := &issuer{}
	i.Server = httptest.NewServer(i)
	t.Cleanup(i.Close)
	key := newSigningKey(t, "first")
	i.publish(key)
	return i, key
}

func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	var document any = map[string]any{"issuer": i.URL, "jwks_uri": i.URL + "/keys"}
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
	case "/keys":
		document = jose.JSONWebKeySet{Keys: i.keys}
	default:
		http.NotFound(w, r)
		return
	}
	_ = json.NewEncoder(w).Encode(document)
}

// publish replaces the published keys.
func (i *issuer) publish(keys ...*jose.JSONWebKey) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys = nil
	for _, key := range keys {
		i.keys = append(i.keys, key.Public())
	}
}

func newSigningKey(t *testing.T, name string) *jose.JSONWebKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &jose.JSONWebKey{Key: key, KeyID: name, Algorithm: string(jose.ES256), Use: "sig"}
}

// token makes a token for a dialler, with other claims than usual as told.
func (i *issuer) token(t *testing.T, key *jose.JSONWebKey, other map[string]any) string {
	t.Helper()
	claims := map[string]any{
		"iss": i.URL, "sub": "alice", "aud": "umgateway", "roles": []string{"dialler"},
		"iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix(),
	}
	for name, value := range other {
		claims[name] = value
	}
	text, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(text)
	if err != nil {
		t.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}
