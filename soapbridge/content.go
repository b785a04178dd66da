package soapbridge

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// plainText turns the body of an HTTP reply into UTF-8 without a byte order mark: it undoes gzip, declared or not, and
// the character sets that Exchange, IIS and old proxies are known to use. Nothing is copied if there is nothing to undo.
// The result never exceeds limit bytes.
func plainText(header http.Header, body []byte, limit int) ([]byte, error) {
	body, err := decompress(header.Get("Content-Encoding"), body, limit)
	if err != nil {
		return nil, err
	}
	if rest, found := bytes.CutPrefix(body, []byte("\xEF\xBB\xBF")); found {
		return checkUTF8(rest)
	}
	charset := charsetOf(header, body)
	decoding, err := findCharset(charset, body)
	if err != nil {
		return nil, err
	}
	if decoding == nil {
		return checkUTF8(body)
	}
	return readAll(transform.NewReader(bytes.NewReader(body), decoding.NewDecoder()), limit)
}

func decompress(contentEncoding string, body []byte, limit int) ([]byte, error) {
	gzipped := bytes.HasPrefix(body, []byte("\x1F\x8B"))
	switch strings.ToLower(strings.TrimSpace(contentEncoding)) {
	case "", "identity", "gzip", "x-gzip":
		// Servers and proxies declare gzip without using it, and use it without declaring it: the bytes decide.
		if !gzipped {
			return body, nil
		}
	default:
		return nil, &refusal{cause: CauseEncoding, reason: fmt.Sprintf("the reply's content encoding %.40q cannot be read", contentEncoding)}
	}
	reader, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("gzip: %w", err)
	}
	return readAll(reader, limit)
}

func readAll(r io.Reader, limit int) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("decode the reply: %w", err)
	case len(body) > limit:
		return nil, &refusal{cause: CauseSize, reason: fmt.Sprintf("the reply is larger than %d bytes when decoded", limit)}
	}
	return body, nil
}

func checkUTF8(body []byte) ([]byte, error) {
	if !utf8.Valid(body) {
		return nil, &refusal{cause: CauseCharset, reason: "the reply is not valid utf-8"}
	}
	return body, nil
}

// charsetOf finds the name of the character set: by the byte order mark, then the Content-Type (RFC 7303 section 3), then
// the XML declaration. It is empty if none says anything.
func charsetOf(header http.Header, body []byte) string {
	switch {
	case bytes.HasPrefix(body, []byte("\xFF\xFE")), bytes.HasPrefix(body, []byte("<\x00")):
		return "utf-16le"
	case bytes.HasPrefix(body, []byte("\xFE\xFF")), bytes.HasPrefix(body, []byte("\x00<")):
		return "utf-16be"
	}
	if _, params, err := mime.ParseMediaType(header.Get("Content-Type")); err == nil && params["charset"] != "" {
		return params["charset"]
	}
	return declaredEncoding(body)
}

// declaredEncoding reads encoding="…" from the XML declaration.
func declaredEncoding(body []byte) string {
	body = trimSpace(body)
	if !bytes.HasPrefix(body, []byte("<?xml")) {
		return ""
	}
	end := bytes.Index(body[:min(len(body), 200)], []byte("?>"))
	if end < 0 {
		return ""
	}
	_, rest, found := bytes.Cut(body[:end], []byte("encoding"))
	rest, equals := bytes.CutPrefix(trimSpace(rest), []byte("="))
	rest = trimSpace(rest)
	if !found || !equals || len(rest) == 0 || rest[0] != '"' && rest[0] != '\'' {
		return ""
	}
	name, _, _ := bytes.Cut(rest[1:], rest[:1])
	return string(name)
}

// findCharset returns nil for UTF-8 and what is a part of it. A name that it does not know is refused by name.
func findCharset(name string, body []byte) (encoding.Encoding, error) {
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "", "utf-8", "utf8", "us-ascii", "ascii":
		return nil, nil
	case "utf-16", "utf-16le", "unicode", "utf-16be":
		return utf16(name, body), nil
	case "iso-8859-1", "iso8859-1", "latin1":
		return charmap.ISO8859_1, nil
	case "windows-1252", "cp1252":
		return charmap.Windows1252, nil
	}
	return nil, &refusal{cause: CauseCharset, reason: fmt.Sprintf("the reply's character set %.40q cannot be read", name)}
}

// utf16 picks the byte order: by the mark where there is one, by the name where it says, else little-endian as .NET does.
// Something that is declared UTF-16 but plainly holds ASCII is read as UTF-8: the declaration was not updated when a proxy
// converted the body.
func utf16(name string, body []byte) encoding.Encoding {
	if text := trimSpace(body); len(text) >= 2 && text[0] == '<' && text[1] != 0 {
		return nil
	}
	order := unicode.LittleEndian
	if strings.EqualFold(name, "utf-16be") {
		order = unicode.BigEndian
	}
	return unicode.UTF16(order, unicode.UseBOM)
}
