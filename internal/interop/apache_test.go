//go:build interop

package interop

import (
	"bufio"
	"context"
	"crypto/sha1"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/umgateway/umgateway/internal/exchangesim"
)

// front is Apache, which authenticates callers and passes their requests to a simulator, with their names.
type front struct {
	*process
	dir, port string
	secure    bool
	pki       *pki
	backend   *exchanges
}

// frontConfig says how Apache asks for authentication.
type frontConfig struct {
	tls     bool
	auth    string
	perConn int // requests that a connection may carry; 0 for any number
}

// The ways to authenticate, within <Location>.
const (
	authBasic      = "AuthType Basic\nAuthBasicProvider file\nAuthUserFile passwords"
	authGSSAPI     = "AuthType GSSAPI\nGssapiAllowedMech "
	authBasicRealm = authGSSAPI + "krb5\nGssapiBasicAuth On" // Apache asks the realm with each request
	authNTLM       = authGSSAPI + "ntlmssp\nGssapiConnectionBound On"
	authKerberos   = authGSSAPI + "krb5"
	authPersistent = authKerberos + "\nGssapiConnectionBound On\nGssapiSignalPersistentAuth On"
	authBoth       = authNTLM + "\nGssapiAllowedMech krb5"
)

const apacheConf = `ServerRoot %[1]q
ServerName mail.contoso.com
Listen 127.0.0.1:%[2]s
PidFile httpd.pid
Mutex file:. default
%[3]s
ErrorLog /proc/self/fd/2
LogLevel warn
%[4]s
StartServers 64
MaxRequestWorkers 64
KeepAlive On
KeepAliveTimeout 60
MaxKeepAliveRequests %[8]d
LogFormat "%%m %%k %%>s \"%%u\" \"%%{Authorization}i\"" calls
CustomLog calls.log calls
%[5]s
ProxyPass / %[6]s
<Location />
	AuthName contoso
	Require valid-user
	RequestHeader set X-Remote-User "expr=%%{REMOTE_USER}"
	%[7]s
</Location>
`

// startFront starts Apache before a simulator of its own.
func startFront(t *testing.T, k *realmKDC, config frontConfig) *front {
	t.Helper()
	f := &front{dir: openDir(t), secure: config.tls, pki: newPKI(t, x509.ECDSAWithSHA256), backend: startBackend(t)}
	f.pki.write(t, f.dir, "server")
	lines := ""
	for name, password := range users {
		hash := sha1.Sum([]byte(password))
		lines += name + "@" + realm + ":{SHA}" + base64.StdEncoding.EncodeToString(hash[:]) + "\n"
	}
	write(t, filepath.Join(f.dir, "passwords"), lines)
	env := f.acceptorEnv(t, k)
	secure := ""
	if config.tls {
		secure = "SSLEngine On\nSSLCertificateFile server.pem\nSSLCertificateKeyFile server.key\n"
	}
	f.process, f.port = onFreePort(t, func(port string) *process {
		conf := filepath.Join(f.dir, "apache.conf")
		write(t, conf, fmt.Sprintf(apacheConf, f.dir, port, worker(), loadModules(), secure, f.backend.url, config.auth, config.perConn))
		return start(t, env, "/usr/sbin/apache2", "-DFOREGROUND", "-f", conf)
	}, "resuming normal operations")
	return f
}

// acceptorEnv says where the service's keys and the users of NTLM are.
func (f *front) acceptorEnv(t *testing.T, k *realmKDC) []string {
	t.Helper()
	lines := ""
	for name, password := range users {
		lines += "CONTOSO:" + name + ":" + password + "\n"
	}
	path := filepath.Join(f.dir, "ntlm-users")
	write(t, path, lines)
	return append(slices.Clip(k.env), "NTLM_USER_FILE="+path, "KRB5_KTNAME="+k.path("http.keytab"))
}

func loadModules() string {
	list := ""
	for _, name := range strings.Fields("mpm_prefork auth_basic authn_core authn_file authz_core authz_user auth_gssapi headers proxy proxy_http ssl") {
		list += fmt.Sprintf("LoadModule %s_module /usr/lib/apache2/modules/mod_%s.so\n", name, name)
	}
	return list
}

// worker says whom Apache's workers run as: Apache refuses to serve as root.
func worker() string {
	if os.Getuid() != 0 {
		return "" // they stay who they are
	}
	return "User www-data\nGroup www-data"
}

// request is a line of Apache's log.
type request struct {
	first         bool // on its connection
	status        int
	user          string
	authorization string
}

// ntlmMessage tells which message of NTLM (MS-NLMP section 2.2.1) the request has; 0 for none.
func (r request) ntlmMessage() byte {
	_, token, _ := strings.Cut(r.authorization, " ")
	message, err := base64.StdEncoding.DecodeString(token)
	if err != nil || len(message) < 12 || string(message[:8]) != "NTLMSSP\x00" {
		return 0
	}
	return message[8]
}

// requests returns what Apache has logged. It logs after the reply has left: wait for the end of Apache.
func (f *front) requests(t *testing.T) []request {
	t.Helper()
	f.stop(t)
	file, err := os.Open(filepath.Join(f.dir, "calls.log"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var list []request
	for scanner := bufio.NewScanner(file); scanner.Scan(); {
		method, rest, _ := strings.Cut(scanner.Text(), " ")
		if method != http.MethodPost {
			continue // Apache wakes its idle workers by requests to itself
		}
		before, rest, _ := strings.Cut(rest, " ")
		code, rest, _ := strings.Cut(rest, " ")
		quoted := strings.Split(rest, `"`)
		status, err := strconv.Atoi(code)
		if err != nil || len(quoted) != 5 {
			t.Fatalf("log line %q", scanner.Text())
		}
		list = append(list, request{first: before == "0", status: status, user: quoted[1], authorization: quoted[3]})
	}
	return list
}

// exchanges is a simulator, and whom each request came from.
type exchanges struct {
	url string
	log chan exchangesim.Exchange
}

func startBackend(t *testing.T) *exchanges {
	t.Helper()
	b := &exchanges{log: make(chan exchangesim.Exchange, 10_000)}
	server, err := exchangesim.New(exchangesim.Config{UserHeader: "X-Remote-User", Log: func(e exchangesim.Exchange) { b.log <- e }})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b.url = "http://" + listener.Addr().String() + "/"
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- exchangesim.Serve(ctx, listener, server) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return b
}

// taken returns the exchanges so far.
func (b *exchanges) taken() []exchangesim.Exchange {
	var list []exchangesim.Exchange
	for len(b.log) > 0 {
		list = append(list, <-b.log)
	}
	return list
}
