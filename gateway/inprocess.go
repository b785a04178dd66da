package gateway

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// inProcess is the connection over which the generated REST code calls the rpcs: a function call into the interceptors. It
// never serialises a message.
type inProcess struct{ gateway *Gateway }

// Invoke carries out a unary rpc.
func (p inProcess) Invoke(ctx context.Context, fullMethod string, in, out any, options ...grpc.CallOption) error {
	m, known := p.gateway.methods[fullMethod]
	request, isRequest := in.(proto.Message)
	response, isResponse := out.(proto.Message)
	if !known || !isRequest || !isResponse {
		return status.Errorf(codes.Unimplemented, "unknown method %s", fullMethod)
	}
	call := newRESTCall(ctx, m, request, func(m proto.Message) error { proto.Merge(response, m); return nil })
	return p.gateway.handle(ctx, &call.Call)
}

// restCall is a call that arrived over REST.
type restCall struct {
	Call
	front    *front
	respond  func(proto.Message) error // nil if the response is only to be kept
	response proto.Message
}

func (c *restCall) send(m proto.Message) error {
	if c.respond != nil {
		return c.respond(m)
	}
	c.response = m
	return nil
}

func (c *restCall) setHeader(key, value string)  { c.front.answer.Set(key, value) }
func (c *restCall) metadata(key string) []string { return headerValues(c.front.sent, key) }

// newRESTCall makes a call of what the HTTP side knows about it.
func newRESTCall(ctx context.Context, m *method, request proto.Message, respond func(proto.Message) error) *restCall {
	front := frontOf(ctx)
	front.reached = true
	c := &restCall{front: front, respond: respond}
	c.Call = Call{
		rpc: m, Method: m.descriptor, FullMethod: m.full, Protocol: ProtocolREST, Request: request,
		Peer: front.peer, TLS: front.tls, RequestID: front.requestID, caller: c,
	}
	return c
}

// NewStream is never called: REST serves WatchCall by a handler of its own.
func (p inProcess) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, status.Error(codes.Unimplemented, "streams are not carried in process")
}

// front is what the HTTP side knows about a request, for the call that it may become.
type front struct {
	requestID string
	peer      net.Addr
	tls       *tls.ConnectionState
	sent      http.Header
	answer    http.Header
	reached   bool   // the request became a call, which has logged itself
	reason    string // why it was refused; empty if it was not
}

// remote is an address of a peer as net/http tells it.
type remote string

// Network names the protocol.
func (remote) Network() string { return "tcp" }

// String is the address.
func (r remote) String() string { return string(r) }

type frontKey struct{}

func frontOf(ctx context.Context) *front {
	if f, ok := ctx.Value(frontKey{}).(*front); ok {
		return f
	}
	return &front{answer: http.Header{}}
}
