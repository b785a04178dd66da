package authn

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func TestMistakesInTheConfigurationAreReportedTogether(t *testing.T) {
	t.Parallel()
	negative := -time.Second
	_, err := New(Config{
		Realm:        `a"b`,
		Certificates: &CertificateConfig{Names: []string{"ip"}},
		Issuers: []IssuerConfig{
			{}, {URL: "http://issuer.example.com", Audiences: []string{""}, Algorithms: []string{"none"}},
			{URL: "https://a.example.com", Audiences: []string{"x"}, ClockSkew: &negative, KeyRefresh: time.Second, JWKSURL: "keys"},
			{URL: "https://a.example.com", Audiences: []string{"x"}, Algorithms: []string{"HS256"}, KeyRefresh: time.Hour, KeyMaxAge: time.Minute},
		},
	}, Options{})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"realm:", `"ip" is none of`, "no client ca", `issuer "": url: required`, `issuer "": audiences`, "want https", `"none" is none of`, `"HS256" is none of`,
		"clock_skew: -1s", "key_refresh: 1s", "jwks_url: not an absolute url", "listed twice", "key_max_age: 1m0s",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in\n%v", want, err)
		}
	}
}

func TestEmptyListOfCertificateNamesIsRefused(t *testing.T) {
	t.Parallel()
	_, err := New(Config{Certificates: &CertificateConfig{Names: []string{}}}, Options{ClientCAs: x509.NewCertPool})
	if err == nil {
		t.Error("no error")
	}
}

func TestCAFileThatCannotBeUsedIsReported(t *testing.T) {
	t.Parallel()
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{empty, empty + ".missing"} {
		_, err := New(Config{Issuers: []IssuerConfig{{URL: "https://a.example.com", Audiences: []string{"x"}, CAFile: file}}}, Options{})
		if err == nil || !strings.Contains(err.Error(), "a.example.com") {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestUnauthorizedReplyNamesEachWayToAuthenticate(t *testing.T) {
	t.Parallel()
	a := mustNew(t, Config{
		Realm: "um", Basic: true, Certificates: &CertificateConfig{},
		Issuers: []IssuerConfig{{URL: "https://a.example.com", Audiences: []string{"x"}}},
	}, Options{ClientCAs: x509.NewCertPool})
	for reason, bearer := range map[Reason]string{
		CredentialsMissing: `Bearer realm="um"`,
		SchemeUnsupported:  `Bearer realm="um"`,
		TokenExpired:       `Bearer realm="um", error="invalid_token", error_description="the token has expired"`,
	} {
		want := []string{bearer, `Basic realm="um", charset="UTF-8"`, `ClientCertificate realm="um"`}
		if got := a.Challenges(reason); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", reason, got, want)
		}
	}
	for _, reason := range []Reason{IssuerUnavailable, "CALL_NOT_FOUND"} {
		if got := a.Challenges(reason); got != nil {
			t.Errorf("%s: got %q", reason, got)
		}
	}
}

func TestStatusOfARefusalHoldsItsReasonAndNotItsCause(t *testing.T) {
	t.Parallel()
	for reason := range texts {
		refusal := &Error{Reason: reason, Err: os.ErrPermission, RetryAfter: time.Second}
		got := status.Convert(refusal)
		want := codes.Unauthenticated
		if reason == IssuerUnavailable {
			want = codes.Unavailable
		}
		if got.Code() != want || got.Message() == "" || strings.Contains(got.String(), "permission") {
			t.Errorf("%s: %v", reason, got)
		}
		details := got.Details()
		if len(details) != 2 {
			t.Fatalf("%s: details %v", reason, details)
		}
		info, _ := details[0].(*errdetails.ErrorInfo)
		retry, _ := details[1].(*errdetails.RetryInfo)
		if info.GetReason() != string(reason) || info.GetDomain() != "umgateway" || retry.GetRetryDelay().AsDuration() != time.Second {
			t.Errorf("%s: details %v", reason, details)
		}
	}
}
