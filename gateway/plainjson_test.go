package gateway

import (
	"maps"
	"slices"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// plainBodies are read without protojson, as requests of some rpc.
var plainBodies = []string{
	`{"callId":"AAAA/+=="}`, `{"call_id":""}`, " {\r\n\t\"entryId\" : \"a\" , \"dial_string\":\"b\"}\n", `{"dialString":"+1 (425) 555-0100","entryId":"x","requestId":"y"}`,
	`{"enabled":true}`, `{"enabled": false }`, `{}`, ` { } `,
}

// oddBodies are left to protojson.
var oddBodies = []string{
	"", " ", "null", "[]", `""`, "{", `{"callId"`, `{"callId":`, `{"callId":"a"`, `{"callId":"a",`, `{"callId":"a",}`, `{"callId":"a"}x`, `{"callId":"a"}{}`,
	`{"callId":"a","callId":"b"}`, `{"callId":"","call_id":""}`, `{"callId":"a" "enabled":true}`, `{callId:"a"}`, `{'callId':'a'}`, `{"callId":null}`, `{"callId":1}`,
	`{"callId":"\u0041"}`, `{"c\u0061llId":"a"}`, "{\"callId\":\"a\nb\"}", "{\"callId\":\"ü\"}", "{\"callId\":\"\xff\"}", "{\"callId\":\"\x7f\"}", `{"callId":"\"}`, `{"callid":"a"}`,
	`{"other":"a"}`, `{"enabled":"true"}`, `{"enabled":truefalse}`, `{"enabled":TRUE}`, `{"enabled":}`, `{"callId":true}`, "\ufeff{}", "{\f}", `{,}`, `{:}`, `{"":""}`,
	`{"greetingType":"GREETING_TYPE_NORMAL_CUSTOM"}`, `{"lease":"60s"}`, `{"@type":"a"}`,
}

// FuzzPlainJSONIsReadAsByProtojson holds the reader of plain bodies to protojson, for the requests of all rpcs.
func FuzzPlainJSONIsReadAsByProtojson(f *testing.F) {
	for _, body := range slices.Concat(plainBodies, oddBodies) {
		f.Add([]byte(body))
	}
	methods, err := methodsOf(services())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, name := range slices.Sorted(maps.Keys(methods)) {
			m := methods[name]
			got, want := m.input.New(), m.input.New().Interface()
			if !plainFieldsOf(m.descriptor.Input()).decode(body, got) {
				continue
			}
			if err := protojson.Unmarshal(body, want); err != nil {
				t.Errorf("%s: %q is read, and by protojson it is not: %v", name, body, err)
			} else if !proto.Equal(got.Interface(), want) {
				t.Errorf("%s: %q is read as %v, want %v", name, body, got, want)
			}
		}
	})
}

func TestPlainJSONIsReadWithoutProtojson(t *testing.T) {
	t.Parallel()
	methods, err := methodsOf(services())
	if err != nil {
		t.Fatal(err)
	}
	isRead := func(body string) bool {
		for _, m := range methods {
			if plainFieldsOf(m.descriptor.Input()).decode([]byte(body), m.input.New()) {
				return true
			}
		}
		return false
	}
	for _, body := range plainBodies {
		if !isRead(body) {
			t.Errorf("%q is left to protojson", body)
		}
	}
	for _, body := range oddBodies {
		if isRead(body) {
			t.Errorf("%q is read", body)
		}
	}
}
