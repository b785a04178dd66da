package exchangesim_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/umgateway/umgateway/internal/exchangesim"
)

func (s *simulator) request(path, action, body string) *http.Request {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "text/xml; charset=utf-8")
	request.Header.Set("SOAPAction", action)
	return request
}

// dial opens a connection to write to by hand.
func (s *simulator) dial() net.Conn {
	s.t.Helper()
	connection, err := net.Dial("tcp", s.address())
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { connection.Close() })
	return connection
}

// raw writes a request as bytes.
func raw(path, action, body string) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml; charset=utf-8\r\nSOAPAction: %q\r\n"+
		"Content-Length: %d\r\n\r\n%s", path, action, len(body), body)
}

func TestEveryPathButThatOfEWSIsTheUMService(t *testing.T) {
	t.Parallel()
	s := start(t, exchangesim.Config{})
	for path, ok := range map[string]bool{
		exchangesim.ServicePath: true, "/EWS/UM2007Legacy.asmx": true, "/": true, "/a/b?c=d": true,
		exchangesim.EWSPath: false, "/ews/exchange.asmx": false, "/EWS/EXCHANGE.ASMX": false,
	} {
		got := s.post(path, httpNS+"/IsUMEnabled", um(httpNS, "IsUMEnabled", ""))
		if umws := strings.Contains(got.body, "IsUMEnabledResponse>"); umws != ok {
			t.Errorf("%s: got %s", path, got.body)
		}
	}
}

func TestOtherMethodsAreNotAllowed(t *testing.T) {
	t.Parallel()
	s := start(t, exchangesim.Config{})
	for _, method := range []string{"GET", "HEAD", "PUT", "DELETE", "OPTIONS"} {
		request := s.request("/", httpNS+"/ResetPIN", um(httpNS, "ResetPIN", ""))
		request.Method = method
		if got := s.do(request); got.status != http.StatusMethodNotAllowed || got.header.Get("Allow") != "GET, POST" {
			t.Errorf("%s: got %d, Allow %q", method, got.status, got.header.Get("Allow"))
		}
	}
	if s.Executed("ResetPIN") != 0 || s.Posts() != 0 {
		t.Errorf("executed %d times, %d posts", s.Executed("ResetPIN"), s.Posts())
	}
}

func TestOnlyTextXMLInUTF8IsTaken(t *testing.T) {
	t.Parallel()
	for contentType, want := range map[string]int{
		"text/xml": 200, "text/xml; charset=utf-8": 200, `TEXT/XML;charset="UTF-8"`: 200, "text/xml; charset=utf-8; action=x": 200,
		"": 415, "application/soap+xml; charset=utf-8": 415, "application/xml": 415, "text/plain": 415, "text/xml; charset=utf-16": 415, "text/xml;;": 415,
	} {
		s := start(t, exchangesim.Config{})
		request := s.request("/", httpNS+"/ResetPIN", um(httpNS, "ResetPIN", ""))
		request.Header.Set("Content-Type", contentType)
		got := s.do(request)
		if executed := s.Executed("ResetPIN") == 1; got.status != want || executed != (want == 200) {
			t.Errorf("%q: got %d, executed is %v, want %d", contentType, got.status, executed, want)
		}
	}
}

func TestARequestOfUpTo8MiBIsTaken(t *testing.T) {
	t.Parallel()
	frame := len(um(httpNS, "SetPlayOnPhoneDialString", "<dialString></dialString>"))
	for size, want := range map[int]int{8 << 20: 200, 8<<20 + 1: 413} {
		s := start(t, exchangesim.Config{})
		text := strings.Repeat("1", size-frame)
		got := s.um("SetPlayOnPhoneDialString", "<dialString>"+text+"</dialString>")
		if got.status != want {
			t.Errorf("%d bytes: got %d, want %d", size, got.status, want)
		}
		set := s.Mailbox(exchangesim.DefaultUser).PlayOnPhoneDialString
		if (*set == text) != (want == 200) {
			t.Errorf("%d bytes: %d were set", size, len(*set))
		}
	}
}

func TestAClientThatLeavesBeforeTheLastByteExecutesNothing(t *testing.T) {
	t.Parallel()
	s, err := exchangesim.New(exchangesim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{}, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() { served <- struct{}{} }()
		s.ServeHTTP(w, r)
	}))
	defer server.Close()
	whole := raw("/", httpNS+"/ResetPIN", um(httpNS, "ResetPIN", ""))
	for _, sent := range []string{whole[:len(whole)-1], whole[:strings.Index(whole, "<?xml")]} {
		connection, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(connection, sent); err != nil {
			t.Fatal(err)
		}
		connection.Close()
		<-served
	}
	if s.Executed("ResetPIN") != 0 || s.Mailbox(exchangesim.DefaultUser).PINResets != 0 {
		t.Errorf("executed %d times", s.Executed("ResetPIN"))
	}
	if s.Posts() != 2 || len(s.Exchanges()) != 0 {
		t.Errorf("%d posts and %d exchanges, want 2 and none", s.Posts(), len(s.Exchanges()))
	}
}

