//go:build unix

package http1

import (
	"errors"
	"net"
	"syscall"
)

// newLook returns what tells whether the peer of a connection has left. It takes nothing away from the connection and does not
// wait. It is nil if the connection cannot be looked at.
func newLook(c net.Conn) func() bool {
	able, ok := c.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := able.SyscallConn()
	if err != nil {
		return nil
	}
	var left bool
	control := func(fd uintptr) {
		var one [1]byte
		n, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		nothing := errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EWOULDBLOCK) || errors.Is(err, syscall.EINTR)
		left = n <= 0 && !nothing
	}
	return func() bool { return raw.Control(control) != nil || left }
}
