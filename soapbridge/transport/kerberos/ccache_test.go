package kerberos

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

// stored is a ticket in a credential cache.
type stored struct {
	client, service, realm string
	end                    time.Time
	kind                   int32
	ticket                 []byte // nil for a real one
}

// cacheFile writes a credential cache, after "Credential cache file format" in the documentation of MIT Kerberos.
func (k *fakeKDC) cacheFile(owner string, list ...stored) []byte {
	k.t.Helper()
	file := []byte{5, 4, 0, 12, 0, 1, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0} // with a time offset of zero
	file = appendPrincipal(file, owner, testRealm)
	for _, s := range list {
		service := types.NewPrincipalName(1, s.service)
		encoded, session := s.ticket, newKey(testKind)
		if encoded == nil {
			ticket, key, err := messages.NewTicket(types.NewPrincipalName(1, s.client), testRealm, service, testRealm, types.NewKrbFlags(),
				k.keys, testKind, 1, s.end.Add(-time.Hour), s.end.Add(-time.Hour), s.end, s.end)
			k.must(err)
			session = key
			encoded, err = ticket.Marshal()
			k.must(err)
		}
		file = appendPrincipal(file, s.client, testRealm)
		file = appendPrincipal(file, s.service, s.realm)
		file = appendData(binary.BigEndian.AppendUint16(file, uint16(max(s.kind, session.KeyType))), session.KeyValue)
		for _, at := range []time.Time{s.end.Add(-time.Hour), s.end.Add(-time.Hour), s.end, s.end.Add(time.Hour)} {
			file = binary.BigEndian.AppendUint32(file, uint32(at.Unix()))
		}
		file = append(file, 0, 0x40, 0, 0, 0)
		file = append(file, 0, 0, 0, 1, 0, 2, 0, 0, 0, 4, 127, 0, 0, 1) // an address
		file = append(file, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0)            // an authorization element
		file = appendData(appendData(file, encoded), nil)
	}
	return file
}

func appendPrincipal(file []byte, name, realm string) []byte {
	parts := strings.Split(name, "/")
	file = append(file, 0, 0, 0, 1)
	file = appendData(binary.BigEndian.AppendUint32(file, uint32(len(parts))), []byte(realm))
	for _, part := range parts {
		file = appendData(file, []byte(part))
	}
	return file
}

func appendData(file, data []byte) []byte {
	return append(binary.BigEndian.AppendUint32(file, uint32(len(data))), data...)
}

