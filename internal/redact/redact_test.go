package redact

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
	_ "google.golang.org/protobuf/types/known/anypb"
)

var key = []byte("0123456789abcdef")

func mustNew(t *testing.T, key []byte) *Redactor {
	t.Helper()
	r, err := New(key)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestHashIsTheStartOfHMACSHA256(t *testing.T) {
	t.Parallel()
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("+14255550100"))
	want := "hmac:" + hex.EncodeToString(mac.Sum(nil))[:16]
	if got := mustNew(t, key).String("+14255550100"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := mustNew(t, key).String(""); got != "" {
		t.Errorf("the empty text becomes %q", got)
	}
}

func TestHashDependsOnTheKey(t *testing.T) {
	t.Parallel()
	one, same, other := mustNew(t, key), mustNew(t, key), mustNew(t, []byte("fedcba9876543210"))
	random, otherRandom := mustNew(t, nil), mustNew(t, []byte{})
	if one.String("x") != same.String("x") {
		t.Error("the same key gives two hashes")
	}
	seen := map[string]bool{}
	for _, r := range []*Redactor{one, other, random, otherRandom} {
		seen[r.String("x")] = true
	}
	if len(seen) != 4 {
		t.Errorf("four keys give %d hashes", len(seen))
	}
}

func TestShortKeyIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := New(make([]byte, MinKey-1)); err == nil {
		t.Error("it is accepted")
	}
}

func TestKeyCannotBeChangedFromOutside(t *testing.T) {
	t.Parallel()
	mine := bytes.Clone(key)
	r := mustNew(t, mine)
	before := r.String("x")
	mine[0]++
	if r.String("x") != before {
		t.Error("the hash has changed")
	}
}

func TestSensitiveFieldsOfTheSchemaAreHidden(t *testing.T) {
	t.Parallel()
	r := mustNew(t, key)
	for want, m := range map[string]proto.Message{
		"[entry_id=" + r.String("MARKentry") + " dial_string=" + r.String("MARKdial") + "]": &umv1.PlayOnPhoneRequest{EntryId: "MARKentry", DialString: "MARKdial"},
		"[greeting_type=GREETING_TYPE_OOF_CUSTOM dial_string=" + r.String("MARKdial") + "]": &umv1.PlayOnPhoneGreetingRequest{GreetingType: umv1.GreetingType_GREETING_TYPE_OOF_CUSTOM, DialString: "MARKdial"},
		"[call_id=" + r.String("MARKid") + "]":                                              &umv1.DisconnectRequest{CallId: "MARKid"},
		"[enabled=false]":                                                                   &umv1.SetOofStatusRequest{Enabled: proto.Bool(false)},
		"[dial_string=]":                                                                    &umv1.SetPlayOnPhoneDialStringRequest{DialString: proto.String("")},
		"[]":                                                                                &umv1.ResetPINRequest{},
		"[call_state=99]":                                                                   &umv1.GetCallInfoResponse{CallState: 99},
		"[oof_status=true telephone_access_numbers=" + r.String("MARKnumbers") + "]": &umv1.GetUMPropertiesResponse{OofStatus: true, TelephoneAccessNumbers: "MARKnumbers"},
	} {
		if got := r.Message(m).LogValue().String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		var lines bytes.Buffer
		slog.New(slog.NewJSONHandler(&lines, nil)).Info("call", "request", r.Message(m))
		slog.New(slog.NewTextHandler(&lines, nil)).Info("call", "request", r.Message(m))
		if strings.Contains(lines.String(), "MARK") {
			t.Errorf("logged: %s", lines.String())
		}
	}
	if got := r.Message(nil).LogValue().String(); got != "[]" {
		t.Errorf("no message is shown as %s", got)
	}
}

