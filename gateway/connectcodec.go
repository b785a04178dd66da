package gateway

import (
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// connectProto and connectJSON read requests as the codec of gRPC does: one that cannot be decoded is kept as an error, so
// that it is refused by an interceptor, with the field's name.
type connectProto struct{}

// Name is what content types end with.
func (connectProto) Name() string { return "proto" }

// Marshal writes a response, or a message of the protocol itself.
func (connectProto) Marshal(v any) ([]byte, error) {
	m := messageOf(v)
	if m == nil {
		return nil, errNotMessage
	}
	return proto.Marshal(m)
}

// Unmarshal reads a request.
func (connectProto) Unmarshal(data []byte, v any) error {
	request, ours := v.(*incoming)
	if !ours {
		return errNotMessage
	}
	if err := proto.Unmarshal(data, request.message); err != nil {
		request.err = explainUndecodable(request.message.ProtoReflect().Descriptor(), data, err)
	}
	return nil
}

// connectJSON has the JSON of REST.
type connectJSON struct{ name string }

// Name is what content types end with.
func (c connectJSON) Name() string { return c.name }

// Marshal writes a response.
func (connectJSON) Marshal(v any) ([]byte, error) { return marshaler{}.Marshal(messageOf(v)) }

// Unmarshal reads a request.
func (connectJSON) Unmarshal(data []byte, v any) error {
	request, ours := v.(*incoming)
	if !ours {
		return errNotMessage
	}
	if err := protojson.Unmarshal(data, request.message); err != nil {
		request.err = explainJSON(request.message.ProtoReflect().Descriptor(), data, err)
	}
	return nil
}

// messageOf is what is to be written; nil if it is not a message.
func messageOf(v any) proto.Message {
	if response, ours := v.(*outgoing); ours {
		return response.message
	}
	m, _ := v.(proto.Message)
	return m
}
