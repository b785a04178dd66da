package tlsfile

import (
	"crypto/tls"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestNewCertificateIsServedWithinASecond(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	server := s.open(t).TLS("h2")
	if got := s.served(t, server); got != "first" {
		t.Fatalf("%q is served", got)
	}
	s.install(t, s.issue(t, "second"))
	s.clock.advance(lookEvery - 1)
	if got := s.served(t, server); got != "first" {
		t.Errorf("%q is served before a second is over", got)
	}
	s.clock.advance(1)
	if got := s.served(t, server); got != "second" {
		t.Errorf("%q is served after a second", got)
	}
}

func TestReloadDoesNotWait(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	f := s.open(t)
	server := f.TLS("h2")
	s.install(t, s.issue(t, "second"))
	if err := f.Reload(); err != nil {
		t.Fatal(err)
	}
	if got := s.served(t, server); got != "second" {
		t.Errorf("%q is served", got)
	}
}

func TestClockThatIsSetBackDoesNotKeepOldFiles(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	server := s.open(t).TLS("h2")
	s.install(t, s.issue(t, "second"))
	s.clock.advance(-time.Hour)
	if got := s.served(t, server); got != "second" {
		t.Errorf("%q is served", got)
	}
}

func TestLastGoodFilesStayInUse(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*testing.T, *stand){
		"certificate without its key": func(t *testing.T, s *stand) { s.write(t, s.CertFile, s.issue(t, "second").certPEM()) },
		"key without its certificate": func(t *testing.T, s *stand) { s.write(t, s.KeyFile, s.issue(t, "second").keyPEM(t)) },
		"half a certificate":          func(t *testing.T, s *stand) { s.write(t, s.CertFile, s.first.certPEM()[:100]) },
		"empty key":                   func(t *testing.T, s *stand) { s.write(t, s.KeyFile, nil) },
		"no certificate":              func(t *testing.T, s *stand) { remove(t, s.CertFile) },
		"no client authority":         func(t *testing.T, s *stand) { remove(t, s.ClientCAFile) },
		"empty client authority":      func(t *testing.T, s *stand) { s.write(t, s.ClientCAFile, []byte("# none")) },
		"client authority that cannot be read": func(t *testing.T, s *stand) {
			s.write(t, s.ClientCAFile, append(s.client.certPEM(), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"...))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStand(t)
			f := s.open(t)
			server, pool := f.TLS("h2"), f.ClientCAs()
			spoil(t, s)
			for range 3 {
				s.clock.advance(lookEvery)
				if got := s.served(t, server); got != "first" {
					t.Errorf("%q is served", got)
				}
				if f.ClientCAs() != pool {
					t.Error("the client authorities have changed")
				}
				if f.Status().Err == nil {
					t.Error("the status is good")
				}
			}
			if got := strings.Count(s.log.String(), "level=ERROR"); got != 1 {
				t.Errorf("the log says it %d times:\n%s", got, s.log)
			}
			if strings.Contains(s.log.String(), "PRIVATE") {
				t.Errorf("the log shows the key:\n%s", s.log)
			}
			if _, err := Open(s.Config); err == nil {
				t.Error("Open accepts the files")
			}
			third := s.issue(t, "third")
			s.install(t, third)
			s.write(t, s.ClientCAFile, third.certPEM())
			s.clock.advance(lookEvery)
			if got := s.served(t, server); got != "third" || f.Status().Err != nil || f.ClientCAs() == pool {
				t.Errorf("after the repair, %q is served; %v", got, f.Status().Err)
			}
		})
	}
}

func remove(t *testing.T, name string) {
	t.Helper()
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
}

func TestFilesBehindALinkThatMovesAreReadAgain(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	// As Kubernetes mounts secrets: the files are links into a directory behind a link that is replaced.
	mount := t.TempDir()
	for _, p := range []*pair{s.first, s.issue(t, "second")} {
		directory := filepath.Join(mount, p.certificate.Subject.CommonName)
		if err := os.Mkdir(directory, 0o700); err != nil {
			t.Fatal(err)
		}
		s.write(t, filepath.Join(directory, "tls.crt"), p.certPEM())
		s.write(t, filepath.Join(directory, "tls.key"), p.keyPEM(t))
	}
	current := filepath.Join(mount, "current")
	link := func(to string) error {
		return errors.Join(os.Symlink(to, current+".new"), os.Rename(current+".new", current))
	}
	if err := link("first"); err != nil {
		t.Fatal(err)
	}
	s.CertFile, s.KeyFile = filepath.Join(current, "tls.crt"), filepath.Join(current, "tls.key")
	server := s.open(t).TLS("h2")
	if err := link("second"); err != nil {
		t.Fatal(err)
	}
	s.clock.advance(lookEvery)
	if got := s.served(t, server); got != "second" {
		t.Errorf("%q is served", got)
	}
}

func TestClientsAreAskedAsConfigured(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		auth   ClientAuth
		client string
		passes bool
		shown  bool // the server gets to see the certificate
	}{
		{ClientAuthAsk, "none", true, false}, {ClientAuthAsk, "right", true, true}, {ClientAuthAsk, "wrong", true, true},
		{ClientAuthVerify, "none", true, false}, {ClientAuthVerify, "right", true, true}, {ClientAuthVerify, "wrong", false, false}, {ClientAuthVerify, "expired", false, false},
		{ClientAuthRequire, "none", false, false}, {ClientAuthRequire, "right", true, true}, {ClientAuthRequire, "wrong", false, false},
		{"", "wrong", true, true},
	} {
		s := newStand(t)
		s.ClientAuth = test.auth
		own := map[string]*pair{
			"right": issue(t, "alice", s.clock.now(), time.Hour, s.client), "wrong": issue(t, "alice", s.clock.now(), time.Hour, s.issue(t, "others")),
			"expired": issue(t, "alice", s.clock.now().Add(-2*time.Hour), time.Hour, s.client),
		}[test.client]
		client := &tls.Config{MinVersion: tls.VersionTLS12}
		if own != nil {
			certificate := own.tls()
			client.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &certificate, nil }
		}
		_, state, err := s.handshake(s.open(t).TLS("h2"), client)
		if (err == nil) != test.passes || (len(state.PeerCertificates) > 0) != test.shown {
			t.Errorf("%q, %s: %v, %d certificates", test.auth, test.client, err, len(state.PeerCertificates))
		}
	}
}

