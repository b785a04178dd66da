package main

import (
	"fmt"
	"os"
	"strings"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
)

// readSchema reads what buf build has written.
func readSchema(path string) (*protoregistry.Files, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	set := &descriptorpb.FileDescriptorSet{}
	if err := proto.Unmarshal(data, set); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return protodesc.NewFiles(set)
}

// message finds a message of the schema; nil if there is none of that name.
func (b *builder) message(name string) protoreflect.MessageDescriptor {
	found, err := b.schema.FindDescriptorByName(protoreflect.FullName(name))
	if err != nil {
		return nil
	}
	m, _ := found.(protoreflect.MessageDescriptor)
	return m
}

// addRules adds the rules of protovalidate to the JSON schema of a request, as far as JSON Schema has them too. A limit of
// bytes becomes one of characters, which no text below the limit exceeds.
func addRules(schema object, m protoreflect.MessageDescriptor) {
	properties, _ := schema["properties"].(object)
	var required []string
	for i := range m.Fields().Len() {
		field := m.Fields().Get(i)
		property, shown := properties[field.JSONName()].(object)
		rules, _ := proto.GetExtension(field.Options(), validate.E_Field).(*validate.FieldRules)
		if !shown || rules == nil {
			continue
		}
		if rules.GetRequired() {
			required = append(required, field.JSONName())
			if field.Kind() == protoreflect.StringKind && !field.HasPresence() {
				property["minLength"] = 1
			}
		}
		if text := rules.GetString(); text != nil {
			if text.HasMaxBytes() {
				property["maxLength"] = text.GetMaxBytes()
			}
			if text.HasPattern() {
				property["pattern"] = text.GetPattern()
			}
			if field.Name() == "request_id" {
				property["pattern"] = requestIDPattern
			}
		}
	}
	if len(required) > 0 {
		schema["required"] = required
	}
	schema["additionalProperties"] = false
}

// addPresence lists the fields that an answer always has: those that are written with their default values too.
func addPresence(schema object, m protoreflect.MessageDescriptor) {
	var required []string
	for i := range m.Fields().Len() {
		if field := m.Fields().Get(i); !field.HasPresence() {
			required = append(required, field.JSONName())
		}
	}
	if len(required) > 0 {
		schema["required"] = required
	}
}

// completeSchemas adds to the schemas of messages what the generator leaves out.
func (b *builder) completeSchemas(schemas object) {
	for name, value := range schemas {
		schema := value.(object)
		m := b.message(name)
		switch {
		case m == nil:
		case strings.HasSuffix(name, "Response"):
			addPresence(schema, m)
		default:
			addRules(schema, m)
		}
	}
	if lease, is := schemas["um.v1.HangUpLease"].(object); is {
		for _, property := range lease["properties"].(object) {
			property.(object)["pattern"] = durationPattern
		}
	}
	addStatus(schemas, b.reasons)
}

// requestIDPattern is the rule request_key of the schema.
const requestIDPattern = `^[!-~]{0,128}$`

// durationPattern is the form of google.protobuf.Duration in JSON.
const durationPattern = `^-?[0-9]+(\.[0-9]{1,9})?s$`
