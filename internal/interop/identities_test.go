//go:build interop

package interop

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/umgateway/umgateway/soapbridge/transport"
)

func TestConcurrentCallsArriveAsTheirOwnUsers(t *testing.T) {
	const calls = 200
	for _, c := range []struct {
		name, auth, pattern, front string
		secure, noRealm            bool
		detour                     bool // some requests are refused before the scheme is found that will do
		once                       bool // credentials are shown once for each connection
		perConn                    int
	}{
		{name: "basic", auth: "basic", pattern: "%s@CONTOSO.COM", front: authBasic, secure: true},
		{name: "basic without TLS", auth: "basic", pattern: "%s@CONTOSO.COM", front: authBasic},
		{name: "ntlm", auth: "ntlm", pattern: `CONTOSO\%s`, front: authNTLM, secure: true},
		{name: "ntlm on connections that end often", auth: "ntlm", pattern: `CONTOSO\%s`, front: authNTLM, secure: true, perConn: 7},
		{name: "kerberos that persists", auth: "kerberos", pattern: "%s@contoso.com", front: authPersistent, secure: true, once: true},
		{name: "ntlm without TLS", auth: "ntlm", pattern: `CONTOSO\%s`, front: authNTLM},
		{name: "ntlm in negotiate", auth: "negotiate-ntlm", pattern: `CONTOSO\%s`, front: authNTLM, secure: true},
		{name: "kerberos", auth: "kerberos", pattern: "%s@contoso.com", front: authKerberos, secure: true},
		{name: "kerberos without TLS", auth: "kerberos", pattern: `CONTOSO\%s`, front: authKerberos},
		{name: "negotiate with both", auth: "negotiate", pattern: "%s@contoso.com", front: authBoth, secure: true},
		{name: "negotiate with both, no realm", auth: "negotiate", pattern: `CONTOSO\%s`, front: authBoth, secure: true, noRealm: true},
		{name: "negotiate with kerberos alone", auth: "negotiate", pattern: `CONTOSO\%s`, front: authKerberos, secure: true},
		{name: "negotiate with ntlm alone", auth: "negotiate", pattern: `CONTOSO\%s`, front: authNTLM, secure: true, detour: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := startKDC(t)
			f := startFront(t, k, frontConfig{tls: c.secure, auth: c.front, perConn: c.perConn})
			client := f.client(t, c.auth, func(config *transport.Config) {
				config.MaxConns = maxConns
				config.ConnectTimeout = time.Minute // many handshakes at once, under the race detector
				if !c.noRealm {
					config.Tickets = transport.KerberosTickets(k.profile(t), config.Auth)
				}
			})
			callAll(t, client, c.pattern, calls)
			checkArrivals(t, f, len(users)*calls)
			stats := client.Stats()
			extra := int(stats.Requests) - len(users)*calls
			shown := checkLog(t, f, stats, extra)
			if c.once && uint64(shown) > stats.Connects {
				t.Errorf("%d tickets for %d connections", shown, stats.Connects)
			}
			if extra > 0 && !c.detour {
				t.Errorf("%d requests were sent for %d calls", stats.Requests, len(users)*calls)
			}
		})
	}
}

// checkLog compares what the client counted with what Apache saw: as many handshakes as connections at most, and no 401 but
// those that belong to a handshake, besides the expected ones. It returns how many tickets were shown.
func checkLog(t *testing.T, f *front, stats transport.Stats, expected int) (tickets int) {
	t.Helper()
	connections, begun, statuses, tokens := 0, 0, map[int]int{}, map[string]int{}
	for _, r := range f.requests(t) {
		if r.first {
			connections++
		}
		statuses[r.status]++
		tokens[r.authorization]++
		if r.ntlmMessage() == 1 {
			begun++
		}
	}
	t.Logf("%d connections, statuses %v, %d handshakes of NTLM; %+v", connections, statuses, begun, stats)
	if uint64(connections) != stats.Connects || uint64(begun) != stats.Handshakes || begun > connections {
		t.Errorf("Apache saw %d connections and %d handshakes, the client %d and %d", connections, begun, stats.Connects, stats.Handshakes)
	}
	if refused := statuses[http.StatusUnauthorized]; refused != begun+expected {
		t.Errorf("%d times 401 for %d handshakes, and %d expected", refused, begun, expected)
	}
	for token, times := range tokens {
		if !strings.HasPrefix(token, "Negotiate YI") {
			continue
		}
		if tickets++; times > 1 {
			t.Errorf("a ticket was shown %d times", times)
		}
	}
	return tickets
}
