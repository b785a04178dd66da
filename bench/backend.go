package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

// What goes over the wire for Disconnect. The request is the one that the gateway writes.
const (
	servicePath = "/UnifiedMessaging/Service.asmx"
	namespace   = "https://schemas.microsoft.com/exchange/services/2006/messages"
	soapAction  = namespace + "/Disconnect"
	callID      = "MDlkZjllZGMtNGUyMy00NzA5LWJkYWYtN2JlMjBjYjBhZTU2QGRmLWV1bS0wMS5leGNoYW5nZS5jb3JwLm1pY3Jvc29mdC5jb20="
	soapRequest = `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>` +
		`<Disconnect xmlns="` + namespace + `"><CallId>` + callID + `</CallId></Disconnect></soap:Body></soap:Envelope>`
	soapReplyHead = `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" ` +
		`xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"><soap:Body>`
	soapReplyTail = `</soap:Body></soap:Envelope>`
	soapReply     = soapReplyHead + `<DisconnectResponse xmlns="` + namespace + `" />` + soapReplyTail
)

// stub is a backend that costs as little as it can: it answers whatever is posted with the reply of Disconnect, the way an
// ASP.NET server would, and counts.
type stub struct {
	delay time.Duration
	posts atomic.Int64
	reply []byte
	call  atomic.Pointer[stubCall]
}

func newStub(delay time.Duration) *stub {
	s := &stub{delay: delay, reply: httpReply(soapReply)}
	s.call.Store(newStubCall(watchStates[0]))
	return s
}

// httpReply is a reply as an ASP.NET server sends it.
func httpReply(body string) []byte {
	return fmt.Appendf(nil,
		"HTTP/1.1 200 OK\r\nCache-Control: private, max-age=0\r\nContent-Type: text/xml; charset=utf-8\r\nServer: Microsoft-IIS/8.5\r\n"+
			"X-AspNet-Version: 4.0.30319\r\nX-Powered-By: ASP.NET\r\nDate: Tue, 24 Nov 2026 00:00:00 GMT\r\nContent-Length: %d\r\n\r\n%s",
		len(body), body)
}

// serve answers until the listener is closed.
func (s *stub) serve(listener net.Listener) error {
	for {
		c, err := listener.Accept()
		if err != nil {
			return err
		}
		go s.answer(c)
	}
}

func (s *stub) answer(c net.Conn) {
	defer c.Close()
	requests := newMessages(c)
	for requests.next() == nil {
		reply := s.reply
		switch {
		case !bytes.HasPrefix(requests.first, []byte("POST ")):
			count := strconv.FormatInt(s.number(string(requests.first)), 10)
			reply = fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(count), count)
		case bytes.Contains(requests.body, []byte("<GetCallInfo")):
			s.posts.Add(1)
			reply = s.call.Load().tell()
		default:
			s.posts.Add(1)
			time.Sleep(s.delay)
		}
		if _, err := c.Write(reply); err != nil {
			return
		}
	}
}

// Where the backend is asked for other numbers than that of its requests.
const (
	statePath   = "/state/" // followed by a state, which the call then has
	repliedPath = "/replied"
)

// number answers whatever is not a POST.
func (s *stub) number(requestLine string) int64 {
	path := strings.Fields(requestLine + " / ")[1]
	if text, found := strings.CutPrefix(path, statePath); found {
		state, _ := strconv.Atoi(text)
		s.call.Store(newStubCall(umv1.CallState(state)))
	}
	if path == repliedPath {
		return s.call.Load().told.Load()
	}
	return s.posts.Load()
}

// stubCall is the state of the one call that there is.
type stubCall struct {
	reply []byte
	told  atomic.Int64 // when somebody was first told, in nanoseconds since 1970
}

func newStubCall(state umv1.CallState) *stubCall {
	// The names of the schema are those of the service, in another form.
	name := strings.TrimPrefix(state.String(), "CALL_STATE_")
	return &stubCall{reply: httpReply(soapReplyHead + `<GetCallInfoResponse xmlns="` + namespace + `"><GetCallInfoResponse><CallState>` +
		name[:1] + strings.ToLower(name[1:]) + `</CallState><EventCause>None</EventCause></GetCallInfoResponse></GetCallInfoResponse>` + soapReplyTail)}
}

func (c *stubCall) tell() []byte {
	c.told.CompareAndSwap(0, time.Now().UnixNano())
	return c.reply
}

// runBackend is the backend's process. Its argument is the delay. Whatever is not a POST is answered with their number.
func runBackend(ctx context.Context, args []string, _ <-chan []byte) error {
	delay, err := time.ParseDuration(args[0])
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { listener.Close() })
	fmt.Println("SOAP ready at", listener.Addr())
	return until(ctx, newStub(delay).serve(listener))
}

// until forgives an error that came of the end.
func until(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}
