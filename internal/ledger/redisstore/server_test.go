//go:build interop

package redisstore_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/umgateway/umgateway/internal/ledger"
	"github.com/umgateway/umgateway/internal/ledger/ledgertest"
	"github.com/umgateway/umgateway/internal/ledger/redisstore"
)

// server is a redis-server of Debian's on a unix socket.
type server struct {
	t       testing.TB
	socket  string
	dir     string
	args    []string
	command *exec.Cmd
}

// safe are the settings that the store requires.
var safe = []string{"--appendonly", "yes", "--appendfsync", "always"}

// startServer runs a server with the arguments until the test ends.
func startServer(t testing.TB, args ...string) *server {
	t.Helper()
	// A socket's path must be short, which t.TempDir is not.
	dir, err := os.MkdirTemp("", "ledger")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, dir: dir, socket: filepath.Join(dir, "s"), args: args}
	t.Cleanup(func() {
		s.kill()
		os.RemoveAll(dir)
	})
	s.start()
	return s
}

func (s *server) start() {
	s.t.Helper()
	args := append([]string{"--port", "0", "--unixsocket", s.socket, "--dir", s.dir, "--save", ""}, s.args...)
	s.command = exec.Command("redis-server", args...)
	output, err := s.command.StdoutPipe()
	if err == nil {
		err = s.command.Start()
	}
	if err != nil {
		s.t.Fatal(err)
	}
	ready := make(chan bool, 1)
	go func() {
		lines := bufio.NewScanner(output)
		for lines.Scan() {
			if strings.Contains(lines.Text(), "eady to accept connections") {
				ready <- true
			}
		}
		ready <- false
	}()
	if !<-ready {
		s.t.Fatal("redis-server has not started")
	}
}

// kill ends the server as kill -9 does.
func (s *server) kill() {
	if s.command.ProcessState == nil {
		s.command.Process.Kill()
		s.command.Wait()
	}
}

func (s *server) options() redisstore.Options { return at(s.socket) }

func (s *server) open(t testing.TB, change ...func(*redisstore.Options)) *redisstore.Store {
	t.Helper()
	options := s.options()
	for _, apply := range change {
		apply(&options)
	}
	store, err := redisstore.Open(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return store
}

// admin is a client of the test's own.
func (s *server) admin(t testing.TB) *redis.Client {
	client := redis.NewClient(&redis.Options{Network: "unix", Addr: s.socket})
	t.Cleanup(func() { client.Close() })
	return client
}

func TestStoreConforms(t *testing.T) {
	t.Parallel()
	s := startServer(t, safe...)
	admin := s.admin(t)
	var clock ledgertest.Clock
	var count atomic.Int64
	prefixes := map[ledger.Store]string{}
	open := func(t *testing.T, prefix string) ledger.Store {
		options := s.options()
		options.Prefix = prefix
		store, err := redisstore.OpenWithClockKey(options, "clock")
		if err != nil {
			t.Fatal(err)
		}
		prefixes[store] = prefix
		return store
	}
	ledgertest.Run(t, ledgertest.Fixture{
		New:   func(t *testing.T) ledger.Store { return open(t, fmt.Sprintf("test %d:", count.Add(1))) },
		Share: func(t *testing.T, other ledger.Store) ledger.Store { return open(t, prefixes[other]) },
		Advance: func(d time.Duration) {
			clock.Advance(d)
			if err := admin.Set(context.Background(), "clock", clock.Now().UnixMilli(), 0).Err(); err != nil {
				t.Fatal(err)
			}
		},
		Runs: 100,
	})
}

func TestServerThatMayForgetIsRefused(t *testing.T) {
	t.Parallel()
	for rule, c := range map[string]struct {
		args []string
		want string
	}{
		"no file":                          {[]string{"--appendonly", "no", "--appendfsync", "always"}, `appendonly is "no"`},
		"a file that is synced now & then": {[]string{"--appendonly", "yes"}, `appendfsync is "everysec"`},
		"no sync during a rewrite":         {append(slices.Clone(safe), "--no-appendfsync-on-rewrite", "yes"), `no-appendfsync-on-rewrite is "yes"`},
		"eviction":                         {append(slices.Clone(safe), "--maxmemory-policy", "volatile-ttl"), `maxmemory-policy is "volatile-ttl"`},
		"settings that cannot be read":     {append(slices.Clone(safe), "--rename-command", "CONFIG", ""), "appendonly cannot be read"},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			s := startServer(t, c.args...)
			strict, lax := s.open(t), s.open(t, func(o *redisstore.Options) { o.AllowUnsafe = true })
			for range 3 { // a connection that was refused must not be used the next time
				if err := check(strict); kindOf(err) != ledger.StoreUnsafe || !strings.Contains(err.Error(), c.want) {
					t.Errorf("got %v", err)
				}
			}
			if n, err := s.admin(t).DBSize(context.Background()).Result(); n != 0 || err != nil {
				t.Errorf("%d keys were written, %v", n, err)
			}
			if err := check(lax); err != nil {
				t.Errorf("allowed: %v", err)
			}
		})
	}
}

