package http1

import (
	"io"
	"net/http"
	"net/url"
)

// exchange is a request and its response. All of it is made for one request, so that nobody who keeps a part of it can see
// another's.
type exchange struct {
	context  requestContext
	head     head
	url      url.URL
	body     body
	response response
	request  *http.Request

	sweeps int // during which the call was under way; the sweeper's
}

// read makes a request of the bytes that begin with it, and tells how many of them are its own.
func (c *conn) read(read []byte) (*exchange, int, verdict) {
	size, is := measure(read)
	if is != plain {
		return nil, 0, is
	}
	x := &exchange{}
	if !x.head.parse(string(read[:size])) || !x.head.fillURL(&x.url) {
		return nil, 0, odd
	}
	length := max(x.head.length, 0)
	if size+length > len(c.buffer) {
		return nil, 0, odd
	}
	if size+length > len(read) {
		return nil, 0, partial
	}
	x.context.base = c.base
	x.request = (&http.Request{
		Method: x.head.method, URL: &x.url, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: x.head.header,
		Body: http.NoBody, ContentLength: int64(length), Close: x.head.close, Host: x.head.host,
		RemoteAddr: c.remote, RequestURI: x.head.target,
	}).WithContext(&x.context)
	if length > 0 {
		x.body.unread = append(make([]byte, 0, length), read[size:size+length]...)
		x.request.Body = &x.body
	}
	if !c.front.config.Takes(x.request) {
		return nil, 0, odd
	}
	x.response.begin()
	return x, size + length, plain
}

// body is one that has come.
type body struct{ unread []byte }

// Content returns the body of a request of this package, without reading it.
func Content(r *http.Request) (content []byte, own bool) {
	if r.Body == http.NoBody {
		return nil, true
	}
	b, own := r.Body.(*body)
	if !own {
		return nil, false
	}
	return b.unread, true
}

// Read reads the body.
func (b *body) Read(p []byte) (int, error) {
	if len(b.unread) == 0 {
		return 0, io.EOF
	}
	n := copy(p, b.unread)
	b.unread = b.unread[n:]
	return n, nil
}

// Close does nothing.
func (*body) Close() error { return nil }
