package kerberos

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestProfileIsReadAsMITKerberosReadsIt(t *testing.T) {
	t.Parallel()
	var r profileReader
	err := r.text([]byte("\xEF\xBB\xBF# a comment\n; another\n\n" +
		"[libdefaults]\r\n\tdefault_realm = CONTOSO.COM\r\n name* = \"two words # no comment\\n\"\n" +
		"empty =\n" +
		"[realms]\n CONTOSO.COM = {\n  kdc = one\n  kdc=two:750\n  auth_to_local_names = {\n   a = b\n  }\n  v4_name_convert = {\n  host = {\n rcmd = host\n}\n}\n }\n" +
		" LATE =\n {\n kdc = x\n }*\n" +
		"[unknown]*\n a = b = c ; d\n" +
		"[realms]\n CONTOSO.COM = {\n  kdc = three\n }\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ path, want string }{
		{"libdefaults/default_realm", "CONTOSO.COM"},
		{"libdefaults/name", "two words # no comment\n"},
		{"libdefaults/empty", ""},
		{"realms/CONTOSO.COM/kdc", "one,two:750,three"},
		{"realms/LATE/kdc", "x"},
		{"unknown/a", "b = c ; d"},
		{"libdefaults/missing", ""},
		{"realms/CONTOSO.COM", ""},
	} {
		if got := strings.Join(r.root.values(strings.Split(c.path, "/")...), ","); got != c.want {
			t.Errorf("%s is %q, want %q", c.path, got, c.want)
		}
	}
	if got := r.root.names("realms"); !slices.Equal(got, []string{"CONTOSO.COM", "LATE"}) {
		t.Errorf("realms %q", got)
	}
}

func TestMistakesInAProfileAreNamedByLine(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]string{
		"a = b\n":                                "line 1: a relation stands before the first section",
		"[a]\nb\n":                               `line 2: want "name = value"`,
		"[a]\n= b\n":                             `line 2: want "name = value"`,
		"[a\n":                                   "line 1: a section header is out of place",
		"[a]\nb = {\n[c]\n":                      "line 3: a section header is out of place",
		"[a]\n}\n":                               "line 2: a brace is closed that was not opened",
		"}\n":                                    "line 1: a brace is closed that was not opened",
		"[a]\n{\n":                               "line 2: a brace is out of place",
		"{\n":                                    "line 1: a brace is out of place",
		"[a]\nb = c\n{\n":                        "line 3: a brace is out of place",
		"[a]\nb = {\n":                           "a brace is not closed",
		"[a]\n" + strings.Repeat("b = {\n", 20):  "line 18: too many braces within braces",
		"[a]\n" + strings.Repeat("b =\n{\n", 20): "line 35: a brace is out of place",
		"include relative\n":                     "line 1: include wants an absolute path",
		"[a]\nincludedir ../krb5.conf.d\n":       "line 2: includedir wants an absolute path",
		"[libdefaults]\nb = c\n[realms]\nX = {\n}\n}\n": "line 6: a brace is closed that was not opened",
	} {
		var r profileReader
		if err := r.text([]byte(content)); err == nil || err.Error() != want {
			t.Errorf("%q: error %v, want %s", content, err, want)
		}
	}
}

func TestIncludedFilesAreRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	realm := "[realms]\n%s = {\nkdc = x\n}\n"
	for name, read := range map[string]bool{"b-realm": true, "c.conf": true, ".hidden.conf": false, "d.conf.rpmnew": false, "dir/e": false} {
		put("d/"+name, fmt.Sprintf(realm, strings.ToUpper(fmt.Sprint(name, read))))
	}
	last := put("last", fmt.Sprintf(realm, "LAST"))
	path := put("krb5.conf", "includedir "+dir+"/d\ninclude\t"+last+"\n[libdefaults]\ndefault_realm = LAST\n")
	p, err := LoadProfile(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"B-REALMTRUE", "C.CONFTRUE", "LAST"}; !slices.Equal(p.realms, want) {
		t.Errorf("realms %q, want %q", p.realms, want)
	}
}

func TestProfileThatIncludesItselfIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "krb5.conf")
	for _, content := range []string{"include " + path + "\n", strings.Repeat("# a long comment\n", maxProfileBytes/16)} {
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadProfile(path); err == nil {
			t.Errorf("no error for %.20q…", content)
		}
	}
}

func FuzzProfile(f *testing.F) {
	f.Add("[libdefaults]\ndefault_realm = A.B\nticket_lifetime = 1d 2h\ndns_lookup_kdc = no\n[realms]\nA.B = {\nkdc = [::1]:88\n}\n[domain_realm]\n.a.b = A.B\n", `a\alice`, "x.a.b.")
	f.Add("[a]\nb =\n{\n}\n", "alice@a.b", "")
	f.Fuzz(func(t *testing.T, content, user, host string) {
		if strings.Contains(content, "include") {
			return // it may name any file here
		}
		var r profileReader
		if r.text([]byte(content)) != nil {
			return
		}
		p, err := newProfile(&r.root)
		if err != nil {
			return
		}
		if who, err := p.user(user); err == nil && !slices.Contains(p.realms, who.realm) {
			t.Errorf("%s is in realm %q, which nobody knows", user, who.realm)
		}
		p.Knows(user)
		p.service("HTTP/" + host)
		for _, entry := range p.kdcs[p.defaultRealm] {
			kdcAddress(entry)
		}
	})
}
