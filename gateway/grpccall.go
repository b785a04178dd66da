package gateway

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// grpcCall is a call that arrived over gRPC.
type grpcCall struct {
	Call
	ctx     context.Context // as gRPC made it: with the metadata and the peer
	request incoming
}

func (c *grpcCall) setHeader(key, value string) {
	_ = grpc.SetHeader(c.ctx, metadata.MD{key: {value}})
}

func (c *grpcCall) metadata(key string) []string {
	return metadata.ValueFromIncomingContext(c.ctx, key)
}

// begin notes what gRPC knows about the call, after its request was read.
func (c *grpcCall) begin(m *method, caller answerer) *Call {
	c.Call = Call{
		Method: m.descriptor, FullMethod: m.full, Protocol: ProtocolGRPC,
		Request: c.request.message, undecodable: c.request.err, caller: caller,
	}
	if p, ok := peer.FromContext(c.ctx); ok {
		c.Peer = p.Addr
		if secure, ok := p.AuthInfo.(credentials.TLSInfo); ok {
			c.TLS = &secure.State
		}
	}
	return &c.Call
}

// unaryCall is one with one response.
type unaryCall struct {
	grpcCall
	response proto.Message
}

func (c *unaryCall) send(m proto.Message) error {
	c.response = m
	return nil
}

// handleUnary serves a unary gRPC call.
func (g *Gateway) handleUnary(ctx context.Context, m *method, decode func(any) error) (any, error) {
	c := &unaryCall{grpcCall: grpcCall{ctx: ctx, request: incoming{message: m.input.New().Interface()}}}
	if err := decode(&c.request); err != nil {
		return nil, err
	}
	if err := g.handle(ctx, c.begin(m, c)); err != nil {
		return nil, err
	}
	if c.response == nil {
		return nil, status.Error(codes.Internal, "the call ended without a response")
	}
	return c.response, nil
}

// streamCall is one with any number of responses.
type streamCall struct {
	grpcCall
	stream grpc.ServerStream
}

func (c *streamCall) send(m proto.Message) error { return c.stream.SendMsg(m) }

// handleStream serves a gRPC call of an rpc that streams its responses.
func (g *Gateway) handleStream(stream grpc.ServerStream, m *method) error {
	c := &streamCall{stream: stream, grpcCall: grpcCall{ctx: stream.Context(), request: incoming{message: m.input.New().Interface()}}}
	if err := stream.RecvMsg(&c.request); err != nil {
		return err
	}
	return g.handle(c.ctx, c.begin(m, c))
}
