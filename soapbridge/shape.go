package soapbridge

import (
	"bytes"
	"reflect"
	"sync/atomic"

	"google.golang.org/protobuf/proto"
)

// shape is a reply without its values: what a server writes around them, which is the same each time. What has the same bytes
// between its values is read as the reply was that the shape was learned from, so only the values are left to read.
type shape struct {
	start  string // up to the first value
	blanks []blank
}

// The bounds of what is remembered of the replies to one rpc.
const (
	maxShapes = 4
	maxBlanks = 16
	maxShape  = 4 << 10 // bytes of one shape
)

// shapes are those in which the replies to one rpc have come, the last learned first. They hold no values.
type shapes struct {
	known atomic.Pointer[[]*shape]
	other atomic.Uint64 // replies in none of these
}

// recognise reads a reply that has a known shape into out, which must be empty. It leaves every other reply to the decoder, and
// out empty: also one with a value that is not written in plain ASCII, or cannot be read. It finds nothing that the decoder would
// not find in the same bytes: a value that holds no markup, no reference, no control character and nothing but ASCII changes
// nothing in how all around it is read.
func (p *plan) recognise(body []byte, out proto.Message) bool {
	known := p.shapes.known.Load()
	if known == nil {
		return false
	}
	record, opened := p.layout.open(out)
	if !opened {
		return false
	}
	var values [maxBlanks][]byte
	for _, s := range *known {
		if s.cut(body, &values) {
			if s.set(record, &values) {
				return true
			}
			proto.Reset(out)
			return false
		}
	}
	return false
}

// cut finds the values of a reply; false if it has another shape.
func (s *shape) cut(body []byte, values *[maxBlanks][]byte) bool {
	rest, same := cutPrefix(body, s.start)
	for i := 0; same && i < len(s.blanks); i++ {
		end := bytes.IndexByte(rest, '<')
		if end < 0 || !isPlain(rest[:end]) {
			return false
		}
		values[i] = rest[:end]
		rest, same = cutPrefix(rest[end:], s.blanks[i].after)
	}
	return same && len(rest) == 0
}

func cutPrefix(text []byte, prefix string) (rest []byte, found bool) {
	if len(text) < len(prefix) || string(text[:len(prefix)]) != prefix {
		return text, false
	}
	return text[len(prefix):], true
}

// set reads the values into a struct; false if one of them cannot be read here.
func (s *shape) set(record reflect.Value, values *[maxBlanks][]byte) bool {
	for i := range s.blanks {
		b := &s.blanks[i]
		v, err := b.leaf.value(values[i])
		if err != nil || b.needed && isBlank(values[i]) {
			return false
		}
		store(record, b.leaf.index, b.leaf.kind, v)
	}
	return true
}
