package gateway_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/umgateway/umgateway/gateway"
)

// TestTheGeneratedCodeWouldAnswerTheSame compares requests that the gateway reads by itself with those that it leaves to the
// generated code for their deadline.
func TestTheGeneratedCodeWouldAnswerTheSame(t *testing.T) {
	t.Parallel()
	var asked proto.Message
	s := newStand(t, gateway.Config{Invoker: invoker(func(_ context.Context, m protoreflect.MethodDescriptor, in proto.Message) (proto.Message, error) {
		asked = proto.Clone(in)
		for _, op := range operations {
			if op.name != string(m.Name()) {
				continue
			}
			answer := op.response.ProtoReflect().New()
			for i := range m.Output().Fields().Len() {
				if field := m.Output().Fields().Get(i); field.Kind() == protoreflect.StringKind {
					answer.Set(field, protoreflect.ValueOfString("ü \"<"))
				}
			}
			return answer.Interface(), nil
		}
		return nil, fmt.Errorf("%s is not in the list", m.FullName())
	})})
	requests := append([]operation{
		{name: "a body", verb: http.MethodPost, path: "/v1/calls:disconnect", body: ` {"call_id": "a/b+c=="} `},
		{name: "an escaped id", verb: http.MethodPost, path: "/v1/calls/a%2Fb%2Bc%3D:disconnect", body: "{ }"},
		{name: "an id that is not UTF-8", verb: http.MethodPost, path: "/v1/calls/%FF:disconnect"},
		{name: "two ids", verb: http.MethodPost, path: "/v1/calls/a:disconnect", body: `{"callId":"b"}`},
		{name: "no id", verb: http.MethodPost, path: "/v1/calls:disconnect", body: "{}"},
		{name: "no JSON", verb: http.MethodPost, path: "/v1/calls:disconnect", body: "{"},
		{name: "two values", verb: http.MethodPost, path: "/v1/calls:disconnect", body: "{}{}"},
		{name: "an unknown field", verb: http.MethodPost, path: "/v1/calls:disconnect", body: `{"x":1}`},
		{name: "an array", verb: http.MethodPost, path: "/v1/mailbox:resetPin", body: "[]"},
	}, operations...)
	for _, op := range requests {
		asked = nil
		reply, body := s.rest(t.Context(), op.verb, op.path, op.body, "Idempotency-Key", "k", "X-Request-Id", "r")
		direct := asked
		asked = nil
		wantReply, wantBody := s.rest(t.Context(), op.verb, op.path, op.body, "Idempotency-Key", "k", "X-Request-Id", "r", "Grpc-Timeout", "9S")
		if !proto.Equal(direct, asked) {
			t.Errorf("%s: the backend is asked for %v, want %v", op.name, direct, asked)
		}
		if reply.StatusCode != wantReply.StatusCode || string(body) != string(wantBody) {
			t.Errorf("%s: got %d %s, want %d %s", op.name, reply.StatusCode, body, wantReply.StatusCode, wantBody)
		}
		for name := range wantReply.Header {
			if name != "Date" && reply.Header.Get(name) != wantReply.Header.Get(name) {
				t.Errorf("%s: the header %s is %q, want %q", op.name, name, reply.Header.Get(name), wantReply.Header.Get(name))
			}
		}
	}
}
