package gateway

import (
	"math/rand/v2"
	"strings"
	"testing"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

// samples are texts at and around the borders of the rules.
func samples(random *rand.Rand) string {
	runes := []rune("aZ9 ~\t\n\r\u007f\u0080éß日\u2028\ud7ff\ue000\ufffd\U00010000\U0010ffff")
	if random.IntN(4) == 0 {
		runes = []rune("a\x00\x01\x08\x0b\x0c\x0e\x1f\ufffe\uffff\ufffd")
	}
	sizes := []int{0, 0, 1, 2, 3, 20, 340, 1023, 1024, 1025, 4095, 4096, 4097}
	var text strings.Builder
	for size := sizes[random.IntN(len(sizes))]; text.Len() < size; {
		if random.IntN(200) == 0 {
			text.WriteRune(runes[random.IntN(len(runes))])
		} else {
			text.WriteByte('b')
		}
	}
	if random.IntN(10) == 0 {
		text.WriteString("\xff\xc0\x80\xed\xa0\x80"[:1+random.IntN(6)])
	}
	return text.String()
}

// fill sets the fields of a message at random.
func fill(random *rand.Rand, m protoreflect.Message) {
	for i := range m.Descriptor().Fields().Len() {
		field := m.Descriptor().Fields().Get(i)
		if random.IntN(3) == 0 {
			continue
		}
		switch {
		case field.IsList():
			m.Mutable(field).List().Append(protoreflect.ValueOfString(samples(random)))
		case field.Kind() == protoreflect.StringKind:
			m.Set(field, protoreflect.ValueOfString(samples(random)))
		case field.Kind() == protoreflect.BoolKind:
			m.Set(field, protoreflect.ValueOfBool(random.IntN(2) == 0))
		case field.Kind() == protoreflect.EnumKind:
			m.Set(field, protoreflect.ValueOfEnum(protoreflect.EnumNumber(random.IntN(5))))
		case field.Kind() == protoreflect.Int64Kind:
			m.Set(field, protoreflect.ValueOfInt64(random.Int64N(3)-1))
		case field.Message() != nil && random.IntN(3) == 0:
			fill(random, m.Mutable(field).Message())
		}
	}
}

// compare checks that what plain rules accept is right, and returns how many messages that are right they did not accept.
func compare(t *testing.T, name string, message protoreflect.MessageType) (accepted, unaccepted int) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	rules := plainRulesOf(message.Descriptor())
	for range 1000 {
		m := message.New()
		fill(random, m)
		err := checkUTF8(m)
		if err == nil {
			err = protovalidate.Validate(m.Interface())
		}
		switch accept := rules.accept(m); {
		case accept && err != nil:
			t.Fatalf("%s: %v was accepted in spite of: %v", name, m, err)
		case accept:
			accepted++
		case err == nil:
			unaccepted++
		}
	}
	return accepted, unaccepted
}

func TestPlainRulesAgreeWithProtovalidateOnEveryRequest(t *testing.T) {
	t.Parallel()
	methods, err := methodsOf(services())
	if err != nil {
		t.Fatal(err)
	}
	for name, m := range methods {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			accepted, unaccepted := compare(t, name, m.input)
			if m.rules != nil && accepted == 0 {
				t.Error("no message was accepted")
			}
			if allPlain(m.rules) && unaccepted > 0 {
				t.Errorf("%d messages that protovalidate accepts were not accepted", unaccepted)
			}
		})
	}
}

func allPlain(rules *plainRules) bool {
	if rules == nil {
		return false
	}
	for _, field := range rules.fields {
		if field.absent {
			return false
		}
	}
	return true
}

func TestTheRequestsThatAreMostFrequentArePlain(t *testing.T) {
	t.Parallel()
	for _, m := range []proto.Message{
		&umv1.DisconnectRequest{CallId: "QUJD+/=="}, &umv1.GetCallInfoRequest{CallId: "QUJD+/=="},
		&umv1.IsUMEnabledRequest{}, &umv1.GetUMPropertiesRequest{},
	} {
		if !plainRulesOf(m.ProtoReflect().Descriptor()).accept(m.ProtoReflect()) {
			t.Errorf("%T is not accepted at once", m)
		}
	}
}

