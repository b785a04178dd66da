package soapbridge

import (
	"fmt"
	"strings"
	"testing"

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

// Forget drops what was learned of the replies.
func (c Codec) Forget() {
	c.plan.shapes.known.Store(nil)
	c.plan.shapes.other.Store(0)
}

// Unlearn drops what was learned, and has nothing learned from the next reply.
func (c Codec) Unlearn() {
	c.plan.shapes.known.Store(nil)
	c.plan.shapes.other.Store(firstLessons)
}

// Shapes are what is remembered of the replies, the last learned first.
func (c Codec) Shapes() (shapes []string) {
	known := c.plan.shapes.known.Load()
	if known == nil {
		return nil
	}
	for _, s := range *known {
		var text strings.Builder
		text.WriteString(s.start)
		for _, b := range s.blanks {
			text.WriteString(b.after)
		}
		shapes = append(shapes, text.String())
	}
	return shapes
}

// Recognises tells whether a body is read by a shape that is remembered. If not, the message must be as it was.
func (c Codec) Recognises(tb testing.TB, body string) bool {
	tb.Helper()
	out := c.plan.output.New().Interface()
	recognised := c.plan.recognise([]byte(body), out)
	if !recognised && !proto.Equal(out, c.plan.output.New().Interface()) {
		tb.Errorf("%q left %v", body, out)
	}
	return recognised
}

// Learn learns from a body, whether it has a known shape or not.
func (c Codec) Learn(tb testing.TB, body string) {
	tb.Helper()
	d := new(decoder)
	d.begin([]byte(body), c.bridge.limits.Depth, c.bridge.known)
	out := c.plan.output.New()
	if fault, err := d.reply(c.plan, out); fault != nil || err != nil {
		tb.Fatal(fault, err)
	}
	c.plan.learn(d, out.Interface())
}

// Outcome reads a reply and says everything that comes of it.
func (c Codec) Outcome(reply *transport.Reply) string {
	var report Exchange
	out := c.plan.output.New().Interface()
	err := c.bridge.interpret(c.plan, reply, out, &report)
	return fmt.Sprintf("%v, error %+v, report %+v", out, err, report)
}
