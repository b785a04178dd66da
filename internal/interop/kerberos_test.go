//go:build interop

package interop

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/umgateway/umgateway/soapbridge/transport"
	"github.com/umgateway/umgateway/soapbridge/transport/kerberos"
)

// tokens makes a client of the realm.
func (k *realmKDC) tokens(t *testing.T, config kerberos.Config) *kerberos.Client {
	t.Helper()
	if config.Profile == nil {
		config.Profile = k.profile(t)
	}
	c, err := kerberos.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// keytab writes the user's keys to a file, with the C library's tools.
func (k *realmKDC) keytab(t *testing.T, user string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), user+".keytab")
	k.admin(t, realm, "ktadd -norandkey -k "+path+" "+user+"\n")
	return path
}

func TestKeytabAndCredentialCacheOfTheCLibrary(t *testing.T) {
	t.Parallel()
	k := startKDC(t)
	f := startFront(t, k, frontConfig{tls: true, auth: authKerberos})
	client := f.client(t, "kerberos", func(config *transport.Config) {
		config.Tickets = transport.KerberosTickets(k.profile(t), config.Auth)
	})
	for message, who := range map[string]*transport.Identity{
		"alice-keytab":       {Username: `CONTOSO\alice`, Keytab: k.keytab(t, "alice")},
		"bob-keytab-unnamed": {Key: "the keytab's", Keytab: "FILE:" + k.keytab(t, "bob")},
		"carol-cache":        {Username: "carol@contoso.com", CCache: k.kinit(t, "carol")},
		"alice-cache":        {Key: "the cache's", CCache: "FILE:" + k.kinit(t, "alice", "-f", "-p", "-l", "1h", "-r", "2h")},
	} {
		if err := call(t.Context(), client, who, message); err != nil {
			t.Errorf("%s: %v", message, err)
		}
	}
	checkArrivals(t, f, 4)
}

func TestEveryEncryptionTypeIsUnderstood(t *testing.T) {
	t.Parallel()
	k := startKDC(t)
	for _, kind := range []string{"aes256-cts", "aes128-cts", "aes256-sha2", "aes128-sha2", "rc4-hmac"} {
		k.admin(t, realm, fmt.Sprintf("addprinc -e %[1]s:normal -pw pässword user-%[1]s\naddprinc -e %[1]s:normal -randkey HTTP/%[1]s\n"+
			"setstr HTTP/%[1]s session_enctypes %[1]s\n", kind))
		c := k.tokens(t, kerberos.Config{Username: "user-" + kind, Password: transport.StaticPassword("pässword")})
		if _, err := c.Token(t.Context(), "HTTP/"+kind, nil); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		c = k.tokens(t, kerberos.Config{Username: "user-" + kind, Keytab: k.keytab(t, "user-"+kind)})
		if _, err := c.Token(t.Context(), "HTTP/"+kind, nil); err != nil {
			t.Errorf("%s, keytab: %v", kind, err)
		}
	}
}

func TestRefusalsOfTheRealm(t *testing.T) {
	t.Parallel()
	k := startKDC(t)
	k.admin(t, realm, "addprinc -pw x expired-user\nmodprinc -expire yesterday expired-user\n"+
		"addprinc -pw x expired-password\nmodprinc -pwexpire yesterday expired-password\n"+
		"addprinc -pw x -allow_tix disabled\naddprinc -pw x -requires_preauth open\naddprinc -randkey -requires_preauth HTTP/open\n")
	stale := k.keytab(t, "bob")
	k.admin(t, realm, "cpw -pw new bob\n")
	for name, c := range map[string]struct {
		config kerberos.Config
		spn    string
		want   kerberos.Kind
	}{
		"unknown user":              {kerberos.Config{Username: "nobody", Password: transport.StaticPassword("x")}, spn, kerberos.KindRejected},
		"expired user":              {kerberos.Config{Username: "expired-user", Password: transport.StaticPassword("x")}, spn, kerberos.KindRejected},
		"expired password":          {kerberos.Config{Username: "expired-password", Password: transport.StaticPassword("x")}, spn, kerberos.KindRejected},
		"disabled user":             {kerberos.Config{Username: "disabled", Password: transport.StaticPassword("x")}, spn, kerberos.KindRejected},
		"wrong password":            {kerberos.Config{Username: "carol", Password: transport.StaticPassword("x")}, spn, kerberos.KindRejected},
		"wrong, unproven":           {kerberos.Config{Username: "open", Password: transport.StaticPassword("wrong")}, spn, kerberos.KindRejected},
		"keytab of an old password": {kerberos.Config{Username: "bob", Keytab: stale}, spn, kerberos.KindRejected},
		"no such service":           {kerberos.Config{Username: "alice", Password: transport.StaticPassword(users["alice"])}, "HTTP/other.contoso.com", kerberos.KindNoService},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := k.tokens(t, c.config).Token(t.Context(), c.spn, nil)
			var failure *kerberos.Error
			if !errors.As(err, &failure) || failure.Kind != c.want {
				t.Fatalf("error %v, want kind %v", err, c.want)
			}
			if failure.CredentialRejected() != (c.want == kerberos.KindRejected) {
				t.Errorf("rejected %v", failure.CredentialRejected())
			}
			t.Log(err)
		})
	}
	c := k.tokens(t, kerberos.Config{Username: "open", Password: transport.StaticPassword("x")})
	if _, err := c.Token(t.Context(), "HTTP/open", nil); err != nil {
		t.Errorf("without pre-authentication: %v", err)
	}
}

