package tlsfile

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// clock is driven by the test.
type clock struct {
	mu   sync.Mutex
	time time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.time
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.time = c.time.Add(d)
}

// pair is a certificate with its key.
type pair struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// issue makes a certificate for localhost that is valid for the given time; the name tells it from others. It is signed by itself
// if there is no parent.
func issue(t *testing.T, name string, from time.Time, valid time.Duration, parent *pair) *pair {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, DNSNames: []string{"localhost"},
		NotBefore: from, NotAfter: from.Add(valid), IsCA: parent == nil, BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	by := &pair{template, key}
	if parent != nil {
		by = parent
	}
	der, err := x509.CreateCertificate(rand.Reader, template, by.certificate, key.Public(), by.key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &pair{certificate, key}
}

func (p *pair) certPEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.certificate.Raw})
}

func (p *pair) keyPEM(t *testing.T) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(p.key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func (p *pair) tls() tls.Certificate {
	return tls.Certificate{Certificate: [][]byte{p.certificate.Raw}, PrivateKey: p.key}
}

// stand is a directory with the files of a server.
type stand struct {
	Config
	clock  *clock
	log    *bytes.Buffer
	first  *pair // in the files at the start
	client *pair // authority of clients
}

func newStand(t *testing.T) *stand {
	t.Helper()
	directory := t.TempDir()
	s := &stand{clock: &clock{time: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)}, log: &bytes.Buffer{}}
	s.Config = Config{
		CertFile: filepath.Join(directory, "tls.crt"), KeyFile: filepath.Join(directory, "tls.key"), ClientCAFile: filepath.Join(directory, "ca.crt"),
		Now: s.clock.now, Log: slog.New(slog.NewTextHandler(s.log, nil)),
	}
	s.first, s.client = s.issue(t, "first"), s.issue(t, "clients")
	s.install(t, s.first)
	s.write(t, s.ClientCAFile, s.client.certPEM())
	return s
}

func (s *stand) issue(t *testing.T, name string) *pair {
	t.Helper()
	return issue(t, name, s.clock.now().Add(-time.Hour), 1000*time.Hour, nil)
}

func (s *stand) install(t *testing.T, p *pair) {
	t.Helper()
	s.write(t, s.CertFile, p.certPEM())
	s.write(t, s.KeyFile, p.keyPEM(t))
}

func (s *stand) write(t *testing.T, name string, text []byte) {
	t.Helper()
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (s *stand) open(t *testing.T) *Files {
	t.Helper()
	f, err := Open(s.Config)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// handshake connects once and exchanges a byte each way. It returns what either side saw; the error is the client's.
func (s *stand) handshake(server, client *tls.Config) (atClient, atServer tls.ConnectionState, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return atClient, atServer, err
	}
	defer func() { _ = listener.Close() }()
	here, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		return atClient, atServer, err
	}
	defer func() { _ = here.Close() }()
	there, err := listener.Accept()
	if err != nil {
		return atClient, atServer, err
	}
	var group sync.WaitGroup
	group.Go(func() {
		defer func() { _ = there.Close() }()
		connection := tls.Server(there, server)
		if connection.Handshake() == nil {
			atServer = connection.ConnectionState()
			_, _ = io.CopyN(connection, connection, 1)
		}
	})
	client.InsecureSkipVerify, client.Time = true, s.clock.now // the test looks at the certificate
	if client.ServerName == "" {
		client.ServerName = "localhost"
	}
	connection := tls.Client(here, client)
	if _, err = connection.Write([]byte("x")); err == nil {
		_, err = connection.Read(make([]byte, 1))
	}
	atClient = connection.ConnectionState()
	_ = here.Close()
	group.Wait()
	return atClient, atServer, err
}

// served returns the name of the certificate that a handshake gets.
func (s *stand) served(t *testing.T, server *tls.Config) string {
	t.Helper()
	state, _, err := s.handshake(server, &tls.Config{MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	return state.PeerCertificates[0].Subject.CommonName
}
