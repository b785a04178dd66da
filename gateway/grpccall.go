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
	sent    metadata.MD     // which is gRPC's, and not to be changed
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

func (c *grpcCall) metadata(key string) []string { return c.sent[key] }

// read reads the request, and notes what gRPC knows about the call.
func (c *grpcCall) read(stream grpc.ServerStream, m *method, caller answerer) error {
	c.ctx, c.request.message = stream.Context(), m.input.New().Interface()
	if err := stream.RecvMsg(&c.request); err != nil {
		return err
	}
	c.sent = sentIn(c.ctx)
	c.rpc, c.Method, c.FullMethod, c.Protocol = m, m.descriptor, m.full, ProtocolGRPC
	c.Request, c.undecodable, c.caller = c.request.message, c.request.err, caller
	if p, ok := peer.FromContext(c.ctx); ok {
		c.Peer = p.Addr
		switch secure := p.AuthInfo.(type) {
		case credentials.TLSInfo: // declared here, it costs other calls no memory
			c.TLS = &secure.State
		}
	}
	return nil
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
func (g *Gateway) handleUnary(stream grpc.ServerStream, m *method) error {
	growStack(-1)
	c := &unaryCall{}
	if err := c.read(stream, m, c); err != nil {
		return err
	}
	err := g.handle(c.ctx, &c.Call)
	switch {
	case err != nil:
		// A channel repeats only a call that was sent nothing but an error (gRFC A6), so that no header may precede it.
		stream.SetTrailer(c.header)
		return err
	case c.response == nil:
		return status.Error(codes.Internal, "the call ended without a response")
	}
	// What is only set is copied. Either goes out together with the response.
	_ = stream.SendHeader(c.header)
	return stream.SendMsg(c.response)
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
	c := &streamCall{stream: stream}
	if err := c.read(stream, m, c); err != nil {
		return err
	}
	err := g.handle(c.ctx, &c.Call)
	if err != nil && !c.begun {
		c.stream.SetTrailer(c.header)
	}
	return err
}
