package soapbridge

import "bytes"

// readStart reads a start tag: its name, its attributes and the namespaces that it declares.
func (s *scanner) readStart() (tokenKind, error) {
	if len(s.open) == 0 && s.rootSeen {
		return 0, &refusal{cause: CauseBodies, reason: "the reply holds a second document"}
	}
	if len(s.open) >= s.maxDepth {
		return 0, &refusal{cause: CauseDepth, reason: "the reply is nested deeper than the limit allows"}
	}
	s.rootSeen = true
	s.pos++
	name, err := s.readName()
	if err != nil {
		return 0, err
	}
	s.open = append(s.open, openElement{name.written, len(s.bindings)})
	if err := s.readAttributes(); err != nil {
		return 0, err
	}
	if s.data[s.pos] == '/' {
		s.endPending = true
		s.pos++
		if s.pos == len(s.data) || s.data[s.pos] != '>' {
			return 0, s.fail("a stray slash in a tag")
		}
	}
	s.pos++
	s.space, s.local = s.resolve(name.prefix()), name.local()
	return tokenStart, nil
}

// name is the name of an element or an attribute.
type name struct {
	written []byte // with its prefix
	colon   int    // where the colon stands; -1 if there is no prefix
}

func (n name) prefix() []byte { return n.written[:max(n.colon, 0)] }
func (n name) local() []byte  { return n.written[n.colon+1:] }

// readName reads a name. It accepts more than XML does beyond ASCII: what no plan asks for is skipped.
func (s *scanner) readName() (name, error) {
	rest := s.data[s.pos:]
	size, colon, colons := 0, -1, 0
	for ; size < len(rest) && nameByte[rest[size]]; size++ {
		if rest[size] == ':' {
			colon = size
			colons++
		}
	}
	s.pos += size
	switch {
	case size == len(rest):
		return name{}, s.fail("the document ends inside a tag")
	case size == 0, startsNoName(rest[0]):
		return name{}, s.fail("a tag without a name")
	case colons > 1, colon == 0, colon == size-1:
		return name{}, s.fail("a name with a stray colon")
	}
	return name{rest[:size], colon}, nil
}

// startsNoName tells which of the name's characters may not be its first.
func startsNoName(c byte) bool { return c >= '0' && c <= '9' || c == '-' || c == '.' }

// nameByte tells which bytes may stand in a name: ASCII name characters and every byte of a longer UTF-8 sequence.
var nameByte = func() (table [256]bool) {
	for c := range table {
		table[c] = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
			c == '_' || c == ':' || c == '-' || c == '.' || c >= 0x80
	}
	return table
}()

// readAttributes reads up to the "/" or ">" that ends the tag, and leaves pos on it.
func (s *scanner) readAttributes() error {
	s.attributes = s.attributes[:0]
	for {
		spaced := s.skipSpace()
		if s.pos == len(s.data) {
			return s.fail("the document ends inside a tag")
		}
		if c := s.data[s.pos]; c == '>' || c == '/' {
			return nil
		}
		if !spaced {
			return s.fail("no space before an attribute")
		}
		if len(s.attributes) == maxAttributes {
			return &refusal{cause: CauseSize, reason: "an element of the reply has more than 64 attributes"}
		}
		a, err := s.readAttribute()
		if err != nil {
			return err
		}
		for _, other := range s.attributes {
			if bytes.Equal(a.written, other.written) {
				return s.fail("an attribute is written twice")
			}
		}
		s.attributes = append(s.attributes, a)
		if err := s.declare(a); err != nil {
			return err
		}
	}
}

func (s *scanner) readAttribute() (attribute, error) {
	name, err := s.readName()
	if err != nil {
		return attribute{}, err
	}
	s.skipSpace()
	if s.pos == len(s.data) || s.data[s.pos] != '=' {
		return attribute{}, s.fail("an attribute without a value")
	}
	s.pos++
	s.skipSpace()
	if s.pos == len(s.data) || s.data[s.pos] != '"' && s.data[s.pos] != '\'' {
		return attribute{}, s.fail("an attribute value without quotes")
	}
	i := bytes.IndexByte(s.data[s.pos+1:], s.data[s.pos])
	if i < 0 {
		return attribute{}, s.fail("the document ends inside an attribute")
	}
	value := s.data[s.pos+1 : s.pos+1+i]
	if bytes.IndexByte(value, '<') >= 0 {
		return attribute{}, s.fail("a < inside an attribute")
	}
	if err := s.checkText(value); err != nil {
		return attribute{}, err
	}
	s.pos += i + 2
	return attribute{name, value}, nil
}

func (s *scanner) skipSpace() bool {
	start := s.pos
	for s.pos < len(s.data) && isSpace(s.data[s.pos]) {
		s.pos++
	}
	return s.pos > start
}

// declares tells whether the attribute is a namespace declaration.
func (a attribute) declares() bool {
	return a.colon < 0 && string(a.written) == "xmlns" || string(a.prefix()) == "xmlns"
}

// declare puts a namespace declaration (xmlns, xmlns:prefix) into force.
func (s *scanner) declare(a attribute) error {
	if !a.declares() {
		return nil
	}
	var prefix []byte
	if a.colon > 0 {
		prefix = a.local()
	}
	if len(s.bindings) == maxNamespaces {
		return &refusal{cause: CauseSize, reason: "the reply declares more than 256 namespaces"}
	}
	uri := a.value
	if bytes.IndexByte(uri, '&') >= 0 {
		var err error
		if uri, err = s.appendDecoded(nil, uri); err != nil {
			return err
		}
	}
	s.bindings = append(s.bindings, binding{prefix, s.identify(uri)})
	return nil
}

func (s *scanner) identify(uri []byte) namespaceID {
	if len(uri) == 0 {
		return spaceNone
	}
	for _, known := range s.known {
		if string(uri) == known.uri {
			return known.id
		}
	}
	return spaceUnknown
}

// resolve finds the namespace of an element's prefix. A prefix that was never declared is not an error: it stands for a
// namespace that nothing asks for.
func (s *scanner) resolve(prefix []byte) namespaceID {
	for i := len(s.bindings) - 1; i >= 0; i-- {
		if bytes.Equal(s.bindings[i].prefix, prefix) {
			return s.bindings[i].id
		}
	}
	switch string(prefix) {
	case "":
		return spaceNone
	case "xml":
		return spaceXML
	}
	return spaceUnknown
}

// attribute looks up an attribute of the element just started. An attribute without a prefix is in no namespace.
func (s *scanner) attribute(space namespaceID, local string) (value []byte, found bool) {
	for _, a := range s.attributes {
		if string(a.local()) == local && (a.colon < 0 && space == spaceNone || a.colon > 0 && s.resolve(a.prefix()) == space) {
			return a.value, true
		}
	}
	return nil, false
}

// skip passes over the rest of the element just started, and its end.
func (s *scanner) skip() error {
	for depth := s.depth(); s.depth() >= depth; {
		if _, err := s.next(); err != nil {
			return err
		}
	}
	return nil
}
