package authn

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
)

func TestKeysAreFetchedOnceForManyTokens(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	token := b.key.sign(t, nil, b.claims(nil))
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			if _, err := b.show(t, token); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if got := b.issuer.fetches.Load(); got != 1 {
		t.Errorf("the keys were fetched %d times", got)
	}
}

func TestRotatedKeyIsFoundAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	old := b.key.sign(t, nil, b.claims(nil))
	_, err := b.show(t, old)
	wantReason(t, err, "")
	b.clock.advance(fetchEvery)
	second := newSigner("second", "RS256", "2")
	b.issuer.publish(b.key.jwk(), second.jwk())
	_, err = b.show(t, second.sign(t, nil, b.claims(nil)))
	wantReason(t, err, "")
	_, err = b.show(t, old)
	wantReason(t, err, "")
}

func TestKeyReplacedUnderTheSameNameIsFoundAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	old := b.key.sign(t, nil, b.claims(nil))
	_, err := b.show(t, old)
	wantReason(t, err, "")
	b.clock.advance(fetchEvery)
	second := newSigner("first", "RS256", "2")
	b.issuer.publish(second.jwk())
	_, err = b.show(t, second.sign(t, nil, b.claims(nil)))
	wantReason(t, err, "")
	_, err = b.show(t, old)
	wantReason(t, err, TokenSignatureInvalid)
}

func TestWithdrawnKeyIsBelievedNoLongerThanTheRefresh(t *testing.T) {
	t.Parallel()
	for name, age := range map[string]struct {
		age  time.Duration
		want []Reason // of the calls one after the other
	}{
		"young":                           {defaultKeyRefresh - time.Second, []Reason{"", ""}},
		"due: refreshed behind the call":  {defaultKeyRefresh, []Reason{"", TokenKeyUnknown}},
		"overdue: refreshed for the call": {2 * defaultKeyRefresh, []Reason{TokenKeyUnknown, TokenKeyUnknown}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, nil)
			token := b.key.sign(t, nil, b.claims(nil))
			_, err := b.show(t, token)
			wantReason(t, err, "")
			b.issuer.publish(newSigner("second", "RS256", "2").jwk())
			b.clock.advance(age.age)
			for _, want := range age.want {
				_, err = b.show(t, token)
				wantReason(t, err, want)
				b.settle(t)
			}
		})
	}
}

func TestMadeUpTokensCauseFewFetches(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	_, err := b.show(t, b.key.sign(t, nil, b.claims(nil)))
	wantReason(t, err, "")
	forger := newSigner("first", "RS256", "2")
	for i := range 20 {
		_, err = b.show(t, forger.sign(t, nil, b.claims(nil)))
		wantReason(t, err, TokenSignatureInvalid)
		_, err = b.show(t, forger.sign(t, map[string]any{"kid": fmt.Sprint(i)}, b.claims(nil)))
		wantReason(t, err, TokenKeyUnknown)
		_, err = b.show(t, forger.sign(t, nil, b.claims(map[string]any{"iss": "https://issuer.example.com"})))
		wantReason(t, err, TokenIssuerUnknown)
		if i == 9 {
			b.clock.advance(fetchEvery)
		}
	}
	if got := b.issuer.fetches.Load(); got != 2 {
		t.Errorf("the keys were fetched %d times in %v", got, fetchEvery)
	}
}

func TestIssuerThatIsDownAtStartIsAskedAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.issuer.answerWith(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	if err := b.Warm(t.Context()); err == nil || !strings.Contains(err.Error(), b.issuer.URL) {
		t.Errorf("Warm says %v", err)
	}
	token := b.key.sign(t, nil, b.claims(nil))
	_, err := b.show(t, token)
	wantReason(t, err, IssuerUnavailable)
	refusal := (*Error)(nil)
	if errors.As(err, &refusal); refusal.GRPCStatus().Code() != codes.Unavailable || refusal.RetryAfter != time.Second {
		t.Errorf("%v, retry after %v", refusal.GRPCStatus(), refusal.RetryAfter)
	}
	b.issuer.answerWith(nil)
	_, err = b.show(t, token)
	wantReason(t, err, IssuerUnavailable)
	b.clock.advance(time.Second)
	_, err = b.show(t, token)
	wantReason(t, err, "")
	if err := b.Warm(t.Context()); err != nil {
		t.Errorf("Warm says %v", err)
	}
}

func TestPausesBetweenFailedFetchesGrow(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.issuer.answerWith(http.NotFound)
	token := b.key.sign(t, nil, b.claims(nil))
	for _, pause := range []time.Duration{1, 2, 4, 8, 16, 30, 30} {
		_, err := b.show(t, token)
		wantReason(t, err, IssuerUnavailable)
		refusal := (*Error)(nil)
		if errors.As(err, &refusal); refusal.RetryAfter != pause*time.Second {
			t.Errorf("retry after %v, want %d s", refusal.RetryAfter, pause)
		}
		b.clock.advance(pause * time.Second)
	}
}

