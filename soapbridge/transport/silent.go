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
		if !isTLS || secure.ConnectionState().Version < tls.VersionTLS13 || !c.readTickets(secure) {
			return false
		}
	}
	return c.listener.quiet()
}

// readTickets reads what is there, and tells whether it was nothing but tickets. Reading is the only way to have them read;
// nothing more is waited for.
func (c *conn) readTickets(secure *tls.Conn) bool {
	defer c.watch.hold()()
	if err := secure.SetReadDeadline(time.Now().Add(ticketPatience)); err != nil {
		return false
	}
	var one [1]byte
	n, err := secure.Read(one[:])
	return n == 0 && errors.Is(err, os.ErrDeadlineExceeded)
}