// TestRulesOfOtherKindsAreLeftToProtovalidate puts one rule after the other on a message, and compares as above.
func TestRulesOfOtherKindsAreLeftToProtovalidate(t *testing.T) {
	t.Parallel()
	text := func(rules *validate.StringRules) *validate.FieldRules {
		return &validate.FieldRules{Type: &validate.FieldRules_String_{String_: rules}}
	}
	xmlText := &validate.StringRules{}
	proto.SetExtension(xmlText, umv1.E_XmlText, true)
	notXMLText := &validate.StringRules{}
	proto.SetExtension(notXMLText, umv1.E_XmlText, false)
	const isText = descriptorpb.FieldDescriptorProto_TYPE_STRING
	for _, c := range []struct {
		name     string
		kind     descriptorpb.FieldDescriptorProto_Type
		rules    *validate.FieldRules
		repeated bool
		presence bool
		message  *validate.MessageRules
		plain    bool // at least some messages are to be accepted
	}{
		{name: "none", kind: isText, plain: true},
		{name: "required", kind: isText, rules: &validate.FieldRules{Required: new(true)}, plain: true},
		{name: "not required", kind: isText, rules: &validate.FieldRules{Required: new(false)}, plain: true},
		{name: "required, with presence", kind: isText, rules: &validate.FieldRules{Required: new(true)}, presence: true, plain: true},
		{name: "max bytes", kind: isText, rules: text(&validate.StringRules{MaxBytes: new(uint64(3))}), plain: true},
		{name: "max bytes, with presence", kind: isText, rules: text(&validate.StringRules{MaxBytes: new(uint64(3))}), presence: true, plain: true},
		{name: "xml text", kind: isText, rules: text(xmlText), plain: true},
		{name: "not xml text", kind: isText, rules: text(notXMLText), plain: true},
		{name: "min length", kind: isText, rules: text(&validate.StringRules{MinLen: new(uint64(2))})},
		{name: "min length, with presence", kind: isText, rules: text(&validate.StringRules{MinLen: new(uint64(2))}), presence: true, plain: true},
		{name: "max length", kind: isText, rules: text(&validate.StringRules{MaxLen: new(uint64(2))})},
		{name: "pattern", kind: isText, rules: text(&validate.StringRules{Pattern: new("^b*$")})},
		{name: "uuid", kind: isText, rules: text(&validate.StringRules{WellKnown: &validate.StringRules_Uuid{Uuid: true}})},
		{name: "ignored", kind: isText, rules: &validate.FieldRules{Ignore: validate.Ignore_IGNORE_ALWAYS.Enum()}},
		{name: "expression", kind: isText, rules: &validate.FieldRules{CelExpression: []string{"this == 'bb'"}}},
		{name: "repeated", kind: isText, repeated: true, plain: true},
		{name: "repeated, at least one", kind: isText, repeated: true, rules: &validate.FieldRules{Required: new(true)}},
		{name: "repeated, few", kind: isText, repeated: true, rules: &validate.FieldRules{
			Type: &validate.FieldRules_Repeated{Repeated: &validate.RepeatedRules{MinItems: new(uint64(1))}}}},
		{name: "required bool", kind: descriptorpb.FieldDescriptorProto_TYPE_BOOL, rules: &validate.FieldRules{Required: new(true)}, plain: true},
		{name: "number", kind: descriptorpb.FieldDescriptorProto_TYPE_INT64, rules: &validate.FieldRules{
			Type: &validate.FieldRules_Int64{Int64: &validate.Int64Rules{GreaterThan: &validate.Int64Rules_Gt{Gt: 0}}}}},
		{name: "message rule", kind: isText, message: &validate.MessageRules{CelExpression: []string{"this.x == 'bb'"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			field := &descriptorpb.FieldDescriptorProto{
				Name: new("x"), Number: new(int32(1)), Type: c.kind.Enum(), Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(),
				Options: &descriptorpb.FieldOptions{},
			}
			message := &descriptorpb.DescriptorProto{Name: new("M"), Field: []*descriptorpb.FieldDescriptorProto{field}, Options: &descriptorpb.MessageOptions{}}
			if c.repeated {
				field.Label = descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum()
			}
			if c.presence {
				field.Proto3Optional, field.OneofIndex = new(true), new(int32(0))
				message.OneofDecl = []*descriptorpb.OneofDescriptorProto{{Name: new("_x")}}
			}
			if c.rules != nil {
				proto.SetExtension(field.Options, validate.E_Field, c.rules)
			}
			if c.message != nil {
				proto.SetExtension(message.Options, validate.E_Message, c.message)
			}
			file, err := protodesc.NewFile(&descriptorpb.FileDescriptorProto{
				Name: new("m.proto"), Syntax: new("proto3"), MessageType: []*descriptorpb.DescriptorProto{message}}, nil)
			if err != nil {
				t.Fatal(err)
			}
			accepted, unaccepted := compare(t, c.name, dynamicpb.NewMessageType(file.Messages().Get(0)))
			if (accepted > 0) != c.plain {
				t.Errorf("%d messages were accepted at once, %d were right beside them", accepted, unaccepted)
			}
		})
	}
}

func TestAChoiceIsLeftToProtovalidate(t *testing.T) {
	t.Parallel()
	choice := &descriptorpb.OneofDescriptorProto{Name: new("choice"), Options: &descriptorpb.OneofOptions{}}
	proto.SetExtension(choice.Options, validate.E_Oneof, &validate.OneofRules{Required: new(true)})
	file, err := protodesc.NewFile(&descriptorpb.FileDescriptorProto{
		Name: new("m.proto"), Syntax: new("proto3"), MessageType: []*descriptorpb.DescriptorProto{{
			Name: new("M"), OneofDecl: []*descriptorpb.OneofDescriptorProto{choice},
			Field: []*descriptorpb.FieldDescriptorProto{{
				Name: new("x"), Number: new(int32(1)), Type: descriptorpb.FieldDescriptorProto_TYPE_STRING.Enum(), OneofIndex: new(int32(0)),
			}}}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if accepted, _ := compare(t, "choice", dynamicpb.NewMessageType(file.Messages().Get(0))); accepted > 0 {
		t.Errorf("%d messages were accepted at once", accepted)
	}
}