func TestServerThatBecomesUnsafeIsFoundAtTheNextConnection(t *testing.T) {
	t.Parallel()
	s := startServer(t, safe...)
	store, admin := s.open(t), s.admin(t)
	if err := check(store); err != nil {
		t.Fatal(err)
	}
	if err := admin.ConfigSet(context.Background(), "appendfsync", "everysec").Err(); err != nil {
		t.Fatal(err)
	}
	if err := admin.Do(context.Background(), "CLIENT", "KILL", "SKIPME", "yes", "TYPE", "normal").Err(); err != nil {
		t.Fatal(err)
	}
	if err := check(store); kindOf(err) != ledger.StoreUnsafe {
		t.Errorf("got %v", err)
	}
}

func TestServerThatLostItsContentIsRefused(t *testing.T) {
	t.Parallel()
	for rule, lose := range map[string]func(s *server) error{
		"flushed": func(s *server) error { return s.admin(s.t).FlushAll(context.Background()).Err() },
		"restarted without its files": func(s *server) error {
			s.kill()
			err := os.RemoveAll(filepath.Join(s.dir, "appendonlydir"))
			s.start()
			return err
		},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			s := startServer(t, safe...)
			store := s.open(t)
			if err := check(store); err != nil {
				t.Fatal(err)
			}
			s.t = t
			if err := lose(s); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if err := check(store); kindOf(err) != ledger.StoreBroken {
					t.Errorf("got %v", err)
				}
			}
			if err := check(s.open(t)); err != nil {
				t.Errorf("a gateway that is started anew: %v", err)
			}
		})
	}
}

func TestLeasesFollowTheServersClock(t *testing.T) {
	t.Parallel()
	store := startServer(t, safe...).open(t)
	put := func(id ledger.ID, lease time.Duration) {
		w := ledger.Write{Record: ledger.Record{State: ledger.StateReserved, Version: ledger.Version{1}}, Lease: lease, Keep: time.Hour}
		if _, err := store.Swap(context.Background(), id, ledger.Version{}, w); err != nil {
			t.Fatal(err)
		}
	}
	short, long := ledger.ID{1}, ledger.ID{2}
	put(short, time.Millisecond)
	put(long, time.Hour)
	for !ledgertest.Peek(t, store, short).Expired {
	}
	if ledgertest.Peek(t, store, long).Expired {
		t.Error("an hour is over")
	}
	ttl, err := store.Client().PTTL(context.Background(), store.Client().Keys(context.Background(), "*record*").Val()[0]).Result()
	if err != nil || ttl <= 0 || ttl > time.Hour {
		t.Errorf("the server will forget in %v, %v", ttl, err)
	}
}

func TestFullServerRefusesNewRecords(t *testing.T) {
	t.Parallel()
	s := startServer(t, safe...)
	store := s.open(t)
	if err := check(store); err != nil {
		t.Fatal(err)
	}
	limit := func(bytes string) {
		if err := s.admin(t).ConfigSet(context.Background(), "maxmemory", bytes).Err(); err != nil {
			t.Fatal(err)
		}
	}
	limit("1")
	w := ledger.Write{Record: ledger.Record{State: ledger.StateReserved, Version: ledger.Version{1}}, Lease: time.Hour, Keep: time.Hour}
	if _, err := store.Swap(context.Background(), ledger.ID{1}, ledger.Version{}, w); kindOf(err) != ledger.StoreFull {
		t.Errorf("got %v", err)
	}
	limit("0")
	if found, err := store.Swap(context.Background(), ledger.ID{1}, ledger.Version{}, w); err != nil || !w.Made(found) {
		t.Errorf("when there is room again: %v", err)
	}
}

