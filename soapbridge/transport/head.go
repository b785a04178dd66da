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

// readHead reads a status line and a header (RFC 9112 sections 4 and 5).
func (r *replyReader) readHead() (head, error) {
	h := head{header: http.Header{}, length: -1}
	line, err := r.readLine(r.limits.MaxHeaderBytes)
	if err != nil {
		return h, r.headError(err, r.end > r.start)
	}
	minor, err := h.parseStatusLine(line)
	if err != nil {
		return h, err
	}
	size := 0
	for lines := 0; ; lines++ {
		if line, err = r.readLine(r.limits.MaxHeaderBytes); err != nil {
			return h, r.headError(err, true)
		}
		if len(line) == 0 {
			return h, h.settle(minor)
		}
		if size += len(line); size > r.limits.MaxHeaderBytes || lines >= maxHeaderLines {
			return h, &limitError{KindHeaderTooLarge, fmt.Sprintf("a reply's header may have %d bytes and %d lines", r.limits.MaxHeaderBytes, maxHeaderLines)}
		}
		if err := h.parseField(line); err != nil {
			return h, err
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

// parseField reads one header line. A line that continues the one before (obs-fold) is refused, as RFC 9112 section 5.2
// allows; so is white space before the colon, which proxies disagree about.
func (h *head) parseField(line []byte) error {
	name, value, found := bytes.Cut(line, []byte(":"))
	if !found || len(name) == 0 {
		return malformed("a header line without a name")
	}
	for _, c := range name {
		if c <= ' ' || c >= 0x7F || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return malformed("a header name with a forbidden character")
		}
	}
	key := http.CanonicalHeaderKey(string(name))
	h.header[key] = append(h.header[key], string(bytes.TrimSpace(value)))
	return nil
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
