package soapbridge

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/umgateway/umgateway/soapbridge/transport"
)

// Codec is what a bridge reads and writes for one method, for benchmarks.
type Codec struct {
	bridge *Bridge
	plan   *plan
}

// Codec returns that of a method.
func (b *Bridge) Codec(method protoreflect.MethodDescriptor) Codec {
	return Codec{b, b.plans[method.FullName()]}
}

// Encode appends the request.
func (c Codec) Encode(dst []byte, m proto.Message) ([]byte, error) {
	return c.plan.appendRequest(dst, 0, nil, m.ProtoReflect())
}

// Decode reads a reply.
func (c Codec) Decode(reply *transport.Reply) (proto.Message, error) {
	var report Exchange
	out := c.plan.output.New().Interface()
	return out, c.bridge.interpret(c.plan, reply, out, &report)
}
