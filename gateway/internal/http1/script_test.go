package http1

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// script is a connection to a client that sends pieces, each of which is read by itself, and then no more.
type script struct {
	mu     sync.Mutex
	pieces [][]byte
	sent   bytes.Buffer // by the server
	closed chan struct{}
	once   sync.Once
}

func newScript(pieces ...string) *script {
	s := &script{closed: make(chan struct{})}
	for _, p := range pieces {
		if p != "" {
			s.pieces = append(s.pieces, []byte(p))
		}
	}
	return s
}

func (s *script) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.pieces) == 0 {
		return 0, io.EOF
	}
	n := copy(p, s.pieces[0])
	if s.pieces[0] = s.pieces[0][n:]; len(s.pieces[0]) == 0 {
		s.pieces = s.pieces[1:]
	}
	return n, nil
}

func (s *script) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sent.Write(p)
}

func (s *script) Close() error {
	s.once.Do(func() { close(s.closed) })
	return nil
}

func (*script) LocalAddr() net.Addr              { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 80} }
func (*script) RemoteAddr() net.Addr             { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 2), Port: 5000} }
func (*script) SetDeadline(time.Time) error      { return nil }
func (*script) SetReadDeadline(time.Time) error  { return nil }
func (*script) SetWriteDeadline(time.Time) error { return nil }

// connections is a listener to which a test brings the connections.
type connections struct {
	made   chan net.Conn
	failed chan error
	closed chan struct{}
	once   sync.Once
}

func newConnections() *connections {
	return &connections{made: make(chan net.Conn), failed: make(chan error), closed: make(chan struct{})}
}

func (l *connections) Accept() (net.Conn, error) {
	select {
	case c := <-l.made:
		return c, nil
	case err := <-l.failed:
		return nil, err
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *connections) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (*connections) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 80} }

// never tells that a client has not left.
func never(net.Conn) func() bool { return func() bool { return false } }

// pair are two servers of one handler: net/http, and net/http behind a front.
type pair struct {
	alone, behind *connections
	here          atomic.Int64 // requests that the front has served
}

func newPair(t testing.TB, handler http.Handler) *pair {
	p := &pair{alone: newConnections(), behind: newConnections()}
	front := New(p.behind, Config{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			p.here.Add(1)
			handler.ServeHTTP(w, r)
		}),
		Takes:         func(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/v1/") },
		Context:       func(net.Conn) context.Context { return context.Background() },
		HeaderTimeout: time.Hour, IdleTimeout: time.Hour, ErrorLog: log.New(io.Discard, "", 0),
	})
	front.look = never
	for _, l := range []net.Listener{p.alone, front} {
		server := &http.Server{Handler: handler, Protocols: &http.Protocols{}, ErrorLog: log.New(io.Discard, "", 0)}
		server.Protocols.SetHTTP1(true)
		server.Protocols.SetUnencryptedHTTP2(true)
		ended := make(chan struct{})
		go func() {
			_ = server.Serve(l)
			close(ended)
		}()
		t.Cleanup(func() {
			_ = server.Close()
			<-ended
		})
	}
	return p
}

// answers are what the two servers say to the same pieces.
func (p *pair) answers(pieces ...string) (alone, behind string) {
	said := [2]string{}
	for i, l := range []*connections{p.alone, p.behind} {
		s := newScript(pieces...)
		l.made <- s
		<-s.closed
		s.mu.Lock()
		said[i] = describe(s.sent.Bytes())
		s.mu.Unlock()
	}
	return said[0], said[1]
}

// fixedDate is one that a handler sets.
const fixedDate = "Mon, 02 Jan 2006 15:04:05 GMT"