// everything is a schema with a field of every shape.
const everything = `
	name: "everything.proto" package: "test" syntax: "proto3" dependency: "google/protobuf/any.proto"
	message_type: {
		name: "Outer"
		field: { name: "plain" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
		field: { name: "inner" number: 2 type: TYPE_MESSAGE type_name: ".test.Outer" label: LABEL_OPTIONAL }
		field: { name: "hidden_inner" number: 3 type: TYPE_MESSAGE type_name: ".test.Outer" label: LABEL_OPTIONAL options: { debug_redact: true } }
		field: { name: "list" number: 4 type: TYPE_STRING label: LABEL_REPEATED }
		field: { name: "hidden_list" number: 5 type: TYPE_STRING label: LABEL_REPEATED options: { debug_redact: true } }
		field: { name: "entries" number: 6 type: TYPE_MESSAGE type_name: ".test.Outer.EntriesEntry" label: LABEL_REPEATED }
		field: { name: "hidden_entries" number: 7 type: TYPE_MESSAGE type_name: ".test.Outer.HiddenEntriesEntry" label: LABEL_REPEATED options: { debug_redact: true } }
		field: { name: "data" number: 8 type: TYPE_BYTES label: LABEL_OPTIONAL }
		field: { name: "hidden_data" number: 9 type: TYPE_BYTES label: LABEL_OPTIONAL options: { debug_redact: true } }
		field: { name: "number" number: 10 type: TYPE_INT64 label: LABEL_OPTIONAL options: { debug_redact: true } }
		field: { name: "choice" number: 11 type: TYPE_ENUM type_name: ".test.Choice" label: LABEL_OPTIONAL }
		field: { name: "anything" number: 12 type: TYPE_MESSAGE type_name: ".google.protobuf.Any" label: LABEL_OPTIONAL }
		nested_type: {
			name: "EntriesEntry" options: { map_entry: true }
			field: { name: "key" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
			field: { name: "value" number: 2 type: TYPE_STRING label: LABEL_OPTIONAL }
		}
		nested_type: {
			name: "HiddenEntriesEntry" options: { map_entry: true }
			field: { name: "key" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
			field: { name: "value" number: 2 type: TYPE_STRING label: LABEL_OPTIONAL }
		}
	}
	enum_type: {
		name: "Choice"
		value: { name: "NONE" number: 0 }
		value: { name: "OPEN" number: 1 }
		value: { name: "SECRET" number: 2 options: { debug_redact: true } }
	}`

func TestFieldsOfEveryShapeAreShownOrHidden(t *testing.T) {
	t.Parallel()
	file := &descriptorpb.FileDescriptorProto{}
	if err := prototext.Unmarshal([]byte(everything), file); err != nil {
		t.Fatal(err)
	}
	descriptor, err := protodesc.NewFile(file, protoregistry.GlobalFiles)
	if err != nil {
		t.Fatal(err)
	}
	r := mustNew(t, key)
	for text, want := range map[string][]string{
		`plain: "a" inner: { plain: "b" inner: { plain: "c" } }`:            {"plain=a", "inner.plain=b", "inner.inner.plain=c"},
		`hidden_inner: { plain: "b" inner: { list: "c" choice: OPEN } }`:    {"hidden_inner.plain=" + r.String("b"), "hidden_inner.inner.list.0=" + r.String("c"), "hidden_inner.inner.choice=" + r.String("OPEN")},
		`list: "a" list: "b" hidden_list: "c"`:                              {"list.0=a", "list.1=b", "hidden_list.0=" + r.String("c")},
		`entries: { key: "z" value: "1" } entries: { key: "y" value: "2" }`: {"entries.y=2", "entries.z=1"},
		`hidden_entries: { key: "z" value: "1" }`:                           {"hidden_entries." + r.String("z") + "=" + r.String("1")},
		`data: "abc" hidden_data: "abc" number: 42`:                         {"data=3 bytes", "hidden_data=" + r.String("abc"), "number=" + r.String("42")},
		`choice: OPEN`:   {"choice=OPEN"},
		`choice: SECRET`: {"choice=" + r.String("SECRET")},
		`anything: { type_url: "type.example.com/x" value: "secret" }`: {"anything.type_url=type.example.com/x"},
	} {
		m := dynamicpb.NewMessage(descriptor.Messages().ByName("Outer"))
		if err := prototext.Unmarshal([]byte(text), m); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, field := range r.Fields(m) {
			got = append(got, field.Name+"="+field.Text)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

func TestUnknownFieldsAreLeftOut(t *testing.T) {
	t.Parallel()
	m := &umv1.ResetPINRequest{}
	m.ProtoReflect().SetUnknown(protoreflect.RawFields{0x7a, 4, 'M', 'A', 'R', 'K'})
	if got := mustNew(t, key).Fields(m); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}
