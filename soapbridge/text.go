package soapbridge

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// appendDecoded appends text as it was meant: references resolved and line ends normalised (XML 1.0 sections 2.11 and
// 4.1). References to characters that XML forbids, which Exchange is known to write, are dropped and counted.
func (s *scanner) appendDecoded(dst, text []byte) ([]byte, error) {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '&':
			end := bytes.IndexByte(text[i:min(len(text), i+maxReference)], ';')
			if end < 0 {
				return nil, s.fail("an ampersand that starts no reference")
			}
			r, ok := parseReference(text[i+1 : i+end])
			if !ok {
				return nil, s.fail("a reference to an unknown entity")
			}
			if isXMLChar(r) {
				dst = utf8.AppendRune(dst, r)
			} else {
				s.dropped++
			}
			i += end
		case '\r':
			dst = append(dst, '\n')
			if i+1 < len(text) && text[i+1] == '\n' {
				i++
			}
		default:
			dst = append(dst, c)
		}
	}
	return dst, nil
}

// appendAttribute is appendDecoded for the value of an attribute, in which a line end or a tab stands for a space (XML 1.0
// section 3.3.3).
func (s *scanner) appendAttribute(dst, value []byte) ([]byte, error) {
	value = bytes.ReplaceAll(value, []byte("\r\n"), []byte(" "))
	for i, c := range value {
		if isSpace(c) {
			value[i] = ' '
		}
	}
	return s.appendDecoded(dst, value)
}

// maxReference is the length of the longest reference that is read: leading zeros are allowed, but not without end.
const maxReference = 32

// forbiddenRune is what parseReference returns for a number that is no character at all.
const forbiddenRune = -1

func parseReference(name []byte) (r rune, ok bool) {
	switch string(name) {
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "amp":
		return '&', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	digits, found := bytes.CutPrefix(name, []byte("#"))
	if !found || len(digits) == 0 {
		return 0, false
	}
	base := rune(10)
	if hex, found := bytes.CutPrefix(digits, []byte("x")); found {
		base, digits = 16, hex
	}
	return parseNumber(digits, base)
}

func parseNumber(digits []byte, base rune) (r rune, ok bool) {
	for _, c := range digits {
		d := digitValue(c)
		if d < 0 || d >= base {
			return 0, false
		}
		if r != forbiddenRune {
			r = r*base + d
		}
		if r > utf8.MaxRune {
			r = forbiddenRune
		}
	}
	return r, len(digits) > 0
}

func digitValue(c byte) rune {
	switch {
	case c >= '0' && c <= '9':
		return rune(c - '0')
	case c >= 'a' && c <= 'f':
		return rune(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return rune(c-'A') + 10
	}
	return -1
}

// isXMLChar is production [2] Char of XML 1.0.
func isXMLChar(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' ||
		r >= 0x20 && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 && r <= utf8.MaxRune
}

// appendEscaped appends a value so that an XML parser reads it back unchanged, in text as in an attribute. If XML cannot
// hold the value, it says why.
func appendEscaped(dst []byte, value string, inAttribute bool) (_ []byte, reason string) {
	if isPlain(value) {
		return append(dst, value...), ""
	}
	start := 0
	for i := 0; i < len(value); {
		if c := value[i]; c < utf8.RuneSelf && !escapeByte[c] {
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(value[i:])
		if r == utf8.RuneError && size == 1 {
			return dst, "is not valid utf-8"
		}
		if !isXMLChar(r) {
			return dst, fmt.Sprintf("holds %U, which XML does not allow", r)
		}
		if escaped := escapeOf(r, inAttribute); escaped != "" {
			dst = append(dst, value[start:i]...)
			dst = append(dst, escaped...)
			start = i + size
		}
		i += size
	}
	return append(dst, value[start:]...), ""
}

const (
	wordBytes = 8
	ones      = 0x0101010101010101 // one in each byte of a word
	tops      = 0x8080808080808080 // the highest bit of each
)

// isPlain tells whether escapeByte is false for each byte, and all are ASCII: such a text is the same in XML and outside. It
// looks at eight bytes together, the last of which may overlap those before.
func isPlain[T string | []byte](s T) bool {
	if len(s) < wordBytes {
		for i := range len(s) {
			if s[i] >= utf8.RuneSelf || escapeByte[s[i]] {
				return false
			}
		}
		return true
	}
	for i := 0; i < len(s)-wordBytes; i += wordBytes {
		if odd(word(s[i:])) != 0 {
			return false
		}
	}
	return odd(word(s[len(s)-wordBytes:])) == 0
}

// word puts the first eight bytes together.
func word[T string | []byte](s T) uint64 {
	_ = s[wordBytes-1]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// odd is not zero if a byte of the word is not plain: x-ones&^x&tops is not zero just where a byte of x is (Warren, Hacker's
// Delight, section 6-1).
func odd(w uint64) uint64 {
	angles := (w | 2*ones) ^ '>'*ones // '<' and '>' differ in one bit
	quotes := (w | 4*ones) ^ '&'*ones // so do '"' and '&'
	return (w | (w - ' '*ones) | (angles-ones)&^angles | (quotes-ones)&^quotes) & tops
}

// escapeByte tells which ASCII bytes need a closer look.
var escapeByte = func() (table [utf8.RuneSelf]bool) {
	for c := range table {
		table[c] = c < 0x20 || c == '<' || c == '>' || c == '&' || c == '"'
	}
	return table
}()

func escapeOf(r rune, inAttribute bool) string {
	switch r {
	case '<':
		return "&lt;"
	case '>':
		return "&gt;"
	case '&':
		return "&amp;"
	case '\r':
		return "&#xD;"
	}
	if inAttribute {
		switch r {
		case '"':
			return "&quot;"
		case '\n':
			return "&#xA;"
		case '\t':
			return "&#x9;"
		}
	}
	return ""
}
