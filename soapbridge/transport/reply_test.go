package transport

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
)

var readerLimits = Config{MaxReplyBytes: 1000, MaxHeaderBytes: 500}

// readAll reads as many replies as there are.
func readAll(source io.Reader) (replies []*Reply, keepAlive bool, err error) {
	r := replyReader{source: source, limits: readerLimits}
	for {
		reply, err := r.read()
		if err != nil {
			return replies, r.keepAlive, err
		}
		replies = append(replies, reply)
		if !r.keepAlive || r.start == r.end && len(replies) == 2 {
			return replies, r.keepAlive, nil
		}
	}
}

func TestReplyIsReadAsItsFramingSays(t *testing.T) {
	t.Parallel()
	type want struct {
		status    int
		body      string
		keepAlive bool
		truncated bool
	}
	for name, test := range map[string]struct {
		input string
		want  want
	}{
		"length":                       {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", want{200, "hello", true, false}},
		"length 0":                     {"HTTP/1.1 500 Error\r\nContent-Length: 0\r\n\r\n", want{500, "", true, false}},
		"no reason phrase":             {"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", want{200, "", true, false}},
		"line feeds only":              {"HTTP/1.1 200 OK\nContent-Length: 2\n\nhi", want{200, "hi", true, false}},
		"length twice, equal":          {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi", want{200, "hi", true, false}},
		"length as a list, equal":      {"HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nhi", want{200, "hi", true, false}},
		"close":                        {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi", want{200, "hi", false, false}},
		"close among others":           {"HTTP/1.1 200 OK\r\nConnection: Foo, Close\r\nContent-Length: 2\r\n\r\nhi", want{200, "hi", false, false}},
		"HTTP/1.0":                     {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", want{200, "hi", false, false}},
		"HTTP/1.0 with keep-alive":     {"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nhi", want{200, "hi", true, false}},
		"HTTP/1.0 keep-alive, no end":  {"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nhi", want{200, "hi", false, false}},
		"until the end":                {"HTTP/1.1 200 OK\r\n\r\nall of it", want{200, "all of it", false, false}},
		"204":                          {"HTTP/1.1 204 No Content\r\n\r\n", want{204, "", true, false}},
		"304 with a length":            {"HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n", want{304, "", true, false}},
		"chunked":                      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", want{200, "abcde", true, false}},
		"chunks with extensions":       {"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n003 ;a=b;c=\"d\"\r\nabc\r\n0;last\r\n\r\n", want{200, "abc", true, false}},
		"trailer":                      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX: y\r\nZ: w\r\n\r\n", want{200, "a", true, false}},
		"chunked and a length":         {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", want{200, "a", false, false}},
		"chunked from HTTP/1.0":        {"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", want{200, "a", false, false}},
		"identity":                     {"HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\nContent-Length: 1\r\n\r\na", want{200, "a", true, false}},
		"100 before":                   {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na", want{200, "a", true, false}},
		"several before":               {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\nX: y\r\n\r\nHTTP/1.1 103 Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", want{200, "", true, false}},
		"more than was promised":       {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nabc", want{200, "a", false, false}},
		"cut in the body":              {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", want{200, "hel", false, true}},
		"cut before the body":          {"HTTP/1.1 500 Error\r\nContent-Length: 5\r\n\r\n", want{500, "", false, true}},
		"cut in a chunk":               {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", want{200, "hel", false, true}},
		"cut after a chunk":            {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n", want{200, "hel", false, true}},
		"cut before the trailer's end": {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n0\r\n", want{200, "hel", false, true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for how, source := range map[string]io.Reader{
				"at once": strings.NewReader(test.input), "byte by byte": iotest.OneByteReader(strings.NewReader(test.input)),
				"with the end": iotest.DataErrReader(strings.NewReader(test.input)),
			} {
				r := replyReader{source: source, limits: readerLimits}
				reply, err := r.read()
				if err != nil {
					t.Fatalf("%s: %v", how, err)
				}
				w := test.want
				if how == "byte by byte" && name == "more than was promised" {
					w.keepAlive = true // the rest has not arrived yet; an idle connection is looked at before it is used
				}
				if got := (want{reply.Status, string(reply.Body), r.keepAlive, reply.Truncated}); got != w {
					t.Errorf("%s: got %+v, want %+v", how, got, w)
				}
			}
		})
	}
}

func TestReplyThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	const ok = "HTTP/1.1 200 OK\r\n"
	for name, test := range map[string]struct {
		input string
		want  any // an error, or a Kind of limit
	}{
		"nothing":                       {"", errClosed},
		"half a status line":            {"HTTP/1.1 2", errHeaderEndsEarly},
		"half a header":                 {ok + "Content-Le", errHeaderEndsEarly},
		"header without end":            {ok + "X: y\r\n", errHeaderEndsEarly},
		"only 100":                      {"HTTP/1.1 100 Continue\r\n\r\n", errClosed},
		"another protocol":              {"SSH-2.0-OpenSSH_9.2\r\n", errMalformed},
		"HTTP/2":                        {"HTTP/2 200 OK\r\n\r\n", errMalformed},
		"HTTP/0.9":                      {"<html>\r\n", errMalformed},
		"status of two digits":          {"HTTP/1.1 20 OK\r\n\r\n", errMalformed},
		"status of four digits":         {"HTTP/1.1 2000 OK\r\n\r\n", errMalformed},
		"status with a sign":            {"HTTP/1.1 +20 OK\r\n\r\n", errMalformed},
		"status 600":                    {"HTTP/1.1 600 OK\r\n\r\n", errMalformed},
		"switching protocols":           {"HTTP/1.1 101 Switching\r\n\r\n", errMalformed},
		"endless interim replies":       {strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 100), errMalformed},
		"header line without a name":    {ok + ": x\r\n\r\n", errMalformed},
		"header line without a colon":   {ok + "X\r\n\r\n", errMalformed},
		"space before the colon":        {ok + "Content-Length : 1\r\n\r\na", errMalformed},
		"folded line":                   {ok + "X: y\r\n z: w\r\n\r\n", errMalformed},
		"lengths that differ":           {ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", errMalformed},
		"lengths that differ in a list": {ok + "Content-Length: 1, 2\r\n\r\nab", errMalformed},
		"negative length":               {ok + "Content-Length: -1\r\n\r\n", errMalformed},
		"length with a sign":            {ok + "Content-Length: +1\r\n\r\na", errMalformed},
		"hexadecimal length":            {ok + "Content-Length: 0x1\r\n\r\na", errMalformed},
		"huge length":                   {ok + "Content-Length: 99999999999999999999\r\n\r\na", errMalformed},
		"empty length":                  {ok + "Content-Length:\r\n\r\na", errMalformed},
		"another coding":                {ok + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", errMalformed},
		"chunked twice":                 {ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", errMalformed},
		"chunk without a size":          {ok + "Transfer-Encoding: chunked\r\n\r\n\r\nabc", errMalformed},
		"chunk of negative size":        {ok + "Transfer-Encoding: chunked\r\n\r\n-1\r\nabc", errMalformed},
		"chunk with a prefix":           {ok + "Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n", errMalformed},
		"chunk size beyond any":         {ok + "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\nabc", errMalformed},
		"chunk longer than its size":    {ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n", errMalformed},
		"long length":                   {ok + "Content-Length: 1001\r\n\r\n", KindReplyTooLarge},
		"long chunk":                    {ok + "Transfer-Encoding: chunked\r\n\r\n3E9\r\n", KindReplyTooLarge},
		"many chunks":                   {ok + "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat("1\r\na\r\n", 1001), KindReplyTooLarge},
		"long until the end":            {ok + "\r\n" + strings.Repeat("a", 1001), KindReplyTooLarge},
		"long line":                     {ok + "X: " + strings.Repeat("y", 10000), KindHeaderTooLarge},
		"long status line":              {"HTTP/1.1 200 " + strings.Repeat("y", 10000), KindHeaderTooLarge},
		"large header":                  {ok + strings.Repeat("X: "+strings.Repeat("y", 100)+"\r\n", 6) + "\r\n", KindHeaderTooLarge},
		"many lines":                    {ok + strings.Repeat("a:\r\n", 257) + "\r\n", KindHeaderTooLarge},
		"large trailer":                 {ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n" + strings.Repeat("X: "+strings.Repeat("y", 100)+"\r\n", 6), KindHeaderTooLarge},
		"long line in the trailer":      {ok + "Transfer-Encoding: chunked\r\n\r\n0\r\nX: " + strings.Repeat("x", 9000) + "\r\n\r\n", KindHeaderTooLarge},
		"line a little too long":        {ok + "X: " + strings.Repeat("y", 499) + "\r\n\r\n", KindHeaderTooLarge},
		"long chunk extension":          {ok + "Transfer-Encoding: chunked\r\n\r\n1;" + strings.Repeat("x", 9000), KindHeaderTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for how, source := range map[string]io.Reader{"at once": strings.NewReader(test.input), "byte by byte": iotest.OneByteReader(strings.NewReader(test.input))} {
				_, _, err := readAll(source)
				switch want := test.want.(type) {
				case error:
					if !errors.Is(err, want) {
						t.Errorf("%s: %v, want %v", how, err, want)
					}
				case Kind:
					var limit *limitError
					if !errors.As(err, &limit) || limit.kind != want || limit.limit == "" {
						t.Errorf("%s: %v, want a limit of kind %d", how, err, want)
					}
				}
			}
		})
	}
}

func TestRepliesFollowEachOtherOnAConnection(t *testing.T) {
	t.Parallel()
	input := "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\nHTTP/1.1 500 Error\r\nContent-Length: 1\r\n\r\nb"
	r := replyReader{source: iotest.OneByteReader(strings.NewReader(input)), limits: readerLimits}
	for _, want := range []string{"a", "b"} {
		if reply, err := r.read(); err != nil || string(reply.Body) != want || !r.keepAlive {
			t.Fatalf("%+v, %v, want %s", reply, err, want)
		}
	}
}

func TestHeaderFieldsKeepTheirOrderAndLoseTheirCase(t *testing.T) {
	t.Parallel()
	r := replyReader{source: strings.NewReader("HTTP/1.1 401 No\r\nWWW-AUTHENTICATE: NTLM\r\nwww-authenticate: \tBasic realm=\"x\" \r\nContent-Length: 0\r\n\r\n"), limits: readerLimits}
	reply, err := r.read()
	if err != nil {
		t.Fatal(err)
	}
	if got := reply.Header["Www-Authenticate"]; len(got) != 2 || got[0] != "NTLM" || got[1] != `Basic realm="x"` {
		t.Errorf("fields %q", got)
	}
}

// FuzzReadReply checks that reading ends within its limits, does not depend on how the bytes arrive, and that what it accepts
// is what net/http reads.
func FuzzReadReply(f *testing.F) {
	for _, seed := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
		"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nhi",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 500 E\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nX: y\r\n\r\n",
		"HTTP/1.1 401 No\r\nWWW-Authenticate: NTLM TlRM\r\nContent-Length: 2, 2\r\n\r\nab",
		"HTTP/1.1 204 No\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		r := replyReader{source: bytes.NewReader(input), limits: readerLimits}
		reply, err := r.read()
		if cap(r.buffer) > 16<<10 {
			t.Fatalf("a buffer of %d bytes", cap(r.buffer))
		}
		slow := replyReader{source: iotest.OneByteReader(bytes.NewReader(input)), limits: readerLimits}
		again, errAgain := slow.read()
		if (err == nil) != (errAgain == nil) {
			t.Fatalf("at once: %v; byte by byte: %v", err, errAgain)
		}
		if err != nil {
			return
		}
		if len(reply.Body) > readerLimits.MaxReplyBytes {
			t.Fatalf("a body of %d bytes", len(reply.Body))
		}
		if reply.Status != again.Status || !bytes.Equal(reply.Body, again.Body) || reply.Truncated != again.Truncated {
			t.Fatalf("at once: %+v; byte by byte: %+v", reply, again)
		}
		compareWithStandard(t, input, reply)
	})
}

// compareWithStandard reads the input by net/http. Where that refuses it, it was stricter, and nothing is said. A transfer
// coding from a server of HTTP/1.0 it ignores, which RFC 9112 section 6.1 leaves open as long as the connection ends.
func compareWithStandard(t *testing.T, input []byte, reply *Reply) {
	source := bufio.NewReader(bytes.NewReader(input))
	for {
		standard, err := http.ReadResponse(source, &http.Request{Method: http.MethodPost})
		if err != nil {
			return
		}
		if standard.StatusCode < 200 && reply.Status >= 200 {
			continue
		}
		if standard.ProtoMinor == 0 && len(reply.Header["Transfer-Encoding"]) > 0 {
			return
		}
		body, err := io.ReadAll(standard.Body)
		if standard.StatusCode != reply.Status || err == nil && !reply.Truncated && !bytes.Equal(body, reply.Body) {
			t.Fatalf("net/http reads %d %q, %v; read %d %q, truncated %v", standard.StatusCode, body, err, reply.Status, reply.Body, reply.Truncated)
		}
		return
	}
}