func TestPasswordIsAskedForEachConnection(t *testing.T) {
	t.Parallel()
	s := startServer(t, append(slices.Clone(safe), "--requirepass", "right")...)
	var password atomic.Value
	password.Store("wrong")
	store := s.open(t, func(o *redisstore.Options) {
		o.Password = func() (string, error) { return password.Load().(string), nil }
	})
	if err := check(store); kindOf(err) != ledger.StoreDown || strings.Contains(err.Error(), `"wrong"`) {
		t.Errorf("a wrong password: %v", err)
	}
	password.Store("right")
	if err := check(store); err != nil {
		t.Errorf("the right password: %v", err)
	}
}

func TestSentCountsOnlyWhenTheReplicasHaveIt(t *testing.T) {
	t.Parallel()
	primary := startServer(t, safe...)
	replica := startServer(t, safe...)
	// A replica connects by TCP. The relay takes it to the primary's socket.
	host, port := relay(t, primary.socket)
	ctx := context.Background()
	if err := replica.admin(t).ReplicaOf(ctx, host, port).Err(); err != nil {
		t.Fatal(err)
	}
	store := primary.open(t, func(o *redisstore.Options) { o.WaitReplicas, o.Timeout = 1, time.Second })
	if n, err := primary.admin(t).Wait(ctx, 1, 0).Result(); n != 1 || err != nil {
		t.Fatalf("%d replicas, %v", n, err)
	}
	swap := func(id ledger.ID, state ledger.State) error {
		w := ledger.Write{Record: ledger.Record{State: state, Version: ledger.Version{1}}, Lease: time.Hour, Keep: time.Hour}
		_, err := store.Swap(ctx, id, ledger.Version{}, w)
		return err
	}
	if err := swap(ledger.ID{1}, ledger.StateSent); err != nil {
		t.Errorf("with the replica: %v", err)
	}
	if err := replica.admin(t).ReplicaOf(ctx, "no", "one").Err(); err != nil {
		t.Fatal(err)
	}
	if found := ledgertest.Peek(t, replica.open(t), ledger.ID{1}); found.State != ledger.StateSent {
		t.Errorf("the replica has %v", found.State)
	}
	if err := swap(ledger.ID{2}, ledger.StateReserved); err != nil {
		t.Errorf("a reservation does not wait: %v", err)
	}
	if err := swap(ledger.ID{3}, ledger.StateSent); kindOf(err) != ledger.StoreDown {
		t.Errorf("without the replica: %v", err)
	}
}

// relay passes connections to a TCP address on to a socket until the test ends.
func relay(t *testing.T, socket string) (host, port string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	pass(t, listener, socket, new(atomic.Bool))
	host, port, _ = net.SplitHostPort(listener.Addr().String())
	return host, port
}

// mute passes connections to one socket on to another. After a call of swallow, nothing comes back any more.
func mute(t *testing.T, socket string) (front string, swallow func()) {
	front = socket + "-mute"
	listener, err := net.Listen("unix", front)
	if err != nil {
		t.Fatal(err)
	}
	var muted atomic.Bool
	pass(t, listener, socket, &muted)
	return front, func() { muted.Store(true) }
}

func pass(t *testing.T, listener net.Listener, socket string, muted *atomic.Bool) {
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			from, err := listener.Accept()
			if err != nil {
				return
			}
			to, err := net.Dial("unix", socket)
			if err != nil {
				from.Close()
				continue
			}
			go func() {
				io.Copy(to, from)
				to.Close()
			}()
			go func() {
				io.Copy(muteable{from, muted}, to)
				from.Close()
			}()
		}
	}()
}

// muteable is a writer that may drop what it gets.
type muteable struct {
	io.Writer
	muted *atomic.Bool
}

func (m muteable) Write(data []byte) (int, error) {
	if m.muted.Load() {
		return len(data), nil
	}
	return m.Writer.Write(data)
}

func BenchmarkDial(b *testing.B) {
	ledgertest.Benchmark(b, startServer(b, safe...).open(b))
}
