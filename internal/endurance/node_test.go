package endurance

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

// node is a gateway that is killed and started again, each time on other ports.
type node struct {
	*process
	mu      sync.Mutex
	address string
	up      chan struct{} // closed while the gateway runs
}

// startNode starts a gateway before a backend that remembers in a place.
func startNode(t *testing.T, name, backend, place string) *node {
	t.Helper()
	program, err := umgateway()
	if err != nil {
		t.Fatal(err)
	}
	n := &node{up: make(chan struct{}), process: newProcess(t, name, "gRPC ready at ", program, "serve",
		"--backend-url", backend, "--ledger", place,
		"--http-addr", "127.0.0.1:0", "--grpc-addr", "127.0.0.1:0", "--admin-addr", "")}
	if err := n.start(); err != nil {
		t.Fatal(err)
	}
	return n
}

// start returns when the gateway accepts calls.
func (n *node) start() error {
	address, err := n.process.start()
	if err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.address = address
	close(n.up)
	return nil
}

// strike kills the gateway.
func (n *node) strike() {
	n.mu.Lock()
	n.up = make(chan struct{})
	n.mu.Unlock()
	n.process.kill()
}

// dial connects to the gateway as soon as it runs.
func (n *node) dial(ctx context.Context, _ string) (net.Conn, error) {
	n.mu.Lock()
	up := n.up
	n.mu.Unlock()
	select {
	case <-up:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	n.mu.Lock()
	address := n.address
	n.mu.Unlock()
	return new(net.Dialer).DialContext(ctx, "tcp", address)
}

// calls is a client of the gateway, over a connection of its own that follows it through its restarts. Calls wait for the
// gateway to run.
func (n *node) calls(t *testing.T, options ...grpc.DialOption) umv1.CallServiceClient {
	t.Helper()
	connection, err := grpc.NewClient("passthrough:///"+n.name, append([]grpc.DialOption{
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(n.dial),
		grpc.WithDefaultCallOptions(grpc.WaitForReady(true)),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 10 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 100 * time.Millisecond},
			MinConnectTimeout: time.Minute,
		}),
	}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { connection.Close() })
	return umv1.NewCallServiceClient(connection)
}
