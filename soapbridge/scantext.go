package soapbridge

import (
	"bytes"
	"encoding/binary"
)

// documentType refuses a document type declaration. One that names html only shows that the document is not SOAP.
func documentType(rest []byte) error {
	if name := trimSpace(rest); len(name) >= 4 && bytes.EqualFold(name[:4], []byte("html")) {
		return errNotSOAP
	}
	return &refusal{cause: CauseDTD, reason: "the reply holds a document type declaration"}
}

// rawText returns what stands before the next markup.
func (s *scanner) rawText() []byte {
	rest := s.data[s.pos:]
	if i := bytes.IndexByte(rest, '<'); i >= 0 {
		return rest[:i]
	}
	return rest
}

// skipBlank passes over the white space outside the root element.
func (s *scanner) skipBlank() error {
	text := s.rawText()
	if !isBlank(text) {
		return s.fail("text outside the root element")
	}
	s.pos += len(text)
	return nil
}

func (s *scanner) readText() (tokenKind, error) {
	text := s.rawText()
	if err := s.checkText(text); err != nil {
		return 0, err
	}
	s.pos += len(text)
	s.text = text
	s.plain = bytes.IndexByte(text, '&') < 0 && bytes.IndexByte(text, '\r') < 0
	return tokenText, nil
}

func (s *scanner) readCDATA() (tokenKind, error) {
	if len(s.open) == 0 {
		return 0, s.fail("a CDATA section outside the root element")
	}
	start := s.pos + len("<![CDATA[")
	i := bytes.Index(s.data[start:], []byte("]]>"))
	if i < 0 {
		return 0, s.fail("the document ends inside a CDATA section")
	}
	text := s.data[start : start+i]
	if err := s.checkText(text); err != nil {
		return 0, err
	}
	s.pos = start + i + len("]]>")
	s.text, s.plain = text, true
	return tokenText, nil
}

// checkText refuses control characters that XML forbids even as themselves.
func (s *scanner) checkText(text []byte) error {
	if s.clean {
		return nil
	}
	for i, c := range text {
		if c < 0x20 && c != '\t' && c != '\n' && c != '\r' {
			s.pos += i
			return s.fail("a control character that XML forbids")
		}
	}
	return nil
}

// isClean tells whether there is no character below the space, by eight bytes at a time.
func isClean(data []byte) bool {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	for ; len(data) >= 8; data = data[8:] {
		// A byte below n has its high bit clear, and sets it when n is taken away: hasless of "Bit Twiddling Hacks".
		if word := binary.LittleEndian.Uint64(data); (word-ones*' ')&^word&highs != 0 {
			return false
		}
	}
	for _, c := range data {
		if c < ' ' {
			return false
		}
	}
	return true
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

func isBlank(text []byte) bool {
	for _, c := range text {
		if !isSpace(c) {
			return false
		}
	}
	return true
}
