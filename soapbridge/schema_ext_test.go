package soapbridge_test

import (
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	soapbridgev1 "github.com/umgateway/umgateway/gen/soapbridge/v1"
)

// The functions below write a schema as a .proto file would, for the package "depot".

type (
	fieldSpec   = *descriptorpb.FieldDescriptorProto
	messageSpec = *descriptorpb.DescriptorProto
	enumSpec    = *descriptorpb.EnumDescriptorProto
	methodSpec  = *descriptorpb.MethodDescriptorProto
)

// schema is a file with one service, depot.Depot.
type schema struct {
	proto2   bool
	messages []messageSpec
	enums    []enumSpec
	methods  []methodSpec
}

// service compiles the file.
func (s schema) service(t testing.TB) protoreflect.ServiceDescriptor {
	t.Helper()
	file := &descriptorpb.FileDescriptorProto{
		Name: proto.String("depot.proto"), Package: proto.String("depot"), Syntax: proto.String("proto3"),
		Dependency:  []string{"google/protobuf/any.proto"},
		MessageType: s.messages, EnumType: s.enums,
		Service: []*descriptorpb.ServiceDescriptorProto{{Name: proto.String("Depot"), Method: s.methods}},
	}
	if s.proto2 {
		file.Syntax = nil
	}
	compiled, err := protodesc.NewFile(file, protoregistry.GlobalFiles)
	if err != nil {
		t.Fatal(err)
	}
	return compiled.Services().Get(0)
}

func message(name string, fields ...fieldSpec) messageSpec {
	m := &descriptorpb.DescriptorProto{Name: &name, Field: fields}
	for _, f := range fields {
		if f.GetProto3Optional() {
			f.OneofIndex = proto.Int32(int32(len(m.OneofDecl)))
			m.OneofDecl = append(m.OneofDecl, &descriptorpb.OneofDescriptorProto{Name: proto.String("_" + f.GetName())})
		}
	}
	return m
}

func field(kind descriptorpb.FieldDescriptorProto_Type, name string, number int32, places ...*soapbridgev1.Place) fieldSpec {
	options := &descriptorpb.FieldOptions{}
	if len(places) > 0 {
		proto.SetExtension(options, soapbridgev1.E_Place, places)
	}
	return &descriptorpb.FieldDescriptorProto{
		Name: &name, Number: &number, Type: &kind, Options: options,
		Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(),
	}
}

func text(name string, number int32, places ...*soapbridgev1.Place) fieldSpec {
	return field(descriptorpb.FieldDescriptorProto_TYPE_STRING, name, number, places...)
}

// typed is a field whose type is a message or an enum.
func typed(kind descriptorpb.FieldDescriptorProto_Type, typeName, name string, number int32, places ...*soapbridgev1.Place) fieldSpec {
	f := field(kind, name, number, places...)
	f.TypeName = &typeName
	return f
}

func nested(typeName, name string, number int32, places ...*soapbridgev1.Place) fieldSpec {
	return typed(descriptorpb.FieldDescriptorProto_TYPE_MESSAGE, typeName, name, number, places...)
}

func choice(typeName, name string, number int32, places ...*soapbridgev1.Place) fieldSpec {
	return typed(descriptorpb.FieldDescriptorProto_TYPE_ENUM, typeName, name, number, places...)
}

func repeated(f fieldSpec) fieldSpec {
	f.Label = descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum()
	return f
}

func optional(f fieldSpec) fieldSpec {
	f.Proto3Optional = proto.Bool(true)
	return f
}

func enum(name string, values ...*descriptorpb.EnumValueDescriptorProto) enumSpec {
	return &descriptorpb.EnumDescriptorProto{Name: &name, Value: values}
}

// value is an enum value; without the option if the text is empty.
func value(name string, number int32, text string) *descriptorpb.EnumValueDescriptorProto {
	v := &descriptorpb.EnumValueDescriptorProto{Name: &name, Number: &number, Options: &descriptorpb.EnumValueOptions{}}
	if text != "" {
		proto.SetExtension(v.Options, soapbridgev1.E_Text, text)
	}
	return v
}

func rpc(name, input, output string, operations ...*soapbridgev1.Operation) methodSpec {
	options := &descriptorpb.MethodOptions{}
	if len(operations) > 0 {
		proto.SetExtension(options, soapbridgev1.E_Operation, operations)
	}
	return &descriptorpb.MethodDescriptorProto{Name: &name, InputType: &input, OutputType: &output, Options: options}
}

func reads(m methodSpec) methodSpec {
	m.Options.IdempotencyLevel = descriptorpb.MethodOptions_NO_SIDE_EFFECTS.Enum()
	return m
}

// operation is an operation in the dialect "depot".
func operation(request, response, result string) *soapbridgev1.Operation {
	return &soapbridgev1.Operation{Dialect: "depot", Request: request, Response: response, Result: result}
}

// at is a place in the dialect "depot".
func at(path string) *soapbridgev1.Place { return &soapbridgev1.Place{Dialect: "depot", Path: path} }

// maybeAt is a place in the dialect "depot" where nothing needs to stand.
func maybeAt(path string) *soapbridgev1.Place {
	return &soapbridgev1.Place{Dialect: "depot", Path: path, MayBeAbsent: true}
}

// elsewhere is a place in another dialect.
func elsewhere(path string) *soapbridgev1.Place {
	return &soapbridgev1.Place{Dialect: "other", Path: path}
}
