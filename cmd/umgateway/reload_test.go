package main

import (
	"crypto/tls"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/umgateway/umgateway/internal/audit"
)

// load calls over both fronts until it is told to stop, and reports each call that fails.
func load(t *testing.T, s *secured, c caller) (stop func()) {
	t.Helper()
	var group sync.WaitGroup
	var ended atomic.Bool
	var made atomic.Int64
	for range 4 {
		busy := s.client(t, c)
		group.Go(func() {
			for !ended.Load() {
				if err := busy.overGRPC(t.Context(), readIt); err != nil {
					t.Errorf("a call over gRPC is lost: %v", err)
				}
				if err := busy.overREST(t.Context(), changeIt); err != nil {
					t.Errorf("a call over REST is lost: %v", err)
				}
				made.Add(2)
			}
		})
	}
	return func() {
		ended.Store(true)
		group.Wait()
		t.Logf("%d calls were made meanwhile", made.Load())
	}
}

func TestWhatChangesTakesEffectWithoutALostCall(t *testing.T) {
	t.Parallel()
	s := newSecured(t)
	front := &passwordFront{next: s.sim, user: "svc", password: "first"}
	s.backend = front
	password := replaceFile(t, filepath.Join(s.directory, "password"), "first\n")
	trail := filepath.Join(s.directory, "audit.log")
	s.serve(t, &sink{}, s.config(policyOfTheTests, ""), "--backend-auth", "basic", "--backend-allow-insecure-basic",
		"--backend-username", "svc", "--backend-password-file", password, "--audit-file", trail, "--audit-sync", "never")
	machine := caller{certificate: s.authority.sign(t, 7, "machine.example.com")}
	next := newSigningKey(t, "second")
	// The first token is good as long as its key is published.
	old := bearer(s.issuer.token(t, s.key, nil))
	stops := []func(){load(t, s, machine), load(t, s, old)}

	writeFiles(t, s.directory, s.authority.sign(t, 99, "gateway.example.com"))
	eventually(t, "new connections see the new certificate", func() bool { return s.serial(t) == 99 })

	s.issuer.publish(s.key, next)
	fresh := s.client(t, bearer(s.issuer.token(t, next, nil)))
	eventually(t, "tokens of a new key are accepted", func() bool { return fresh.overGRPC(t.Context(), readIt) == nil })

	front.change("second")
	replaceFile(t, password, "second\n")
	eventually(t, "the backend is shown the new password", func() bool {
		// Connections that are signed in show none again.
		return fresh.overGRPC(t.Context(), changeIt) == nil && front.shown() == "second"
	})

	replaceFile(t, s.configPath(), s.config(strings.Replace(policyOfTheTests, "425*", "900*", 1), ""))
	eventually(t, "the new policy counts", func() bool { return fresh.overREST(t.Context(), dial("9005550100")) == nil })

	// What cannot be used changes nothing, nor does a file that is empty for a moment.
	for _, bad := range []string{"policy: [", "", "limits: {per_caller: {rate: 5}}"} {
		replaceFile(t, s.configPath(), bad)
		s.hangUp(t)
	}
	// Nor does one in which only a setting is wrong that needs a restart.
	another := strings.Replace(policyOfTheTests, "425*", "900*", 1)
	inUse := func(want string) func() bool {
		return func() bool {
			return strings.Contains(fetch(t, s.ready["admin"]+"/metrics"), "umgateway_config_last_reload_successful "+want)
		}
	}
	replaceFile(t, s.configPath(), s.config(another, ""))
	s.hangUp(t)
	eventually(t, "the file is in use", inUse("1"))
	replaceFile(t, s.configPath(), s.config(policyOfTheTests, "http_adr: 127.0.0.1:1\n"))
	s.hangUp(t)
	eventually(t, "the file with an unknown setting is refused", inUse("0"))
	if err := fresh.overREST(t.Context(), dial("9005550100")); err != nil {
		t.Errorf("a file with an unknown setting counts: %v", err)
	}
	if err := os.Rename(trail, trail+".1"); err != nil {
		t.Fatal(err)
	}
	s.hangUp(t)
	eventually(t, "the audit log goes on in a new file", func() bool {
		_, err := os.Stat(trail)
		return err == nil
	})
	if err := s.client(t, caller{}).overGRPC(t.Context(), readIt); status.Code(err) != codes.Unauthenticated {
		t.Errorf("a bad configuration file lets everybody in: %v", err)
	}
	for _, stop := range stops {
		stop()
	}
	if _, err := audit.VerifyLog(trail, nil); err != nil {
		t.Error(err)
	}
}

// hangUp sends SIGHUP.
func (s *secured) hangUp(t *testing.T) {
	t.Helper()
	if err := s.command.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
}

// serial is the serial number of the certificate that a new connection sees.
func (s *secured) serial(t *testing.T) int64 {
	t.Helper()
	dialer := tls.Dialer{Config: &tls.Config{RootCAs: s.authority.pool, NextProtos: []string{"h2"}}}
	connection, err := dialer.DialContext(t.Context(), "tcp", s.ready["gRPC"])
	if err != nil {
		t.Fatalf("a connection is refused: %v", err)
	}
	defer connection.Close()
	return connection.(*tls.Conn).ConnectionState().PeerCertificates[0].SerialNumber.Int64()
}
