package soapbridge

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"mime"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

const (
	markUTF8    = "\xEF\xBB\xBF"
	markUTF16LE = "\xFF\xFE"
	markUTF16BE = "\xFE\xFF"
	markUTF32LE = "\xFF\xFE\x00\x00"
	markUTF32BE = "\x00\x00\xFE\xFF"
)

// toUTF8 converts a document to UTF-8 without a byte order mark. A document that is not valid in the character set that it
// declares is refused: a character that was replaced could stand in an identifier. One that says that it is UTF-8 is not
// looked at.
func toUTF8(contentType string, body []byte, limit int) ([]byte, error) {
	if contentType == usualContentType && len(body) > 1 && body[0] == '<' && body[1] != 0 {
		return body, nil // a tag in the usual character set: what follows would find nothing to undo
	}
	// More than one mark was seen where a program that writes one passed on what already had one.
	marked := bytes.HasPrefix(body, []byte(markUTF8))
	for bytes.HasPrefix(body, []byte(markUTF8)) {
		body = body[len(markUTF8):]
	}
	name := "utf-8"
	if !marked {
		name = charsetOf(contentType, body)
	}
	next, err := findCharset(name, body)
	if err != nil {
		return nil, err
	}
	if next == nil {
		return body, nil
	}
	return convert(next, name, body, limit)
}

// reader reads the first character of a document and says how many bytes it takes: 0 if they are none.
type reader func(body []byte) (r rune, size int)

func convert(next reader, name string, body []byte, limit int) ([]byte, error) {
	converted := make([]byte, 0, len(body)+len(body)/8)
	for len(body) > 0 {
		r, size := next(body)
		if size == 0 {
			return nil, &refusal{cause: CauseCharset, reason: fmt.Sprintf("the reply is not valid %.40s", name)}
		}
		if converted = utf8.AppendRune(converted, r); len(converted) > limit {
			return nil, tooLarge(limit)
		}
		body = body[size:]
	}
	return bytes.TrimPrefix(converted, []byte(markUTF8)), nil
}

// readByte reads a character set of single bytes.
func readByte(table *charmap.Charmap) reader {
	return func(body []byte) (rune, int) {
		if r := table.DecodeByte(body[0]); r != utf8.RuneError {
			return r, 1
		}
		return 0, 0
	}
}

// readUTF16 reads RFC 2781.
func readUTF16(order binary.ByteOrder) reader {
	return func(body []byte) (rune, int) {
		if len(body) < 2 {
			return 0, 0
		}
		r := rune(order.Uint16(body))
		if !utf16.IsSurrogate(r) {
			return r, 2
		}
		if len(body) < 4 {
			return 0, 0
		}
		if r = utf16.DecodeRune(r, rune(order.Uint16(body[2:]))); r == utf8.RuneError {
			return 0, 0
		}
		return r, 4
	}
}

// usualContentType is how ASP.NET writes it.
const usualContentType = "text/xml; charset=utf-8"

// charsetOf finds the name of the character set: by the byte order mark, then the Content-Type (RFC 7303 section 3), then
// the XML declaration. It is empty if none says anything.
func charsetOf(contentType string, body []byte) string {
	for _, mark := range [...]struct{ prefix, name string }{
		{markUTF32LE, "utf-32le"}, {markUTF32BE, "utf-32be"}, // before UTF-16, whose mark is the beginning of theirs
		{markUTF16LE, "utf-16le"}, {markUTF16BE, "utf-16be"},
		{"<\x00", "utf-16le"}, {"\x00<", "utf-16be"},
	} {
		if bytes.HasPrefix(body, []byte(mark.prefix)) {
			return mark.name
		}
	}
	if _, params, err := mime.ParseMediaType(contentType); err == nil && params["charset"] != "" {
		return params["charset"]
	}
	return declaredEncoding(body)
}

// declaredEncoding reads encoding="…" from the XML declaration.
func declaredEncoding(body []byte) string {
	rest, found := bytes.CutPrefix(trimSpace(body), []byte("<?xml"))
	if !found || len(rest) == 0 || !isSpace(rest[0]) {
		return ""
	}
	declaration, _, ended := bytes.Cut(rest[:min(len(rest), 200)], []byte("?>"))
	_, value, found := bytes.Cut(declaration, []byte("encoding"))
	value, equals := bytes.CutPrefix(trimSpace(value), []byte("="))
	value = trimSpace(value)
	if !ended || !found || !equals || len(value) == 0 || value[0] != '"' && value[0] != '\'' {
		return ""
	}
	name, _, _ := bytes.Cut(value[1:], value[:1])
	return string(name)
}

// findCharset returns nil for UTF-8 and what is a part of it. A name that it does not know is refused by name. The names
// are those of the IANA registry, and what programs were seen to write instead.
func findCharset(name string, body []byte) (reader, error) {
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "", "utf-8", "utf8", "us-ascii", "ascii":
		return nil, nil
	case "utf-16le":
		return readUTF16(binary.LittleEndian), nil
	case "utf-16be":
		return readUTF16(binary.BigEndian), nil
	case "utf-16", "unicode":
		return unmarkedUTF16(body), nil
	case "iso-8859-1", "iso_8859-1", "iso8859-1", "latin1", "latin-1", "l1":
		return readByte(charmap.ISO8859_1), nil
	case "windows-1252", "cp1252", "cp-1252", "x-cp1252":
		return readByte(charmap.Windows1252), nil
	}
	return nil, &refusal{cause: CauseCharset, reason: fmt.Sprintf("the reply's character set %.40q cannot be read", name)}
}

// unmarkedUTF16 is for a document that says UTF-16 and begins neither with a byte order mark nor with a tag: it is taken
// as little-endian, as .NET has it. One that plainly holds ASCII is read as UTF-8: what it says was not updated when a
// proxy converted it.
func unmarkedUTF16(body []byte) reader {
	if text := trimSpace(body); len(text) >= 2 && text[0] == '<' && text[1] != 0 {
		return nil
	}
	return readUTF16(binary.LittleEndian)
}
