package ledgerrpc

import (
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/umgateway/umgateway/internal/ledger"
)

// requestIDField is the field that AIP-155 reserves for the purpose.
const requestIDField = "request_id"

// method is an rpc whose request has a request id.
type method struct {
	descriptor protoreflect.MethodDescriptor
	full       string // as gRPC writes it
	id         protoreflect.FieldDescriptor
	output     protoreflect.MessageType
}

// newMethod returns nil if the rpc's request has no request id.
func newMethod(descriptor protoreflect.MethodDescriptor) (*method, error) {
	id := descriptor.Input().Fields().ByName(requestIDField)
	switch {
	case id == nil:
		return nil, nil
	case id.Kind() != protoreflect.StringKind || id.IsList():
		return nil, fmt.Errorf("%s is not a string", id.FullName())
	case descriptor.IsStreamingClient() || descriptor.IsStreamingServer():
		return nil, fmt.Errorf("%s is a stream: only a unary rpc can be carried out once", descriptor.FullName())
	}
	if err := checkDigestible(descriptor.Input()); err != nil {
		return nil, fmt.Errorf("%s: %w", descriptor.FullName(), err)
	}
	m := &method{descriptor: descriptor, id: id, full: fmt.Sprintf("/%s/%s", descriptor.Parent().FullName(), descriptor.Name())}
	output, err := protoregistry.GlobalTypes.FindMessageByName(descriptor.Output().FullName())
	if err != nil {
		output = dynamicpb.NewMessageType(descriptor.Output())
	}
	m.output = output
	return m, nil
}

func (m *method) requestID(in proto.Message) string { return in.ProtoReflect().Get(m.id).String() }

// digest stands for everything in the request but its id. It does not depend on how a library encodes messages, since
// gateways of two versions must agree on it.
func (m *method) digest(key ledger.Key, in proto.Message) ledger.Digest {
	h := key.NewDigest()
	writeMessage(h, in.ProtoReflect(), m.id)
	return ledger.Digest(h.Sum(nil))
}
