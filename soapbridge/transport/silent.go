package transport

import (
	"crypto/tls"
	"errors"
	"os"
	"time"
)

const (
	ticketRounds   = 3
	ticketPatience = time.Millisecond
)

// silent tells whether the server has neither closed the connection nor sent anything but what belongs to TLS 1.3 itself:
// session tickets arrive after the handshake, before any request (RFC 8446 section 4.6.1), asked for or not by OpenSSL.
func (c *conn) silent() bool {
	secure, isTLS := c.stream.(*tls.Conn)
	for range ticketRounds {
		if c.listener.quiet() {
			return true
		}
		if !isTLS || secure.ConnectionState().Version < tls.VersionTLS13 {
			return false
		}
		// Reading is the only way to have them read. What is there is read at once; nothing more is waited for.
		var one [1]byte
		if err := secure.SetReadDeadline(time.Now().Add(ticketPatience)); err != nil {
			return false
		}
		if n, err := secure.Read(one[:]); n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			return false
		}
	}
	return c.listener.quiet()
}