func writeFile(t *testing.T, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTicketsOfACacheAreUsed(t *testing.T) {
	t.Parallel()
	k := newFakeKDC(t)
	soon := time.Now().Add(time.Hour)
	settings := stored{"alice", "krb5_ccache_conf_data/fast_avail", "X-CACHECONF:", time.Unix(0, 0), 0, []byte("yes")}
	granting := stored{client: "alice", service: "krbtgt/" + testRealm, realm: testRealm, end: soon}
	for name, c := range map[string]struct {
		list []stored
		want []string
	}{
		"ticket-granting":           {[]stored{settings, granting}, []string{"TGS " + testSPN}},
		"the service's own":         {[]stored{granting, {client: "alice", service: testSPN, realm: testRealm, end: soon}}, nil},
		"the service's own, ended":  {[]stored{{client: "alice", service: testSPN, realm: testRealm, end: time.Now().Add(-time.Minute)}, granting}, []string{"TGS " + testSPN}},
		"unknown types beside":      {[]stored{{"alice", testSPN, testRealm, soon, 26, nil}, granting}, []string{"TGS " + testSPN}},
		"somebody else's beside":    {[]stored{{client: "mallory", service: testSPN, realm: testRealm, end: soon}, granting}, []string{"TGS " + testSPN}},
		"older ticket-granting too": {[]stored{{client: "alice", service: "krbtgt/" + testRealm, realm: testRealm, end: time.Now().Add(-time.Minute)}, granting}, []string{"TGS " + testSPN}},
	} {
		k := &fakeKDC{t: t, keys: k.keys, life: time.Hour}
		path := writeFile(t, k.cacheFile("alice", c.list...))
		client := k.client(t, func(config *Config) { config.Password, config.CCache = nil, "FILE:"+path })
		if err := token(t, client); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := k.seen(); !slices.Equal(got, c.want) {
			t.Errorf("%s: requests %q, want %q", name, got, c.want)
		}
	}
}

func TestCacheThatIsOfNoUseIsNoRejection(t *testing.T) {
	t.Parallel()
	k := newFakeKDC(t)
	for name, list := range map[string][]stored{
		"empty":              nil,
		"ended":              {{client: "alice", service: "krbtgt/" + testRealm, realm: testRealm, end: time.Now().Add(-time.Minute)}},
		"for another realm":  {{client: "alice", service: "krbtgt/FABRIKAM.NET", realm: testRealm, end: time.Now().Add(time.Hour), ticket: []byte{}}},
		"of another's alone": {{client: "bob", service: "krbtgt/" + testRealm, realm: testRealm, end: time.Now().Add(time.Hour)}},
	} {
		path := writeFile(t, k.cacheFile("alice", list...))
		client := k.client(t, func(config *Config) { config.Password, config.CCache = nil, path })
		if err := token(t, client); err == nil {
			t.Errorf("%s: no error", name)
		} else {
			wantKind(t, err, KindCredential)
		}
	}
	wantRequests(t, k)
}

func TestCacheOfAnotherUserIsRefused(t *testing.T) {
	t.Parallel()
	k := newFakeKDC(t)
	path := writeFile(t, k.cacheFile("bob"))
	_, err := New(Config{Profile: testProfile(t), Username: `CONTOSO\alice`, CCache: path})
	if wantKind(t, err, KindCredential); !strings.Contains(err.Error(), "bob@CONTOSO.COM") {
		t.Errorf("error %v", err)
	}
	if _, err := New(Config{Profile: testProfile(t), Username: "Bob@contoso.com", CCache: path}); err != nil {
		t.Error(err)
	}
}

func TestCacheIsReadAgainWhenItsTicketsEnd(t *testing.T) {
	t.Parallel()
	k := newFakeKDC(t)
	ended := stored{client: "alice", service: "krbtgt/" + testRealm, realm: testRealm, end: time.Now().Add(-time.Minute)}
	path := writeFile(t, k.cacheFile("alice", ended))
	client := k.client(t, func(config *Config) { config.Password, config.CCache = nil, path })
	wantKind(t, token(t, client), KindCredential)
	ended.end = time.Now().Add(time.Hour)
	if err := os.WriteFile(path, k.cacheFile("alice", ended), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := token(t, client); err != nil {
		t.Error(err)
	}
}

func TestCacheThatBecomesAnothersIsFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newFakeKDC(t)
		k.life = time.Minute
		path := filepath.Join(t.TempDir(), "cache")
		store := func(owner string, life time.Duration) {
			granting := stored{client: owner, service: "krbtgt/" + testRealm, realm: testRealm, end: time.Now().Add(life)}
			if err := os.WriteFile(path, k.cacheFile(owner, granting), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		store("alice", 30*time.Second)
		client := k.client(t, func(config *Config) { config.Password, config.Username, config.CCache = nil, "", path })
		for _, owner := range []string{"alice", "bob"} {
			token, err := client.Token(t.Context(), testSPN, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := k.accept(t, token).Authenticator.CName.PrincipalNameString(); got != owner {
				t.Errorf("the token is %s's, want %s's", got, owner)
			}
			time.Sleep(51 * time.Second) // what alice has, renewed, lasts for 9 s more: longer than what bob brings
			store("bob", 5*time.Second)
		}
	})
}

func TestTicketOfACacheIsRenewed(t *testing.T) {
	t.Parallel()
	for name, fails := range map[string]bool{"granted": false, "refused": true} {
		k := newFakeKDC(t)
		k.life = time.Hour
		if fails {
			k.change = func(request string, answer []byte) []byte {
				if strings.HasPrefix(request, "renew") {
					return k.failure(13, nil) // KDC_ERR_BADOPTION
				}
				return answer
			}
		}
		near := stored{client: "alice", service: "krbtgt/" + testRealm, realm: testRealm, end: time.Now().Add(2 * time.Minute)}
		path := writeFile(t, k.cacheFile("alice", near))
		client := k.client(t, func(config *Config) { config.Password, config.CCache = nil, path })
		if err := token(t, client); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		wantRequests(t, k, "renew krbtgt/"+testRealm, "TGS "+testSPN)
		client.Forget(testSPN)
		if err := token(t, client); err != nil { // with the renewed ticket, or without asking again at once
			t.Errorf("%s: %v", name, err)
		}
		wantRequests(t, k, "renew krbtgt/"+testRealm, "TGS "+testSPN, "TGS "+testSPN)
	}
}

func TestBrokenCacheIsRefused(t *testing.T) {
	t.Parallel()
	k := newFakeKDC(t)
	whole := k.cacheFile("alice", stored{client: "alice", service: testSPN, realm: testRealm, end: time.Now().Add(time.Hour)})
	if _, err := parseCache(whole); err != nil {
		t.Fatal(err)
	}
	empty := len(k.cacheFile("alice"))
	for size := range len(whole) {
		if _, err := parseCache(whole[:size]); err == nil && size != empty {
			t.Errorf("no error for the first %d of %d bytes", size, len(whole))
		}
	}
	for _, count := range []int{16 + 4, bytes.Index(whole, []byte{0, 0, 0, 1, 0, 2, 0, 0, 0, 4, 127})} {
		endless := slices.Clone(whole)
		copy(endless[count:], "\xFF\xFF\xFF\xFF")
		if _, err := parseCache(endless); err == nil {
			t.Errorf("no error for an endless list at byte %d", count)
		}
	}
	for _, version := range []byte{0, 1, 2, 3, 5} {
		other := slices.Clone(whole)
		other[1] = version
		if _, err := parseCache(other); err == nil {
			t.Errorf("no error for version %d", version)
		}
	}
}

func FuzzCache(f *testing.F) {
	k := newFakeKDC(f)
	f.Add(k.cacheFile("alice", stored{client: "alice", service: "krbtgt/" + testRealm, realm: testRealm, end: time.Unix(2e9, 0)}))
	f.Add([]byte{5, 4, 0, 0, 0, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF})
	p := testProfile(f)
	f.Fuzz(func(t *testing.T, content []byte) {
		c, err := parseCache(content)
		if err != nil {
			return
		}
		for _, ticket := range c.tickets {
			if !ticket.client.same(c.owner) {
				t.Errorf("%s has a ticket of %s", c.owner, ticket.client)
			}
			p.token(ticket, nil) // must not panic
		}
	})
}
