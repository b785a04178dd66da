package gateway

import (
	"fmt"
	"sync/atomic"
	"unicode/utf8"

	"google.golang.org/grpc/encoding"
	_ "google.golang.org/grpc/encoding/gzip" // callers may compress their requests
	grpcproto "google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

// incoming is a request as the codec reads it. One that cannot be decoded is kept as an error, so that it is refused by an
// interceptor, with the field's name: gRPC itself would answer INTERNAL before any interceptor has seen the call.
type incoming struct {
	message proto.Message
	err     error
}

// codec reads incoming requests, writes the event that many watchers get once and an empty response with no memory, and
// leaves everything else to gRPC's own codec.
type codec struct {
	encoding.CodecV2
	last *atomic.Pointer[writtenEvent]
}

func newCodec() codec {
	return codec{encoding.GetCodecV2(grpcproto.Name), &atomic.Pointer[writtenEvent]{}}
}

// writtenEvent is an event as it goes over the wire. Neither changes any more.
type writtenEvent struct {
	event *umv1.WatchCallResponse
	data  []byte
}

// Marshal writes a message.
func (c codec) Marshal(v any) (mem.BufferSlice, error) {
	event, isEvent := v.(*umv1.WatchCallResponse)
	if !isEvent {
		if m, ours := v.(proto.Message); ours && proto.Size(m) == 0 {
			return nil, nil // as most calls that change something are answered
		}
		return c.CodecV2.Marshal(v)
	}
	last := c.last.Load()
	if last == nil || last.event != event {
		data, err := proto.Marshal(event)
		if err != nil {
			return nil, err
		}
		last = &writtenEvent{event, data}
		c.last.Store(last)
	}
	return mem.BufferSlice{mem.SliceBuffer(last.data)}, nil
}

// Unmarshal decodes into an incoming request or into a message.
func (c codec) Unmarshal(data mem.BufferSlice, v any) error {
	request, ours := v.(*incoming)
	if !ours {
		return c.CodecV2.Unmarshal(data, v)
	}
	buffer := data.MaterializeToBuffer(mem.DefaultBufferPool())
	defer buffer.Free()
	if err := proto.Unmarshal(buffer.ReadOnlyData(), request.message); err != nil {
		request.err = explainUndecodable(request.message.ProtoReflect().Descriptor(), buffer.ReadOnlyData(), err)
	}
	return nil
}

// explainUndecodable finds the field that made decoding fail. Only top-level fields are named.
func explainUndecodable(message protoreflect.MessageDescriptor, data []byte, cause error) error {
	for len(data) > 0 {
		number, wire, n := protowire.ConsumeTag(data)
		if n < 0 {
			break
		}
		data = data[n:]
		size := protowire.ConsumeFieldValue(number, wire, data)
		field := message.Fields().ByNumber(number)
		if size < 0 {
			if field == nil {
				break
			}
			return invalidField(string(field.Name()), "is cut off in the protobuf message")
		}
		if field != nil && field.Kind() == protoreflect.StringKind && wire == protowire.BytesType {
			if text, n := protowire.ConsumeBytes(data); n >= 0 && !utf8.Valid(text) {
				return invalidField(string(field.Name()), "is not valid UTF-8")
			}
		}
		data = data[size:]
	}
	return fmt.Errorf("%w: %w", errUndecodable, cause)
}
