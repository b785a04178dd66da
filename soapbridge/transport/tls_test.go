package transport_test

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/umgateway/umgateway/soapbridge/transport"
)

// startTLS serves over TLS with a certificate of the authority.
func (b *backend) startTLS(a *authority, change func(*tls.Config)) *backend {
	b.TLS = &tls.Config{Certificates: []tls.Certificate{a.pair("mail.contoso.com")}}
	if change != nil {
		change(b.TLS)
	}
	b.StartTLS()
	return b
}

// endPointHash is the MD5 hash of the channel bindings for a certificate signed with SHA-256 (RFC 5929 section 4.1, RFC 4121
// section 4.1.1.2).
func endPointHash(certificate []byte) []byte {
	hash := sha256.Sum256(certificate)
	data := append([]byte("tls-server-end-point:"), hash[:]...)
	structure := binary.LittleEndian.AppendUint32(make([]byte, 16), uint32(len(data)))
	sum := md5.Sum(append(structure, data...))
	return sum[:]
}

func TestNTLMIsBoundToTheTLSChannel(t *testing.T) {
	t.Parallel()
	a := newAuthority(t, "root")
	for name, test := range map[string]struct {
		omit, works bool
		bindings    func(certificate []byte) []byte
	}{
		"right":                   {false, true, endPointHash},
		"another channel":         {false, false, func([]byte) []byte { return make([]byte, 16) }},
		"left out but insisted":   {true, false, endPointHash},
		"left out and not wanted": {true, true, func([]byte) []byte { return make([]byte, 16) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBackend(t, "NTLM")
			b.target = "HTTP/mail.contoso.com"
			pair := a.pair("mail.contoso.com")
			b.bindings = test.bindings(pair.Certificate[0])
			b.startTLS(a, func(c *tls.Config) { c.Certificates = []tls.Certificate{pair} })
			client := b.client(t, "ntlm", func(c *transport.Config) {
				c.TLS, c.OmitChannelBindings = &tls.Config{RootCAs: a.pool()}, test.omit
			})
			_, err := call(t, client, identity(`CONTOSO\alice`), "body")
			if works := err == nil; works != test.works {
				t.Errorf("error %v", err)
			}
			if err != nil && !strings.Contains(err.Error(), "Extended Protection") {
				t.Errorf("the error does not name what else may be wrong: %v", err)
			}
		})
	}
}

func TestKerberosIsGivenTheTLSChannel(t *testing.T) {
	t.Parallel()
	a := newAuthority(t, "root")
	b := newBackend(t, "Negotiate").startTLS(a, nil)
	tickets := &fakeTickets{user: `CONTOSO\alice`}
	client := b.client(t, "kerberos", func(c *transport.Config) { c.TLS, c.Tickets = &tls.Config{RootCAs: a.pool()}, tickets.source })
	mustCall(t, client, identity(`CONTOSO\alice`), "body")
	hash := sha256.Sum256(b.TLS.Certificates[0].Certificate[0])
	if want := append([]byte("tls-server-end-point:"), hash[:]...); !bytes.Equal(tickets.bindings, want) {
		t.Errorf("bindings %q", tickets.bindings)
	}
}

func TestTLSRefusesWhatItShould(t *testing.T) {
	t.Parallel()
	a, other := newAuthority(t, "root"), newAuthority(t, "other root")
	for name, test := range map[string]struct {
		server func(*tls.Config)
		client *tls.Config
		works  bool
	}{
		"right":               {nil, &tls.Config{RootCAs: a.pool()}, true},
		"by name":             {nil, &tls.Config{RootCAs: a.pool(), ServerName: "mail.contoso.com"}, true},
		"another name":        {nil, &tls.Config{RootCAs: a.pool(), ServerName: "mail.example.com"}, false},
		"another root":        {nil, &tls.Config{RootCAs: other.pool()}, false},
		"the system's roots":  {nil, nil, false},
		"TLS 1.1":             {func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 }, &tls.Config{RootCAs: a.pool()}, false},
		"TLS 1.1 and allowed": {func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 }, &tls.Config{RootCAs: a.pool(), MinVersion: tls.VersionTLS10}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBackend(t).startTLS(a, test.server)
			b.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
			_, err := call(t, b.client(t, "none", func(c *transport.Config) { c.TLS = test.client }), nil, "body")
			if test.works {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			wantKind(t, err, transport.KindTLS)
		})
	}
}

func TestHTTP2IsNotOffered(t *testing.T) {
	t.Parallel()
	a := newAuthority(t, "root")
	b := newBackend(t)
	var protocol string
	b.handler = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { protocol = r.Proto + " " + r.TLS.NegotiatedProtocol })
	b.EnableHTTP2 = true
	b.startTLS(a, func(c *tls.Config) { c.NextProtos = []string{"h2", "http/1.1"} })
	mustCall(t, b.client(t, "none", func(c *transport.Config) {
		c.TLS = &tls.Config{RootCAs: a.pool(), NextProtos: []string{"h2"}}
	}), nil, "body")
	if protocol != "HTTP/1.1 http/1.1" {
		t.Errorf("spoke %s", protocol)
	}
}

