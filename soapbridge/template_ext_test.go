package soapbridge_test

import (
	"fmt"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
	"github.com/umgateway/umgateway/soapbridge"
)

// asDynamic copies a message into one that is no generated struct.
func asDynamic(m proto.Message) proto.Message {
	dynamic := dynamicpb.NewMessage(m.ProtoReflect().Descriptor())
	m.ProtoReflect().Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		dynamic.Set(field, value)
		return true
	})
	return dynamic
}

// wayOf says what a request is in XML, or why it is none.
func wayOf(codec soapbridge.Codec, m proto.Message) string {
	written, err := codec.Encode([]byte("before"), m)
	return fmt.Sprintf("%s, error %v", written, err)
}

// FuzzTemplate: a request is written the same whether its plan's blanks are filled in or its elements are walked.
func FuzzTemplate(f *testing.F) {
	for _, seed := range []string{"", "MDlkZjllZGM=", "<&>", "\"", "é", "\x00", "\xff", "1234567\t", "12345678é"} {
		f.Add(seed, "+1 (425) 555-0123", "", int32(1))
		f.Add("id", seed, "", int32(0))
		f.Add("id", "1", seed, int32(7))
	}
	codecs := map[string]soapbridge.Codec{}
	bridge := newUMBridge(f, &backend{})
	for _, rpc := range []string{"PlayOnPhone", "PlayOnPhoneGreeting", "Disconnect", "SetPlayOnPhoneDialString", "IsUMEnabled"} {
		codecs[rpc] = bridge.Codec(umMethod(f, rpc))
	}
	f.Fuzz(func(t *testing.T, id, number, item string, greeting int32) {
		for rpc, request := range map[string]proto.Message{
			"PlayOnPhone":              &umv1.PlayOnPhoneRequest{EntryId: id, DialString: number, ItemId: item},
			"PlayOnPhoneGreeting":      &umv1.PlayOnPhoneGreetingRequest{GreetingType: umv1.GreetingType(greeting), DialString: number},
			"Disconnect":               &umv1.DisconnectRequest{CallId: id},
			"SetPlayOnPhoneDialString": &umv1.SetPlayOnPhoneDialStringRequest{DialString: &number},
			"IsUMEnabled":              &umv1.IsUMEnabledRequest{},
		} {
			if got, want := wayOf(codecs[rpc], request), wayOf(codecs[rpc], asDynamic(request)); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		}
	})
}

// TestARequestThatIsNilIsAnEmptyOne, as everywhere in protobuf.
func TestARequestThatIsNilIsAnEmptyOne(t *testing.T) {
	t.Parallel()
	codec := newUMBridge(t, &backend{}).Codec(umMethod(t, "Disconnect"))
	if got, want := wayOf(codec, (*umv1.DisconnectRequest)(nil)), wayOf(codec, &umv1.DisconnectRequest{}); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestWhatHasATemplate keeps the fast way in use, and out of what it does not know.
func TestWhatHasATemplate(t *testing.T) {
	t.Parallel()
	bridge := newUMBridge(t, &backend{})
	for _, c := range []struct {
		rpc     string
		request proto.Message
		want    bool
	}{
		{"Disconnect", &umv1.DisconnectRequest{CallId: "id"}, true},
		{"PlayOnPhone", &umv1.PlayOnPhoneRequest{EntryId: "id"}, true},
		{"PlayOnPhoneGreeting", &umv1.PlayOnPhoneGreetingRequest{GreetingType: umv1.GreetingType_GREETING_TYPE_OOF_CUSTOM}, true},
		{"IsUMEnabled", &umv1.IsUMEnabledRequest{}, true},
		{"PlayOnPhone", &umv1.PlayOnPhoneRequest{ItemId: "for another dialect"}, false},
		{"SetOofStatus", &umv1.SetOofStatusRequest{Enabled: proto.Bool(true)}, false},
		{"Disconnect", asDynamic(&umv1.DisconnectRequest{CallId: "id"}), false},
	} {
		if got := bridge.Codec(umMethod(t, c.rpc)).Fills(c.request); got != c.want {
			t.Errorf("%s %v: got %t, want %t", c.rpc, c.request, got, c.want)
		}
	}
}
