package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// marshaler reads and writes the JSON of REST: ProtoJSON, with fields that hold default values, without unknown fields.
type marshaler struct{}

var errNotMessage = errors.New("not a protobuf message")

// ContentType is the media type of what Marshal writes.
func (marshaler) ContentType(any) string { return "application/json" }

// Marshal writes a message.
func (marshaler) Marshal(v any) ([]byte, error) {
	m, ok := v.(proto.Message)
	if !ok {
		return nil, errNotMessage
	}
	if m.ProtoReflect().Descriptor().Fields().Len() == 0 {
		return []byte("{}"), nil
	}
	return marshalJSON(protojson.MarshalOptions{EmitDefaultValues: true}, m)
}

// Unmarshal reads a message.
func (marshaler) Unmarshal(data []byte, v any) error {
	m, ok := v.(proto.Message)
	if !ok {
		return errNotMessage
	}
	return protojson.Unmarshal(data, m)
}

// NewDecoder reads a request body that checkRequest has prepared.
func (marshaler) NewDecoder(r io.Reader) runtime.Decoder {
	return runtime.DecoderFunc(func(v any) error {
		body, prepared := r.(*requestBody)
		m, ok := v.(proto.Message)
		if !prepared || !ok {
			return errNotMessage
		}
		return body.decode(m)
	})
}

// NewEncoder writes messages one after the other.
func (j marshaler) NewEncoder(w io.Writer) runtime.Encoder {
	return runtime.EncoderFunc(func(v any) error {
		data, err := j.Marshal(v)
		if err != nil {
			return err
		}
		_, err = w.Write(data)
		return err
	})
}

// marshalJSON writes a message without the spaces that protojson puts in at random.
func marshalJSON(options protojson.MarshalOptions, m proto.Message) ([]byte, error) {
	spaced, err := options.Marshal(m)
	if err != nil {
		return nil, err
	}
	var compact bytes.Buffer
	compact.Grow(len(spaced))
	if err := json.Compact(&compact, spaced); err != nil {
		return nil, err
	}
	return compact.Bytes(), nil
}