func TestWrongPasswordReachesTheRealmOnce(t *testing.T) {
	t.Parallel()
	k := startKDC(t)
	c := k.tokens(t, kerberos.Config{Username: "alice", Password: transport.StaticPassword("wrong")})
	var group sync.WaitGroup
	for range 200 {
		group.Go(func() {
			var failure *kerberos.Error
			if _, err := c.Token(t.Context(), spn, nil); !errors.As(err, &failure) || !failure.CredentialRejected() {
				t.Errorf("error %v", err)
			}
		})
	}
	group.Wait()
	if got := k.counted(t, "alice"); got != "1" {
		t.Errorf("the realm counted %s wrong passwords", got)
	}
}

func TestTokensAreNeverRepeated(t *testing.T) {
	t.Parallel()
	k := startKDC(t)
	profile := k.profile(t)
	seen := sync.Map{}
	var group sync.WaitGroup
	for range 3 { // clients of one user
		c := k.tokens(t, kerberos.Config{Profile: profile, Username: "alice", Password: transport.StaticPassword(users["alice"])})
		for range 100 {
			group.Go(func() {
				token, err := c.Token(t.Context(), spn, nil)
				if _, again := seen.LoadOrStore(string(token), true); again || err != nil {
					t.Errorf("repeated %v, error %v", again, err)
				}
			})
		}
	}
	group.Wait()
}

func TestTokenThatIsSentTwiceIsRefused(t *testing.T) {
	t.Parallel()
	k := startKDC(t)
	f := startFront(t, k, frontConfig{auth: authKerberos})
	c := k.tokens(t, kerberos.Config{Username: "alice", Password: transport.StaticPassword(users["alice"])})
	token, err := c.Token(t.Context(), spn, nil)
	if err != nil {
		t.Fatal(err)
	}
	for try, want := range []int{http.StatusOK, http.StatusUnauthorized} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1:"+f.port+"/", strings.NewReader(fmt.Sprintf(dial, "alice-x")))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "text/xml; charset=utf-8")
		request.Header.Set("SOAPAction", action)
		request.Header.Set("Authorization", "Negotiate "+base64.StdEncoding.EncodeToString(token))
		reply, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		reply.Body.Close()
		if reply.StatusCode != want {
			t.Errorf("try %d: status %d, want %d", try+1, reply.StatusCode, want)
		}
	}
	checkArrivals(t, f, 1)
}

func TestServiceInAnotherRealm(t *testing.T) {
	t.Parallel()
	const other, name = "FABRIKAM.COM", "HTTP/mail.fabrikam.com"
	k := startKDC(t, other)
	trust := "addprinc -pw shared krbtgt/" + other + "@" + realm + "\n"
	k.admin(t, realm, trust)
	k.admin(t, other, trust+"addprinc -randkey "+name+"\n")
	blind, err := os.ReadFile(k.path("krb5.conf"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "krb5.conf")
	write(t, path, strings.Replace(string(blind), ".fabrikam.com = ", "#", 1))
	referred, err := kerberos.LoadProfile(path)
	if err != nil {
		t.Fatal(err)
	}
	for way, c := range map[string]struct {
		profile *kerberos.Profile
		spn     string
	}{
		"by domain_realm":       {k.profile(t), name},
		"by the name":           {referred, name + "@" + other},
		"referred by the realm": {referred, name},
	} {
		client := k.tokens(t, kerberos.Config{Profile: c.profile, Username: "alice", Password: transport.StaticPassword(users["alice"])})
		if _, err := client.Token(t.Context(), c.spn, nil); err != nil {
			t.Errorf("%s: %v\n%s", way, err, k.output())
		}
	}
}

func TestCredentialCacheIsRenewed(t *testing.T) {
	t.Parallel()
	k := startKDC(t)
	cache := k.kinit(t, "alice", "-l", "4m", "-r", "1d")
	ageCache(t, cache, 4*time.Minute, 24*time.Hour)
	c := k.tokens(t, kerberos.Config{CCache: cache})
	if _, err := c.Token(t.Context(), spn, nil); err != nil {
		t.Fatal(err)
	}
	if k.ready(t, "TGS_REQ.*ISSUE.*alice@CONTOSO.COM for krbtgt/CONTOSO.COM@CONTOSO.COM") == nil {
		t.Errorf("nothing was renewed:\n%s", k.output())
	}
}

// ageCache has the ticket in a cache look as if it had begun an hour earlier, so that it is near its end. The file has the
// times of authentication, start, end and renewal side by side, which may be a second or two apart from what was asked for.
func ageCache(t *testing.T, path string, life, renewable time.Duration) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range len(content) - 16 {
		at := func(n int) time.Time { return time.Unix(int64(binary.BigEndian.Uint32(content[i+4*n:])), 0) }
		near := func(n int, want time.Time) bool { return at(n).Sub(want).Abs() <= 3*time.Second }
		if began := at(1); time.Since(began).Abs() > time.Hour || !near(0, began) || !near(2, began.Add(life)) || !near(3, began.Add(renewable)) {
			continue
		}
		for n := range 2 {
			binary.BigEndian.PutUint32(content[i+4*n:], uint32(at(n).Add(-time.Hour).Unix()))
		}
		write(t, path, string(content))
		return
	}
	t.Fatal("the cache has no ticket of that life")
}

func TestRealmThatIsNotReached(t *testing.T) {
	t.Parallel()
	k := startKDC(t)
	c := k.tokens(t, kerberos.Config{Username: "alice", Password: transport.StaticPassword(users["alice"])})
	k.stop(t)
	_, err := c.Token(t.Context(), spn, nil)
	var failure *kerberos.Error
	if !errors.As(err, &failure) || failure.Kind != kerberos.KindUnreachable || failure.CredentialRejected() {
		t.Errorf("error %v", err)
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if _, err := c.Token(gone, spn, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
