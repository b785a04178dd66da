package transport_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/keytab"

	"github.com/umgateway/umgateway/soapbridge/transport"
	"github.com/umgateway/umgateway/soapbridge/transport/kerberos"
)

const profile = "[libdefaults]\ndefault_realm = EXAMPLE.COM\n[realms]\nEXAMPLE.COM = {\n kdc = 127.0.0.1:1\n}\nCONTOSO.COM = {\n kdc = 127.0.0.1:1\n}\n"

func newKeytab(t *testing.T, password string) []byte {
	t.Helper()
	table := keytab.New()
	if err := table.AddEntry("svc", "CONTOSO.COM", password, time.Unix(1e9, 0), 1, etypeID.AES256_CTS_HMAC_SHA1_96); err != nil {
		t.Fatal(err)
	}
	content, err := table.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestKerberosIsUsedWhereTheRealmIsKnown(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	known, err := kerberos.LoadProfile(writeFile(t, dir, "krb5.conf", []byte(profile)))
	if err != nil {
		t.Fatal(err)
	}
	keytab := writeFile(t, dir, "svc.keytab", newKeytab(t, "secret"))
	password := transport.StaticPassword("secret")
	for name, test := range map[string]struct {
		auth     string
		identity transport.Identity
		tickets  bool
		bad      bool
	}{
		"realm":                         {"negotiate", transport.Identity{Username: "alice@contoso.com", Password: password}, true, false},
		"domain":                        {"negotiate", transport.Identity{Username: `CONTOSO\alice`, Password: password}, true, false},
		"another realm":                 {"negotiate", transport.Identity{Username: "alice@fabrikam.com", Password: password}, false, false},
		"no realm":                      {"negotiate", transport.Identity{Username: "alice", Password: password}, false, false},
		"no realm, only kerberos":       {"kerberos", transport.Identity{Username: "alice", Password: password}, true, false},
		"another realm, only kerberos":  {"kerberos", transport.Identity{Username: "alice@fabrikam.com", Password: password}, false, true},
		"no password":                   {"negotiate", transport.Identity{Username: "alice@contoso.com"}, false, false},
		"no password, only kerberos":    {"kerberos", transport.Identity{Username: "alice@contoso.com"}, false, true},
		"keytab":                        {"negotiate", transport.Identity{Username: "svc@contoso.com", Keytab: keytab}, true, false},
		"keytab with its type":          {"kerberos", transport.Identity{Username: "svc@contoso.com", Keytab: "FILE:" + keytab}, true, false},
		"keytab of another":             {"negotiate", transport.Identity{Username: "alice@contoso.com", Keytab: keytab}, false, true},
		"keytab that is missing":        {"negotiate", transport.Identity{Username: "svc@contoso.com", Keytab: dir + "/missing"}, false, true},
		"credential cache that is none": {"negotiate", transport.Identity{CCache: keytab}, false, true},
	} {
		schemes, err := transport.ParseAuth(test.auth)
		if err != nil {
			t.Fatal(err)
		}
		source, err := transport.KerberosTickets(known, schemes)(&test.identity)
		if (source != nil) != test.tickets || (err != nil) != test.bad {
			t.Errorf("%s: source %v, error %v", name, source, err)
		}
	}
}

func TestChangedKeytabIsAnotherCredential(t *testing.T) {
	dir := t.TempDir()
	path := writeFile(t, dir, "svc.keytab", newKeytab(t, "first"))
	known, err := kerberos.LoadProfile(writeFile(t, dir, "krb5.conf", []byte(profile)))
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		source, err := transport.KerberosTickets(known, nil)(&transport.Identity{Username: "svc@contoso.com", Keytab: "FILE:" + path})
		if err != nil {
			t.Fatal(err)
		}
		version := source.(interface{ Version() string }).Version
		first := version()
		time.Sleep(time.Second)
		if version() != first || first == "" {
			t.Error("it changed by itself, or was never read")
		}
		writeFile(t, dir, "svc.keytab", newKeytab(t, "second"))
		time.Sleep(time.Second)
		if version() == first {
			t.Error("the change was not noticed")
		}
	})
}
