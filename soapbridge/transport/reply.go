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

const (
	maxInterim     = 8   // replies with a status of 1xx before the real one
	maxHeaderLines = 256 // in a header or a trailer
	maxChunkLine   = 1024
)

var (
	errMalformed       = errors.New("the reply is not http")
	errHeaderEndsEarly = errors.New("the connection ended inside the reply's header")
	errClosed          = errors.New("the server closed the connection without a reply")
	errBodyEndsEarly   = errors.New("the connection ended inside the reply's body")
)

// limitError says that a reply exceeds a limit.
type limitError struct {
	kind  Kind
	limit string
}

func (e *limitError) Error() string { return "the reply exceeds a limit" }

func malformed(what string) error { return fmt.Errorf("%w: %s", errMalformed, what) }

// replyReader reads replies from a connection, one after the other (RFC 9112).
type replyReader struct {
	source    io.Reader
	limits    Config
	buffer    []byte // what was read but not used yet is buffer[start:end]
	start     int
	end       int
	keepAlive bool // after read: another request may follow
	fills     int  // how often more was read
	names     fieldNames
	recent    recent
}

// read reads one reply. A body that ends early is returned as far as it came, marked as truncated.
func (r *replyReader) read() (*Reply, error) {
	r.keepAlive = false
	m := memories.Get().(*memory)
	reply, err := r.readInto(m)
	if err != nil {
		m.free()
		return nil, err
	}
	return reply, nil
}

func (r *replyReader) readInto(m *memory) (*Reply, error) {
	for range maxInterim {
		h, err := r.readHead(m)
		if err != nil {
			return nil, err
		}
		if h.status == http.StatusSwitchingProtocols {
			return nil, malformed("it switches protocols")
		}
		if h.status >= 200 {
			return r.readReply(h, m)
		}
	}
	return nil, malformed("too many interim replies")
}

func (r *replyReader) readReply(h head, m *memory) (*Reply, error) {
	body, err := r.readBody(m.body[:0], h)
	m.body = body
	truncated := errors.Is(err, errBodyEndsEarly)
	if err != nil && !truncated {
		return nil, err
	}
	r.keepAlive = !truncated && h.keepAlive && h.delimited && r.start == r.end
	return &Reply{Status: h.status, Header: h.header, Body: body, Truncated: truncated, memory: m}, nil
}

func (r *replyReader) readBody(dst []byte, h head) ([]byte, error) {
	switch {
	case h.status == http.StatusNoContent || h.status == http.StatusNotModified:
		return dst, nil
	case h.chunked:
		return r.readChunked(dst)
	case h.length >= 0:
		if h.length > int64(r.limits.MaxReplyBytes) {
			return dst, r.tooLarge()
		}
		return r.readExactly(dst, int(h.length))
	}
	return r.readToEnd(dst)
}

func (r *replyReader) tooLarge() error {
	return &limitError{KindReplyTooLarge, fmt.Sprintf("a reply may have %d bytes", r.limits.MaxReplyBytes)}
}

// fill reads more. It grows the buffer as long as what it holds unused is less than limit.
func (r *replyReader) fill() error {
	if r.start > 0 {
		r.end = copy(r.buffer, r.buffer[r.start:r.end])
		r.start = 0
	}
	if r.end == len(r.buffer) {
		r.buffer = append(r.buffer, make([]byte, max(4096, len(r.buffer)))...)
	}
	r.fills++
	n, err := r.source.Read(r.buffer[r.end:])
	r.end += n
	if n > 0 {
		return nil
	}
	if err == nil {
		err = io.ErrNoProgress
	}
	return err
}

func (r *replyReader) readExactly(dst []byte, n int) ([]byte, error) {
	for n > 0 {
		if r.start == r.end {
			if err := r.fill(); err != nil {
				return dst, endsEarly(err)
			}
		}
		part := r.buffer[r.start:min(r.end, r.start+n)]
		dst = append(dst, part...)
		r.start += len(part)
		n -= len(part)
	}
	return dst, nil
}

// endsEarly tells a connection that was lost from a deadline and from a limit.
func endsEarly(err error) error {
	var limit *limitError
	if isTimeout(err) || errors.As(err, &limit) {
		return err
	}
	return fmt.Errorf("%w: %w", errBodyEndsEarly, err)
}

func isTimeout(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.As(err, &timeout) && timeout.Timeout()
}

func (r *replyReader) readToEnd(dst []byte) ([]byte, error) {
	for {
		dst = append(dst, r.buffer[r.start:r.end]...)
		r.start = r.end
		if len(dst) > r.limits.MaxReplyBytes {
			return dst, r.tooLarge()
		}
		if err := r.fill(); err == io.EOF {
			return dst, nil
		} else if err != nil {
			return dst, endsEarly(err)
		}
	}
}

// readChunked reads a chunked body and its trailer (RFC 9112 section 7.1).
func (r *replyReader) readChunked(dst []byte) ([]byte, error) {
	for {
		line, err := r.readLine(maxChunkLine)
		if err != nil {
			return dst, endsEarly(err)
		}
		digits, _, _ := bytes.Cut(line, []byte(";"))
		size, err := strconv.ParseUint(strings.TrimSpace(string(digits)), 16, 31)
		if err != nil {
			return dst, malformed("a chunk without a size")
		}
		if size == 0 {
			return dst, r.readTrailer()
		}
		if len(dst)+int(size) > r.limits.MaxReplyBytes {
			return dst, r.tooLarge()
		}
		if dst, err = r.readExactly(dst, int(size)); err != nil {
			return dst, err
		}
		if line, err = r.readLine(maxChunkLine); err != nil {
			return dst, endsEarly(err)
		} else if len(line) > 0 {
			return dst, malformed("a chunk longer than its size")
		}
	}
}

// readTrailer reads the fields after the last chunk, and drops them.
func (r *replyReader) readTrailer() error {
	for lines, size := 0, 0; lines < maxHeaderLines && size <= r.limits.MaxHeaderBytes; lines++ {
		line, err := r.readLine(r.limits.MaxHeaderBytes)
		if err != nil {
			return endsEarly(err)
		}
		if len(line) == 0 {
			return nil
		}
		size += len(line)
	}
	return &limitError{KindHeaderTooLarge, fmt.Sprintf("a reply's trailer may have %d bytes and %d lines", r.limits.MaxHeaderBytes, maxHeaderLines)}
}

// readLine reads up to a line feed, and drops it and a carriage return before it. The line is valid until the next read.
func (r *replyReader) readLine(limit int) ([]byte, error) {
	searched := 0
	for {
		i := bytes.IndexByte(r.buffer[r.start+searched:r.end], '\n')
		if i >= 0 && searched+i <= limit {
			line := r.buffer[r.start : r.start+searched+i]
			r.start += searched + i + 1
			return bytes.TrimSuffix(line, []byte("\r")), nil
		}
		searched = r.end - r.start
		if i >= 0 || searched > limit {
			return nil, &limitError{KindHeaderTooLarge, fmt.Sprintf("a line of the reply may have %d bytes", limit)}
		}
		if err := r.fill(); err != nil {
			return nil, err
		}
	}
}
