package http1

import (
	"net/http"
	"strings"
	"testing"
)

const (
	get  = "GET /v1/a HTTP/1.1\r\nHost: example.com\r\n\r\n"
	post = "POST /v1/a HTTP/1.1\r\nHost: example.com\r\nContent-Length: 5\r\n\r\nhello"
	last = "GET /v1/last HTTP/1.1\r\nHost: example.com\r\n\r\n"
)

// with puts fields into a request.
func with(request string, fields ...string) string {
	return strings.Replace(request, "\r\n\r\n", "\r\n"+strings.Join(fields, "\r\n")+"\r\n\r\n", 1)
}

// line replaces the request line.
func line(l string) string { return strings.Replace(get, "GET /v1/a HTTP/1.1", l, 1) }

// requests are what clients may send, followed by a request that is plain.
var requests = []struct {
	name, sent string
	here       int64 // how many of both the front serves
}{
	{"a GET", get, 2},
	{"a POST", post, 2},
	{"a POST without a body", line("POST /v1/a HTTP/1.1"), 2},
	{"a GET with a body", strings.Replace(post, "POST", "GET", 1), 2},
	{"an empty body", strings.Replace(post, "5\r\n\r\nhello", "0\r\n\r\n", 1), 2},
	{"a body that nobody reads", strings.Replace(post, "/v1/a", "/v1/unread", 1), 2},
	{"three in a row", get + post + get, 4},
	{"keep-alive", with(get, "Connection: keep-alive"), 2},
	{"Keep-Alive", with(get, "connection: Keep-Alive"), 2},
	{"close", with(get, "Connection: close"), 1},
	{"Close", with(post, "CONNECTION: Close"), 1},
	{"close and more", with(get, "Connection: close, x-a", "X-A: b"), 0},
	{"two Connections", with(get, "Connection: keep-alive", "Connection: close"), 0},
	{"many fields", with(get, "accept: */*", "User-Agent: a", "x_y: 1", "X-A:b", "X-A:  c  ", "x-a:", "X-Ünusual: d"), 0},
	{"fields in any case", with(get, "accept: */*", "USER-AGENT: a", "x_y: 1", "X-A:b", "X-A:  c  ", "x-a:"), 2},
	{"more fields than usual", with(get, strings.Split(strings.Repeat("X-A: b\n", 40)+"X-B: c", "\n")...), 0},
	{"twenty fields", with(get, strings.Fields("a:1 b:2 c:3 d:4 e:5 f:6 g:7 h:8 i:9 j:1 k:2 l:3 m:4 n:5 o:6 p:7 q:8 r:9 s:1 t:2")...), 2},
	{"a query", line("GET /v1/a?b=c&d=%20+ HTTP/1.1"), 2},
	{"an empty query", line("GET /v1/a? HTTP/1.1"), 2},
	{"an escaped path", line("GET /v1/a%2Fb%3D%3d%25:c HTTP/1.1"), 2},
	{"a path with dots", line("GET /v1/../a//b/ HTTP/1.1"), 2},
	{"a path with every mark", line("GET /v1/-._~/:=+@&,;!$'()* HTTP/1.1"), 2},
	{"a path that begins with two slashes", line("GET //v1/a HTTP/1.1"), 0},
	{"an escape that is none", line("GET /v1/%zz HTTP/1.1"), 0},
	{"an escape that ends", line("GET /v1/%2 HTTP/1.1"), 0},
	{"a fragment", line("GET /v1/a#b HTTP/1.1"), 0},
	{"a path with other marks", line(`GET /v1/a|"<b> HTTP/1.1`), 0},
	{"a path beyond ASCII", line("GET /v1/ü HTTP/1.1"), 0},
	{"another path", line("GET /other HTTP/1.1"), 0},
	{"an absolute target", line("GET http://example.com/v1/a HTTP/1.1"), 0},
	{"a target for another host", line("GET http://other.example.com/v1/a HTTP/1.1"), 0},
	{"a star", line("OPTIONS * HTTP/1.1"), 0},
	{"HEAD", line("HEAD /v1/nothing HTTP/1.1"), 0},
	{"PUT", line("PUT /v1/a HTTP/1.1"), 0},
	{"CONNECT", line("CONNECT example.com:443 HTTP/1.1"), 0},
	{"lower case", line("get /v1/a HTTP/1.1"), 0},
	{"a method that is none", line("G@T /v1/a HTTP/1.1"), 0},
	{"HTTP/1.0", line("GET /v1/a HTTP/1.0"), 0},
	{"HTTP/1.0 kept alive", with(line("GET /v1/a HTTP/1.0"), "Connection: keep-alive"), 0},
	{"HTTP/1.2", line("GET /v1/a HTTP/1.2"), 0},
	{"HTTP/2", line("PRI * HTTP/2.0"), 0},
	{"no version", line("GET /v1/a"), 0},
	{"two spaces", line("GET  /v1/a HTTP/1.1"), 0},
	{"a space at the end", line("GET /v1/a HTTP/1.1 "), 0},
	{"an empty line first", "\r\n" + get, 0},
	{"an empty line after a POST", post + "\r\n", 2},
	{"two empty lines after a POST", post + "\r\n\r\n", 2},
	{"three empty lines after a POST", post + "\r\n\r\n\r\n", 1},
	{"an empty line after a GET", get + "\r\n", 1},
	{"more than the body", post + "more", 1},
	{"less than the body", strings.Replace(post, ": 5", ": 50000", 1), 0},
	{"two lengths that are one", with(post, "Content-Length: 5"), 0},
	{"two lengths", with(post, "Content-Length: 6"), 0},
	{"a list of lengths", strings.Replace(post, ": 5", ": 5, 5", 1), 0},
	{"a signed length", strings.Replace(post, ": 5", ": +5", 1), 0},
	{"a negative length", strings.Replace(post, ": 5", ": -5", 1), 0},
	{"a length in hex", strings.Replace(post, ": 5", ": 0x5", 1), 0},
	{"a length with a zero before it", strings.Replace(post, ": 5", ": 05", 1), 0},
	{"an empty length", strings.Replace(post, ": 5", ":", 1), 0},
	{"a length that is no number", strings.Replace(post, ": 5", ": a", 1), 0},
	{"a length beyond numbers", strings.Replace(post, ": 5", ": 99999999999999999999999", 1), 0},
	{"chunks", strings.Replace(post, "Content-Length: 5\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 1), 0},
	{"chunks and a length", with(post, "Transfer-Encoding: chunked"), 0},
	{"a length and chunks", with(get, "Transfer-Encoding: chunked", "Content-Length: 5") + "0\r\n\r\n", 0},
	{"an encoding that is hidden", with(post, "Transfer-Encoding : chunked"), 0},
	{"an encoding that is none", with(post, "Transfer-Encoding: identity"), 0},
	{"trailers announced", with(get, "Trailer: X-A"), 0},
	{"trailers wanted", with(get, "TE: trailers"), 0},
	{"continue?", with(post, "Expect: 100-continue"), 0},
	{"another expectation", with(post, "Expect: nothing"), 0},
	{"an upgrade", with(get, "Connection: Upgrade", "Upgrade: websocket"), 0},
	{"an upgrade that nobody is to do", with(get, "Upgrade: websocket"), 0},
	{"an upgrade to HTTP/2", with(get, "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"), 0},
	{"Pragma", with(get, "Pragma: no-cache"), 0},
	{"no host", strings.Replace(get, "Host: example.com\r\n", "", 1), 0},
	{"an empty host", strings.Replace(get, "example.com", "", 1), 0},
	{"two hosts", with(get, "Host: example.com"), 0},
	{"two hosts, the first empty", strings.Replace(with(get, "Host: example.com"), " example.com", "", 1), 0},
	{"a host with a port", strings.Replace(get, "example.com", "[::1]:8080", 1), 2},
	{"a host that is none", strings.Replace(get, "example.com", "a/b", 1), 0},
	{"a host with a space", strings.Replace(get, "example.com", "a b", 1), 0},
	{"a folded field", with(get, "X-A: b\r\n c"), 0},
	{"a folded first field", line("GET /v1/a HTTP/1.1\r\n X-A: b"), 0},
	{"a space before the colon", with(get, "X-A : b"), 0},
	{"a field without a colon", with(get, "X-A"), 0},
	{"a field without a name", with(get, ": b"), 0},
	{"a name that is none", with(get, "X(A): b"), 0},
	{"NUL in a name", with(get, "X\x00A: b"), 0},
	{"NUL in a value", with(get, "X-A: b\x00c"), 0},
	{"NUL in the path", line("GET /v1/a\x00b HTTP/1.1"), 0},
	{"a tab in a value", with(get, "X-A:\tb\tc"), 0},
	{"CR in a value", with(get, "X-A: b\rc"), 0},
	{"LF in place of CRLF", strings.ReplaceAll(get, "\r\n", "\n"), 0},
	{"one LF", strings.Replace(get, "\r\nHost", "\nHost", 1), 0},
	{"CR CR LF", strings.Replace(get, "\r\nHost", "\r\r\nHost", 1), 0},
	{"DEL in a value", with(get, "X-A: \x7f"), 0},
	{"a value beyond ASCII", with(get, "X-A: ü"), 0},
	{"a header of 7 KiB", with(get, "X-A: "+strings.Repeat("b", 7<<10)), 2},
	{"a header of 60 KiB", with(get, "X-A: "+strings.Repeat("b", 60<<10)), 0},
	{"a body of 60 KiB", strings.Replace(post, "5\r\n\r\nhello", "61440\r\n\r\n"+strings.Repeat("b", 60<<10), 1), 0},
	{"TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 0},
	{"an odd one after plain ones", get + post + line("HEAD /v1/nothing HTTP/1.1") + get, 2},
	{"nothing is written", line("GET /v1/nothing HTTP/1.1"), 2},
	{"204", line("GET /v1/nocontent HTTP/1.1"), 2},
	{"a second status", line("GET /v1/twice HTTP/1.1"), 2},
	{"a response that is to be split", line("GET /v1/split HTTP/1.1"), 2},
	{"no content type", line("GET /v1/page HTTP/1.1"), 2},
	{"no content type, and none wanted", line("GET /v1/untyped HTTP/1.1"), 2},
	{"a content type that comes too late", line("GET /v1/late HTTP/1.1"), 2},
	{"no date wanted", line("GET /v1/undated HTTP/1.1"), 2},
	{"304", line("GET /v1/unmodified HTTP/1.1"), 2},
	{"no content type, but an encoding", line("GET /v1/encoded HTTP/1.1"), 2},
	{"a status that has no name", line("GET /v1/unknown HTTP/1.1"), 2},
	{"the handler closes", line("GET /v1/close HTTP/1.1"), 1},
	{"the handler knows the date", line("GET /v1/dated HTTP/1.1"), 2},
	{"a panic", line("GET /v1/panic HTTP/1.1"), 1},
	{"a handler that gives up", get + line("GET /v1/abort HTTP/1.1"), 2},
}

// TestAnswersAreThoseOfNetHTTP sends the same to net/http with a front and without.
func TestAnswersAreThoseOfNetHTTP(t *testing.T) {
	t.Parallel()
	for _, c := range requests {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newPair(t, http.HandlerFunc(mirror))
			alone, behind := p.answers(c.sent + last)
			if alone != behind {
				t.Errorf("the answers are\n%s\nwant\n%s", behind, alone)
			}
			if here := p.here.Load(); here != c.here {
				t.Errorf("the front has served %d requests, want %d", here, c.here)
			}
			if alone, behind = p.answers(c.sent); alone != behind {
				t.Errorf("if nothing follows, the answers are\n%s\nwant\n%s", behind, alone)
			}
		})
	}
}

// TestPiecesOfRequestsAreThoseOfNetHTTP divides requests at every byte.
func TestPiecesOfRequestsAreThoseOfNetHTTP(t *testing.T) {
	t.Parallel()
	p := newPair(t, http.HandlerFunc(mirror))
	for _, whole := range []string{get + last, post + post, with(post, "Expect: 100-continue") + last, post + "\r\n" + last, get + line("HEAD /v1/a HTTP/1.1")} {
		for i := range whole {
			alone, behind := p.answers(whole[:i], whole[i:])
			if alone != behind {
				t.Errorf("%q, %q: the answers are\n%s\nwant\n%s", whole[:i], whole[i:], behind, alone)
			}
			if alone, behind = p.answers(whole[:i]); alone != behind {
				t.Errorf("%q: the answers are\n%s\nwant\n%s", whole[:i], behind, alone)
			}
		}
		before := p.here.Load()
		alone, behind := p.answers(strings.Split(whole, "")...)
		if here := p.here.Load(); here != before {
			t.Errorf("%q byte by byte: the front has served %d requests", whole, here-before)
		}
		if alone != behind {
			t.Errorf("%q byte by byte: the answers are\n%s\nwant\n%s", whole, behind, alone)
		}
	}
	if p.here.Load() == 0 {
		t.Error("the front has served nothing")
	}
}

// FuzzAnswersAreThoseOfNetHTTP sends anything, in two pieces.
func FuzzAnswersAreThoseOfNetHTTP(f *testing.F) {
	for _, c := range requests {
		if len(c.sent) < 1<<10 {
			f.Add([]byte(c.sent+last), uint16(len(c.sent)/2))
		}
	}
	p := newPair(f, http.HandlerFunc(mirror))
	f.Fuzz(func(t *testing.T, sent []byte, at uint16) {
		if len(sent) > 32<<10 {
			return // net/http waits before it refuses headers that are too large
		}
		n := min(int(at), len(sent))
		alone, behind := p.answers(string(sent[:n]), string(sent[n:]))
		if alone != behind {
			t.Errorf("the answers are\n%s\nwant\n%s", behind, alone)
		}
	})
}
