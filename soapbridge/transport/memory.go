package transport

import (
	"net/http"
	"slices"
	"sync"
)

// memory is what a reply's header and body are kept in. It serves another reply once this one is released.
type memory struct {
	body   []byte
	header http.Header
	values []string // of all fields, one after the other
}

var memories = sync.Pool{New: func() any { return new(memory) }}

// maxKeptLines is for how many lines a header may have room if its memory is to be kept: emptying it takes as long as it is large.
const maxKeptLines = 64

// fields returns an empty header, and room for a value of each of its lines.
func (m *memory) fields(lines int) (http.Header, []string) {
	if m.header == nil {
		m.header = make(http.Header, lines)
	}
	clear(m.header) // an interim reply may have filled it
	m.values = slices.Grow(m.values[:0], lines)[:lines]
	return m.header, m.values
}

// free gives the memory back.
func (m *memory) free() {
	m.forget()
	memories.Put(m)
}

// forget empties the header: it may hold secrets, such as cookies.
func (m *memory) forget() {
	if cap(m.values) > maxKeptLines {
		m.header, m.values = nil, nil
	}
	clear(m.header)
	clear(m.values[:cap(m.values)]) // an interim reply may have had more than the last
}
