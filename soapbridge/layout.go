package soapbridge

import (
	"reflect"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"
)

// messageType prefers the generated type, so that callers get the Go type that they know.
func messageType(message protoreflect.MessageDescriptor) protoreflect.MessageType {
	if mt, err := protoregistry.GlobalTypes.FindMessageByName(message.FullName()); err == nil && mt.Descriptor() == message {
		return mt
	}
	return dynamicpb.NewMessageType(message)
}

// layout is the Go struct that a generated message is. Its fields are read and set where they are, which costs a fraction of
// what the reflection of protobuf does for each. Nil for a message of another kind.
type layout struct {
	pointer reflect.Type // to the struct
	message protoreflect.MessageType
}

func newLayout(message protoreflect.MessageType) *layout {
	pointer := reflect.TypeOf(message.Zero().Interface())
	if pointer.Kind() != reflect.Pointer || pointer.Elem().Kind() != reflect.Struct {
		return nil
	}
	return &layout{pointer, message}
}

// nowhere is the index of a field that is not to be found in the struct.
const nowhere = -1

// index finds the field of the struct that holds a text, a boolean or an enum as a plain Go value. Others are nowhere: those that
// are optional or repeated, which are pointers and slices, and those of a message that hides its fields.
func (l *layout) index(field protoreflect.FieldDescriptor) int {
	if l == nil {
		return nowhere
	}
	for i := range l.pointer.Elem().NumField() {
		if f := l.pointer.Elem().Field(i); f.IsExported() && tagName(f) == field.Name() && l.agrees(field, i) {
			return i
		}
	}
	return nowhere
}

// find notes where the fields of a message are. Those of the messages in it are not looked for.
func (l *layout) find(s *scope) {
	for _, leaf := range s.leaves {
		leaf.index = l.index(leaf.field)
	}
}

// tagName is the name of the field in the schema, as the generator has noted it.
func tagName(f reflect.StructField) protoreflect.Name {
	for part := range strings.SplitSeq(f.Tag.Get("protobuf"), ",") {
		if name, found := strings.CutPrefix(part, "name="); found {
			return protoreflect.Name(name)
		}
	}
	return ""
}

// agrees tells whether what protobuf sets is what stands in the struct, and the other way round.
func (l *layout) agrees(field protoreflect.FieldDescriptor, index int) bool {
	sample, possible := sampleOf(field.Kind())
	m := l.message.New()
	record, _ := l.open(m.Interface())
	if !possible || record.Field(index).Kind() != reflect.TypeOf(sample.Interface()).Kind() {
		return false
	}
	m.Set(field, sample)
	if !load(record, index, field.Kind()).Equal(sample) {
		return false
	}
	m.Clear(field)
	store(record, index, field.Kind(), sample)
	return m.Get(field).Equal(sample)
}

// sampleOf is a value of a kind that load and store know.
func sampleOf(kind protoreflect.Kind) (sample protoreflect.Value, possible bool) {
	switch kind {
	case protoreflect.StringKind:
		return protoreflect.ValueOfString("sample"), true
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(true), true
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(1), true
	}
	return protoreflect.Value{}, false
}

// open returns the struct of a message; false if the message is not of this layout.
func (l *layout) open(m proto.Message) (record reflect.Value, opened bool) {
	pointer := reflect.ValueOf(m)
	if l == nil || pointer.Type() != l.pointer || pointer.IsNil() {
		return reflect.Value{}, false
	}
	return pointer.Elem(), true
}

func load(record reflect.Value, index int, kind protoreflect.Kind) protoreflect.Value {
	v := record.Field(index)
	switch kind {
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(v.String())
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(v.Bool())
	}
	return protoreflect.ValueOfEnum(protoreflect.EnumNumber(v.Int()))
}

func store(record reflect.Value, index int, kind protoreflect.Kind, value protoreflect.Value) {
	v := record.Field(index)
	switch kind {
	case protoreflect.StringKind:
		v.SetString(value.String())
	case protoreflect.BoolKind:
		v.SetBool(value.Bool())
	default:
		v.SetInt(int64(value.Enum()))
	}
}
