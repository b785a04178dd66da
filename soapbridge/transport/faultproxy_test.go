package transport_test

import (
	"context"
	"fmt"
	"net"
	"sync"
)

// The faults of a faultProxy.
const (
	faultCut   = "cut"   // both connections are closed
	faultReset = "reset" // both connections are reset, and what was on its way is lost
	faultStall = "stall" // nothing moves any more
)

// fault is what goes wrong on a connection, once the client has sent, or the server has answered, that many bytes.
type fault struct {
	kind    string
	replies bool // count the server's bytes, not the client's
	after   int
}

func (f fault) String() string {
	return fmt.Sprintf("%s after %d bytes of the %s", f.kind, f.after, map[bool]string{false: "request", true: "reply"}[f.replies])
}

// faultProxy stands between a client and a server, and breaks their connections as told.
type faultProxy struct {
	connect func() (net.Conn, error) // to the server
	all     sync.WaitGroup

	mu             sync.Mutex
	fault          fault
	written        int // bytes that the client's end took
	asked, replied int // bytes that arrived from the client and from the server
	open           []net.Conn
}

// begin has the connections to come break as told.
func (p *faultProxy) begin(f fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault, p.written, p.asked, p.replied = f, 0, 0, 0
}

// end closes every connection and waits until nothing moves any more.
func (p *faultProxy) end() {
	p.mu.Lock()
	for _, c := range p.open {
		c.Close()
	}
	p.open = nil
	p.mu.Unlock()
	p.all.Wait()
}

// dial connects a client in memory.
func (p *faultProxy) dial(context.Context, string, string) (net.Conn, error) {
	client, ours := net.Pipe()
	return &countingConn{client, p}, p.join(ours)
}

// dialTCP connects a client over TCP.
func (p *faultProxy) dialTCP(ctx context.Context, network, _ string) (net.Conn, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	defer listener.Close()
	client, err := new(net.Dialer).DialContext(ctx, network, listener.Addr().String())
	if err != nil {
		return nil, err
	}
	ours, err := listener.Accept()
	if err != nil {
		return nil, err
	}
	return &countingConn{client, p}, p.join(ours)
}

// join connects the server to a client's connection.
func (p *faultProxy) join(client net.Conn) error {
	server, err := p.connect()
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	f := p.fault
	p.open = append(p.open, client, server)
	both := &brokenPair{client: client, server: server}
	p.all.Go(func() { p.forward(both, server, client, &p.asked, f, !f.replies) })
	p.all.Go(func() { p.forward(both, client, server, &p.replied, f, f.replies) })
	return nil
}

// forward copies from one side to the other, and breaks both where the fault says so, if that is for this direction.
func (p *faultProxy) forward(both *brokenPair, to, from net.Conn, seen *int, f fault, mine bool) {
	mine = mine && f.kind != ""
	buffer := make([]byte, 8<<10)
	for left := f.after; !mine || left > 0; {
		part := buffer
		if mine && f.kind == faultCut {
			part = buffer[:min(left, len(buffer))] // the rest is left to the sender
		}
		n, err := from.Read(part)
		p.mu.Lock()
		*seen += n
		p.mu.Unlock()
		if mine {
			n = min(n, left)
			left -= n
		}
		if n > 0 && !both.stalled() {
			if _, failed := to.Write(buffer[:n]); failed != nil {
				err = failed
			}
		}
		if err != nil {
			both.fail(faultCut)
			return
		}
	}
	both.fail(f.kind)
}

// brokenPair is a connection from the client and one to the server.
type brokenPair struct {
	client, server net.Conn
	mu             sync.Mutex
	stall          bool
}

func (b *brokenPair) stalled() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.stall
}

func (b *brokenPair) fail(kind string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if kind == faultStall {
		b.stall = true
		return
	}
	for _, c := range []net.Conn{b.client, b.server} {
		if tcp, isTCP := c.(*net.TCPConn); isTCP && kind == faultReset {
			tcp.SetLinger(0)
		}
		c.Close()
	}
}

// countingConn counts what the client has written.
type countingConn struct {
	net.Conn
	proxy *faultProxy
}

func (c *countingConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.proxy.mu.Lock()
	defer c.proxy.mu.Unlock()
	c.proxy.written += n
	return n, err
}
