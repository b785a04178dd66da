//go:build unix

package http1

import (
	"io"
	"net"
	"runtime"
	"testing"
)

func TestLookFindsWhoHasLeft(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for name, leave := range map[string]func(*net.TCPConn) error{
		"closed": (*net.TCPConn).Close,
		"half":   (*net.TCPConn).CloseWrite,
		"reset": func(c *net.TCPConn) error {
			if err := c.SetLinger(0); err != nil {
				return err
			}
			return c.Close()
		},
	} {
		client, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		server, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		hasLeft := newLook(server)
		if hasLeft() {
			t.Errorf("%s: the client has left before it does", name)
		}
		if _, err := io.WriteString(client, "a"); err != nil {
			t.Fatal(err)
		}
		if hasLeft() {
			t.Errorf("%s: a client that sends has left", name)
		}
		one := make([]byte, 1)
		if _, err := io.ReadFull(server, one); err != nil || one[0] != 'a' {
			t.Errorf("%s: what was sent cannot be read: %q, %v", name, one, err)
		}
		if err := leave(client.(*net.TCPConn)); err != nil {
			t.Fatal(err)
		}
		for !hasLeft() {
			runtime.Gosched()
		}
		client.Close()
		server.Close()
		if !hasLeft() {
			t.Errorf("%s: a connection that is closed here is as if the client were there", name)
		}
	}
	if newLook(newScript()) != nil {
		t.Error("a connection without a descriptor can be looked at")
	}
}
