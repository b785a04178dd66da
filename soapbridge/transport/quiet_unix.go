//go:build unix

package transport

import (
	"errors"
	"net"
	"syscall"
)

// listener looks at a connection without taking anything away and without waiting.
type listener struct {
	raw     syscall.RawConn // nil if the connection has no descriptor
	control func(fd uintptr)
	silent  bool
	one     [1]byte
}

func newListener(c net.Conn) *listener {
	l := &listener{}
	if able, ok := c.(syscall.Conn); ok {
		l.raw, _ = able.SyscallConn() // fails on closed connections only, which fail elsewhere too
	}
	l.control = func(fd uintptr) {
		_, _, err := syscall.Recvfrom(int(fd), l.one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		l.silent = errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EWOULDBLOCK)
	}
	return l
}

// quiet tells whether the peer has neither closed the connection nor sent anything.
func (l *listener) quiet() bool {
	if l.raw == nil {
		return true
	}
	l.silent = false
	return l.raw.Control(l.control) == nil && l.silent
}
