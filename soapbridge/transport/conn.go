package transport

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"
)

// conn is one connection to an endpoint, made for one session. One exchange at a time.
type conn struct {
	endpoint  *endpoint
	session   *session
	raw       net.Conn // TCP
	stream    net.Conn // TCP, or TLS over it
	bindings  []byte   // what NTLM and Kerberos bind to the TLS channel; nil for none
	auth      authenticator
	scheme    Scheme // of auth
	reader    replyReader
	listener  *listener
	watch     *watch
	reusable  bool
	idleSince time.Time
}

func (c *conn) close() {
	c.watch.dog.forget(c.watch)
	c.stream.Close()
}

// alive tells whether an idle connection can still be used: it has not been idle for too long, and the server has neither
// closed it nor sent anything unasked.
func (c *conn) alive(limit time.Duration) bool {
	return time.Since(c.idleSince) < limit && c.silent()
}

// message is what goes over the wire: a request, or a leg of an authentication that carries neither its body nor its action.
type message struct {
	request       *Request
	leg           bool
	authorization string // value of the field; empty for none
	cookie        string // likewise
}

var requestBuffers = sync.Pool{New: func() any { return new([]byte) }}

// send writes a message in one piece and reads the reply. Afterwards reusable tells whether another can follow. The context
// must be watched.
func (c *conn) send(ctx context.Context, m message) (*Reply, error) {
	c.reusable = false
	deadline, own := c.deadline(ctx, m.leg)
	err := c.watch.limit(deadline)
	if err == nil {
		err = ctx.Err() // the deadline that a cancellation set may have been overwritten
	}
	if err != nil {
		return nil, c.fail(ctx, m.op("write"), NothingSent, err, own)
	}
	if !m.leg {
		c.endpoint.count.requests.Add(1)
	}
	buffer := requestBuffers.Get().(*[]byte)
	*buffer = m.append((*buffer)[:0], c.endpoint.head)
	n, err := c.stream.Write(*buffer)
	sent := c.sent(n, len(*buffer))
	clear(*buffer) // it may hold a credential
	requestBuffers.Put(buffer)
	if err != nil {
		return nil, c.fail(ctx, m.op("write"), m.proof(sent), err, own)
	}
	reply, err := c.reader.read()
	if err != nil {
		return nil, c.fail(ctx, m.op("read"), m.proof(FullySent), err, own)
	}
	reply.Endpoint = c.endpoint.url
	// Old servers close after each 500, some without saying so, and what is sent meanwhile is lost.
	c.reusable = c.reader.keepAlive && !reply.Truncated && reply.Status < http.StatusInternalServerError
	return reply, nil
}

// deadline is the context's, or an earlier one of the connection's own: a leg leaves the caller half of the time for the rest.
func (c *conn) deadline(ctx context.Context, leg bool) (deadline time.Time, own bool) {
	deadline, bounded := ctx.Deadline()
	if !leg {
		return deadline, false
	}
	limit := c.endpoint.config.AuthTimeout
	if bounded {
		limit = min(limit, time.Until(deadline)/2)
	}
	return time.Now().Add(limit), true
}

// sent turns the count of bytes that Write accepted into a proof. TLS counts whole records, so that a part of one may have
// left even when it says none; the server cannot read such a part.
func (c *conn) sent(n, size int) Sent {
	switch {
	case n >= size:
		return FullySent
	case n > 0 || c.stream != c.raw:
		return PartlySent
	}
	return NothingSent
}

// fail says why an exchange failed. A deadline that passed is the caller's, unless it was the connection's own.
func (c *conn) fail(ctx context.Context, op string, sent Sent, err error, own bool) error {
	failure := &Error{Op: op, Kind: KindUnavailable, Sent: sent, Endpoint: c.endpoint.url, Err: err}
	var limit *limitError
	switch {
	case ctx.Err() != nil, errors.Is(err, os.ErrDeadlineExceeded) && !own:
		failure.Kind = kindOf(ctx)
	case refusesCertificate(err):
		failure.Kind, failure.Sent = KindTLS, NothingSent
	case errors.As(err, &limit):
		failure.Kind, failure.Limit = limit.kind, limit.limit
	case errors.Is(err, errMalformed):
		failure.Kind = KindMalformedReply
	case errors.Is(err, errHeaderEndsEarly) && op != opAuthenticate: // a leg that broke off is a connection that was lost
		failure.Kind = KindTruncated
	}
	return failure
}

// refusesCertificate tells whether the server ended the TLS session because it does not take the client's certificate. With
// TLS 1.3 that shows only when the reply is read. The server cannot have read the request then.
func refusesCertificate(err error) bool {
	var alert *net.OpError
	if !errors.As(err, &alert) || alert.Op != "remote error" {
		return false
	}
	switch alert.Err.Error() { // the texts of crypto/tls for the alerts of RFC 8446 section 6.2; their type is not exported
	case "tls: bad certificate", "tls: unsupported certificate", "tls: revoked certificate", "tls: expired certificate",
		"tls: unknown certificate", "tls: unknown certificate authority", "tls: access denied", "tls: certificate required":
		return true
	}
	return false
}

// kindOf tells whether a context was cancelled or its deadline passed. A connection may notice the deadline first.
func kindOf(ctx context.Context) Kind {
	if errors.Is(ctx.Err(), context.Canceled) {
		return KindCanceled
	}
	return KindDeadline
}

const opAuthenticate = "authenticate"

// op names what failed.
func (m message) op(step string) string {
	if m.leg {
		return opAuthenticate
	}
	return step
}

// proof is what the message that was sent says about the request.
func (m message) proof(sent Sent) Sent {
	if m.leg {
		return NothingSent
	}
	return sent
}

// append writes the message as RFC 9112 section 3 has it.
func (m message) append(dst []byte, head string) []byte {
	dst = append(dst, head...)
	if m.authorization != "" {
		dst = append(append(append(dst, "Authorization: "...), m.authorization...), "\r\n"...)
	}
	if m.cookie != "" {
		dst = append(append(append(dst, "Cookie: "...), m.cookie...), "\r\n"...)
	}
	if m.leg {
		return append(dst, "Content-Length: 0\r\n\r\n"...)
	}
	contentType := m.request.ContentType
	if contentType == "" {
		contentType = "text/xml; charset=utf-8"
	}
	dst = append(append(dst, "Content-Type: "...), contentType...)
	dst = append(append(dst, "\r\nSOAPAction: \""...), m.request.Action...)
	dst = strconv.AppendInt(append(dst, "\"\r\nContent-Length: "...), int64(len(m.request.Body)), 10)
	return append(append(dst, "\r\n\r\n"...), m.request.Body...)
}
