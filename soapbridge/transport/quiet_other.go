//go:build !unix

package transport

import "net"

// listener cannot look ahead on this system.
type listener struct{}

func newListener(net.Conn) *listener { return &listener{} }

// quiet takes an idle connection for alive.
func (*listener) quiet() bool { return true }
