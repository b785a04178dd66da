//go:build interop

package interop

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/umgateway/umgateway/soapbridge/transport/kerberos"
)

const (
	realm = "CONTOSO.COM"
	host  = "mail.contoso.com"
	spn   = "HTTP/" + host
)

// users are those of the tests, with their passwords. Each has a failure count of its own, and is locked after three.
var users = map[string]string{"alice": "Alice's pässword", "bob": "Bob's password", "carol": "Carol's password"}

// realmKDC is a key distribution centre of MIT Kerberos with a database of its own.
type realmKDC struct {
	*process
	dir    string // readable by all, since Apache gives up root
	env    []string
	realms []string
	port   string
}

const kdcDefaults = `[kdcdefaults]
	kdc_listen = 127.0.0.1:%[1]s
	kdc_tcp_listen = 127.0.0.1:%[1]s
[realms]
`

const kdcRealm = `	%[2]s = {
		database_name = %[1]s/db/%[2]s
		key_stash_file = %[1]s/db/%[2]s.stash
		acl_file = %[1]s/db/acl
		max_life = 10h
		max_renewable_life = 7d
		default_principal_flags = +preauth, +renewable
		supported_enctypes = aes256-cts:normal aes128-cts:normal aes256-sha2:normal rc4-hmac:normal
		host_based_services = *
	}
`

const krb5Conf = `[libdefaults]
	default_realm = CONTOSO.COM
	dns_lookup_kdc = false
	dns_lookup_realm = false
	dns_canonicalize_hostname = false
	rdns = false
	udp_preference_limit = 1
	allow_rc4 = true
[realms]
	CONTOSO.COM = {
		kdc = 127.0.0.1:%[1]s
		auth_to_local_names = {
			somebody = nobody
		}
	}
	FABRIKAM.COM = {
		kdc = 127.0.0.1:%[1]s
	}
[domain_realm]
	.contoso.com = CONTOSO.COM
	.fabrikam.com = FABRIKAM.COM
[logging]
	kdc = STDERR
`

// startKDC makes a realm with the users and the service, and other realms that are empty, and starts their key distribution
// centre.
func startKDC(t *testing.T, others ...string) *realmKDC {
	t.Helper()
	k := &realmKDC{dir: openDir(t), realms: append([]string{realm}, others...)}
	k.env = []string{
		"KRB5_CONFIG=" + k.path("krb5.conf"), "KRB5_KDC_PROFILE=" + k.path("kdc.conf"), "LC_ALL=C.UTF-8",
		"KRB5RCACHENAME=dfl:", "KRB5RCACHEDIR=" + k.path("replays"), "KRB5CCNAME=" + k.path("unused.ccache"),
	}
	for _, dir := range []string{"db", "replays"} {
		if err := os.Mkdir(k.path(dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(k.path("replays"), 0o777); err != nil {
		t.Fatal(err)
	}
	k.configure(t, "1")
	args := []string{"-n"}
	for _, name := range k.realms {
		run(t, k.env, "", "/usr/sbin/kdb5_util", "create", "-s", "-r", name, "-P", "master")
		args = append(args, "-r", name)
	}
	k.populate(t)
	k.process, k.port = onFreePort(t, func(port string) *process {
		k.configure(t, port)
		return start(t, k.env, "/usr/sbin/krb5kdc", args...)
	}, "commencing operation")
	return k
}

func (k *realmKDC) populate(t *testing.T) {
	t.Helper()
	script := "addpol -maxfailure 3 -failurecountinterval 1h -lockoutduration 1h lock\naddprinc -randkey " + spn + "\n"
	for name, password := range users {
		script += fmt.Sprintf("addprinc -policy lock -pw %q %s\n", password, name)
	}
	k.admin(t, realm, script+"ktadd -k "+k.path("http.keytab")+" "+spn+"\n")
	if err := os.Chmod(k.path("http.keytab"), 0o644); err != nil {
		t.Fatal(err)
	}
}

// openDir returns a temporary directory that every user can read.
func openDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "interop-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func (k *realmKDC) path(name string) string { return filepath.Join(k.dir, name) }

func (k *realmKDC) configure(t *testing.T, port string) {
	t.Helper()
	conf := fmt.Sprintf(kdcDefaults, port)
	for _, name := range k.realms {
		conf += fmt.Sprintf(kdcRealm, k.dir, name)
	}
	write(t, k.path("kdc.conf"), conf)
	write(t, k.path("krb5.conf"), fmt.Sprintf(krb5Conf, port))
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// admin changes a realm's database.
func (k *realmKDC) admin(t *testing.T, realm, script string) string {
	t.Helper()
	output := run(t, k.env, script, "/usr/sbin/kadmin.local", "-r", realm)
	if strings.Contains(output, "while") { // it ends well whatever happened
		t.Fatalf("kadmin.local:\n%s", output)
	}
	return output
}

var failedAttempts = regexp.MustCompile(`Failed password attempts: (\d+)`)

// counted returns how many wrong passwords the realm has counted for a user.
func (k *realmKDC) counted(t *testing.T, user string) string {
	t.Helper()
	match := failedAttempts.FindStringSubmatch(k.admin(t, realm, "getprinc "+user+"\n"))
	if match == nil {
		t.Fatalf("no count of failures for %s", user)
	}
	return match[1]
}

// kinit has the C library log in, and returns the path of its credential cache.
func (k *realmKDC) kinit(t *testing.T, user string, options ...string) string {
	t.Helper()
	cache := filepath.Join(t.TempDir(), user+".ccache")
	run(t, k.env, users[user]+"\n", "/usr/bin/kinit", append(options, "-c", cache, user)...)
	return cache
}

func (k *realmKDC) profile(t *testing.T) *kerberos.Profile {
	t.Helper()
	p, err := kerberos.LoadProfile(k.path("krb5.conf"))
	if err != nil {
		t.Fatal(err)
	}
	return p
}
