package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"strconv"
	"sync/atomic"
	"time"
)

// What goes over the wire for Disconnect. The request is the one that the gateway writes.
const (
	servicePath = "/UnifiedMessaging/Service.asmx"
	namespace   = "https://schemas.microsoft.com/exchange/services/2006/messages"
	soapAction  = namespace + "/Disconnect"
	callID      = "MDlkZjllZGMtNGUyMy00NzA5LWJkYWYtN2JlMjBjYjBhZTU2QGRmLWV1bS0wMS5leGNoYW5nZS5jb3JwLm1pY3Jvc29mdC5jb20="
	soapRequest = `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>` +
		`<Disconnect xmlns="` + namespace + `"><CallId>` + callID + `</CallId></Disconnect></soap:Body></soap:Envelope>`
	soapReply = `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" ` +
		`xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"><soap:Body>` +
		`<DisconnectResponse xmlns="` + namespace + `" /></soap:Body></soap:Envelope>`
)

// stub is a backend that costs as little as it can: it answers whatever is posted with the reply of Disconnect, the way an
// ASP.NET server would, and counts.
type stub struct {
	delay time.Duration
	posts atomic.Int64
	reply []byte
}

func newStub(delay time.Duration) *stub {
	return &stub{delay: delay, reply: fmt.Appendf(nil,
		"HTTP/1.1 200 OK\r\nCache-Control: private, max-age=0\r\nContent-Type: text/xml; charset=utf-8\r\nServer: Microsoft-IIS/8.5\r\n"+
			"X-AspNet-Version: 4.0.30319\r\nX-Powered-By: ASP.NET\r\nDate: Tue, 24 Nov 2026 00:00:00 GMT\r\nContent-Length: %d\r\n\r\n%s",
		len(soapReply), soapReply)}
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
		if bytes.HasPrefix(requests.first, []byte("POST ")) {
			s.posts.Add(1)
			time.Sleep(s.delay)
		} else {
			count := strconv.FormatInt(s.posts.Load(), 10)
			reply = fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(count), count)
		}
		if _, err := c.Write(reply); err != nil {
			return
		}
	}
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
