//go:build interop

package interop

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/umgateway/umgateway/internal/exchangesim"
	"github.com/umgateway/umgateway/soapbridge/transport"
)

const dial = `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">` +
	`<soap:Body><PlayOnPhone xmlns="http://schemas.microsoft.com/exchange/services/2006/messages">` +
	`<entryId>%s</entryId><DialString>4255550123</DialString></PlayOnPhone></soap:Body></soap:Envelope>`

// maxConns is less than Apache's workers, each of which keeps one connection.
const maxConns = 48

const action = "http://schemas.microsoft.com/exchange/services/2006/messages/PlayOnPhone"

// client makes a client of the front. The URL has the service's own name, which leads to loopback.
func (f *front) client(t *testing.T, auth string, change func(*transport.Config)) *transport.Client {
	t.Helper()
	schemes, err := transport.ParseAuth(auth)
	if err != nil {
		t.Fatal(err)
	}
	config := transport.Config{
		URL: "http://" + host + ":" + f.port + exchangesim.ServicePath, Auth: schemes, AllowInsecureBasic: true, Dial: dialLoopback,
	}
	if f.secure {
		config.URL, config.TLS = strings.Replace(config.URL, "http", "https", 1), f.pki.client()
	}
	if change != nil {
		change(&config)
	}
	c, err := transport.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func dialLoopback(ctx context.Context, network, address string) (net.Conn, error) {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	return new(net.Dialer).DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
}

// identity is a user of the tests by the name that the pattern makes.
func identity(pattern, user string) *transport.Identity {
	return &transport.Identity{Username: fmt.Sprintf(pattern, user), Password: transport.StaticPassword(users[user])}
}

// callAll makes that many calls for each identity, all at the same time. Each tells its user in the message's id.
func callAll(t *testing.T, c *transport.Client, pattern string, calls int) {
	t.Helper()
	var group sync.WaitGroup
	failures := make(chan error, calls*len(users))
	for user := range users {
		who := identity(pattern, user)
		for i := range calls {
			group.Go(func() {
				if err := call(t.Context(), c, who, fmt.Sprintf("%s-%d", user, i)); err != nil {
					failures <- fmt.Errorf("%s, call %d: %w", user, i, err)
				}
			})
		}
	}
	group.Wait()
	if n := len(failures); n > 0 {
		t.Errorf("%d calls failed, such as %v", n, <-failures)
	}
}

func call(ctx context.Context, c *transport.Client, who *transport.Identity, message string) error {
	reply, err := c.RoundTrip(ctx, &transport.Request{Action: action, Body: fmt.Appendf(nil, dial, message), Identity: who})
	if err != nil {
		return err
	}
	defer reply.Release()
	if reply.Status != http.StatusOK || !strings.Contains(string(reply.Body), "PlayOnPhoneResponse") {
		return fmt.Errorf("status %d: %s", reply.Status, reply.Body)
	}
	return nil
}

// checkArrivals checks that each call arrived once, as its own user.
func checkArrivals(t *testing.T, f *front, calls int) {
	t.Helper()
	var arrived []string
	for _, e := range f.backend.taken() {
		message := between(e.Request, "<entryId>", "</entryId>")
		user, _, _ := strings.Cut(message, "-")
		if got := shortName(e.User); got != user {
			t.Errorf("call %s arrived as %s", message, e.User)
		}
		arrived = append(arrived, message)
	}
	slices.Sort(arrived)
	if distinct := len(slices.Compact(slices.Clone(arrived))); len(arrived) != calls || distinct != calls {
		t.Errorf("%d calls arrived, %d of them distinct, want %d", len(arrived), distinct, calls)
	}
}

// shortName is the user's name without the domain that NTLM or Kerberos puts beside it.
func shortName(name string) string {
	if domain, user, found := strings.Cut(name, `\`); found && domain == "CONTOSO" {
		return user
	}
	return strings.TrimSuffix(name, "@"+realm)
}

func between(text, left, right string) string {
	_, text, _ = strings.Cut(text, left)
	text, _, _ = strings.Cut(text, right)
	return text
}
