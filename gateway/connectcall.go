package gateway

import (
	"context"
	"net/http"
	"strings"

	"google.golang.org/protobuf/proto"
)

// connectCall is a call that arrived at the HTTP front by the rpc's full name.
type connectCall struct {
	Call
	front   *front
	sent    http.Header
	respond func(proto.Message) error
}

func (c *connectCall) send(m proto.Message) error   { return c.respond(m) }
func (c *connectCall) setHeader(key, value string)  { c.front.answer.Set(key, value) }
func (c *connectCall) metadata(key string) []string { return headerValues(c.sent, key) }

// newConnectCall makes a call of what the HTTP side and the codec know about it.
func newConnectCall(ctx context.Context, sent http.Header, m *method, request *incoming, respond func(proto.Message) error) *Call {
	front := frontOf(ctx)
	front.reached = true
	c := &connectCall{front: front, sent: sent, respond: respond}
	c.Call = Call{
		rpc: m, Method: m.descriptor, FullMethod: m.full, Protocol: protocolOf(sent), Request: request.message, undecodable: request.err,
		Peer: front.peer, TLS: front.tls, RequestID: front.requestID, caller: c,
	}
	return &c.Call
}

// protocolOf tells the protocols apart by the content type. Connect's GET requests have none.
func protocolOf(sent http.Header) Protocol {
	kind := sent.Get("Content-Type")
	switch {
	case strings.HasPrefix(kind, "application/grpc-web"):
		return ProtocolGRPCWeb
	case strings.HasPrefix(kind, "application/grpc"):
		return ProtocolGRPC
	}
	return ProtocolConnect
}
