package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"strconv"
	"sync"
	"time"
)

// conn is one connection to an endpoint. One exchange at a time.
type conn struct {
	endpoint  *endpoint
	raw       net.Conn // TCP
	stream    net.Conn // TCP, or TLS over it
	reader    replyReader
	reusable  bool
	idleSince time.Time
}

// connect makes a connection, TLS included, within the context and the connect timeout.
func (e *endpoint) connect(ctx context.Context) (*conn, error) {
	limited, cancel := context.WithTimeout(ctx, e.config.ConnectTimeout)
	defer cancel()
	raw, err := new(net.Dialer).DialContext(limited, "tcp", e.address)
	if err != nil {
		return nil, e.failToConnect(ctx, "connect", KindUnavailable, err)
	}
	c := &conn{endpoint: e, raw: raw, stream: raw, reusable: true}
	if e.tls != nil {
		secure := tls.Client(raw, e.tls)
		if err := secure.HandshakeContext(limited); err != nil {
			raw.Close()
			return nil, e.failToConnect(ctx, "tls", KindTLS, err)
		}
		c.stream = secure
	}
	c.reader = replyReader{source: c.stream, limits: e.config}
	return c, nil
}

// failToConnect blames the caller's context only if that has ended, and the endpoint for everything else.
func (e *endpoint) failToConnect(ctx context.Context, op string, kind Kind, err error) error {
	if ctx.Err() != nil {
		kind = kindOf(ctx, err)
	} else if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		kind, err = KindUnavailable, errors.New("no answer within the connect timeout")
	}
	return &Error{Op: op, Kind: kind, Endpoint: e.url, Err: err}
}

func (c *conn) close() { c.stream.Close() }

// alive tells whether an idle connection can still be used: it has not been idle for too long, and the server has neither
// closed it nor sent anything unasked.
func (c *conn) alive(limit time.Duration) bool {
	return time.Since(c.idleSince) < limit && quiet(c.raw)
}

var requestBuffers = sync.Pool{New: func() any { return new([]byte) }}

// exchange writes the request in one piece and reads the reply. Afterwards reusable tells whether another can follow.
func (c *conn) exchange(ctx context.Context, request *Request) (*Reply, error) {
	if err := runBeforeSend(ctx, request); err != nil {
		return nil, &Error{Op: "write", Kind: KindStopped, Endpoint: c.endpoint.url, Err: err}
	}
	c.reusable = false
	finish, err := c.bind(ctx)
	if err != nil {
		return nil, c.fail(ctx, "write", NothingSent, err)
	}
	buffer := requestBuffers.Get().(*[]byte)
	*buffer = appendRequest((*buffer)[:0], c.endpoint.head, request)
	n, err := c.stream.Write(*buffer)
	sent := c.sent(n, len(*buffer))
	requestBuffers.Put(buffer)
	if err != nil {
		finish()
		return nil, c.fail(ctx, "write", sent, err)
	}
	reply, err := c.reader.read()
	undisturbed := finish()
	if err != nil {
		return nil, c.fail(ctx, "read", FullySent, err)
	}
	reply.Endpoint = c.endpoint.url
	c.reusable = undisturbed && c.reader.keepAlive && !reply.Truncated
	return reply, nil
}

// bind makes reading and writing end with the context. The function that it returns undoes that, and tells whether the
// context had left the connection alone.
func (c *conn) bind(ctx context.Context) (finish func() bool, err error) {
	deadline, _ := ctx.Deadline()
	if err := c.stream.SetDeadline(deadline); err != nil {
		return nil, err
	}
	if ctx.Done() == nil {
		return func() bool { return true }, nil
	}
	return context.AfterFunc(ctx, func() { c.stream.SetDeadline(time.Unix(1, 0)) }), nil
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

func (c *conn) fail(ctx context.Context, op string, sent Sent, err error) error {
	failure := &Error{Op: op, Kind: KindUnavailable, Sent: sent, Endpoint: c.endpoint.url, Err: err}
	var limit *limitError
	switch {
	case ctx.Err() != nil, errors.Is(err, os.ErrDeadlineExceeded):
		failure.Kind = kindOf(ctx, err)
	case errors.As(err, &limit):
		failure.Kind, failure.Limit = limit.kind, limit.limit
	case errors.Is(err, errMalformed):
		failure.Kind = KindMalformedReply
	case errors.Is(err, errHeaderEndsEarly):
		failure.Kind = KindTruncated
	}
	return failure
}

func kindOf(ctx context.Context, err error) Kind {
	if errors.Is(ctx.Err(), context.Canceled) && !errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(context.Cause(ctx), context.Canceled) {
		return KindCanceled
	}
	return KindDeadline
}

// appendRequest writes the request as RFC 9112 section 3 has it.
func appendRequest(dst []byte, head string, request *Request) []byte {
	contentType := request.ContentType
	if contentType == "" {
		contentType = "text/xml; charset=utf-8"
	}
	dst = append(dst, head...)
	dst = append(append(dst, "Content-Type: "...), contentType...)
	dst = append(append(dst, "\r\nSOAPAction: \""...), request.Action...)
	dst = strconv.AppendInt(append(dst, "\"\r\nContent-Length: "...), int64(len(request.Body)), 10)
	return append(append(dst, "\r\n\r\n"...), request.Body...)
}

func runBeforeSend(ctx context.Context, request *Request) error {
	call := request.BeforeSend
	if call == nil {
		call = beforeSendFromContext(ctx)
	}
	if call == nil {
		return nil
	}
	return call(ctx)
}
