package soapbridge

import (
	"bytes"
	"fmt"
)

// The limits of a reply that are not settings: no honest reply comes near them.
const (
	maxAttributes = 64  // on one element
	maxNamespaces = 256 // declarations in force at one place
)

// syntaxError reports that a reply is not well-formed XML.
type syntaxError struct {
	offset int
	reason string
}

func (e *syntaxError) Error() string { return fmt.Sprintf("xml: byte %d: %s", e.offset, e.reason) }

// refusal reports that a reply is XML, but not XML that the bridge accepts.
type refusal struct {
	cause  string // one of the Cause constants
	field  string
	reason string
}

func (e *refusal) Error() string { return e.reason }

type tokenKind int

const (
	tokenStart tokenKind = iota
	tokenEnd
	tokenText
	tokenEOF
)

// scanner is a pull parser for XML 1.0 with namespaces over a whole document in UTF-8. It reads in one pass, keeps no
// tree, expands nothing but character references and the five predefined entities, and refuses a document type
// declaration (which SOAP 1.1 section 3 forbids) and any document deeper than maxDepth.
type scanner struct {
	data     []byte
	pos      int
	maxDepth int
	known    []knownNamespace
	clean    bool // there is no control character in the data, not even a line end
	dropped  int  // references to characters that XML forbids, left out of the text

	open       []openElement
	bindings   []binding
	attributes []attribute
	rootSeen   bool
	endPending bool // the element just started was written <x/>: its end comes next

	// The current token.
	space namespaceID // of the element just started
	local []byte      // its local name
	text  []byte      // of a text token, as written
	plain bool        // the text needs no decoding
}

// namespaceID stands for a namespace that the bridge knows. Several URIs may share one.
type namespaceID int

const (
	spaceNone    namespaceID = iota // no namespace
	spaceUnknown                    // one that no plan asks for, or a prefix that was never declared
	spaceXML
	spaceXSI
	spaceXOP
	spaceSOAP11
	spaceSOAP12
	spaceDialect // the first of the dialect's prefixes
)

type knownNamespace struct {
	uri string
	id  namespaceID
}

type openElement struct {
	name     []byte // as written, with its prefix
	bindings int    // length of scanner.bindings before this element
}

type binding struct {
	prefix []byte
	id     namespaceID
}

type attribute struct {
	name
	value []byte // as written between the quotes
}

func (s *scanner) reset(data []byte, maxDepth int, known []knownNamespace) {
	*s = scanner{
		data: data, maxDepth: maxDepth, known: known, clean: isClean(data),
		open: s.open[:0], bindings: s.bindings[:0], attributes: s.attributes[:0],
	}
}

// depth is the number of elements that are open.
func (s *scanner) depth() int { return len(s.open) }

func (s *scanner) fail(reason string) error { return &syntaxError{s.pos, reason} }

// next reads the next token. Comments, processing instructions and the XML declaration are passed over.
func (s *scanner) next() (tokenKind, error) {
	if s.endPending {
		s.endPending = false
		s.pop()
		return tokenEnd, nil
	}
	for s.pos < len(s.data) {
		rest := s.data[s.pos:]
		switch {
		case rest[0] != '<' && len(s.open) > 0:
			return s.readText()
		case rest[0] != '<':
			if err := s.skipBlank(); err != nil {
				return 0, err
			}
		case len(rest) < 2:
			return 0, s.fail("the document ends inside a tag")
		case rest[1] == '/':
			return s.readEnd()
		case rest[1] == '?':
			if err := s.skipPast("?>"); err != nil {
				return 0, err
			}
		case rest[1] != '!':
			return s.readStart()
		case bytes.HasPrefix(rest, []byte("<!--")):
			s.pos += len("<!--")
			if err := s.skipPast("-->"); err != nil {
				return 0, err
			}
		case bytes.HasPrefix(rest, []byte("<![CDATA[")):
			return s.readCDATA()
		case bytes.HasPrefix(rest, []byte("<!DOCTYPE")):
			return 0, documentType(rest[len("<!DOCTYPE"):])
		default:
			return 0, s.fail("unknown markup declaration")
		}
	}
	if len(s.open) > 0 || !s.rootSeen {
		return 0, s.fail("the document ends early")
	}
	return tokenEOF, nil
}

func (s *scanner) skipPast(mark string) error {
	i := bytes.Index(s.data[s.pos:], []byte(mark))
	if i < 0 {
		return s.fail("the document ends before " + mark)
	}
	s.pos += i + len(mark)
	return nil
}

func (s *scanner) readEnd() (tokenKind, error) {
	if len(s.open) == 0 {
		return 0, s.fail("an end tag without a start tag")
	}
	want := s.open[len(s.open)-1].name
	name := s.data[s.pos+2:]
	if !bytes.HasPrefix(name, want) {
		return 0, s.fail("an end tag that does not match its start tag")
	}
	i := len(want)
	for i < len(name) && isSpace(name[i]) {
		i++
	}
	if i == len(name) {
		return 0, s.fail("the document ends inside a tag")
	}
	if name[i] != '>' {
		return 0, s.fail("an end tag that does not match its start tag")
	}
	s.pos += 2 + i + 1
	s.pop()
	return tokenEnd, nil
}

func (s *scanner) pop() {
	last := len(s.open) - 1
	s.bindings = s.bindings[:s.open[last].bindings]
	s.open = s.open[:last]
}
