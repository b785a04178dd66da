package transport_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/umgateway/umgateway/soapbridge/transport"
)

// fakeTickets makes a new token for each call, or fails.
type fakeTickets struct {
	user     string
	mu       sync.Mutex
	n        int
	spn      string
	bindings []byte
	fail     error
	forgot   []string // services whose tickets were dropped
}

func (f *fakeTickets) Forget(spn string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.forgot = append(f.forgot, spn)
}

func (f *fakeTickets) Explain(answer []byte) error { return fmt.Errorf("it said %q", answer) }

func (f *fakeTickets) Token(_ context.Context, spn string, bindings []byte) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.n++
	f.spn, f.bindings = spn, bindings
	return fmt.Appendf(nil, "ticket %d %s", f.n, f.user), f.fail
}

func (f *fakeTickets) source(*transport.Identity) (transport.TicketSource, error) { return f, nil }

type rejectedByKDC struct{}

func (rejectedByKDC) Error() string            { return "preauthentication failed" }
func (rejectedByKDC) CredentialRejected() bool { return true }

func TestKerberosSendsAFreshTokenWithEachRequestUnasked(t *testing.T) {
	t.Parallel()
	b := newBackend(t, "Negotiate", "NTLM").start()
	tickets := &fakeTickets{user: `CONTOSO\alice`}
	client := b.client(t, "negotiate", func(c *transport.Config) { c.Tickets = tickets.source })
	for range 3 {
		if got := mustCall(t, client, identity(`CONTOSO\alice`), "body"); got != `contoso\alice` {
			t.Errorf("arrived as %q", got)
		}
	}
	if len(b.tickets) != 3 || len(b.unexecuted) != 0 || b.legs != 0 || tickets.spn != "HTTP/mail.contoso.com" {
		t.Errorf("tickets %q, refused %q, %d legs, spn %q", b.tickets, b.unexecuted, b.legs, tickets.spn)
	}
}

func TestKerberosSendsOneTokenForAConnectionThatPersists(t *testing.T) {
	t.Parallel()
	b := newBackend(t, "Negotiate")
	b.persists, b.header = true, http.Header{"Persistent-Auth": {"true"}}
	lost := false
	b.forget = func(*http.Request) bool {
		forget := len(b.executed) == 2 && !lost
		lost = lost || forget
		return forget
	}
	b.start()
	tickets := &fakeTickets{user: `CONTOSO\alice`}
	client := b.client(t, "kerberos", func(c *transport.Config) { c.Tickets = tickets.source })
	for range 4 {
		mustCall(t, client, identity(`CONTOSO\alice`), "body")
	}
	if len(b.tickets) != 2 || len(b.unexecuted) != 1 || len(b.executed) != 4 {
		t.Errorf("tickets %q, refused %q, executed %q", b.tickets, b.unexecuted, b.executed)
	}
}

func TestCredentialThatTheKDCRejectedIsNeverTriedByNTLM(t *testing.T) {
	t.Parallel()
	b := newBackend(t, "Negotiate", "NTLM").start()
	tickets := &fakeTickets{fail: fmt.Errorf("login: %w", rejectedByKDC{})}
	client := b.client(t, "negotiate", func(c *transport.Config) { c.Tickets = tickets.source })
	_, err := call(t, client, identity(`CONTOSO\alice`), "body")
	wantKind(t, err, transport.KindUnauthorized)
	for range 10 {
		_, err = call(t, client, identity(`CONTOSO\alice`), "body")
		wantKind(t, err, transport.KindHeldOff)
	}
	if tickets.n != 1 || b.challenged != 0 || len(b.attempts) != 0 || len(b.unexecuted) != 0 {
		t.Errorf("asked %d times, %d challenges, attempts %v, refused %q", tickets.n, b.challenged, b.attempts, b.unexecuted)
	}
}

// versionedTickets are tickets of a credential that changes.
type versionedTickets struct {
	*fakeTickets
	version string
}

func (v *versionedTickets) Version() string { return v.version }

func TestHoldOffEndsWhenTheKeytabChanges(t *testing.T) {
	t.Parallel()
	b := newBackend(t, "Negotiate").start()
	tickets := &versionedTickets{&fakeTickets{user: `CONTOSO\alice`, fail: rejectedByKDC{}}, "1"}
	client := b.client(t, "kerberos", func(c *transport.Config) {
		c.Tickets = func(*transport.Identity) (transport.TicketSource, error) { return tickets, nil }
	})
	who := &transport.Identity{Username: `CONTOSO\alice`, Keytab: "keytab"}
	_, err := call(t, client, who, "body")
	wantKind(t, err, transport.KindUnauthorized)
	tickets.fail = nil
	_, err = call(t, client, who, "body")
	wantKind(t, err, transport.KindHeldOff)
	tickets.version = "2"
	mustCall(t, client, who, "body")
}

