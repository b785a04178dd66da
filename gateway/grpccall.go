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
	header  metadata.MD // kept back until it is known whether the call fails
	first   [1]string   // the value of the first field of the header, which is mostly the only one
}

func (c *grpcCall) setHeader(key, value string) {
	if c.header == nil {
		c.first[0] = value
		c.header = metadata.MD{key: c.first[:]}
		return
	}
	c.header.Append(key, value)
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
		switch secure := p.AuthInfo.(type) {
		case credentials.TLSInfo: // declared here, it costs other calls no memory
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
	err := g.handle(ctx, c.begin(m, c))
	switch {
	case err != nil:
		// A channel repeats only a call that was sent nothing but an error (gRFC A6), so that no header may precede it.
		_ = grpc.SetTrailer(ctx, c.header)
		return nil, err
	case c.response == nil:
		return nil, status.Error(codes.Internal, "the call ended without a response")
	}
	_ = grpc.SetHeader(ctx, c.header)
	return c.response, nil
}

// streamCall is one with any number of responses.
type streamCall struct {
	grpcCall
	stream grpc.ServerStream
	begun  bool
}

func (c *streamCall) send(m proto.Message) error {
	if !c.begun {
		c.begun = true
		_ = c.stream.SetHeader(c.header)
	}
	return c.stream.SendMsg(m)
}

// handleStream serves a gRPC call of an rpc that streams its responses.
func (g *Gateway) handleStream(stream grpc.ServerStream, m *method) error {
	c := &streamCall{stream: stream, grpcCall: grpcCall{ctx: stream.Context(), request: incoming{message: m.input.New().Interface()}}}
	if err := stream.RecvMsg(&c.request); err != nil {
		return err
	}
	err := g.handle(c.ctx, c.begin(m, c))
	if err != nil && !c.begun {
		c.stream.SetTrailer(c.header)
	}
	return err
}
