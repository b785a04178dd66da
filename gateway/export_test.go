package gateway

import (
	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
)

// ServeUnary serves a gRPC call of a unary rpc.
func (g *Gateway) ServeUnary(stream grpc.ServerStream, rpc string) error {
	return g.handleUnary(stream, g.methods[rpc])
}

// Codec reads the requests of ServeUnary.
var Codec encoding.CodecV2 = newCodec()
