//go:build interop

package browsertest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// issuer is an OpenID Connect issuer on the loopback interface, with one key for ES256 (RFC 7518 section 3.4).
type issuer struct {
	*httptest.Server
	key *ecdsa.PrivateKey
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	i := &issuer{key: key}
	i.Server = httptest.NewServer(i)
	t.Cleanup(i.Close)
	return i
}

func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var document any = map[string]any{"issuer": i.URL, "jwks_uri": i.URL + "/keys"}
	if r.URL.Path == "/keys" {
		point, err := i.key.PublicKey.Bytes() // 4, and the coordinates
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		document = map[string]any{"keys": []any{map[string]any{
			"kty": "EC", "crv": "P-256", "kid": "first", "use": "sig", "alg": "ES256", "x": encode(point[1:33]), "y": encode(point[33:]),
		}}}
	}
	_ = json.NewEncoder(w).Encode(document)
}

// token makes a token for a dialler. Each is another text.
func (i *issuer) token(t *testing.T, subject string) string {
	t.Helper()
	part := func(claims map[string]any) string {
		text, err := json.Marshal(claims)
		if err != nil {
			t.Fatal(err)
		}
		return encode(text)
	}
	signed := part(map[string]any{"alg": "ES256", "kid": "first", "typ": "JWT"}) + "." + part(map[string]any{
		"iss": i.URL, "sub": subject, "aud": "umgateway", "roles": []string{"dialler"},
		"iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix(),
	})
	digest := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, i.key, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return signed + "." + encode(append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...))
}

func encode(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }
