package soapbridge

import (
	"reflect"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

func TestOnlyPlainFieldsAreInTheLayout(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		message proto.Message
		field   protoreflect.Name
		want    string // the name in Go; empty for nowhere
	}{
		{&umv1.PlayOnPhoneRequest{}, "dial_string", "DialString"},
		{&umv1.PlayOnPhoneRequest{}, "lease", ""},
		{&umv1.PlayOnPhoneGreetingRequest{}, "greeting_type", "GreetingType"},
		{&umv1.IsUMEnabledResponse{}, "enabled", "Enabled"},
		{&umv1.SetOofStatusRequest{}, "enabled", ""},
		{&umv1.SetPlayOnPhoneDialStringRequest{}, "dial_string", ""},
		{&umv1.GetCallInfoResponse{}, "sip_response_code", ""},
		{&descriptorpb.FileDescriptorProto{}, "dependency", ""},
		{&descriptorpb.UninterpretedOption{}, "string_value", ""},
		{dynamicpb.NewMessage((&umv1.DisconnectRequest{}).ProtoReflect().Descriptor()), "call_id", ""},
	} {
		l := newLayout(c.message.ProtoReflect().Type())
		got := ""
		if i := l.index(c.message.ProtoReflect().Descriptor().Fields().ByName(c.field)); i != nowhere {
			got = l.pointer.Elem().Field(i).Name
		}
		if got != c.want {
			t.Errorf("%T: %s is %q, want %q", c.message, c.field, got, c.want)
		}
	}
}

// TestAFieldIsWhereProtobufFindsIt: the note of the generator is not trusted.
func TestAFieldIsWhereProtobufFindsIt(t *testing.T) {
	t.Parallel()
	message := (&umv1.PlayOnPhoneRequest{}).ProtoReflect()
	l := newLayout(message.Type())
	fields := message.Descriptor().Fields()
	right, wrong := l.index(fields.ByName("entry_id")), l.index(fields.ByName("dial_string"))
	if !l.agrees(fields.ByName("entry_id"), right) || l.agrees(fields.ByName("entry_id"), wrong) {
		t.Errorf("entry_id was found in field %d, and is not in %d", right, wrong)
	}
	type hidden struct {
		entryID string `protobuf:"bytes,1,opt,name=entry_id"`
	}
	if l := (&layout{reflect.TypeFor[*hidden](), message.Type()}); l.index(fields.ByName("entry_id")) != nowhere {
		t.Errorf("a hidden field was found: %+v", hidden{entryID: "entry"})
	}
}
