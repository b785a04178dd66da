package soapbridge

import (
	"fmt"

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
	return c.plan.appendRequest(dst, 0, nil, m)
}

// Decode reads a reply.
func (c Codec) Decode(reply *transport.Reply) (proto.Message, error) {
	var report Exchange
	out := c.plan.output.New().Interface()
	return out, c.bridge.interpret(c.plan, reply, out, &report)
}

// Replies reads replies one after the other with one decoder, and says how it has read the last.
func (c Codec) Replies(bodies ...[]byte) string {
	d := new(decoder)
	var told string
	for _, body := range bodies {
		d.begin(body, c.bridge.limits.Depth, c.bridge.known)
		out := c.plan.output.New()
		fault, err := d.reply(c.plan, out)
		told = fmt.Sprintf("%v, fault %+v, error %v, dropped %d, unknown %v, envelope %v", out.Interface(), fault, err, d.dropped, d.unknown, d.inEnvelope)
	}
	return told
}

// Fills tells whether a request is written by filling in a template.
func (c Codec) Fills(m proto.Message) bool {
	_, filled := c.plan.template.fill(nil, "", m)
	return filled
}
