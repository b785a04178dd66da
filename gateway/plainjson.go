package gateway

import (
	"google.golang.org/protobuf/reflect/protoreflect"
)

// plainFields are the fields of a message that take a text or a truth value, by the names that ProtoJSON has for them. Most
// requests in JSON are an object of such fields, written in ASCII without escapes: to read one takes a tenth of what protojson
// needs. What is written in any other way is for protojson, and so are all mistakes.
type plainFields map[string]protoreflect.FieldDescriptor

func plainFieldsOf(m protoreflect.MessageDescriptor) plainFields {
	fields := plainFields{}
	for i := range min(m.Fields().Len(), maxPlainFields) {
		field := m.Fields().Get(i)
		alternatives := field.ContainingOneof()
		isPlain := field.Kind() == protoreflect.StringKind || field.Kind() == protoreflect.BoolKind
		if isPlain && !field.IsList() && (alternatives == nil || alternatives.IsSynthetic()) {
			fields[field.JSONName()], fields[field.TextName()] = field, field
		}
	}
	return fields
}

// maxPlainFields is the number of bits with which fields are marked as seen.
const maxPlainFields = 64

// decode sets the fields of an empty message, as protojson would. It tells whether it could; if not, the message may have some
// of them.
func (fields plainFields) decode(data []byte, m protoreflect.Message) bool {
	s := plainScanner{data}
	if !s.take('{') {
		return false
	}
	if s.take('}') {
		return s.atEnd()
	}
	var seen uint64
	for {
		name, ok := s.text()
		field := fields[string(name)]
		if !ok || field == nil || seen&(1<<field.Index()) != 0 || !s.take(':') {
			return false
		}
		seen |= 1 << field.Index()
		value, ok := s.value(field.Kind())
		if !ok {
			return false
		}
		m.Set(field, value)
		if s.take('}') {
			return s.atEnd()
		}
		if !s.take(',') {
			return false
		}
	}
}

// plainScanner reads JSON (RFC 8259) of the plain kind.
type plainScanner struct{ rest []byte }

func (s *plainScanner) skipSpace() {
	for len(s.rest) > 0 {
		switch s.rest[0] {
		case ' ', '\t', '\r', '\n':
			s.rest = s.rest[1:]
		default:
			return
		}
	}
}

func (s *plainScanner) atEnd() bool {
	s.skipSpace()
	return len(s.rest) == 0
}

// take takes a character, if it is the next one.
func (s *plainScanner) take(c byte) bool {
	s.skipSpace()
	if len(s.rest) == 0 || s.rest[0] != c {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

// text takes a string of printable ASCII without escapes.
func (s *plainScanner) text() ([]byte, bool) {
	if !s.take('"') {
		return nil, false
	}
	for i, c := range s.rest {
		switch {
		case c == '"':
			text := s.rest[:i]
			s.rest = s.rest[i+1:]
			return text, true
		case c < ' ' || c > '~' || c == '\\':
			return nil, false
		}
	}
	return nil, false
}

func (s *plainScanner) value(kind protoreflect.Kind) (protoreflect.Value, bool) {
	if kind == protoreflect.StringKind {
		text, ok := s.text()
		return protoreflect.ValueOfString(string(text)), ok
	}
	for word, truth := range truths {
		if s.word(word) {
			return protoreflect.ValueOfBool(truth), true
		}
	}
	return protoreflect.Value{}, false
}

var truths = map[string]bool{"true": true, "false": false}

// word takes a word, if it is next. What comes after it is for who reads on: it can only be a mistake if it belongs to the word.
func (s *plainScanner) word(word string) bool {
	s.skipSpace()
	if len(s.rest) < len(word) || string(s.rest[:len(word)]) != word {
		return false
	}
	s.rest = s.rest[len(word):]
	return true
}
