package authn

import (
	"encoding/base64"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/umgateway/umgateway/gateway/principal"
)

func basic(text string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(text)) }

func TestBasicCredentialIsReadAsRFC7617SaysOrRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		values         []string
		user, password string
		name           string
		want           Reason
	}{
		"example of RFC 7617 section 2":   {[]string{"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="}, "Aladdin", "open sesame", "aladdin", ""},
		"example of RFC 7617 section 2.1": {[]string{"Basic dGVzdDoxMjPCow=="}, "test", "123£", "test", ""},
		"scheme in any case":              {[]string{"bASIC QWxhZGRpbjpvcGVuIHNlc2FtZQ=="}, "Aladdin", "open sesame", "aladdin", ""},
		"more spaces":                     {[]string{"Basic   QWxhZGRpbjpvcGVuIHNlc2FtZQ=="}, "Aladdin", "open sesame", "aladdin", ""},
		"no padding":                      {[]string{"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ"}, "Aladdin", "open sesame", "aladdin", ""},
		"domain and user":                 {[]string{basic(`CONTOSO\Alice:x`)}, `CONTOSO\Alice`, "x", `contoso\alice`, ""},
		"colons in the password":          {[]string{basic("a:b:c:")}, "a", "b:c:", "a", ""},
		"empty password":                  {[]string{basic("a:")}, "a", "", "a", ""},
		"no colon":                        {[]string{basic("alice")}, "", "", "", CredentialsMalformed},
		"no user":                         {[]string{basic(":secret")}, "", "", "", CredentialsMalformed},
		"control character":               {[]string{basic("a\r\nb:c")}, "", "", "", CredentialsMalformed},
		"NUL in the password":             {[]string{basic("a:b\x00c")}, "", "", "", CredentialsMalformed},
		"latin-1":                         {[]string{basic("a:\xe9")}, "", "", "", CredentialsMalformed},
		"base64 with trailing bits":       {[]string{"Basic QWxhZGRpbjpvcGVuIHNlc2FtZR=="}, "", "", "", CredentialsMalformed},
		"base64url":                       {[]string{"Basic YTpiPj4-"}, "", "", "", CredentialsMalformed},
		"not base64":                      {[]string{"Basic a"}, "", "", "", CredentialsMalformed},
		"only padding":                    {[]string{"Basic =="}, "", "", "", CredentialsMalformed},
		"no credential":                   {[]string{"Basic"}, "", "", "", CredentialsMalformed},
		"no credential after the space":   {[]string{"Basic "}, "", "", "", CredentialsMalformed},
		"empty header":                    {[]string{""}, "", "", "", CredentialsMalformed},
		"space first":                     {[]string{" " + basic("a:b")}, "", "", "", CredentialsMalformed},
		"space last":                      {[]string{basic("a:b") + " "}, "", "", "", CredentialsMalformed},
		"tab between":                     {[]string{"Basic\tYTpi"}, "", "", "", CredentialsMalformed},
		"parameters":                      {[]string{`Basic realm="x"`}, "", "", "", CredentialsMalformed},
		"two in one":                      {[]string{basic("a:b") + ", " + basic("c:d")}, "", "", "", CredentialsMalformed},
		"two headers":                     {[]string{basic("a:b"), basic("a:b")}, "", "", "", CredentialsMalformed},
		"too long":                        {[]string{basic("a:" + strings.Repeat("x", maxHeader))}, "", "", "", CredentialsMalformed},
		"another scheme":                  {[]string{"Negotiate YII="}, "", "", "", SchemeUnsupported},
		"a scheme that is not configured": {[]string{"Bearer e30.e30.e30"}, "", "", "", SchemeUnsupported},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := mustNew(t, Config{Basic: true}, Options{})
			found, err := a.Authenticate(t.Context(), Credentials{Authorization: test.values})
			wantReason(t, err, test.want)
			if err != nil {
				if strings.Contains(err.Error(), "secret") {
					t.Errorf("the error shows the credential: %v", err)
				}
				return
			}
			c, p := found.Credential, found.Principal
			if c.User() != test.user || c.Password() != test.password || p.Name() != test.name || p.Kind() != principal.Basic || p.Verified() {
				t.Errorf("got %q, %q, %v", c.User(), c.Password(), p)
			}
		})
	}
}

func TestWithoutConfigurationCredentialsAreNotLookedAt(t *testing.T) {
	t.Parallel()
	a := mustNew(t, Config{}, Options{})
	found, err := a.Authenticate(t.Context(), Credentials{Authorization: []string{"x", "y"}})
	if err != nil || found.Principal.Kind() != principal.None || a.Configured() || a.Challenges(CredentialsMissing) != nil {
		t.Errorf("got %v, %v", found.Principal, err)
	}
}

func TestCallerWhoShowsNothingIsAnonymous(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	found, err := b.Authenticate(t.Context(), Credentials{})
	if err != nil || found.Principal.Kind() != principal.None || !b.Configured() {
		t.Errorf("got %v, %v", found.Principal, err)
	}
}

// FuzzAuthorization checks that a header is refused, or names a caller in printable text who is what the header says.
func FuzzAuthorization(f *testing.F) {
	for _, seed := range []string{"", "Basic", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Bearer a.b.c", "bearer e30.e30.e30", "Basic OjpsPQ", "\x00 =", "Basic\u00a0YTpi"} {
		f.Add(seed)
	}
	a, err := New(Config{Basic: true, Issuers: []IssuerConfig{{URL: "https://issuer.example.com", Audiences: []string{"x"}}}}, Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, value string) {
		found, err := a.Authenticate(t.Context(), Credentials{Authorization: []string{value}})
		if err != nil {
			if found.Principal.Kind() != principal.None {
				t.Fatalf("refused and still %v", found.Principal)
			}
			return
		}
		name := found.Principal.Name()
		if found.Principal.Kind() != principal.Basic || name == "" || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
			t.Fatalf("%q passes as %v", value, found.Principal)
		}
		scheme, token, _ := strings.Cut(value, " ")
		decoded, err := base64.StdEncoding.DecodeString(pad(strings.TrimSpace(token)))
		if !strings.EqualFold(scheme, "basic") || err != nil || string(decoded) != found.Credential.User()+":"+found.Credential.Password() {
			t.Fatalf("%q is read as %q", value, found.Credential.User())
		}
	})
}

// pad completes base64 (RFC 4648 section 3.2).
func pad(text string) string {
	text = strings.TrimRight(text, "=")
	return text + strings.Repeat("=", (4-len(text)%4)%4)
}
