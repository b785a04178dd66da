//go:build interop

package interop

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/umgateway/umgateway/soapbridge/transport"
)

func TestWrongPasswordIsTriedOnce(t *testing.T) {
	for _, c := range []struct {
		name, auth, pattern, front string
		atRealm                    bool // the realm sees the attempt
		messages                   int  // that show the credential to Apache
	}{
		{"basic", "basic", "%s@CONTOSO.COM", authBasicRealm, true, 1},
		{"ntlm", "ntlm", `CONTOSO\%s`, authNTLM, false, 1},
		{"kerberos", "kerberos", `CONTOSO\%s`, authKerberos, true, 0},
		{"negotiate with both", "negotiate", "%s@contoso.com", authBoth, true, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := startKDC(t)
			f := startFront(t, k, frontConfig{tls: true, auth: c.front})
			client := f.client(t, c.auth, func(config *transport.Config) {
				config.MaxConns, config.Tickets = maxConns, transport.KerberosTickets(k.profile(t), config.Auth)
			})
			who := &transport.Identity{Username: fmt.Sprintf(c.pattern, "alice"), Password: transport.StaticPassword("wrong")}
			rejected := callInVain(t, client, who, 200)
			want := map[bool]string{true: "1", false: "0"}[c.atRealm]
			if got := k.counted(t, "alice"); got != want {
				t.Errorf("the realm counted %s wrong passwords, want %s", got, want)
			}
			for _, user := range []string{"bob", "alice"} { // with the right password
				if err := call(t.Context(), client, identity(c.pattern, user), user+"-right"); err != nil {
					t.Errorf("%s: %v", user, err)
				}
			}
			if got := countRefused(t, f); got != c.messages {
				t.Errorf("Apache was shown a wrong credential %d times, want %d", got, c.messages)
			}
			if rejected != 1 {
				t.Errorf("%d calls say that the credential was rejected now, want 1", rejected)
			}
			checkArrivals(t, f, 2)
		})
	}
}

// callInVain makes calls at the same time that all must fail for the credential, and returns how many were tried with it.
func callInVain(t *testing.T, client *transport.Client, who *transport.Identity, calls int) (tried int) {
	t.Helper()
	var group sync.WaitGroup
	kinds := make(chan transport.Kind, calls)
	for range calls {
		group.Go(func() {
			var failure *transport.Error
			if err := call(t.Context(), client, who, "never"); !errors.As(err, &failure) {
				t.Errorf("error %v", err)
				return
			}
			if failure.Sent != transport.NothingSent || failure.RetryAfter <= 0 {
				t.Errorf("sent %v, retry after %v: %v", failure.Sent, failure.RetryAfter, failure)
			}
			kinds <- failure.Kind
		})
	}
	group.Wait()
	close(kinds)
	for kind := range kinds {
		switch kind {
		case transport.KindUnauthorized:
			tried++
		case transport.KindHeldOff:
		default:
			t.Errorf("kind %v", kind)
		}
	}
	return tried
}

// countRefused counts the requests that show a credential which was refused.
func countRefused(t *testing.T, f *front) int {
	t.Helper()
	n := 0
	for _, r := range f.requests(t) {
		if r.status == 401 && (r.ntlmMessage() == 3 || strings.HasPrefix(r.authorization, "Basic ")) {
			n++
		}
	}
	return n
}