func TestTLSFilesAreReadAgainAndTheLastGoodOnesKept(t *testing.T) {
	t.Parallel()
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		t.Run(tls.VersionName(version), func(t *testing.T) {
			t.Parallel()
			testTLSFiles(t, version)
		})
	}
}

func testTLSFiles(t *testing.T, version uint16) {
	dir, server, clients, other := t.TempDir(), newAuthority(t, "root"), newAuthority(t, "clients"), newAuthority(t, "other clients")
	certificate, key := other.issue("gateway")
	files := transport.TLSFiles{
		CA:          writeFile(t, dir, "ca.pem", server.pem),
		Certificate: writeFile(t, dir, "tls.crt", certificate),
		Key:         writeFile(t, dir, "tls.key", key),
	}
	b := newBackend(t)
	b.header = http.Header{"Connection": {"close"}}
	b.startTLS(server, func(c *tls.Config) {
		c.ClientAuth, c.ClientCAs, c.MaxVersion = tls.RequireAndVerifyClientCert, clients.pool(), version
	})
	b.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	log := &lines{}
	client := b.client(t, "none", func(c *transport.Config) { c.TLSFiles, c.Log = files, slog.New(slog.NewTextHandler(log, nil)) })
	_, err := call(t, client, nil, "a certificate of the wrong authority")
	wantKind(t, err, transport.KindTLS)

	certificate, key = clients.issue("gateway")
	writeFile(t, dir, "tls.crt", certificate)
	_, err = call(t, client, nil, "half changed: the key does not fit, so the former pair is in force")
	wantKind(t, err, transport.KindTLS)
	writeFile(t, dir, "tls.key", key)
	mustCall(t, client, nil, "changed")

	writeFile(t, dir, "ca.pem", []byte("nonsense"))
	mustCall(t, client, nil, "the former roots are in force")
	writeFile(t, dir, "ca.pem", other.pem)
	_, err = call(t, client, nil, "other roots")
	wantKind(t, err, transport.KindTLS)
	if n := strings.Count(log.String(), "level=WARN"); n != 2 {
		t.Errorf("%d warnings, want one for each trouble:\n%s", n, log)
	}
}

func TestNewRefusesTLSFilesThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a := newAuthority(t, "root")
	certificate, _ := a.issue("gateway")
	_, key := a.issue("gateway")
	good, nonsense := writeFile(t, dir, "tls.crt", certificate), writeFile(t, dir, "nonsense", []byte("nonsense"))
	for name, files := range map[string]transport.TLSFiles{
		"no such file":             {CA: dir + "/missing"},
		"no certificate":           {CA: nonsense},
		"certificate without key":  {Certificate: good},
		"key of another":           {Certificate: good, Key: writeFile(t, dir, "tls.key", key)},
		"key that is none":         {Certificate: good, Key: nonsense},
		"key without certificate":  {Key: nonsense},
		"certificate that is none": {Certificate: nonsense, Key: nonsense},
	} {
		if _, err := transport.New(transport.Config{URL: "https://mail.example.com", TLSFiles: files}); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestWeakTLSSettingsAreWarnedAbout(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]*tls.Config{
		"TLS 1.0":          {MinVersion: tls.VersionTLS10},
		"TLS 1.1":          {MinVersion: tls.VersionTLS11},
		"no certification": {InsecureSkipVerify: true},
		"nothing weak":     {MinVersion: tls.VersionTLS13, RootCAs: x509.NewCertPool()},
	} {
		log := &lines{}
		if _, err := transport.New(transport.Config{URL: "https://mail.example.com", TLS: config, Log: slog.New(slog.NewTextHandler(log, nil))}); err != nil {
			t.Fatal(err)
		}
		if warned := strings.Contains(log.String(), "level=WARN"); warned != (name != "nothing weak") {
			t.Errorf("%s: log %q", name, log)
		}
	}
}

func TestStatsTellWhenCertificatesEnd(t *testing.T) {
	t.Parallel()
	a := newAuthority(t, "root")
	b := newBackend(t).startTLS(a, nil)
	certificate, key := a.issue("gateway.contoso.com")
	dir := t.TempDir()
	client := b.client(t, "none", func(c *transport.Config) {
		c.TLS = &tls.Config{RootCAs: a.pool()}
		c.TLSFiles = transport.TLSFiles{
			Certificate: writeFile(t, dir, "client.crt", certificate), Key: writeFile(t, dir, "client.key", key),
		}
	})
	if got := client.Stats(); !got.ServerCertificateEnds.IsZero() || got.ClientCertificateEnds.IsZero() {
		t.Errorf("before there is a connection, the certificates end at %v and %v", got.ServerCertificateEnds, got.ClientCertificateEnds)
	}
	mustCall(t, client, nil, "body")
	leaf, err := x509.ParseCertificate(b.TLS.Certificates[0].Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	if got := client.Stats().ServerCertificateEnds; !got.Equal(leaf.NotAfter) {
		t.Errorf("the server's certificate ends at %v, want %v", got, leaf.NotAfter)
	}
}
