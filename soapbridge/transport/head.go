package transport

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// head is a status line and a header, and what they say about the body.
type head struct {
	status    int
	header    http.Header
	keepAlive bool
	chunked   bool
	length    int64 // -1 if there is no Content-Length
	delimited bool  // the end of the body can be told without the connection ending
}

// readHead reads a status line and a header (RFC 9112 sections 4 and 5), unless they are known.
func (r *replyReader) readHead(m *memory) (head, error) {
	if r.start == r.end {
		if err := r.fill(); err != nil {
			return head{}, r.headError(err, false)
		}
	}
	if h, size, found := r.recent.recall(r.buffer[r.start:r.end]); found {
		r.start += size
		return h, nil
	}
	come, fills := r.buffer[r.start:r.end], r.fills
	h, err := r.parseHead(m)
	if err == nil && r.fills == fills {
		r.recent.remember(come[:len(come)-(r.end-r.start)], h)
	}
	return h, err
}

func (r *replyReader) parseHead(m *memory) (head, error) {
	h := head{length: -1}
	line, err := r.readLine(r.limits.MaxHeaderBytes)
	if err != nil {
		return h, r.headError(err, r.end > r.start)
	}
	minor, err := h.parseStatusLine(line)
	if err != nil {
		return h, err
	}
	fields, err := r.readFields()
	if err != nil {
		return h, r.headError(err, true)
	}
	if err := h.parseFields(fields, &r.names, m); err != nil {
		return h, err
	}
	return h, h.settle(minor)
}

// readFields reads up to the empty line at the end of the header. One string holds all of it, so that the fields cost no
// more memory of their own.
func (r *replyReader) readFields() (string, error) {
	searched := 0
	for {
		unused := r.buffer[r.start:r.end]
		end := endOfFields(unused, searched)
		if end >= 0 && end <= r.limits.MaxHeaderBytes {
			r.start += end
			return string(unused[:end]), nil
		}
		if searched = len(unused); end >= 0 || searched > r.limits.MaxHeaderBytes {
			return "", &limitError{KindHeaderTooLarge, fmt.Sprintf("a reply's header may have %d bytes", r.limits.MaxHeaderBytes)}
		}
		if err := r.fill(); err != nil {
			return "", err
		}
	}
}

// endOfFields finds the end of the empty line after the fields; -1 if it has not come yet. It begins shortly before what was
// searched already.
func endOfFields(b []byte, searched int) int {
	for at := max(searched-3, 0); ; at++ {
		i := bytes.IndexByte(b[at:], '\n')
		if i < 0 {
			return -1
		}
		at += i
		line := bytes.TrimSuffix(b[:at], []byte("\r"))
		if len(line) == 0 || line[len(line)-1] == '\n' {
			return at + 1
		}
	}
}

func (r *replyReader) headError(err error, begun bool) error {
	var limit *limitError
	switch {
	case isTimeout(err), errors.As(err, &limit):
		return err
	case begun:
		return fmt.Errorf("%w: %w", errHeaderEndsEarly, err)
	case err == io.EOF:
		return errClosed
	}
	return err
}

func (h *head) parseStatusLine(line []byte) (minor byte, err error) {
	version, rest, _ := bytes.Cut(line, []byte(" "))
	code, _, _ := bytes.Cut(rest, []byte(" "))
	status, err := strconv.Atoi(string(code))
	if err != nil || len(code) != 3 || status < 100 || status > 599 {
		return 0, malformed("no status line")
	}
	h.status = status
	switch string(version) {
	case "HTTP/1.1":
		return 1, nil
	case "HTTP/1.0":
		return 0, nil
	}
	return 0, malformed("no status line of HTTP/1")
}

// parseFields reads the header's lines, the empty one at the end included. A line that continues the one before (obs-fold)
// is refused, as RFC 9112 section 5.2 allows; so is white space before the colon, which proxies disagree about.
func (h *head) parseFields(text string, names *fieldNames, m *memory) error {
	lines := strings.Count(text, "\n")
	if lines > maxHeaderLines {
		return &limitError{KindHeaderTooLarge, fmt.Sprintf("a reply's header may have %d lines", maxHeaderLines)}
	}
	header, values := m.fields(lines)
	h.header = header
	for i := 0; ; i++ {
		line, rest, _ := strings.Cut(text, "\n")
		if line = strings.TrimSuffix(line, "\r"); line == "" {
			return nil
		}
		name, value, found := strings.Cut(line, ":")
		if !found || !isFieldName(name) {
			return malformed("a header line without a proper name")
		}
		key := names.canonical(name)
		if before := h.header[key]; before != nil {
			h.header[key] = append(before, strings.TrimSpace(value))
		} else {
			values[i] = strings.TrimSpace(value)
			h.header[key] = values[i : i+1 : i+1]
		}
		text = rest
	}
}

// fieldNames are the names that a connection has brought, in canonical form: its replies have mostly the same.
type fieldNames struct{ known map[string]string }

// maxFieldNames is how many are kept.
const maxFieldNames = 64

func (n *fieldNames) canonical(name string) string {
	if key, found := n.known[name]; found {
		return key
	}
	key := http.CanonicalHeaderKey(name)
	if len(n.known) < maxFieldNames {
		if n.known == nil {
			n.known = map[string]string{}
		}
		n.known[strings.Clone(name)] = strings.Clone(key) // the name is a part of the whole header
	}
	return key
}

// isTokenByte is what a token consists of (RFC 9110 section 5.6.2).
var isTokenByte = func() (table [256]bool) {
	for c := byte('!'); c < 0x7F; c++ {
		table[c] = strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) < 0
	}
	return table
}()

// isFieldName tells whether a text is a token (RFC 9110 section 5.6.2).
func isFieldName(text string) bool {
	for i := range len(text) {
		if !isTokenByte[text[i]] {
			return false
		}
	}
	return text != ""
}

// settle works out how the body ends and whether the connection outlives it (RFC 9112 sections 6.3 and 9.3).
func (h *head) settle(minor byte) error {
	connection := strings.ToLower(strings.Join(h.header["Connection"], ","))
	h.keepAlive = minor == 1 && !hasToken(connection, "close") || minor == 0 && hasToken(connection, "keep-alive")
	if coding := strings.ToLower(strings.Join(h.header["Transfer-Encoding"], ",")); coding != "" && coding != "identity" {
		if coding != "chunked" {
			return malformed("a transfer coding other than chunked")
		}
		// With a length as well, or from a server of HTTP/1.0, which knows no codings, the coding counts, but the connection
		// cannot be trusted further (section 6.1 and section 6.3, rule 3).
		h.keepAlive = h.keepAlive && minor == 1 && len(h.header["Content-Length"]) == 0
		h.chunked, h.delimited = true, true
		return nil
	}
	for _, values := range h.header["Content-Length"] {
		for value := range strings.SplitSeq(values, ",") {
			length, err := strconv.ParseUint(strings.Trim(value, " \t"), 10, 62)
			if err != nil || h.length >= 0 && h.length != int64(length) {
				return malformed("a Content-Length that is none, or two that differ")
			}
			h.length = int64(length)
		}
	}
	h.delimited = h.length >= 0 || h.status == http.StatusNoContent || h.status == http.StatusNotModified
	return nil
}

func hasToken(list, token string) bool {
	for part := range strings.SplitSeq(list, ",") {
		if strings.TrimSpace(part) == token {
			return true
		}
	}
	return false
}
