package gateway

import (
	"testing"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/proto"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

func TestTheRulesOfTheSchemaCompile(t *testing.T) {
	t.Parallel()
	methods, err := methodsOf(services())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := newValidator(methods); err != nil {
		t.Fatal(err)
	}
}

func BenchmarkValidate(b *testing.B) {
	request := &umv1.DisconnectRequest{CallId: "MDlkZjllZGMtNGUyMy00NzA5LWJkYWYtN2JlMjBjYjBhZTU2QGRmLWV1bS0wMS5leGNoYW5nZS5jb3JwLm1pY3Jvc29mdC5jb20="}
	rules := plainRulesOf(request.ProtoReflect().Descriptor())
	for name, validate := range map[string]func(proto.Message) bool{
		"plain":         func(m proto.Message) bool { return rules.accept(m.ProtoReflect()) },
		"protovalidate": func(m proto.Message) bool { return protovalidate.Validate(m) == nil },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if !validate(request) {
					b.Fatal("the request is refused")
				}
			}
		})
	}
}
