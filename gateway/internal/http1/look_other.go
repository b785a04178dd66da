//go:build !unix

package http1

import "net"

// newLook returns nil: connections cannot be looked at without waiting.
func newLook(net.Conn) func() bool { return nil }
