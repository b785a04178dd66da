package http1

import (
	"io"
	"net"
	"time"
)

// replayed is a connection that begins with what was read of it before.
type replayed struct {
	net.Conn
	unread  []byte
	used    bool      // requests have been served on it
	preface int       // how much of HTTP/2's has been read; -1 if something else was
	limit   time.Time // of the first deadline; zero if there is none
}

// preface is how a client of HTTP/2 begins (RFC 9113 section 3.4), and a request that HTTP/1 does not have.
const preface = "PRI * HTTP/2.0"

// Read reads what was read before, and then from the connection. To the http.Server it is a new connection, which may go on
// with HTTP/2. After requests of HTTP/1 nobody may (RFC 9113 section 3.3): what begins so is the end.
func (r *replayed) Read(p []byte) (int, error) {
	n, err := r.read(p)
	if r.used && r.isPreface(p[:n]) {
		return 0, io.EOF
	}
	return n, err
}

func (r *replayed) read(p []byte) (int, error) {
	if len(r.unread) == 0 {
		r.unread = nil
		return r.Conn.Read(p)
	}
	n := copy(p, r.unread)
	r.unread = r.unread[n:]
	return n, nil
}

// isPreface tells whether the connection begins with the preface, as far as that which has just been read.
func (r *replayed) isPreface(read []byte) bool {
	for i := 0; i < len(read) && 0 <= r.preface && r.preface < len(preface); i++ {
		if r.preface++; read[i] != preface[r.preface-1] {
			r.preface = -1
		}
	}
	return r.preface == len(preface)
}

// SetReadDeadline sets the deadline. The first one is that of the header that has begun already, so that the time before counts.
func (r *replayed) SetReadDeadline(t time.Time) error {
	if !r.limit.IsZero() && !t.IsZero() && r.limit.Before(t) {
		t = r.limit
	}
	r.limit = time.Time{}
	return r.Conn.SetReadDeadline(t)
}

// CloseWrite lets net/http end a connection so that its last words can be read.
func (r *replayed) CloseWrite() error {
	if half, can := r.Conn.(interface{ CloseWrite() error }); can {
		return half.CloseWrite()
	}
	return nil
}
