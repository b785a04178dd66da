package http1

import (
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// response keeps what the handler writes.
type response struct {
	header http.Header
	status int // 0 before it is known
	head   []byte
	body   []byte
	dated  bool // the handler has set the date, or wants none
	typed  bool // the same of the content's type
	close  bool // the handler wants the connection to end
	memory [64]byte
}

func (w *response) begin() {
	w.header = make(http.Header, 8)
	w.body = w.memory[:0]
}

// Header returns the header, which may be changed up to the first Write or WriteHeader.
func (w *response) Header() http.Header { return w.header }

// WriteHeader ends the header. Informational responses are left out.
func (w *response) WriteHeader(status int) {
	if w.status != 0 || status < http.StatusOK {
		return
	}
	w.status = status
	w.head = make([]byte, 0, 512)
	w.head = append(w.head, "HTTP/1.1 "...)
	w.head = strconv.AppendInt(w.head, int64(status), 10)
	w.head = append(append(w.head, ' '), textOf(status)...)
	w.head = append(w.head, "\r\n"...)
	for name, values := range w.header {
		switch name {
		case "Content-Length", "Transfer-Encoding":
			continue // which only the size of the body decides about
		case "Connection":
			w.close = len(values) > 0 && values[0] == "close"
			continue
		case "Date":
			w.dated = true
		case "Content-Type":
			w.typed = true
			if status == http.StatusNotModified {
				continue // RFC 9110 section 15.4.5
			}
		case "Content-Encoding":
			w.typed = w.typed || len(values) > 0 && values[0] != "" // of encoded content the type cannot be seen
		}
		for _, value := range values {
			w.head = appendField(w.head, name, value)
		}
	}
}

func textOf(status int) string {
	if text := http.StatusText(status); text != "" {
		return text
	}
	return "status code " + strconv.Itoa(status)
}

// appendField writes a field. A name or a value cannot end its line.
func appendField(to []byte, name, value string) []byte {
	if name == "" || !consistsOf(name, inToken) {
		return to
	}
	if strings.ContainsAny(value, "\r\n") {
		value = strings.NewReplacer("\r", " ", "\n", " ").Replace(value)
	}
	to = append(append(to, name...), ": "...)
	return append(append(to, value...), "\r\n"...)
}

// Write adds to the body.
func (w *response) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	if !hasBody(w.status) {
		return 0, http.ErrBodyNotAllowed
	}
	w.body = append(w.body, p...)
	return len(p), nil
}

// SetReadDeadline does nothing: the request has come.
func (w *response) SetReadDeadline(time.Time) error { return nil }

// hasBody tells whether responses with the status have a body (RFC 9110 section 6.4.1).
func hasBody(status int) bool {
	return status != http.StatusNoContent && status != http.StatusNotModified
}

// finish returns what is to be sent. The header has ended.
func (w *response) finish(last bool, now time.Time) []byte {
	if hasBody(w.status) {
		if !w.typed && len(w.body) > 0 {
			w.head = appendField(w.head, "Content-Type", http.DetectContentType(w.body))
		}
		w.head = strconv.AppendInt(append(w.head, "Content-Length: "...), int64(len(w.body)), 10)
		w.head = append(w.head, "\r\n"...)
	}
	if !w.dated {
		w.head = append(append(append(w.head, "Date: "...), date(now)...), "\r\n"...)
	}
	if last {
		w.head = append(w.head, "Connection: close\r\n"...)
	}
	return append(append(w.head, "\r\n"...), w.body...)
}

// dated is a second as the field Date has it.
type dated struct {
	second int64
	text   string
}

var lastDate atomic.Pointer[dated]

func date(now time.Time) string {
	if d := lastDate.Load(); d != nil && d.second == now.Unix() {
		return d.text
	}
	d := &dated{now.Unix(), now.UTC().Format(http.TimeFormat)}
	lastDate.Store(d)
	return d.text
}
