//go:build interop

package interop

import (
	"net/http"
	"strings"
	"testing"

	"github.com/umgateway/umgateway/soapbridge/transport"
)

func TestConcurrentCallsArriveAsTheirOwnUsers(t *testing.T) {
	const calls = 200
	for _, c := range []struct {
		name, auth, pattern, directives string
		secure, noRealm, detour         bool
	}{
		{name: "basic", auth: "basic", pattern: "%s@CONTOSO.COM", directives: authBasic, secure: true},
		{name: "basic without TLS", auth: "basic", pattern: "%s@CONTOSO.COM", directives: authBasic},
		{name: "ntlm", auth: "ntlm", pattern: `CONTOSO\%s`, directives: authNTLM, secure: true},
		{name: "ntlm without TLS", auth: "ntlm", pattern: `CONTOSO\%s`, directives: authNTLM},
		{name: "ntlm in negotiate", auth: "negotiate-ntlm", pattern: `CONTOSO\%s`, directives: authNTLM, secure: true},
		{name: "kerberos", auth: "kerberos", pattern: "%s@contoso.com", directives: authKerberos, secure: true},
		{name: "kerberos without TLS", auth: "kerberos", pattern: `CONTOSO\%s`, directives: authKerberos},
		{name: "negotiate with both", auth: "negotiate", pattern: "%s@contoso.com", directives: authBoth, secure: true},
		{name: "negotiate with both, no realm", auth: "negotiate", pattern: `CONTOSO\%s`, directives: authBoth, secure: true, noRealm: true},
		{name: "negotiate with kerberos alone", auth: "negotiate", pattern: `CONTOSO\%s`, directives: authKerberos, secure: true},
		{name: "negotiate with ntlm alone", auth: "negotiate", pattern: `CONTOSO\%s`, directives: authNTLM, secure: true, detour: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := startKDC(t)
			f := startFront(t, k, frontConfig{tls: c.secure, directives: c.directives})
			client := f.client(t, c.auth, func(config *transport.Config) {
				config.MaxConns = maxConns
				if !c.noRealm {
					config.Tickets = transport.KerberosTickets(k.profile(t), config.Auth)
				}
			})
			callAll(t, client, c.pattern, calls)
			checkArrivals(t, f, len(users)*calls)
			stats := client.Stats()
			extra := int(stats.Requests) - len(users)*calls
			checkLog(t, f, stats, extra)
			if extra > 0 && !c.detour {
				t.Errorf("%d requests were sent for %d calls", stats.Requests, len(users)*calls)
			}
		})
	}
}

// checkLog compares what the client counted with what Apache saw: as many handshakes as connections at most, and no 401 but
// those that belong to a handshake, besides the expected ones.
func checkLog(t *testing.T, f *front, stats transport.Stats, expected int) {
	t.Helper()
	connections, statuses, tokens, begun := map[string]bool{}, map[int]int{}, map[string]int{}, 0
	for _, r := range f.requests(t) {
		connections[r.connection] = true
		statuses[r.status]++
		tokens[r.authorization]++
		if r.ntlmMessage() == 1 {
			begun++
		}
	}
	t.Logf("%d connections, statuses %v, %d handshakes of NTLM; %+v", len(connections), statuses, begun, stats)
	if uint64(len(connections)) != stats.Connects || uint64(begun) != stats.Handshakes || begun > len(connections) {
		t.Errorf("Apache saw %d connections and %d handshakes, the client %d and %d", len(connections), begun, stats.Connects, stats.Handshakes)
	}
	if refused := statuses[http.StatusUnauthorized]; refused != begun+expected {
		t.Errorf("%d times 401 for %d handshakes, and %d expected", refused, begun, expected)
	}
	for token, times := range tokens {
		if strings.HasPrefix(token, "Negotiate YII") && times > 1 {
			t.Errorf("a ticket was shown %d times", times)
		}
	}
}
