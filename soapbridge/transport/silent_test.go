//go:build unix

package transport_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"syscall"
	"testing"

	"github.com/umgateway/umgateway/soapbridge/transport"
)

// watched gives the connections that a client makes.
type watched chan *net.TCPConn

func (w watched) dial(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := new(net.Dialer).DialContext(ctx, network, address)
	if err == nil {
		w <- c.(*net.TCPConn)
	}
	return c, err
}

// arrival waits until the server has sent something that was not read, or has closed the connection.
func (w watched) arrival(t *testing.T) {
	t.Helper()
	raw, err := (<-w).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	err = raw.Read(func(fd uintptr) bool {
		var one [1]byte
		_, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		return !errors.Is(err, syscall.EAGAIN)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestSessionTicketsDoNotCostTheConnection(t *testing.T) {
	t.Parallel()
	a := newAuthority(t, "root")
	// A server that asks for a certificate sends its tickets when the handshake is over, and not within it.
	b := newBackend(t).startTLS(a, func(c *tls.Config) { c.ClientAuth = tls.RequestClientCert })
	connections := make(watched, 10)
	client := b.client(t, "none", func(c *transport.Config) {
		c.Dial = connections.dial
		c.TLS = &tls.Config{RootCAs: a.pool(), ClientSessionCache: tls.NewLRUClientSessionCache(1)} // has the server send tickets
	})
	reply, err := client.RoundTrip(t.Context(), &transport.Request{Body: []byte("dial"), BeforeSend: func(context.Context) error {
		connections.arrival(t)
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	reply.Release()
	if b.connections != 1 || len(b.executed) != 1 {
		t.Errorf("%d connections, executed %q", b.connections, b.executed)
	}
}

func TestClosedConnectionWithTLSIsReplaced(t *testing.T) {
	t.Parallel()
	a := newAuthority(t, "root")
	b := newBackend(t).startTLS(a, nil)
	connections := make(watched, 10)
	client := b.client(t, "none", func(c *transport.Config) { c.Dial, c.TLS = connections.dial, &tls.Config{RootCAs: a.pool()} })
	reply, err := client.RoundTrip(t.Context(), &transport.Request{Body: []byte("dial"), BeforeSend: func(context.Context) error {
		b.CloseClientConnections()
		connections.arrival(t)
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	reply.Release()
	if b.connections != 2 || len(b.executed) != 1 {
		t.Errorf("%d connections, executed %q", b.connections, b.executed)
	}
}
