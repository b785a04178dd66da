package gateway

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// errUndecodable marks a request that is not a protobuf message.
var errUndecodable = errors.New("the request is not a protobuf message of this rpc")

// newValidator compiles the rules of every request. That takes some 30 ms and 4 MB, which a gateway that is only asked for
// requests with plain rules never needs.
func newValidator(methods map[string]*method) (protovalidate.Validator, error) {
	var requests []proto.Message
	for _, m := range methods {
		requests = append(requests, m.input.Zero().Interface())
	}
	validator, err := protovalidate.New(protovalidate.WithMessages(requests...), protovalidate.WithDisableLazy())
	if err != nil {
		return nil, fmt.Errorf("compile the rules of the schema: %w", err)
	}
	return validator, nil
}

// validate refuses a request that could not be decoded, holds text that is not UTF-8, or breaks a rule of the schema.
func (g *Gateway) validate(ctx context.Context, call *Call) (context.Context, error) {
	if call.undecodable != nil {
		return nil, call.undecodable
	}
	if call.rpc.rules.accept(call.Request.ProtoReflect()) {
		return ctx, nil
	}
	return ctx, g.judge(call)
}

// judge checks a request by all rules of the schema.
func (g *Gateway) judge(call *Call) error {
	if err := checkUTF8(call.Request.ProtoReflect()); err != nil {
		return err
	}
	validator, err := g.validator()
	if err == nil {
		err = validator.Validate(call.Request)
	}
	if err == nil {
		return nil
	}
	var broken *protovalidate.ValidationError
	if !errors.As(err, &broken) {
		return fmt.Errorf("%s: check the rules of the schema: %w", call.Method.Name(), err)
	}
	refused := &requestError{}
	for _, violation := range broken.Violations {
		refused.add(fieldOf(call.Request, violation), violation.Proto.GetMessage())
	}
	return refused
}

// checkUTF8 looks at the text fields of a message that was not decoded from protobuf, which checks them by itself. REST
// paths can hold any byte.
func checkUTF8(m protoreflect.Message) (err error) {
	m.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		if field.Kind() == protoreflect.StringKind && !field.IsList() && !field.IsMap() && !utf8.ValidString(value.String()) {
			err = invalidField(string(field.Name()), "is not valid UTF-8")
		}
		return err == nil
	})
	return err
}

// fieldOf names the field that a violation is about. Where it is about a choice between fields, that is the first of them.
func fieldOf(request proto.Message, violation *protovalidate.Violation) string {
	if path := protovalidate.FieldPathString(violation.Proto.GetField()); path != "" {
		return path
	}
	rules, _ := proto.GetExtension(request.ProtoReflect().Descriptor().Options(), validate.E_Message).(*validate.MessageRules)
	if choices := rules.GetOneof(); len(choices) > 0 {
		return choices[0].GetFields()[0]
	}
	return ""
}
