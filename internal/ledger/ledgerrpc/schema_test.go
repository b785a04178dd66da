package ledgerrpc_test

import (
	"testing"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

// schema is an invented service: Dial and Greet have a request id, Look has none.
const schema = `
name: "test.proto" package: "test" syntax: "proto3"
message_type {
  name: "DialRequest"
  field { name: "number" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
  field { name: "loud" number: 2 type: TYPE_BOOL label: LABEL_OPTIONAL proto3_optional: true oneof_index: 0 }
  field { name: "tries" number: 3 type: TYPE_INT32 label: LABEL_REPEATED }
  field { name: "lease" number: 4 type: TYPE_MESSAGE type_name: ".test.Lease" label: LABEL_OPTIONAL }
  field { name: "token" number: 5 type: TYPE_BYTES label: LABEL_OPTIONAL }
  field { name: "kind" number: 6 type: TYPE_ENUM type_name: ".test.Kind" label: LABEL_OPTIONAL }
  field { name: "names" number: 7 type: TYPE_STRING label: LABEL_REPEATED }
  field { name: "request_id" number: 9 type: TYPE_STRING label: LABEL_OPTIONAL }
  oneof_decl { name: "_loud" }
}
message_type {
  name: "Lease"
  field { name: "seconds" number: 1 type: TYPE_INT64 label: LABEL_OPTIONAL }
  field { name: "request_id" number: 9 type: TYPE_STRING label: LABEL_OPTIONAL }
}
message_type { name: "DialResponse" field { name: "call_id" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL } }
message_type { name: "LookRequest" field { name: "call_id" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL } }
message_type { name: "FloatRequest" field { name: "volume" number: 1 type: TYPE_FLOAT label: LABEL_OPTIONAL } field { name: "request_id" number: 9 type: TYPE_STRING label: LABEL_OPTIONAL } }
message_type { name: "NumberRequest" field { name: "request_id" number: 9 type: TYPE_INT64 label: LABEL_OPTIONAL } }
enum_type { name: "Kind" value { name: "KIND_UNSPECIFIED" number: 0 } value { name: "KIND_LOUD" number: 1 } }
service {
  name: "Phone"
  method { name: "Dial" input_type: ".test.DialRequest" output_type: ".test.DialResponse" }
  method { name: "Greet" input_type: ".test.DialRequest" output_type: ".test.DialResponse" }
  method { name: "Look" input_type: ".test.LookRequest" output_type: ".test.DialResponse" }
}
service {
  name: "Wrong"
  method { name: "Float" input_type: ".test.FloatRequest" output_type: ".test.DialResponse" }
  method { name: "Number" input_type: ".test.NumberRequest" output_type: ".test.DialResponse" }
  method { name: "Stream" input_type: ".test.DialRequest" output_type: ".test.DialResponse" server_streaming: true }
}`

var file = func() protoreflect.FileDescriptor {
	var source descriptorpb.FileDescriptorProto
	if err := prototext.Unmarshal([]byte(schema), &source); err != nil {
		panic(err)
	}
	built, err := protodesc.NewFile(&source, nil)
	if err != nil {
		panic(err)
	}
	return built
}()

func rpc(name protoreflect.Name) protoreflect.MethodDescriptor {
	return file.Services().ByName("Phone").Methods().ByName(name)
}

// message reads a message of the schema from its text form.
func message(t testing.TB, name protoreflect.Name, text string) proto.Message {
	t.Helper()
	m := dynamicpb.NewMessage(file.Messages().ByName(name))
	if err := prototext.Unmarshal([]byte(text), m); err != nil {
		t.Fatal(err)
	}
	return m
}
