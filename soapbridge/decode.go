package soapbridge

import (
	"encoding/base64"
	"fmt"
	"strconv"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// decoder reads one reply into a message. It drives the scanner and takes out what the plan has a place for.
type decoder struct {
	scanner
	unknown []UnknownValue // enum texts that the schema does not know
}

// UnknownValue is a text that an enum field of the schema has no value for. The field was set to its unspecified value.
type UnknownValue struct {
	Field string // full name of the field
	Text  string // what the backend wrote, at most 100 bytes
}

// text puts together the runs of text of one element, copying only if there is more than one or one needs decoding.
type text struct {
	bytes []byte
	owned bool
}

func (d *decoder) addText(t *text) error {
	if len(t.bytes) == 0 && d.plain {
		t.bytes, t.owned = d.scanner.text, false
		return nil
	}
	if !t.owned {
		t.bytes, t.owned = append([]byte(nil), t.bytes...), true
	}
	if d.plain {
		t.bytes = append(t.bytes, d.scanner.text...)
	} else {
		var err error
		if t.bytes, err = d.appendDecoded(t.bytes, d.scanner.text); err != nil {
			return err
		}
	}
	return nil
}

// fields reads the content of the element just started into the message that it stands for, up to and including its end.
func (d *decoder) fields(el *element, m protoreflect.Message) error {
	var room [16]bool
	seen := seenFlags(&room, el.scope)
	if err := d.content(el, m, seen); err != nil {
		return err
	}
	return checkSeen(el.scope, seen)
}

// seenFlags has one flag for each field of a message; most fit into room, which spares an allocation.
func seenFlags(room *[16]bool, s *scope) []bool {
	if len(s.leaves) <= len(room) {
		return room[:len(s.leaves)]
	}
	return make([]bool, len(s.leaves))
}

func checkSeen(s *scope, seen []bool) error {
	for i, l := range s.leaves {
		if l.required && !seen[i] {
			return &refusal{CauseMissing, string(l.field.Name()), fmt.Sprintf("the reply lacks %s", l.field.FullName())}
		}
	}
	return nil
}

// content reads an element whose fields belong to m: its attributes, its text, its children.
func (d *decoder) content(el *element, m protoreflect.Message, seen []bool) error {
	for _, a := range el.attributes {
		if value, found := d.attribute(a.space, a.local); found {
			if err := d.attributeValue(a, value, m, seen); err != nil {
				return err
			}
		}
	}
	var t text
	for {
		token, err := d.next()
		switch {
		case err != nil:
			return err
		case token == tokenEnd && el.text != nil:
			return d.scalar(el.text, t.bytes, m, seen)
		case token == tokenEnd:
			return nil
		case token == tokenText && el.text != nil:
			err = d.addText(&t)
		case token == tokenStart:
			err = d.child(el.child(d.space, d.local), m, seen)
		}
		if err != nil {
			return err
		}
	}
}

// child reads an element for which the plan has, or has not, a place. Of an element that should stand there once, the
// first counts, as with ASP.NET.
func (d *decoder) child(el *element, m protoreflect.Message, seen []bool) error {
	if el == nil || d.isNil() {
		return d.skip()
	}
	if el.message == nil {
		return d.content(el, m, seen)
	}
	field := el.message.field
	if field.IsList() {
		list := m.Mutable(field).List()
		item := list.NewElement()
		list.Append(item)
		return d.fields(el, item.Message())
	}
	if seen[el.message.index] {
		return d.skip()
	}
	seen[el.message.index] = true
	return d.fields(el, m.Mutable(field).Message())
}

// isNil tells whether the element just started says xsi:nil, which is how some servers write a missing value.
func (d *decoder) isNil() bool {
	if len(d.attributes) == 0 {
		return false
	}
	value, found := d.attribute(spaceXSI, "nil")
	return found && (string(value) == "true" || string(value) == "1")
}

func (d *decoder) attributeValue(a *leaf, raw []byte, m protoreflect.Message, seen []bool) error {
	decoded, err := d.appendDecoded(nil, raw)
	if err != nil {
		return err
	}
	return d.scalar(a, decoded, m, seen)
}

// scalar sets a field from its text.
func (d *decoder) scalar(l *leaf, text []byte, m protoreflect.Message, seen []bool) error {
	if seen[l.index] && !l.field.IsList() {
		return nil
	}
	seen[l.index] = true
	v, err := d.value(l, text)
	if err != nil {
		return &refusal{CauseValue, string(l.field.Name()), fmt.Sprintf("the reply's %s: %v", l.field.FullName(), err)}
	}
	if l.field.IsList() {
		m.Mutable(l.field).List().Append(v)
		return nil
	}
	m.Set(l.field, v)
	return nil
}

// value reads a scalar in the lexical form of XML Schema part 2; booleans also as True and False. White space around
// anything but a string is of no account.
func (d *decoder) value(l *leaf, text []byte) (protoreflect.Value, error) {
	if l.field.Kind() == protoreflect.StringKind {
		return protoreflect.ValueOfString(string(text)), nil
	}
	text = trimSpace(text)
	switch l.field.Kind() {
	case protoreflect.BoolKind:
		switch string(text) {
		case "true", "1", "True":
			return protoreflect.ValueOfBool(true), nil
		case "false", "0", "False":
			return protoreflect.ValueOfBool(false), nil
		}
		return protoreflect.Value{}, fmt.Errorf("not a boolean")
	case protoreflect.EnumKind:
		number, known := l.values.byText[string(text)]
		if !known {
			d.unknown = append(d.unknown, UnknownValue{string(l.field.FullName()), string(text[:min(len(text), 100)])})
		}
		return protoreflect.ValueOfEnum(number), nil
	case protoreflect.BytesKind:
		decoded, err := base64.StdEncoding.DecodeString(string(text))
		if err != nil {
			return protoreflect.Value{}, fmt.Errorf("not base64")
		}
		return protoreflect.ValueOfBytes(decoded), nil
	}
	return integer(l.field.Kind(), string(text))
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
		unsigned, err = strconv.ParseUint(text, 10, 32)
		v = protoreflect.ValueOfUint32(uint32(unsigned))
	default:
		unsigned, err = strconv.ParseUint(text, 10, 64)
		v = protoreflect.ValueOfUint64(unsigned)
	}
	if err != nil {
		return protoreflect.Value{}, fmt.Errorf("not a whole number in the field's range")
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