func TestNobodyWaitsForTheServerOnceTheKDCHasAcceptedTheCredential(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBackend(t, "Negotiate")
		release, order := gated(b)
		b.startInMemory()
		client := b.client(t, "kerberos", func(c *transport.Config) { c.Tickets = (&fakeTickets{user: `CONTOSO\alice`}).source })
		for range 5 {
			go call(t, client, identity(`CONTOSO\alice`), "body")
		}
		synctest.Wait()
		if got := len(order()); got != 5 {
			t.Errorf("%d calls arrived", got)
		}
		close(release)
	})
}

func TestPasswordHasYetToProveItselfWhereATicketWasRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBackend(t, "Negotiate")
		b.refuseTickets = 1000
		judged := make(chan struct{})
		b.judge = func() { <-judged }
		b.startInMemory()
		client := b.client(t, "negotiate", func(c *transport.Config) { c.Tickets = (&fakeTickets{user: `CONTOSO\alice`}).source })
		results := make(chan error, 20)
		for range 20 {
			go func() { _, err := call(t, client, wrong("guess"), "body"); results <- err }()
		}
		synctest.Wait()
		close(judged)
		for range 20 {
			if err := <-results; err == nil {
				t.Error("a call got through")
			}
		}
		if b.rejections != 1 {
			t.Errorf("%d attempts", b.rejections)
		}
	})
}

func TestNTLMStandsInWhileTheKDCCannotBeAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBackend(t, "Negotiate", "NTLM").startInMemory()
		tickets := &fakeTickets{user: `CONTOSO\alice`, fail: errors.New("no answer")}
		client := b.client(t, "negotiate", func(c *transport.Config) { c.Tickets, c.IdleTimeout = tickets.source, time.Minute })
		for range 3 {
			mustCall(t, client, identity(`CONTOSO\alice`), "body")
		}
		if tickets.n != 1 || b.challenged != 1 {
			t.Errorf("the KDC was asked %d times, %d challenges", tickets.n, b.challenged)
		}
		tickets.fail = nil
		time.Sleep(5 * time.Minute)
		mustCall(t, client, identity(`CONTOSO\alice`), "body")
		if len(b.tickets) != 1 || b.challenged != 1 {
			t.Errorf("tickets %q, %d challenges", b.tickets, b.challenged)
		}
	})
}

func TestKDCThatCannotBeAskedFailsTheCallWhereOnlyKerberosWillDo(t *testing.T) {
	t.Parallel()
	b := newBackend(t, "Negotiate").start()
	tickets := &fakeTickets{fail: errors.New("no answer")}
	client := b.client(t, "kerberos", func(c *transport.Config) { c.Tickets = tickets.source })
	_, err := call(t, client, identity(`CONTOSO\alice`), "body")
	wantKind(t, err, transport.KindUnavailable)
}

func TestRefusedTicketFallsBackToTheNextSchemeOrHoldsOff(t *testing.T) {
	t.Parallel()
	for auth, works := range map[string]bool{"negotiate": true, "kerberos": false} {
		t.Run(auth, func(t *testing.T) {
			t.Parallel()
			b := newBackend(t, "Negotiate dG9vIG9sZA==")
			b.refuseTickets = 100
			b.start()
			tickets := &fakeTickets{user: `CONTOSO\alice`}
			client := b.client(t, auth, func(c *transport.Config) { c.Tickets = tickets.source })
			_, err := call(t, client, identity(`CONTOSO\alice`), "1")
			_, again := call(t, client, identity(`CONTOSO\alice`), "2")
			if works {
				if err := errors.Join(err, again); err != nil {
					t.Fatal(err)
				}
			} else {
				wantKind(t, err, transport.KindUnauthorized)
				wantKind(t, again, transport.KindHeldOff)
				if !strings.Contains(err.Error(), `it said "too old"`) {
					t.Errorf("the server's reason is not told: %v", err)
				}
			}
			if len(b.tickets) != 1 || !slices.Equal(b.unexecuted, []string{"1"}) {
				t.Errorf("tickets %q, refused %q", b.tickets, b.unexecuted)
			}
		})
	}
}

