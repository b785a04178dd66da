package gateway

import (
	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/tap"
)

// ServeUnary serves a gRPC call of a unary rpc.
func (g *Gateway) ServeUnary(stream grpc.ServerStream, rpc string) error {
	return g.handleUnary(stream, g.methods[rpc])
}

// KeepMetadata is told of each call before ServeUnary is.
var KeepMetadata tap.ServerInHandle = keepMetadata

// Codec reads the requests of ServeUnary.
var Codec encoding.CodecV2 = newCodec()
