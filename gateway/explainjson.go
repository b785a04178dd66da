package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"
)

// explainJSON says what is wrong with a body that was refused as a message: where it is not JSON, or which field is at
// fault. It reads the body a second time, which only refused requests pay for.
func explainJSON(message protoreflect.MessageDescriptor, data []byte, cause error) error {
	var whole json.RawMessage
	if err := json.Unmarshal(data, &whole); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			offset := int(syntax.Offset) - 1
			if syntax.Error() == unexpectedEnd {
				offset = len(data)
			}
			line, column := position(data, offset)
			return invalidRequest(fmt.Sprintf("the body is not JSON: line %d, column %d: %s", line, column, syntax.Error()))
		}
		return invalidRequest("the body is not JSON")
	}
	refused := &requestError{}
	explainObject(refused, "", message, whole)
	if len(refused.violations) > 0 {
		return refused
	}
	return &Error{
		Code: codes.InvalidArgument, Reason: reasonRequestInvalid, Cause: cause,
		Message: fmt.Sprintf("the body is not the JSON form of %s", message.FullName()),
	}
}

// unexpectedEnd is the one complaint of encoding/json that is not about a character.
const unexpectedEnd = "unexpected end of JSON input"

// position turns an offset into a line and a column, both from 1. A column counts characters.
func position(data []byte, offset int) (line, column int) {
	before := data[:max(0, min(offset, len(data)))]
	line = bytes.Count(before, []byte{'\n'}) + 1
	return line, utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
}

// explainObject adds what is wrong with a JSON object that stands for a message. The JSON is known to be well formed.
func explainObject(refused *requestError, prefix string, message protoreflect.MessageDescriptor, data []byte) {
	if data = bytes.TrimSpace(data); data[0] != '{' {
		refused.add(strings.TrimSuffix(prefix, "."), "must be a JSON object")
		return
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	_, _ = decoder.Token() // the brace
	seen := map[protoreflect.Name]bool{}
	for decoder.More() {
		key, err := decoder.Token()
		name, isName := key.(string)
		var value json.RawMessage
		if err != nil || !isName || decoder.Decode(&value) != nil {
			return
		}
		field := findField(message, name)
		switch {
		case field == nil:
			refused.add(prefix+shortened(name), "is not a field of this request"+suggest(name, jsonNames(message)))
		case seen[field.Name()]:
			refused.add(prefix+string(field.Name()), "stands twice in the body")
		default:
			seen[field.Name()] = true
			explainValue(refused, prefix, field, value)
		}
	}
}

func findField(message protoreflect.MessageDescriptor, name string) protoreflect.FieldDescriptor {
	if field := message.Fields().ByJSONName(name); field != nil {
		return field
	}
	return message.Fields().ByName(protoreflect.Name(name))
}

func jsonNames(message protoreflect.MessageDescriptor) []string {
	var names []string
	for i := range message.Fields().Len() {
		names = append(names, message.Fields().Get(i).JSONName())
	}
	return names
}

// explainValue adds what is wrong with the JSON value of a field, as far as it is of a kind that requests use.
func explainValue(refused *requestError, prefix string, field protoreflect.FieldDescriptor, value json.RawMessage) {
	name := prefix + string(field.Name())
	first := value[0]
	switch {
	case first == 'n' || field.IsList() || field.IsMap():
	case isDuration(field):
		if protojson.Unmarshal(value, &durationpb.Duration{}) != nil {
			refused.add(name, `must be a duration in seconds, such as "30s"`)
		}
	case field.Kind() == protoreflect.MessageKind && !strings.HasPrefix(string(field.Message().FullName()), "google.protobuf."):
		explainObject(refused, name+".", field.Message(), value)
	case field.Kind() == protoreflect.StringKind && first != '"':
		refused.add(name, "must be a JSON string")
	case field.Kind() == protoreflect.StringKind && !utf8.Valid(value):
		refused.add(name, "is not valid UTF-8")
	case field.Kind() == protoreflect.StringKind && loneSurrogate(value):
		refused.add(name, "holds an escape of half a surrogate pair")
	case field.Kind() == protoreflect.BoolKind && first != 't' && first != 'f':
		refused.add(name, "must be true or false")
	case field.Kind() == protoreflect.EnumKind && !isEnumValue(field.Enum(), value):
		refused.add(name, "must be one of "+strings.Join(enumNames(field.Enum()), ", "))
	}
}

func isDuration(field protoreflect.FieldDescriptor) bool {
	return field.Kind() == protoreflect.MessageKind && field.Message().FullName() == "google.protobuf.Duration"
}

// loneSurrogate tells whether a JSON string holds an escape such as \ud800 without its other half: the standard library
// reads it as U+FFFD, ProtoJSON refuses it.
func loneSurrogate(value []byte) bool {
	var text string
	return json.Unmarshal(value, &text) == nil && strings.ContainsRune(text, utf8.RuneError) &&
		!bytes.Contains(value, []byte(string(utf8.RuneError)))
}

func isEnumValue(enum protoreflect.EnumDescriptor, value json.RawMessage) bool {
	var name string
	if json.Unmarshal(value, &name) == nil {
		return enum.Values().ByName(protoreflect.Name(name)) != nil
	}
	var number int32
	return json.Unmarshal(value, &number) == nil
}

func enumNames(enum protoreflect.EnumDescriptor) []string {
	var names []string
	for i := range enum.Values().Len() {
		if value := enum.Values().Get(i); value.Number() != 0 {
			names = append(names, string(value.Name()))
		}
	}
	return names
}