func TestTicketThatTheServerStopsTakingIsReplacedOnce(t *testing.T) {
	t.Parallel()
	b := newBackend(t, "Negotiate").start()
	tickets := &fakeTickets{user: `CONTOSO\alice`}
	client := b.client(t, "kerberos", func(c *transport.Config) { c.Tickets = tickets.source })
	mustCall(t, client, identity(`CONTOSO\alice`), "1")
	b.refuseTickets = 1
	mustCall(t, client, identity(`CONTOSO\alice`), "2")
	if want := []string{"HTTP/mail.contoso.com"}; len(b.tickets) != 3 || !slices.Equal(tickets.forgot, want) || !slices.Equal(b.unexecuted, []string{"2"}) {
		t.Errorf("tickets %q, forgot %q, refused %q", b.tickets, tickets.forgot, b.unexecuted)
	}
	b.refuseTickets = 2
	_, err := call(t, client, identity(`CONTOSO\alice`), "3")
	wantKind(t, err, transport.KindUnauthorized)
	if len(b.tickets) != 5 {
		t.Errorf("tickets %q", b.tickets)
	}
}

// each case: what the server offers, what the client may use, and what then happens.
func TestSchemeIsChosenByPreferenceAmongWhatIsOffered(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		offers  []string
		auth    string
		tickets bool
		used    string // the scheme of the last Authorization field
		refused int    // bodies that crossed in vain, at the first call only
		legs    int    // for three calls
	}{
		"ntlm under its own name":            {[]string{"NTLM", "Negotiate"}, "ntlm", false, "NTLM", 0, 1},
		"ntlm under the name Negotiate":      {[]string{"Negotiate"}, "ntlm", false, "Negotiate", 0, 2},
		"negotiate without tickets":          {[]string{"NTLM", "Negotiate"}, "negotiate", false, "Negotiate", 0, 1},
		"negotiate where only NTLM is":       {[]string{`Basic realm="a, b"`, "NTLM"}, "negotiate", false, "NTLM", 0, 2},
		"kerberos where only NTLM is":        {[]string{"NTLM"}, "negotiate", true, "NTLM", 1, 1},
		"kerberos where only Basic is":       {[]string{`Basic realm="x"`}, "kerberos,basic", true, "Basic", 1, 0},
		"basic where only NTLM is":           {[]string{"NTLM"}, "basic,ntlm", false, "NTLM", 1, 1},
		"challenges in one field":            {[]string{`Basic realm="x, NTLM", NTLM`}, "negotiate-ntlm,ntlm", false, "NTLM", 0, 2},
		"basic preferred over what is there": {[]string{"NTLM", `Basic realm="x"`}, "basic,ntlm", false, "Basic", 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBackend(t, test.offers...)
			used := ""
			next := b.Config.Handler
			b.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if field := r.Header.Get("Authorization"); field != "" {
					used, _, _ = strings.Cut(field, " ")
				}
				next.ServeHTTP(w, r)
			})
			b.start()
			client := b.client(t, test.auth, func(c *transport.Config) {
				if test.tickets {
					c.Tickets = (&fakeTickets{user: `CONTOSO\alice`}).source
				}
			})
			for range 3 {
				if got := mustCall(t, client, identity(`CONTOSO\alice`), "body"); got != `contoso\alice` {
					t.Errorf("arrived as %q", got)
				}
			}
			if used != test.used || len(b.unexecuted) != test.refused || b.legs != test.legs {
				t.Errorf("used %s, %d bodies refused, %d legs; want %s, %d, %d", used, len(b.unexecuted), b.legs, test.used, test.refused, test.legs)
			}
		})
	}
}

func TestNothingInCommonIsToldAndHoldsNobodyOff(t *testing.T) {
	t.Parallel()
	b := newBackend(t, `Digest realm="x"`, `Basic realm="y"`).start()
	client := b.client(t, "ntlm", nil)
	for range 2 {
		_, err := call(t, client, identity(`CONTOSO\alice`), "body")
		wantKind(t, err, transport.KindUnauthorized)
		if text := err.Error(); !strings.Contains(text, "digest") || !strings.Contains(text, "basic") {
			t.Errorf("the error does not name what is offered: %s", text)
		}
	}
	if len(b.unexecuted) != 0 {
		t.Errorf("bodies %q crossed", b.unexecuted)
	}
}
