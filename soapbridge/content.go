package soapbridge

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"
)

// plainText turns the body of an HTTP reply into UTF-8 without a byte order mark: it undoes gzip, declared or not, takes
// the root part out of a multipart reply, and converts the character sets that Exchange, IIS and old proxies are known to
// use. Nothing is copied if there is nothing to undo. The result is never larger than limit bytes. That it is valid is for
// checkUTF8 to say.
func plainText(header http.Header, body []byte, limit int) ([]byte, error) {
	if isBlank(body) {
		return nil, nil
	}
	body, err := decompress(field(header, "Content-Encoding"), body, limit)
	if err != nil {
		return nil, err
	}
	body, contentType, err := rootPart(field(header, "Content-Type"), body, limit)
	if err != nil {
		return nil, err
	}
	body, err = toUTF8(contentType, body, limit)
	if err != nil {
		return nil, err
	}
	if len(body) > limit {
		return nil, tooLarge(limit)
	}
	return body, nil
}

// field returns the first value of a header field whose name is in canonical form.
func field(header http.Header, name string) string {
	if values := header[name]; len(values) > 0 {
		return values[0]
	}
	return ""
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
	case len(body) > limit:
		return nil, tooLarge(limit)
	case err != nil:
		return nil, fmt.Errorf("decode the reply: %w", err)
	}
	return body, nil
}

func tooLarge(limit int) error {
	return &refusal{cause: CauseSize, reason: fmt.Sprintf("the reply is larger than %d bytes when decoded", limit)}
}

func checkUTF8(body []byte) error {
	if !utf8.Valid(body) {
		return &refusal{cause: CauseCharset, reason: "the reply is not valid utf-8"}
	}
	return nil
}
