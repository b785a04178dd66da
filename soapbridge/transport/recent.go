package transport

import (
	"bytes"
	"net/http"
	"slices"
)

// maxRecent is the length of the longest head that is remembered, in bytes.
const maxRecent = 2 << 10

// recent is the head of the last reply on a connection. A server that is asked the same again answers, within a second, with
// the same head, and what has the same bytes need not be read again.
type recent struct {
	text []byte // the head as it came, the empty line at its end included
	head head   // what it says, once it has come twice in a row; its header is shared by the replies that have it
	kept bool   // head is valid
}

// recall returns the remembered head if what has come begins with it.
func (r *recent) recall(come []byte) (h head, size int, found bool) {
	if !r.kept || !bytes.HasPrefix(come, r.text) {
		return head{}, 0, false
	}
	return r.head, len(r.text), true
}

// remember notes a head that was read. Only the second time is it worth memory of its own.
func (r *recent) remember(text []byte, h head) {
	if len(text) > maxRecent {
		return
	}
	if r.kept = bytes.Equal(r.text, text); r.kept {
		r.head = h
		r.head.header = cloneHeader(h.header)
		return
	}
	r.text, r.head = append(r.text[:0], text...), head{}
}

// cloneHeader copies a header whose values are in memory that is used again.
func cloneHeader(header http.Header) http.Header {
	clone := make(http.Header, len(header))
	for name, values := range header {
		clone[name] = slices.Clone(values)
	}
	return clone
}