func TestAClientThatLeavesAfterTheLastByteDoesNotStopTheOperation(t *testing.T) {
	t.Parallel()
	s, err := exchangesim.New(exchangesim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	arrived, served := make(chan struct{}), make(chan struct{})
	s.Misbehave(exchangesim.Misbehaviour{Wait: func(r *http.Request) {
		close(arrived)
		<-r.Context().Done() // the client has left
	}})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(served)
		s.ServeHTTP(w, r)
	}))
	defer server.Close()
	connection, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(connection, raw("/", httpNS+"/ResetPIN", um(httpNS, "ResetPIN", ""))); err != nil {
		t.Fatal(err)
	}
	<-arrived
	if s.Executed("ResetPIN") != 0 {
		t.Error("executed before the wait was over")
	}
	connection.Close()
	<-served
	if s.Executed("ResetPIN") != 1 {
		t.Errorf("executed %d times, want 1", s.Executed("ResetPIN"))
	}
}

func TestARequestThatDoesNotArriveInTimeIsGivenUp(t *testing.T) {
	t.Parallel()
	s := start(t, exchangesim.Config{IOTimeout: time.Millisecond})
	connection := s.dial()
	whole := raw("/", httpNS+"/ResetPIN", um(httpNS, "ResetPIN", ""))
	if _, err := io.WriteString(connection, whole[:len(whole)-1]); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusRequestTimeout || !response.Close {
		t.Errorf("got %d, close %v, want 408 and close", response.StatusCode, response.Close)
	}
	if s.Executed("ResetPIN") != 0 {
		t.Error("executed")
	}
}

func TestAClientThatDoesNotReadIsGivenUp(t *testing.T) {
	t.Parallel()
	s, err := exchangesim.New(exchangesim.Config{IOTimeout: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	huge := strings.Repeat("1", 64<<20) // more than any socket buffer takes
	s.Misbehave(exchangesim.Misbehaviour{Body: &huge})
	served := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(served)
		s.ServeHTTP(w, r)
	}))
	defer server.Close()
	connection, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	if _, err := io.WriteString(connection, raw("/", httpNS+"/IsUMEnabled", um(httpNS, "IsUMEnabled", ""))); err != nil {
		t.Fatal(err)
	}
	<-served
}

// deadlines records what is done to the deadlines of a connection.
type deadlines struct {
	*httptest.ResponseRecorder
	done []string
}

func (d *deadlines) SetReadDeadline(at time.Time) error  { return d.set("read", at) }
func (d *deadlines) SetWriteDeadline(at time.Time) error { return d.set("write", at) }

func (d *deadlines) set(which string, at time.Time) error {
	if at.IsZero() {
		which = "no " + which
	}
	d.done = append(d.done, which)
	return nil
}

func TestADeadlineCoversOneBodyAndOneReplyAndNotTheOperation(t *testing.T) {
	t.Parallel()
	s, err := exchangesim.New(exchangesim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	w := &deadlines{ResponseRecorder: httptest.NewRecorder()}
	mark := func(name string) func(*http.Request) { return func(*http.Request) { w.done = append(w.done, name) } }
	s.Misbehave(exchangesim.Misbehaviour{Wait: mark("wait"), Midway: mark("midway")})
	request := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(um(httpNS, "ResetPIN", "")))
	request.Header.Set("Content-Type", "text/xml")
	request.Header.Set("SOAPAction", httpNS+"/ResetPIN")
	s.ServeHTTP(w, request)
	if got := strings.Join(w.done, ", "); got != "no write, read, no read, wait, write, no write, midway, write" || w.Code != http.StatusOK {
		t.Errorf("got %s; status %d", got, w.Code)
	}
}

func TestServeEndsWithItsContext(t *testing.T) {
	t.Parallel()
	s, err := exchangesim.New(exchangesim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- exchangesim.Serve(ctx, listener, s) }()
	connection, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	replies := bufio.NewReader(connection)
	if _, err := io.WriteString(connection, raw("/", httpNS+"/IsUMEnabled", um(httpNS, "IsUMEnabled", ""))); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(replies, nil)
	if err != nil || response.StatusCode != http.StatusOK || response.ProtoMinor != 1 {
		t.Fatalf("got %v, error %v", response, err)
	}
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Serve returned %v", err)
	}
	if _, err := replies.ReadByte(); err == nil {
		t.Error("the connection is still open")
	}
	if _, err := listener.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the listener is still open: %v", err)
	}
}

func TestServeReportsAListenerThatFails(t *testing.T) {
	t.Parallel()
	s, err := exchangesim.New(exchangesim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	if err := exchangesim.Serve(t.Context(), listener, s); !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

func TestNewRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]exchangesim.Config{
		"scheme":   {Scheme: "ftp"},
		"language": {Language: "de"},
		"timeline": {Timeline: exchangesim.Timeline{Alerted: -1}},
	} {
		if s, err := exchangesim.New(config); err == nil || !strings.HasPrefix(err.Error(), "exchangesim: the "+name) || s != nil {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
