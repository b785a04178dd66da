package exchangesim

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// write sends the reply, and goes wrong on the way as told.
func (m *Misbehaviour) write(w http.ResponseWriter, r *http.Request, a answer, timeout time.Duration) {
	if m.Drop || m.Cut > 0 || m.Hangup {
		m.writeAndClose(w, a, timeout)
		return
	}
	for name, values := range a.header {
		w.Header()[name] = values
	}
	if m.Close {
		w.Header().Set("Connection", "close")
	}
	if !m.Chunked {
		w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	deadline := http.NewResponseController(w)
	_ = deadline.SetWriteDeadline(time.Now().Add(timeout))
	w.WriteHeader(a.status)
	rest := a.body
	if m.Chunked || m.Midway != nil {
		half := len(rest) / 2
		_, _ = w.Write(rest[:half])
		_ = deadline.Flush()
		rest = rest[half:]
	}
	if m.Midway != nil {
		_ = deadline.SetWriteDeadline(time.Time{})
		m.Midway(r)
		_ = deadline.SetWriteDeadline(time.Now().Add(timeout))
	}
	_, _ = w.Write(rest)
}

// writeAndClose takes the connection over, since net/http would not let it misbehave so.
func (m *Misbehaviour) writeAndClose(w http.ResponseWriter, a answer, timeout time.Duration) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, "exchangesim: this misbehaviour needs a connection of its own: "+err.Error(), http.StatusNotImplemented)
		return
	}
	defer m.close(connection)
	if m.Drop {
		return
	}
	var head strings.Builder
	fmt.Fprintf(&head, "HTTP/1.1 %d %s\r\n", a.status, http.StatusText(a.status))
	_ = a.header.Write(&head)
	fmt.Fprintf(&head, "Content-Length: %d\r\n\r\n", len(a.body))
	_ = connection.SetWriteDeadline(time.Now().Add(timeout))
	_, _ = connection.Write(append([]byte(head.String()), m.sent(a.body)...))
}

func (m *Misbehaviour) close(connection net.Conn) {
	inner := connection
	if t, ok := inner.(*tls.Conn); ok {
		inner = t.NetConn()
	}
	if t, ok := inner.(*net.TCPConn); ok && m.Reset {
		_ = t.SetLinger(0)
		_ = t.Close()
	}
	_ = connection.Close()
}
