package http1

import (
	"bytes"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
)

// verdict is what the reader of plain requests makes of what has come so far.
type verdict int

const (
	plain   verdict = iota
	partial         // more must come
	odd             // the http.Server shall judge
)

// maxFields is how many fields a plain request has at most.
const maxFields = 32

// Kinds of characters.
const (
	inToken  = 1 << iota // RFC 9110 section 5.6.2
	inValue              // printable, or a space
	inTarget             // unreserved, or one that stands for itself in a target
	inPath               // what needs no unescaping in a path, and is not escaped there
	inHost
)

var kinds = func() (table [256]byte) {
	for c := range table {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		digit := '0' <= c && c <= '9'
		alone := string(rune(c))
		for kind, among := range map[byte]string{
			inToken: "!#$%&'*+-.^_`|~", inTarget: "-._~/:%=+@?&,;!$'()*", inPath: "-._~/:", inHost: "-._:[]",
		} {
			if letter || digit || strings.Contains(among, alone) {
				table[c] |= kind
			}
		}
		if ' ' <= c && c <= '~' {
			table[c] |= inValue
		}
	}
	return table
}()

func consistsOf(text string, kind byte) bool {
	for i := range len(text) {
		if kinds[text[i]]&kind == 0 {
			return false
		}
	}
	return true
}

// head is a request without its body, on the way to an http.Request.
type head struct {
	method, target string
	host           string
	close          bool
	length         int // of the body; -1 if it is not said
	header         http.Header
	values         [16]string // memory of the header
	used           int
}

var endOfHead = []byte("\r\n\r\n")

// startsPlain tells whether a plain request may begin like this.
func startsPlain(read []byte) bool {
	return begins(read, "POST /") || begins(read, "GET /")
}

// begins tells whether one of two texts begins with the other.
func begins(read []byte, with string) bool {
	n := min(len(read), len(with))
	return string(read[:n]) == with[:n]
}

// measure looks how long the head is with which the bytes begin.
func measure(read []byte) (int, verdict) {
	if !startsPlain(read) {
		return 0, odd
	}
	at := bytes.Index(read, endOfHead)
	if at < 0 {
		return 0, partial
	}
	return at + len(endOfHead), plain
}

// parse reads a head that ends with an empty line. It tells whether it is plain.
func (h *head) parse(text string) bool {
	line, rest, _ := strings.Cut(text, "\r\n")
	if !h.parseRequestLine(line) {
		return false
	}
	h.header = make(http.Header, 8)
	h.length = -1
	for fields := 0; ; fields++ {
		line, rest, _ = strings.Cut(rest, "\r\n")
		if line == "" {
			return h.host != ""
		}
		if fields == maxFields || !h.parseField(line) {
			return false
		}
	}
}

// parseRequestLine reads the method and the target (RFC 9112 section 3).
func (h *head) parseRequestLine(line string) bool {
	method, rest, _ := strings.Cut(line, " ")
	target, version, _ := strings.Cut(rest, " ")
	h.method, h.target = method, target
	return (method == http.MethodPost || method == http.MethodGet) && version == "HTTP/1.1" &&
		strings.HasPrefix(target, "/") && consistsOf(target, inTarget)
}

// parseField reads a field (RFC 9112 section 5).
func (h *head) parseField(line string) bool {
	name, value, found := strings.Cut(line, ":")
	if !found || name == "" || !consistsOf(name, inToken) || !consistsOf(value, inValue) {
		return false
	}
	value = strings.Trim(value, " ")
	switch name = textproto.CanonicalMIMEHeaderKey(name); name {
	case "Host":
		if h.host != "" || value == "" || !consistsOf(value, inHost) {
			return false
		}
		h.host = value
		return true
	case "Content-Length":
		if h.length >= 0 || !h.parseLength(value) {
			return false
		}
	case "Connection":
		if len(h.header[name]) > 0 {
			return false
		}
		h.close = strings.EqualFold(value, "close")
		if !h.close && !strings.EqualFold(value, "keep-alive") {
			return false
		}
	case "Transfer-Encoding", "Te", "Trailer", "Upgrade", "Expect", "Pragma", "Http2-Settings":
		return false
	}
	h.add(name, value)
	return true
}

// parseLength reads the length of a body that fits into the buffer.
func (h *head) parseLength(digits string) bool {
	if digits == "" || len(digits) > 5 || len(digits) > 1 && digits[0] == '0' {
		return false
	}
	h.length = 0
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return false
		}
		h.length = h.length*10 + int(digits[i]-'0')
	}
	return true
}

func (h *head) add(name, value string) {
	if values := h.header[name]; values != nil || h.used == len(h.values) {
		h.header[name] = append(values, value)
		return
	}
	h.values[h.used] = value
	h.header[name] = h.values[h.used : h.used+1 : h.used+1]
	h.used++
}

// fillURL reads the target. It tells whether that is well formed.
func (h *head) fillURL(u *url.URL) bool {
	if consistsOf(h.target, inPath) {
		u.Path = h.target
		return true
	}
	parsed, err := url.ParseRequestURI(h.target)
	if err != nil {
		return false
	}
	*u = *parsed
	return true
}
