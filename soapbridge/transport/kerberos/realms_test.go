package kerberos

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const manyRealms = `[libdefaults]
	default_realm = CONTOSO.COM
[realms]
	FABRIKAM.NET = {
		kdc = dc1.fabrikam.net
		kdc = dc2.fabrikam.net:1088
		kdc = tcp/dc3.fabrikam.net
		kdc = https://proxy.fabrikam.net/KdcProxy
		kdc = udp/dc4.fabrikam.net
		kdc = 192.0.2.7
		kdc = ::1
		kdc = [::1]
		kdc = [::1]:1088
	}
	EU.EXAMPLE.COM = {
		kdc = x
	}
	EU.EXAMPLE.ORG = {
		kdc = x
	}
[domain_realm]
	.contoso.com = CONTOSO.COM
	mail.contoso.com = FABRIKAM.NET
	partner.example = FABRIKAM.NET
`

func TestProfileKnowsTheRealmsThatUserNamesName(t *testing.T) {
	t.Parallel()
	p := parseProfile(t, manyRealms)
	for user, want := range map[string]string{
		"alice@contoso.com":     "alice@CONTOSO.COM",
		"alice@CONTOSO.COM":     "alice@CONTOSO.COM",
		`CONTOSO\alice`:         "alice@CONTOSO.COM",
		`contoso\alice`:         "alice@CONTOSO.COM",
		`fabrikam\alice`:        "alice@FABRIKAM.NET",
		`FABRIKAM.NET\alice`:    "alice@FABRIKAM.NET",
		"alice@partner.example": "alice@FABRIKAM.NET",
		"alice@x@contoso.com":   "alice@x@CONTOSO.COM",
		`EU\alice`:              "", // there are two
		"alice@example.com":     "",
		"alice@":                "alice@CONTOSO.COM",
		"alice":                 "alice@CONTOSO.COM",
		`NOBODY\alice`:          "",
	} {
		got := ""
		if who, err := p.user(user); err == nil {
			got = who.String()
		}
		if got != want {
			t.Errorf("%s is %s, want %s", user, got, want)
		}
		names := strings.ContainsAny(user, `@\`) && !strings.HasSuffix(user, "@")
		if known := p.Knows(user); known != (want != "" && names) {
			t.Errorf("%s is known: %v", user, known)
		}
	}
}

func TestRealmOfAServiceIsThatOfItsHost(t *testing.T) {
	t.Parallel()
	p := parseProfile(t, manyRealms)
	for spn, want := range map[string]string{
		"HTTP/www.contoso.com":       "CONTOSO.COM",
		"HTTP/a.b.CONTOSO.com.":      "CONTOSO.COM",
		"HTTP/www.contoso.com:8443":  "CONTOSO.COM",
		"HTTP/mail.contoso.com":      "FABRIKAM.NET",
		"HTTP/x.partner.example":     "FABRIKAM.NET",
		"HTTP/mail.contoso.com@THIS": "THIS",
		"HTTP/elsewhere":             "",
		"HTTP/contoso.com":           "",
	} {
		if got, err := p.service(spn); err != nil || got.realm != want {
			t.Errorf("%s is in %q, error %v, want %q", spn, got.realm, err, want)
		}
	}
}

func TestAddressesOfKDCs(t *testing.T) {
	t.Parallel()
	p := parseProfile(t, manyRealms)
	k := kdc{profile: p, lookup: func(_ context.Context, service, proto, name string) (string, []*net.SRV, error) {
		if name != "CONTOSO.COM." || service != "kerberos" || proto != "tcp" {
			return "", nil, errors.New("no such host")
		}
		return "", []*net.SRV{{Target: "dc1.contoso.com.", Port: 88}, {Target: "dc2.contoso.com.", Port: 1088}}, nil
	}}
	for realm, want := range map[string]string{
		"FABRIKAM.NET": "dc1.fabrikam.net:88 dc2.fabrikam.net:1088 dc3.fabrikam.net:88 192.0.2.7:88 [::1]:88 [::1]:88 [::1]:1088",
		"CONTOSO.COM":  "dc1.contoso.com:88 dc2.contoso.com:1088",
		"EXAMPLE.COM":  "",
	} {
		got, err := k.addresses(t.Context(), realm)
		if strings.Join(got, " ") != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, error %v, want %s", realm, got, err, want)
		}
	}
	p.prefer("CONTOSO.COM", "dc2.contoso.com:1088")
	if got, _ := k.addresses(t.Context(), "CONTOSO.COM"); got[0] != "dc2.contoso.com:1088" || len(got) != 2 {
		t.Errorf("%q after dc2 has answered", got)
	}
	p.useDNS = false
	if got, err := k.addresses(t.Context(), "CONTOSO.COM"); err == nil {
		t.Errorf("%q without DNS", got)
	}
}

func TestSettingsOfAProfile(t *testing.T) {
	t.Parallel()
	for setting, check := range map[string]func(*Profile) bool{
		"":                       func(p *Profile) bool { return p.useDNS && p.clockSkew == 5*time.Minute && p.ticketLife == 24*time.Hour },
		"dns_lookup_kdc = false": func(p *Profile) bool { return !p.useDNS },
		"dns_lookup_kdc = YES\ndns_fallback = no": func(p *Profile) bool { return p.useDNS },
		"dns_fallback = off":                      func(p *Profile) bool { return !p.useDNS },
		"clockskew = 120":                         func(p *Profile) bool { return p.clockSkew == 2*time.Minute },
		"clockskew = 1\nclockskew = 2":            func(p *Profile) bool { return p.clockSkew == time.Second },
		"ticket_lifetime = 1d 2h 3m 4s":           func(p *Profile) bool { return p.ticketLife == 26*time.Hour+3*time.Minute+4*time.Second },
		"ticket_lifetime = 10:30":                 func(p *Profile) bool { return p.ticketLife == 10*time.Hour+30*time.Minute },
		"ticket_lifetime = 0:0:5":                 func(p *Profile) bool { return p.ticketLife == 5*time.Second },
		"permitted_enctypes = aes256-cts, rc4":    func(p *Profile) bool { return slices.Equal(p.loginTypes, []int32{18, 23}) },
		"default_tkt_enctypes = DEFAULT -rc4": func(p *Profile) bool {
			return slices.Equal(p.loginTypes, []int32{18, 17, 20, 19}) && len(p.ticketTypes) == 5
		},
		"default_tgs_enctypes = aes128-cts-hmac-sha1-96 camellia256-cts":             func(p *Profile) bool { return slices.Equal(p.ticketTypes, []int32{17}) && len(p.loginTypes) == 5 },
		"default_tkt_enctypes = rc4 aes\npermitted_enctypes = aes128-cts aes256-cts": func(p *Profile) bool { return slices.Equal(p.loginTypes, []int32{18, 17}) },
	} {
		if p := parseProfile(t, "[libdefaults]\n"+setting+"\n"); !check(p) {
			t.Errorf("%s: useDNS %v, clockSkew %v, ticketLife %v, types %v and %v", setting, p.useDNS, p.clockSkew, p.ticketLife, p.loginTypes, p.ticketTypes)
		}
	}
}

func TestWrongSettingsOfAProfileAreRefused(t *testing.T) {
	t.Parallel()
	for _, setting := range []string{
		"dns_lookup_kdc = maybe", "clockskew = soon", "clockskew = 5x", "clockskew = -5", "ticket_lifetime = 1:2:3:4", "ticket_lifetime = d",
		"permitted_enctypes = des-cbc-crc", "default_tgs_enctypes = camellia", "default_tkt_enctypes = rc4\npermitted_enctypes = aes",
	} {
		var r profileReader
		if err := r.text([]byte("[libdefaults]\n" + setting + "\n")); err != nil {
			t.Fatal(err)
		}
		if _, err := newProfile(&r.root); err == nil {
			t.Errorf("%s: no error", setting)
		}
	}
}

func TestProfileIsLookedForWhereItIsNamed(t *testing.T) {
	write := func(name, realm string) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte("[realms]\n"+realm+" = {\nkdc = x\n}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	one, two, missing := write("one", "ONE"), write("two", "TWO"), filepath.Join(t.TempDir(), "missing")
	broken := filepath.Join(t.TempDir(), "broken")
	if err := os.WriteFile(broken, []byte("nonsense\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, path, environment string
		realms                  []string
		fails                   bool
	}{
		{"path", one, two, []string{"ONE"}, false},
		{"environment", "", one, []string{"ONE"}, false},
		{"environment, several", "", one + ":" + missing + ":" + two, []string{"ONE", "TWO"}, false},
		{"environment, missing", "", missing, nil, false},
		{"environment, broken", "", broken, nil, true},
		{"path, missing", missing, one, nil, true},
		{"path, broken", broken, "", nil, true},
	} {
		t.Setenv("KRB5_CONFIG", c.environment)
		p, err := LoadProfile(c.path)
		switch {
		case c.fails && err == nil:
			t.Errorf("%s: no error", c.name)
		case c.fails:
			wantKind(t, err, KindCredential)
		case err != nil || !slices.Equal(p.realms, c.realms):
			t.Errorf("%s: error %v, profile %+v", c.name, err, p)
		}
	}
}
