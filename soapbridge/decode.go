package soapbridge

import (
	"fmt"
	"reflect"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// decoder reads one reply into a message. It drives the scanner and takes out what the plan has a place for.
type decoder struct {
	scanner
	unknown    []UnknownValue // enum texts that the schema does not know
	inEnvelope bool           // the root element is a SOAP envelope
	familiar   familiar
	record     reflect.Value // of the response; not valid if its layout is unknown
	places     []place       // where its values stood
}

// begin makes the decoder ready for another reply.
func (d *decoder) begin(data []byte, maxDepth int, known []knownNamespace) {
	d.reset(data, maxDepth, known)
	d.unknown, d.inEnvelope, d.places = nil, false, d.places[:0]
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
	end   int // in the data, unless owned
}

func (d *decoder) addText(t *text) error {
	if len(t.bytes) == 0 && d.plain {
		t.bytes, t.owned, t.end = d.scanner.text, false, d.pos
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
	var room seenRoom
	seen := seenFlags(&room, el.scope)
	if err := d.content(el, m, seen); err != nil {
		return err
	}
	return checkSeen(el.scope, seen)
}

// seenRoom holds the flags of most messages, which spares an allocation.
type seenRoom [24]bool

// seenFlags has one flag for each field of a message and for each element that is not repeated.
func seenFlags(room *seenRoom, s *scope) []bool {
	if s.marks <= len(room) {
		return room[:s.marks]
	}
	return make([]bool, s.marks)
}

func checkSeen(s *scope, seen []bool) error {
	for _, l := range s.leaves {
		if l.required && !seen[l.mark] {
			return &refusal{CauseMissing, string(l.field.Name()), fmt.Sprintf("the reply lacks %s", l.field.FullName())}
		}
	}
	return nil
}

// content reads an element whose fields belong to m: its attributes, its text, its children.
func (d *decoder) content(el *element, m protoreflect.Message, seen []bool) error {
	if err := d.attributeValues(el, m, seen); err != nil {
		return err
	}
	var t text
	for {
		token, err := d.next()
		switch {
		case err != nil:
			return err
		case token == tokenEnd && el.text != nil:
			return d.scalar(el.text, &t, m, seen)
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
	switch {
	case el == nil && d.space == spaceXOP:
		return &refusal{cause: CauseEncoding, reason: "the reply keeps a value in an attachment"}
	case el == nil || d.isNil():
		return d.skip()
	case !el.repeated() && seen[el.mark]:
		return d.skip()
	}
	seen[el.mark] = true
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
	return d.fields(el, m.Mutable(field).Message())
}

// isNil tells whether the element just started says xsi:nil, which is how some servers write a missing value.
func (d *decoder) isNil() bool {
	if len(d.attributes) == 0 {
		return false
	}
	return d.flag(spaceXSI, "nil")
}

// flag tells whether the element just started has an attribute of the type xs:boolean that says true.
func (d *decoder) flag(space namespaceID, local string) bool {
	raw, found := d.attribute(space, local)
	if !found {
		return false
	}
	value, err := d.appendAttribute(nil, raw)
	value = trimSpace(value)
	return err == nil && (string(value) == "1" || string(value) == "true")
}

// attributeValues reads the attributes of the element just started for which the plan has a place.
func (d *decoder) attributeValues(el *element, m protoreflect.Message, seen []bool) error {
	for _, a := range el.attributes {
		raw, found := d.attribute(a.space, a.local)
		if !found {
			continue
		}
		value, err := d.appendAttribute(nil, raw)
		if err != nil {
			return err
		}
		if err := d.scalar(a, &text{bytes: value, owned: true}, m, seen); err != nil {
			return err
		}
	}
	return nil
}

// scalar sets a field from its text.
func (d *decoder) scalar(l *leaf, t *text, m protoreflect.Message, seen []bool) error {
	if seen[l.mark] && !l.field.IsList() {
		return nil
	}
	if l.alone && isBlank(t.bytes) {
		return nil
	}
	seen[l.mark] = true
	v, err := d.value(l, t.bytes)
	if err != nil {
		return &refusal{CauseValue, string(l.field.Name()), fmt.Sprintf("the reply's %s: %v", l.field.FullName(), err)}
	}
	d.note(l, t)
	switch {
	case l.index != nowhere:
		store(d.record, l.index, l.kind, v)
	case l.field.IsList():
		m.Mutable(l.field).List().Append(v)
	default:
		m.Set(l.field, v)
	}
	return nil
}
