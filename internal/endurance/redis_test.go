//go:build interop

package endurance

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"

	"github.com/umgateway/umgateway/internal/exchangesim"
)

// redisServer is a redis-server that keeps what it acknowledged when it is killed.
type redisServer struct{ *process }

func (s redisServer) start() error {
	_, err := s.process.start()
	return err
}

func (s redisServer) strike() { s.kill() }

// startRedis returns a server, and the address at which gateways find it, also after a restart.
func startRedis(t *testing.T) (redisServer, string) {
	t.Helper()
	// A socket's path must be short, which t.TempDir is not.
	directory, err := os.MkdirTemp("", "redis")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(directory) })
	socket := filepath.Join(directory, "s")
	s := redisServer{newProcess(t, "redis-server", "eady to accept connections", "redis-server",
		"--port", "0", "--unixsocket", socket, "--dir", directory, "--save", "",
		"--appendonly", "yes", "--appendfsync", "always")}
	if err := s.start(); err != nil {
		t.Fatal(err)
	}
	return s, "redis://" + relay(t, socket)
}

// relay takes connections to a TCP address on to a socket, so that nobody else gets the port during a restart.
func relay(t *testing.T, socket string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			from, err := listener.Accept()
			if err != nil {
				return
			}
			go pass(from, socket)
		}
	}()
	return listener.Addr().String()
}

// pass joins a connection to the socket until either end closes.
func pass(from net.Conn, socket string) {
	defer from.Close()
	to, err := net.Dial("unix", socket)
	if err != nil {
		return
	}
	go func() {
		defer to.Close()
		io.Copy(to, from)
	}()
	io.Copy(from, to)
}

func TestNothingRingsTwiceThoughTwoGatewaysAndTheirRedisAreKilledAgainAndAgain(t *testing.T) {
	t.Parallel()
	redis, place := startRedis(t)
	l := &load{}
	l.exchange = newExchange(t, exchangesim.Config{}, func(p point) { l.chaos.at(p) })
	first, second := startNode(t, "first gateway", l.exchange.url, place), startNode(t, "second gateway", l.exchange.url, place)
	l.chaos = newChaos(pause(*dials), first, second, redis)
	l.gateways = []umv1.CallServiceClient{first.calls(t), second.calls(t)}
	l.run(t, *dials)
}
