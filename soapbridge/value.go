package soapbridge

import (
	"encoding/base64"
	"errors"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// value reads a scalar in the lexical form of XML Schema part 2; booleans also as True and False. White space around
// anything but a string is of no account.
func (l *leaf) value(text []byte) (protoreflect.Value, error) {
	if l.kind == protoreflect.StringKind {
		return protoreflect.ValueOfString(string(text)), nil
	}
	text = trimSpace(text)
	switch l.kind {
	case protoreflect.BoolKind:
		switch string(text) {
		case "true", "1", "True":
			return protoreflect.ValueOfBool(true), nil
		case "false", "0", "False":
			return protoreflect.ValueOfBool(false), nil
		}
		return protoreflect.Value{}, errors.New("not a boolean")
	case protoreflect.EnumKind:
		if number, known := l.values.byText[string(text)]; known {
			return protoreflect.ValueOfEnum(number), nil
		}
		return protoreflect.ValueOfEnum(0), errUnknownText
	case protoreflect.BytesKind:
		decoded, err := base64.StdEncoding.DecodeString(string(withoutSpace(text)))
		if err != nil {
			return protoreflect.Value{}, errors.New("not base64")
		}
		return protoreflect.ValueOfBytes(decoded), nil
	}
	return integer(l.kind, string(text))
}

// errUnknownText comes with the value 0 of an enum that has no value for a text.
var errUnknownText = errors.New("not a value of the enum")

// maxUnknown is how many unknown enum texts of one reply are reported.
const maxUnknown = 16

// value reads a scalar, and notes a text that an enum has no value for.
func (d *decoder) value(l *leaf, text []byte) (protoreflect.Value, error) {
	v, err := l.value(text)
	if !errors.Is(err, errUnknownText) {
		return v, err
	}
	if len(d.unknown) < maxUnknown {
		d.unknown = append(d.unknown, UnknownValue{string(l.field.FullName()), clip(trimSpace(text))})
	}
	return v, nil
}

// clip cuts a text of the backend to 100 bytes, for logs.
func clip(text []byte) string { return strings.ToValidUTF8(string(text[:min(len(text), 100)]), "") }

// withoutSpace drops the white space that base64 may be broken with (XML Schema part 2 section 3.2.16).
func withoutSpace(text []byte) []byte {
	return slices.DeleteFunc(slices.Clone(text), isSpace)
}

func integer(kind protoreflect.Kind, text string) (protoreflect.Value, error) {
	var v protoreflect.Value
	var signed int64
	var unsigned uint64
	var err error
	switch kind {
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		signed, err = strconv.ParseInt(text, 10, 32)
		v = protoreflect.ValueOfInt32(int32(signed))
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		signed, err = strconv.ParseInt(text, 10, 64)
		v = protoreflect.ValueOfInt64(signed)
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		unsigned, err = strconv.ParseUint(strings.TrimPrefix(text, "+"), 10, 32)
		v = protoreflect.ValueOfUint32(uint32(unsigned))
	default:
		unsigned, err = strconv.ParseUint(strings.TrimPrefix(text, "+"), 10, 64)
		v = protoreflect.ValueOfUint64(unsigned)
	}
	if err != nil {
		return protoreflect.Value{}, errors.New("not a whole number in the field's range")
	}
	return v, nil
}

func trimSpace(text []byte) []byte {
	for len(text) > 0 && isSpace(text[0]) {
		text = text[1:]
	}
	for len(text) > 0 && isSpace(text[len(text)-1]) {
		text = text[:len(text)-1]
	}
	return text
}
