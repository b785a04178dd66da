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

	"github.com/umgateway/umgateway/soapbridge/transport"
)

func TestNTLMAuthenticatesAConnectionOnceAndSendsTheRequestOnce(t *testing.T) {
	t.Parallel()
	for offer, auth := range map[string]string{"NTLM": "ntlm", "Negotiate": "negotiate"} {
		t.Run(offer, func(t *testing.T) {
			t.Parallel()
			b := newBackend(t, offer).start()
			client := b.client(t, auth, nil)
			for i := range 5 {
				if got := mustCall(t, client, identity(`CONTOSO\alice`), fmt.Sprint("body", i)); got != `contoso\alice` {
					t.Fatalf("the call arrived as %q", got)
				}
			}
			if b.connections != 1 || b.challenged != 1 || b.legs != 1 || len(b.unexecuted) != 0 || len(b.executed) != 5 {
				t.Errorf("%d connections, %d challenges, %d legs, bodies refused %q, executed %q", b.connections, b.challenged, b.legs, b.unexecuted, b.executed)
			}
			if got := client.Stats(); got.Handshakes != 1 || got.Connects != 1 || got.Requests != 5 {
				t.Errorf("stats %+v", got)
			}
		})
	}
}

func TestFirstLegNamesNoOperation(t *testing.T) {
	t.Parallel()
	b := newBackend(t).start() // asks for no authentication, so that a leg would be executed if it were a request
	_, err := call(t, b.client(t, "ntlm", nil), identity(`CONTOSO\alice`), "dial")
	var failure *transport.Error
	if !errors.As(err, &failure) || failure.Kind != transport.KindUnauthorized || failure.Sent != transport.NothingSent {
		t.Fatalf("error %v", err)
	}
	if !slices.Equal(b.executed, []string{"  "}) {
		t.Errorf("executed %q, want one request without user, action and body", b.executed)
	}
}

func TestEachOfManyConcurrentCallsArrivesAsItsOwnUser(t *testing.T) {
	t.Parallel()
	b := newBackend(t, "Negotiate", "NTLM").start()
	client := b.client(t, "ntlm", func(c *transport.Config) { c.MaxConns = 50 })
	names := []string{`CONTOSO\alice`, `CONTOSO\bob`, "carol@contoso.com"}
	const each = 200
	failures := make(chan error, each*len(names))
	var all sync.WaitGroup
	for i := range each * len(names) {
		name := names[i%len(names)]
		all.Go(func() {
			got, err := call(t, client, identity(name), fmt.Sprintf("%s %d", name, i))
			if err == nil && got != strings.ToLower(name) {
				err = fmt.Errorf("the call of %s arrived as %s", name, got)
			}
			failures <- err
		})
	}
	all.Wait()
	for range each * len(names) {
		if err := <-failures; err != nil {
			t.Error(err)
		}
	}
	for _, line := range b.executed {
		if user, rest, _ := strings.Cut(line, " "); !strings.HasPrefix(strings.ToLower(rest), `"urn:test" `+user+" ") {
			t.Errorf("executed as %s: %s", user, rest)
		}
	}
	if len(b.executed) != each*len(names) || b.challenged > b.connections || b.rejections > 0 || len(b.unexecuted) > 0 {
		t.Errorf("%d executed, %d connections, %d handshakes, %d rejections, %d bodies refused", len(b.executed), b.connections, b.challenged, b.rejections, len(b.unexecuted))
	}
	if got := client.Stats(); got.Open > 50 {
		t.Errorf("%d connections are open", got.Open)
	}
}

func TestWrongPasswordNeverMeetsTheConnectionsOfTheRightOne(t *testing.T) {
	t.Parallel()
	b := newBackend(t, "NTLM").start()
	client := b.client(t, "ntlm", nil)
	mustCall(t, client, identity(`CONTOSO\alice`), "first")
	wrong := &transport.Identity{Username: `CONTOSO\alice`, Password: transport.StaticPassword("guess")}
	if got, err := call(t, client, wrong, "second"); err == nil {
		t.Fatalf("the call arrived as %q", got)
	}
	if got := mustCall(t, client, identity(`CONTOSO\alice`), "third"); got != `contoso\alice` {
		t.Errorf("the right password stopped working: %q", got)
	}
}

func TestServerThatForgotIsAuthenticatedAtAgain(t *testing.T) {
	t.Parallel()
	for name, closes := range map[string]bool{"on the same connection": false, "on another connection": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBackend(t, "NTLM")
			forgot := false
			b.forget = func(*http.Request) bool { // at the second request
				forget := len(b.executed) == 1 && !forgot
				forgot = forgot || forget
				return forget
			}
			b.closes = closes
			b.start()
			client := b.client(t, "ntlm", nil)
			mustCall(t, client, identity(`CONTOSO\alice`), "first")
			announced := 0
			reply, err := client.RoundTrip(t.Context(), &transport.Request{
				Body: []byte("second"), Identity: identity(`CONTOSO\alice`),
				BeforeSend: func(context.Context) error { announced++; return nil },
			})
			if err != nil {
				t.Fatal(err)
			}
			defer reply.Release()
			if string(reply.Body) != `contoso\alice` || announced != 1 {
				t.Errorf("arrived as %s, announced %d times", reply.Body, announced)
			}
			if b.challenged != 2 || !slices.Equal(b.unexecuted, []string{"second"}) || len(b.executed) != 2 {
				t.Errorf("%d challenges, refused %q, executed %q", b.challenged, b.unexecuted, b.executed)
			}
			if got := client.Stats().Forgotten; got != 1 {
				t.Errorf("forgotten %d times", got)
			}
		})
	}
}
