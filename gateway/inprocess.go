package gateway

import (
	"context"
	"crypto/tls"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
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
	call := p.newCall(ctx, m, request, func(m proto.Message) error { proto.Merge(response, m); return nil })
	return p.gateway.handle(ctx, call)
}

// restCall is a call that arrived over REST.
type restCall struct {
	Call
	front   *front
	sent    metadata.MD
	respond func(proto.Message) error
}

func (c *restCall) send(m proto.Message) error   { return c.respond(m) }
func (c *restCall) setHeader(key, value string)  { c.front.setHeader(key, value) }
func (c *restCall) metadata(key string) []string { return c.sent.Get(key) }

// newCall makes a call of what the HTTP side knows about it.
func (p inProcess) newCall(ctx context.Context, m *method, request proto.Message, respond func(proto.Message) error) *Call {
	front := frontOf(ctx)
	front.reached = true
	c := &restCall{front: front, respond: respond}
	c.sent, _ = metadata.FromOutgoingContext(ctx)
	c.Call = Call{
		Method: m.descriptor, FullMethod: m.full, Protocol: ProtocolREST, Request: request,
		Peer: front.peer, TLS: front.tls, RequestID: front.requestID, caller: c,
	}
	return &c.Call
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
	setHeader func(key, value string)
	reached   bool // the request became a call, which has logged itself
}

type frontKey struct{}

func frontOf(ctx context.Context) *front {
	if f, ok := ctx.Value(frontKey{}).(*front); ok {
		return f
	}
	return &front{setHeader: func(string, string) {}}
}
