package kerberos

import (
	"encoding/hex"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/keytab"
)

// keytabFile writes a keytab with gokrb5: entries are "principal password version".
func keytabFile(t testing.TB, kind int32, entries ...string) []byte {
	t.Helper()
	table := keytab.New()
	for _, entry := range entries {
		fields := strings.Fields(entry)
		if err := table.AddEntry(fields[0], testRealm, fields[1], time.Unix(0, 0), fields[2][0]-'0', kind); err != nil {
			t.Fatal(err)
		}
	}
	content, err := table.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestKeytabLogsIn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		user    string
		entries []string
	}{
		"plain":                {"alice", []string{"alice right 1"}},
		"newest version":       {`CONTOSO\alice`, []string{"alice old 1", "alice right 2"}},
		"newest version first": {"alice@contoso.com", []string{"alice right 2", "alice old 1"}},
		"another case":         {"ALICE", []string{"alice right 1"}},
		"others beside":        {"alice", []string{"bob wrong 3", "alice right 1", "alice/admin wrong 4"}},
		"first entry":          {"", []string{"alice right 1", "bob wrong 1"}},
	} {
		k := newFakeKDC(t)
		k.passwords["alice"] = "right"
		path := writeFile(t, keytabFile(t, testKind, c.entries...))
		client := k.client(t, func(config *Config) { config.Password, config.Username, config.Keytab = nil, c.user, path })
		if err := token(t, client); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestKeytabIsReadAtEachLogin(t *testing.T) {
	t.Parallel()
	k := newFakeKDC(t)
	path := writeFile(t, keytabFile(t, testKind, "alice wrong 1"))
	client := k.client(t, func(config *Config) { config.Password, config.Keytab = nil, path })
	for range 2 {
		wantKind(t, token(t, client), KindRejected)
	}
	wantRequests(t, k, "AS", "AS proven")
	k.passwords["alice"] = "right"
	if err := os.WriteFile(path, keytabFile(t, testKind, "alice right 1"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := token(t, client); err != nil {
		t.Error(err)
	}
}

func TestKeytabWithoutAKeyOfTheUserIsRefused(t *testing.T) {
	t.Parallel()
	for name, content := range map[string][]byte{
		"another's":         keytabFile(t, testKind, "bob secret 1"),
		"of another type":   keytabFile(t, etypeID.DES3_CBC_SHA1_KD, "alice secret 1"),
		"empty":             {5, 2},
		"not a keytab":      []byte("-----BEGIN CERTIFICATE-----"),
		"cut off":           keytabFile(t, testKind, "alice secret 1")[:40],
		"short beyond hope": {5},
	} {
		_, err := New(Config{Profile: testProfile(t), Username: "alice", Keytab: writeFile(t, content)})
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		wantKind(t, err, KindCredential)
	}
}

func TestErrorOfAKeytabShowsNoKey(t *testing.T) {
	t.Parallel()
	content := keytabFile(t, testKind, "alice secret 1")
	key := content[len(content)-36 : len(content)-8]
	_, err := New(Config{Profile: testProfile(t), Username: "alice", Keytab: writeFile(t, content[:len(content)-5])})
	if err == nil || strings.Contains(err.Error(), string(key[:8])) || strings.Contains(err.Error(), hex.EncodeToString(key[:8])) {
		t.Errorf("error %v", err)
	}
}

func TestLoginAsksForTypesWithAKeyFirst(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	s, err := p.keytab(writeFile(t, keytabFile(t, etypeID.AES128_CTS_HMAC_SHA1_96, "alice secret 1")), "alice")
	if err != nil {
		t.Fatal(err)
	}
	if len(s.kinds) != len(standardTypes) || s.kinds[0] != etypeID.AES128_CTS_HMAC_SHA1_96 || s.kinds[1] != standardTypes[0] {
		t.Errorf("asks for %v", s.kinds)
	}
	if _, _, err := s.key([]hint{{kind: standardTypes[0]}}); err == nil {
		t.Error("a key of a type that the keytab does not have")
	}
}

func TestNamesOfFiles(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"/etc/krb5.keytab": "/etc/krb5.keytab", "FILE:/etc/krb5.keytab": "/etc/krb5.keytab", "WRFILE:x": "x", "FILE:a:b": "a:b",
		"./a:b": "./a:b", `C:\krb5.keytab`: `C:\krb5.keytab`, "KEYRING:x": "", "KCM:": "", "DIR:/tmp": "", "API:x": "",
	} {
		if got, err := filePath(name); got != want || (err == nil) != (want != "") {
			t.Errorf("%s is %q, error %v, want %q", name, got, err, want)
		}
	}
}

func FuzzKeytab(f *testing.F) {
	f.Add(keytabFile(f, testKind, "alice secret 1", "bob secret 2"), "alice")
	f.Add([]byte{5, 1, 0, 0, 0, 1, 0x80, 0, 0, 0}, "")
	p := testProfile(f)
	f.Fuzz(func(t *testing.T, content []byte, user string) {
		s, err := p.readKeytab("file", content, user)
		if err != nil {
			return
		}
		if key, _, err := s.key([]hint{{kind: s.kinds[0]}}); err != nil || checkKey(key) != nil {
			t.Errorf("key of type %d, error %v", key.KeyType, err)
		}
	})
}
