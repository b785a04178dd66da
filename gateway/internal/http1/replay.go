package http1

import (
	"net"
	"time"
)

// replayed is a connection that begins with what was read of it before.
type replayed struct {
	net.Conn
	unread []byte
	limit  time.Time // of the first deadline; zero if there is none
}

// Read reads what was read before, and then from the connection.
func (r *replayed) Read(p []byte) (int, error) {
	if len(r.unread) == 0 {
		r.unread = nil
		return r.Conn.Read(p)
	}
	n := copy(p, r.unread)
	r.unread = r.unread[n:]
	return n, nil
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
