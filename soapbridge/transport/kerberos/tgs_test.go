package kerberos

import (
	"context"
	"net"
	"testing"
)

const twoRealms = `[libdefaults]
	default_realm = CONTOSO.COM
[realms]
	CONTOSO.COM = {
		kdc = 192.0.2.1
	}
	FABRIKAM.NET = {
		kdc = 192.0.2.2
	}
`

func TestServiceOfAnotherRealmIsReachedByItsTickets(t *testing.T) {
	t.Parallel()
	const other, spn = "FABRIKAM.NET", "HTTP/www.fabrikam.net"
	for name, c := range map[string]struct {
		mapping, spn string
		refers       bool
		first        string // what the user's own realm is asked for
	}{
		"by domain_realm": {"[domain_realm]\n.fabrikam.net = FABRIKAM.NET\n", spn, false, "krbtgt/" + other},
		"by the name":     {"", spn + "@" + other, false, "krbtgt/" + other},
		"by referral":     {"", spn, true, spn},
	} {
		k := newFakeKDC(t)
		k.add("krbtgt/"+other, spn)
		asked := map[string]int{}
		config := func(config *Config) {
			config.Profile = parseProfile(t, twoRealms+c.mapping)
			config.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				if asked[address]++; address == "192.0.2.2:88" {
					k.refer = nil
				}
				return k.dial(ctx, network, address)
			}
		}
		if c.refers {
			k.refer = map[string]string{spn: other}
		}
		if _, err := k.client(t, config).Token(t.Context(), c.spn, nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		wantRequests(t, k, "AS", "AS proven", "TGS "+c.first, "TGS "+spn)
		if asked["192.0.2.1:88"] != 3 || asked["192.0.2.2:88"] != 1 {
			t.Errorf("%s: asked %v", name, asked)
		}
	}
}

func TestRealmsThatReferInCirclesAreLeft(t *testing.T) {
	t.Parallel()
	for to, c := range map[string]struct {
		want     Kind
		requests int
	}{
		testRealm:      {KindRefused, 3},
		"FABRIKAM.NET": {KindRefused, 4}, // it refers to itself as well
	} {
		k := newFakeKDC(t)
		k.add("krbtgt/FABRIKAM.NET")
		k.refer = map[string]string{testSPN: to}
		wantKind(t, token(t, k.client(t, func(c *Config) { c.Profile = parseProfile(t, twoRealms) })), c.want)
		if got := k.seen(); len(got) != c.requests {
			t.Errorf("to %s: requests %q", to, got)
		}
	}
	k := newFakeKDC(t)
	k.add("krbtgt/FABRIKAM.NET")
	turn := 0
	client := k.client(t, func(c *Config) {
		c.Profile = parseProfile(t, twoRealms)
		c.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			turn++
			k.refer = map[string]string{testSPN: []string{testRealm, "FABRIKAM.NET"}[turn%2]}
			return k.dial(ctx, network, address)
		}
	})
	wantKind(t, token(t, client), KindNoService)
	if got := k.seen(); len(got) != 2+maxHops {
		t.Errorf("requests %q", got)
	}
}
