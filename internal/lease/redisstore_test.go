//go:build interop

package lease_test

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/umgateway/umgateway/internal/lease"
	"github.com/umgateway/umgateway/internal/redisclient"
)

// redisServer is a redis-server of Debian's on a unix socket, which keeps what it acknowledged.
type redisServer struct {
	t      *testing.T
	dir    string
	server *exec.Cmd
}

func startRedis(t *testing.T) *redisServer {
	t.Helper()
	dir, err := os.MkdirTemp("", "leases") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	s := &redisServer{t: t, dir: dir}
	t.Cleanup(func() {
		s.kill()
		os.RemoveAll(dir)
	})
	s.start()
	return s
}

func (s *redisServer) socket() string { return filepath.Join(s.dir, "s") }

func (s *redisServer) start() {
	s.t.Helper()
	s.server = exec.Command("redis-server", "--port", "0", "--unixsocket", s.socket(), "--dir", s.dir,
		"--save", "", "--appendonly", "yes", "--appendfsync", "always")
	output, err := s.server.StdoutPipe()
	if err == nil {
		err = s.server.Start()
	}
	if err != nil {
		s.t.Fatal(err)
	}
	for lines := bufio.NewScanner(output); lines.Scan(); {
		if strings.Contains(lines.Text(), "eady to accept connections") {
			return
		}
	}
	s.t.Fatal("redis-server has not started")
}

// kill ends the server as kill -9 does.
func (s *redisServer) kill() {
	if s.server.ProcessState == nil {
		s.server.Process.Kill()
		s.server.Wait() // it was killed
	}
}

func (s *redisServer) open(t *testing.T) lease.Store {
	t.Helper()
	return s.openAs(t, false)
}

func (s *redisServer) openAs(t *testing.T, allowUnsafe bool) lease.Store {
	t.Helper()
	store, err := lease.OpenRedis(redisclient.Options{Address: s.socket()}, allowUnsafe)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func TestRedisConforms(t *testing.T) {
	t.Parallel()
	conforms(t, func(t *testing.T) lease.Store { return startRedis(t).open(t) })
}

func TestLeasesOutliveTheRedis(t *testing.T) {
	t.Parallel()
	s := startRedis(t)
	store := s.open(t)
	defer store.Close()
	grant(t, store, "x", lease.Terms{Unattended: time.Hour})
	s.kill()
	if _, err := store.Get(t.Context(), "x"); err == nil || errors.Is(err, lease.ErrNotFound) {
		t.Errorf("while the server is down: %v", err)
	}
	s.start()
	if l, err := store.Renew(t.Context(), "x", 0); err != nil || !near(l.Left, time.Hour) {
		t.Errorf("afterwards: %+v, %v", l, err)
	}
}

func TestWhatIsNoLeaseIsRefused(t *testing.T) {
	t.Parallel()
	s := startRedis(t)
	store := s.open(t)
	defer store.Close()
	admin := redis.NewClient(&redis.Options{Network: "unix", Addr: s.socket()})
	defer admin.Close()
	for _, value := range []string{"", "nonsense", "1 2 3", "0 0 0 0", "-1 0 0 0", "1 2 3 4"} {
		if err := admin.HSet(context.Background(), "umgateway:leases", "x", value).Err(); err != nil {
			t.Fatal(err)
		}
		if l, err := store.Get(t.Context(), "x"); err == nil || errors.Is(err, lease.ErrNotFound) {
			t.Errorf("%q: %+v, %v", value, l, err)
		}
	}
}

// TestARedisThatMayForgetGrantsNoLease: but the leases that it has count.
func TestARedisThatMayForgetGrantsNoLease(t *testing.T) {
	t.Parallel()
	s := startRedis(t)
	store := s.open(t)
	defer store.Close()
	if err := store.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	grant(t, store, "x", lease.Terms{Unattended: time.Hour})
	admin := redis.NewClient(&redis.Options{Network: "unix", Addr: s.socket()})
	defer admin.Close()
	if err := admin.ConfigSet(t.Context(), "appendfsync", "everysec").Err(); err != nil {
		t.Fatal(err)
	}
	// The next connection finds it.
	if err := admin.Do(t.Context(), "CLIENT", "KILL", "SKIPME", "yes", "TYPE", "normal").Err(); err != nil {
		t.Fatal(err)
	}
	const want = `appendfsync is "everysec"`
	if err := store.Check(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("Check: %v", err)
	}
	if err := store.Grant(t.Context(), "y", lease.Terms{Unattended: time.Hour}); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("Grant: %v", err)
	}
	if l, err := store.Renew(t.Context(), "x", 0); err != nil || !near(l.Left, time.Hour) {
		t.Errorf("the lease of before: %+v, %v", l, err)
	}
	if all, err := store.All(t.Context()); err != nil || len(all) != 1 {
		t.Errorf("there are leases of %q, %v", all, err)
	}
	lax := s.openAs(t, true)
	defer lax.Close()
	grant(t, lax, "y", lease.Terms{Unattended: time.Hour})
}

// TestAGatewayTakesOverTheLeasesOfAnother: the one that granted the lease ends, and nobody starts it again.
func TestAGatewayTakesOverTheLeasesOfAnother(t *testing.T) {
	t.Parallel()
	s := startRedis(t)
	ended := make(chan string, 1)
	second := open(t, s.open(t), lease.Config{HangUp: func(_ context.Context, callID string) error {
		ended <- callID
		return nil
	}})
	defer second.Close()
	first := open(t, s.open(t), lease.Config{HangUp: func(context.Context, string) error { return errors.New("too early") }})
	if err := errors.Join(first.Grant(t.Context(), "x", time.Second, 0), first.Close()); err != nil {
		t.Fatal(err)
	}
	if got := <-ended; got != "x" {
		t.Errorf("%q was hung up", got)
	}
}