func TestNewClientAuthorityCountsForTheNextHandshake(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	s.ClientAuth = ClientAuthRequire
	f := s.open(t)
	server, pool := f.TLS("h2"), f.ClientCAs()
	s.clock.advance(lookEvery)
	if f.ClientCAs() != pool {
		t.Error("the pool changes by itself")
	}
	second := s.issue(t, "second")
	s.write(t, s.ClientCAFile, second.certPEM())
	s.clock.advance(lookEvery)
	for name, parent := range map[string]*pair{"old": s.client, "new": second} {
		own := issue(t, "alice", s.clock.now(), time.Hour, parent).tls()
		client := &tls.Config{MinVersion: tls.VersionTLS12, GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &own, nil }}
		if _, _, err := s.handshake(server, client); (err == nil) != (name == "new") {
			t.Errorf("%s authority: %v", name, err)
		}
	}
	if f.ClientCAs() == pool {
		t.Error("the pool is the old one")
	}
}

func TestSessionsAreResumedOnlyWhereNobodyShowsACertificate(t *testing.T) {
	t.Parallel()
	for _, auth := range []ClientAuth{ClientAuthNone, ClientAuthAsk} {
		s := newStand(t)
		if s.ClientAuth = auth; auth == ClientAuthNone {
			s.ClientCAFile = ""
		}
		server := s.open(t).TLS("h2")
		client := &tls.Config{MinVersion: tls.VersionTLS12, ClientSessionCache: tls.NewLRUClientSessionCache(1)}
		var resumed bool
		for range 2 {
			state, _, err := s.handshake(server, client)
			if err != nil {
				t.Fatal(err)
			}
			resumed = state.DidResume
			s.clock.advance(lookEvery)
		}
		if resumed != (auth == ClientAuthNone) {
			t.Errorf("%s: resumed is %v", auth, resumed)
		}
	}
}

func TestOldVersionsAreRefused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		lowest, client uint16
		passes         bool
	}{
		{0, tls.VersionTLS11, false}, {0, tls.VersionTLS12, true}, {0, tls.VersionTLS13, true},
		{tls.VersionTLS13, tls.VersionTLS12, false}, {tls.VersionTLS13, tls.VersionTLS13, true},
	} {
		s := newStand(t)
		s.MinVersion = test.lowest
		_, _, err := s.handshake(s.open(t).TLS("h2"), &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: test.client})
		if (err == nil) != test.passes {
			t.Errorf("lowest %x, client %x: %v", test.lowest, test.client, err)
		}
	}
}

func TestProtocolIsNegotiated(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	state, _, err := s.handshake(s.open(t).TLS("h2", "http/1.1"), &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}})
	if err != nil || state.NegotiatedProtocol != "http/1.1" {
		t.Errorf("got %q, %v", state.NegotiatedProtocol, err)
	}
}

func TestStatusTellsWhenCertificatesExpire(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	now := s.clock.now()
	s.install(t, issue(t, "short", now, 24*time.Hour, nil))
	s.write(t, s.ClientCAFile, append(s.client.certPEM(), issue(t, "shorter", now, 12*time.Hour, nil).certPEM()...))
	got := s.open(t).Status()
	if !got.NotAfter.Equal(now.Add(24*time.Hour)) || !got.ClientCANotAfter.Equal(now.Add(12*time.Hour)) || got.Err != nil {
		t.Errorf("got %+v", got)
	}
	s.clock.advance(25 * time.Hour)
	s.open(t)
	if !strings.Contains(s.log.String(), "not valid at this time") {
		t.Errorf("the log says nothing about the expired certificate:\n%s", s.log)
	}
}

func TestMistakesInTheConfigurationAreReportedTogether(t *testing.T) {
	t.Parallel()
	_, err := Open(Config{ClientAuth: "maybe", MinVersion: tls.VersionTLS11})
	for _, want := range []string{"a certificate file and a key file are required", `"maybe"`, "need each other", "lowest version"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in %v", want, err)
		}
	}
	s := newStand(t)
	for auth, file := range map[ClientAuth]string{ClientAuthNone: s.ClientCAFile, ClientAuthRequire: ""} {
		s.ClientAuth, s.ClientCAFile = auth, file
		if _, err := Open(s.Config); err == nil {
			t.Errorf("%s with the client ca file %q passes", auth, file)
		}
	}
}

func TestHandshakesGoOnWhileFilesChange(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	s.Log = nil
	server := s.open(t).TLS("h2")
	second := s.issue(t, "second")
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 25 {
				if _, _, err := s.handshake(server, &tls.Config{MinVersion: tls.VersionTLS12}); err != nil {
					t.Error(err)
				}
				s.clock.advance(lookEvery)
			}
		})
	}
	for range 10 {
		s.install(t, second)
		s.install(t, s.first)
	}
	group.Wait()
}