// describe lists the responses: all but the date, the order of fields and the way in which the length of the body is told.
func describe(sent []byte) string {
	var text strings.Builder
	for source := bufio.NewReader(bytes.NewReader(sent)); ; {
		if _, err := source.Peek(1); err != nil {
			return text.String()
		}
		r, err := http.ReadResponse(source, nil)
		if err != nil {
			text.WriteString("no response\n") // such as the body that is not sent to HEAD
			return text.String()
		}
		body, err := io.ReadAll(r.Body)
		fmt.Fprintf(&text, "%s %s close=%v err=%v\n", r.Proto, r.Status, r.Close, err)
		if dates := r.Header["Date"]; len(dates) != 1 || dates[0] == fixedDate {
			fmt.Fprintf(&text, "dates %q\n", dates)
		}
		r.Header.Del("Date")
		for _, name := range slices.Sorted(maps.Keys(r.Header)) {
			fmt.Fprintf(&text, "%s: %q\n", name, r.Header[name])
		}
		fmt.Fprintf(&text, "%q\n", anyDate.ReplaceAll(body, nil))
	}
}

// anyDate is in what seems to be the body of a response to HEAD, and is that of the next response.
var anyDate = regexp.MustCompile("Date: [^\r\n]* GMT\r\n")

func TestDescriptionsDoNotDependOnTheTime(t *testing.T) {
	t.Parallel()
	const head, next = "HTTP/1.1 200 OK\r\nDate: Mon, 02 Jan 2006 15:04:06 GMT\r\nContent-Length: 80\r\n\r\n", "HTTP/1.1 204 No Content\r\nDate: Mon, 02 Jan 2006 15:04:06 GMT\r\n\r\n"
	now, later := describe([]byte(head+next)), describe([]byte(strings.ReplaceAll(head+next, ":06", ":07")))
	if now != later {
		t.Errorf("it is\n%s\nand a second later\n%s", now, later)
	}
}

// mirror answers with the request as it sees it, or does what the path says.
func mirror(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/v1/nothing":
	case "/v1/nocontent":
		w.Header().Set("Content-Type", "text/plain")
		w.WriteHeader(http.StatusNoContent)
		_, _ = io.WriteString(w, "there is none")
	case "/v1/twice":
		w.WriteHeader(http.StatusTeapot)
		w.Header().Set("X-Late", "yes")
		w.WriteHeader(http.StatusOK)
	case "/v1/split":
		w.Header().Set("X-Split", "a\r\nX-Other: b")
		w.Header()["X-Two Words"] = []string{"c"}
		w.Header()["X-Many"] = []string{"d ", "", " e"}
	case "/v1/page":
		_, _ = io.WriteString(w, "<html>")
	case "/v1/untyped":
		w.Header()["Content-Type"] = nil
		_, _ = io.WriteString(w, "<html>")
	case "/v1/undated":
		w.Header()["Date"] = nil
	case "/v1/late":
		_, _ = io.WriteString(w, "<html>")
		w.Header().Set("Content-Type", "text/plain")
	case "/v1/unmodified":
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Set("Etag", `"a"`)
		w.WriteHeader(http.StatusNotModified)
	case "/v1/encoded":
		w.Header().Set("Content-Encoding", "br")
		_, _ = io.WriteString(w, "<html>")
	case "/v1/unknown":
		w.WriteHeader(599)
		_, _ = io.WriteString(w, "what")
	case "/v1/close":
		w.Header().Set("Connection", "close")
	case "/v1/dated":
		w.Header().Set("Date", fixedDate)
	case "/v1/unread":
		_, _ = io.WriteString(w, "not read")
	case "/v1/panic":
		panic("a defect")
	case "/v1/abort":
		panic(http.ErrAbortHandler)
	default:
		body, err := io.ReadAll(r.Body)
		seen := fmt.Sprintf("%s %q %q %s %q %q %d %v %v %q %v", r.Method, r.RequestURI, r.URL, r.Proto, r.Host, body,
			r.ContentLength, r.Close, r.TransferEncoding, r.RemoteAddr, err)
		for _, name := range slices.Sorted(maps.Keys(r.Header)) {
			seen += fmt.Sprintf("\n%s: %q", name, r.Header[name])
		}
		if len(seen) > 1<<10 { // net/http tells the length of short bodies only
			w.Header().Set("Content-Length", strconv.Itoa(len(seen)))
		}
		_, _ = io.WriteString(w, seen)
	}
}
