package transport

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
)

// next has a reader read another reply, from the input.
func next(r *replyReader, input string, slow bool) (*Reply, error) {
	r.source, r.start, r.end = strings.NewReader(input), 0, 0
	if slow {
		r.source = iotest.OneByteReader(r.source)
	}
	return r.read()
}

func TestHeadThatIsKnownIsNotReadAgain(t *testing.T) {
	t.Parallel()
	const known = "HTTP/1.1 200 OK\r\nX: a\r\nContent-Length: 1\r\n\r\n"
	r := replyReader{limits: readerLimits}
	for i, want := range []bool{false, false, true, true} {
		_, _, found := r.recent.recall([]byte(known))
		if found != want {
			t.Errorf("reply %d: known %v", i, found)
		}
		reply, err := next(&r, known+fmt.Sprint(i), false)
		if err != nil || string(reply.Body) != fmt.Sprint(i) || len(reply.Header) != 2 || reply.Header["X"][0] != "a" || !r.keepAlive {
			t.Errorf("reply %d: %+v, %v", i, reply, err)
		}
		reply.Release()
	}
	if _, err := next(&r, strings.Replace(known, "a", strings.Repeat("y", 300), 1)+"z", false); err != nil {
		t.Error(err)
	}
	if _, _, found := r.recent.recall([]byte(known)); found {
		t.Error("an older head is known")
	}
}

func TestHeadThatComesInPiecesIsNotRemembered(t *testing.T) {
	t.Parallel()
	r := replyReader{limits: readerLimits} // reading more moves what has come already
	for range 3 {
		if _, err := next(&r, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na", true); err != nil || len(r.recent.text) > 0 {
			t.Errorf("remembers %q, error %v", r.recent.text, err)
		}
	}
}

func TestHeadThatDiffersInAnythingIsRead(t *testing.T) {
	t.Parallel()
	const known = "HTTP/1.1 200 OK\r\nX: a\r\nContent-Length: 3\r\n\r\n"
	for _, input := range []string{
		"HTTP/1.1 200 OK\r\nX: b\r\nContent-Length: 3\r\n\r\n", "HTTP/1.1 200 OK\r\nX: a\r\nContent-Length: 2\r\n\r\n",
		"HTTP/1.0 200 OK\r\nX: a\r\nContent-Length: 3\r\n\r\n", "HTTP/1.1 500 OK\r\nX: a\r\nContent-Length: 3\r\n\r\n",
		"HTTP/1.1 200 OK\r\nX: a\r\nContent-Length: 3\r\nConnection: close\r\n\r\n",
		"HTTP/1.1 200 OK\r\nX: a\r\nContent-Length: 3\r\nX: b\r\n\r\n",
		"HTTP/1.1 200 OK\nX: a\nContent-Length: 3\n\n",
		"HTTP/1.1 100 Continue\r\n\r\n" + known, known + known,
	} {
		for _, slow := range []bool{false, true} {
			compareAfter(t, known+"abc", input+"abc", slow)
		}
	}
}

// TestHeadsAreReadTheSameWhateverCameBefore reads heads in any order on one connection, as fast and as slowly as they come.
func TestHeadsAreReadTheSameWhateverCameBefore(t *testing.T) {
	t.Parallel()
	r := replyReader{limits: readerLimits}
	for i := range 2000 {
		length, name, slow := i*i/7%3+1, string(rune('a'+i*i/11%2)), i*i/13%3 == 0
		reply, err := next(&r, fmt.Sprintf("HTTP/1.1 200 OK\r\n%s: x\r\nContent-Length: %d\r\n\r\n%s", name, length, strings.Repeat("b", length)), slow)
		if err != nil || len(reply.Body) != length || reply.Header[strings.ToUpper(name)] == nil || len(reply.Header) != 2 || !r.keepAlive {
			t.Fatalf("reply %d with %s and %d: %+v, %v", i, name, length, reply, err)
		}
		reply.Release()
	}
}

// compareAfter reads the second reply on a connection that knows the head of the first, and on one that knows nothing.
func compareAfter(t *testing.T, first, second string, slow bool) {
	t.Helper()
	old, fresh := replyReader{limits: readerLimits}, replyReader{limits: readerLimits}
	for range 3 {
		if reply, err := next(&old, first, false); err == nil {
			reply.Release()
		}
	}
	got, err := next(&old, second, slow)
	want, wantErr := next(&fresh, second, slow)
	if fmt.Sprint(err) != fmt.Sprint(wantErr) || old.keepAlive != fresh.keepAlive {
		t.Fatalf("%q after %q: error %v, want %v; kept alive %v, want %v", second, first, err, wantErr, old.keepAlive, fresh.keepAlive)
	}
	if err != nil {
		return
	}
	if got.Status != want.Status || got.Truncated != want.Truncated || !bytes.Equal(got.Body, want.Body) || !reflect.DeepEqual(got.Header, want.Header) {
		t.Fatalf("%q after %q: %+v, want %+v", second, first, got, want)
	}
}

func TestHeaderThatRepliesShareOutlivesThem(t *testing.T) {
	t.Parallel()
	input := func(value string) string { return "HTTP/1.1 200 OK\r\nX: " + value + "\r\nContent-Length: 0\r\n\r\n" }
	r := replyReader{limits: readerLimits}
	var kept []*Reply
	for i := range 12 {
		reply, err := next(&r, input(fmt.Sprint(i/4)), false)
		if err != nil {
			t.Fatal(err)
		}
		if i%4 == 3 {
			kept = append(kept, reply)
			continue
		}
		reply.Release()
	}
	for i, reply := range kept {
		if got := reply.Header["X"]; len(got) != 1 || got[0] != fmt.Sprint(i) {
			t.Errorf("the header of reply %d became %q", i, got)
		}
	}
}

func TestHugeHeadIsNotRemembered(t *testing.T) {
	t.Parallel()
	r := replyReader{limits: Config{MaxReplyBytes: 1000, MaxHeaderBytes: 1 << 20}}
	input := "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("y", maxRecent) + "\r\nContent-Length: 0\r\n\r\n"
	for range 3 {
		if _, err := next(&r, input, false); err != nil {
			t.Fatal(err)
		}
	}
	if cap(r.recent.text) > 2*maxRecent || r.recent.kept {
		t.Errorf("%d bytes are remembered", cap(r.recent.text))
	}
}

// FuzzReadReplyAfterAnother checks that what a connection has brought before changes nothing about how a reply is read.
func FuzzReadReplyAfterAnother(f *testing.F) {
	for _, seed := range [][2]string{
		{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nworld"},
		{"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n\r\n"},
		{"HTTP/1.1 500 E\nTransfer-Encoding: chunked\n\n0\r\n\r\n", "HTTP/1.1 500 E\nTransfer-Encoding: chunked\n\n3;x=y\r\nabc\r\n0\r\nX: y\r\n\r\n"},
		{"HTTP/1.1 401 No\r\nWWW-Authenticate: NTLM TlRM\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 401 No\r\n\r\n"},
	} {
		f.Add(seed[0], seed[1], false)
	}
	f.Fuzz(func(t *testing.T, first, second string, slow bool) {
		compareAfter(t, first, second, slow)
		compareAfter(t, first, first, slow)
		if _, body, found := bytes.Cut([]byte(first), []byte("\n\r\n")); found { // the same head, and what comes then
			compareAfter(t, first, strings.TrimSuffix(first, string(body))+second, slow)
		}
	})
}