func TestKeysStayInUseWhileTheIssuerIsDown(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	forever := map[string]any{"exp": b.clock.now().Add(100 * time.Hour).Unix()}
	token := b.key.sign(t, nil, b.claims(forever))
	_, err := b.show(t, token)
	wantReason(t, err, "")
	b.issuer.answerWith(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"keys":[]}`)) })
	b.clock.advance(defaultKeyMaxAge - time.Second)
	_, err = b.show(t, token)
	wantReason(t, err, "")
	if status := b.Issuers()[0]; status.Keys != 1 || status.Err == nil {
		t.Errorf("the status is %+v", status)
	}
	_, err = b.show(t, newSigner("second", "RS256", "2").sign(t, nil, b.claims(forever)))
	wantReason(t, err, IssuerUnavailable)
	b.clock.advance(time.Second)
	_, err = b.show(t, token)
	wantReason(t, err, IssuerUnavailable)
	if status := b.Issuers()[0]; status.Keys != 0 {
		t.Errorf("the status is %+v", status)
	}
}

func TestCallerWhoLeavesDoesNotStopTheFetch(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	asked, release := make(chan struct{}), make(chan struct{})
	b.issuer.answerWith(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/keys" {
			_ = json.NewEncoder(w).Encode(b.issuer.document(b.issuer.URL))
			return
		}
		close(asked)
		<-release
		_ = json.NewEncoder(w).Encode(map[string]any{"keys": []any{b.key.jwk()}})
	})
	token := b.key.sign(t, nil, b.claims(nil))
	ctx, leave := context.WithCancel(t.Context())
	gone := make(chan error)
	go func() {
		_, err := b.Authenticate(ctx, Credentials{Authorization: []string{"Bearer " + token}})
		gone <- err
	}()
	<-asked
	leave()
	err := <-gone
	wantReason(t, err, IssuerUnavailable)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the cause is lost: %v", err)
	}
	close(release)
	b.settle(t)
	_, err = b.show(t, token)
	wantReason(t, err, "")
	if got := b.issuer.fetches.Load(); got != 1 {
		t.Errorf("the keys were fetched %d times", got)
	}
}

func TestDocumentsThatCannotBeTrustedAreRefused(t *testing.T) {
	t.Parallel()
	document := func(changes map[string]any) func(*bench) {
		return func(b *bench) {
			b.issuer.mu.Lock()
			defer b.issuer.mu.Unlock()
			b.issuer.document = func(string) map[string]any { return changes }
		}
	}
	for name, test := range map[string]struct {
		prepare func(*bench)
		want    string // in the error
	}{
		"another issuer's document": {document(map[string]any{"issuer": "https://other.example.com", "jwks_uri": "https://x.example.com"}), "https://other.example.com"},
		"keys over an open line": {func(b *bench) {
			document(map[string]any{"issuer": b.issuer.URL, "jwks_uri": "http://keys.example.com/"})(b)
		}, "want https"},
		"no address of keys": {func(b *bench) { document(map[string]any{"issuer": b.issuer.URL})(b) }, "required"},
		"a redirect": {func(b *bench) {
			b.issuer.answerWith(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) })
		}, "redirects are not followed"},
		"html": {func(b *bench) {
			b.issuer.answerWith(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) })
		}, "not a discovery document"},
		"endless": {func(b *bench) {
			b.issuer.answerWith(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, maxDocument+1)) })
		}, "more than 1048576 bytes"},
		"no key that verifies": {func(b *bench) { b.issuer.publish(map[string]any{"kty": "oct", "k": "AAAA"}) }, "no key"},
		"a short rsa key": {func(b *bench) {
			b.issuer.publish(map[string]any{"kty": "RSA", "n": strings.Repeat("w", 171), "e": "AQAB"})
		}, "no key"},
		"too many keys": {func(b *bench) { b.issuer.publish(make([]map[string]any, maxKeys+1)...) }, "more than 100 keys"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, nil)
			test.prepare(b)
			if err := b.Warm(t.Context()); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q in it", err, test.want)
			}
		})
	}
}

func TestIssuerBehindAPrivateAuthority(t *testing.T) {
	t.Parallel()
	key := newSigner("first", "RS256", "1")
	server := httptest.NewUnstartedServer(nil)
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"issuer": server.URL, "jwks_uri": server.URL, "keys": []any{key.jwk()}})
	})
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(ca, text, 0o600); err != nil {
		t.Fatal(err)
	}
	for file, works := range map[string]bool{ca: true, "": false} {
		config := Config{Issuers: []IssuerConfig{{URL: server.URL, CAFile: file, Audiences: []string{"x"}}}}
		if err := mustNew(t, config, Options{}).Warm(t.Context()); (err == nil) != works {
			t.Errorf("with the ca file %q: %v", file, err)
		}
	}
}

func TestReplacingTheAuthenticatorKeepsTheKeysOfUnchangedIssuers(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	token := b.key.sign(t, nil, b.claims(nil))
	_, err := b.show(t, token)
	wantReason(t, err, "")
	b.issuer.answerWith(http.NotFound)
	config := Config{Issuers: []IssuerConfig{{URL: b.issuer.URL, Audiences: []string{"umgateway"}}}}
	b.Authenticator = mustNew(t, config, Options{Now: b.clock.now, Previous: b.Authenticator})
	_, err = b.show(t, token)
	wantReason(t, err, "")
	config.Issuers[0].Audiences = []string{"other"}
	b.Authenticator = mustNew(t, config, Options{Now: b.clock.now, Previous: b.Authenticator})
	_, err = b.show(t, token)
	wantReason(t, err, IssuerUnavailable)
}

func TestOverdueKeysAreUsedWhileTheIssuerHangs(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	token := b.key.sign(t, nil, b.claims(nil))
	_, err := b.show(t, token)
	wantReason(t, err, "")
	release := make(chan struct{})
	b.issuer.answerWith(func(http.ResponseWriter, *http.Request) { <-release })
	b.clock.advance(2 * defaultKeyRefresh)
	impatient, leave := context.WithCancel(t.Context())
	leave()
	_, err = b.Authenticate(impatient, Credentials{Authorization: []string{"Bearer " + token}})
	wantReason(t, err, "")
	close(release)
	b.settle(t)
}
