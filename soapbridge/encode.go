package soapbridge

import (
	"encoding/base64"
	"fmt"
	"strconv"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// encoder appends one request to a buffer.
type encoder struct {
	dst []byte
}

// requestError says which field of the caller's message cannot be written, and why.
type requestError struct {
	field  protoreflect.FieldDescriptor
	reason string
}

func (e *requestError) Error() string { return fmt.Sprintf("%s: %s", e.field.Name(), e.reason) }

// appendRequest appends the whole envelope of a request in the plan's given form. The header is a part of the envelope's
// header, in XML.
func (p *plan) appendRequest(dst []byte, form int, header []byte, m proto.Message) ([]byte, error) {
	surroundings := &p.forms[form]
	if len(header) == 0 {
		if filled, ok := p.template.fill(dst, surroundings.front, m); ok {
			return filled, nil
		}
	}
	e := encoder{append(dst, envelopeHead...)}
	if surroundings.header != "" || len(header) > 0 {
		e.dst = append(append(e.dst, headerHead...), surroundings.header...)
		e.dst = append(append(e.dst, header...), headerTail...)
	}
	e.dst = append(e.dst, surroundings.head...)
	if err := e.content(p.request, m.ProtoReflect()); err != nil {
		return dst, err
	}
	return append(e.dst, surroundings.tail...), nil
}

// element appends an element, as often as its field has values.
func (e *encoder) element(el *element, m protoreflect.Message) error {
	switch {
	case el.absent(m):
		return nil
	case el.message != nil && el.message.field.IsList():
		return each(m.Get(el.message.field).List(), func(v protoreflect.Value) error {
			return e.tagged(el, v.Message())
		})
	case el.message != nil:
		return e.tagged(el, m.Get(el.message.field).Message())
	case el.text != nil && el.text.field.IsList():
		return each(m.Get(el.text.field).List(), func(v protoreflect.Value) error {
			e.dst = append(append(e.dst, el.startTag...), '>')
			if err := e.value(el.text, v, false); err != nil {
				return err
			}
			e.dst = append(e.dst, el.endTag...)
			return nil
		})
	}
	return e.tagged(el, m)
}

func each(list protoreflect.List, do func(protoreflect.Value) error) error {
	for i := range list.Len() {
		if err := do(list.Get(i)); err != nil {
			return err
		}
	}
	return nil
}

func (e *encoder) tagged(el *element, m protoreflect.Message) error {
	e.dst = append(e.dst, el.startTag...)
	return e.content(el, m)
}

// content appends the attributes, the text and the children of an element whose start tag is still open, and its end.
func (e *encoder) content(el *element, m protoreflect.Message) error {
	if el.scope != nil {
		for _, field := range el.scope.homeless {
			if m.Has(field) {
				return &requestError{field, "the backend's dialect has no place for it"}
			}
		}
	}
	for _, a := range el.attributes {
		if a.field.HasPresence() && !m.Has(a.field) {
			continue
		}
		e.dst = append(e.dst, a.startText...)
		if err := e.value(a, m.Get(a.field), true); err != nil {
			return err
		}
		e.dst = append(e.dst, '"')
	}
	e.dst = append(e.dst, '>')
	if el.text != nil && (m.Has(el.text.field) || !el.text.field.HasPresence()) {
		if err := e.value(el.text, m.Get(el.text.field), false); err != nil {
			return err
		}
	}
	for _, c := range el.children {
		if err := e.element(c, m); err != nil {
			return err
		}
	}
	e.dst = append(e.dst, el.endTag...)
	return nil
}

// value appends a scalar in the lexical form of XML Schema part 2. Booleans are written true and false only, because
// ASP.NET refuses True.
func (e *encoder) value(l *leaf, v protoreflect.Value, inAttribute bool) error {
	switch l.kind {
	case protoreflect.StringKind:
		dst, reason := appendEscaped(e.dst, v.String(), inAttribute)
		if reason != "" {
			return &requestError{l.field, reason}
		}
		e.dst = dst
	case protoreflect.BoolKind:
		e.dst = strconv.AppendBool(e.dst, v.Bool())
	case protoreflect.EnumKind:
		text, known := l.values.byNumber[v.Enum()]
		if !known {
			return &requestError{l.field, fmt.Sprintf("%d is not a value of %s", v.Enum(), l.field.Enum().Name())}
		}
		e.dst, _ = appendEscaped(e.dst, text, inAttribute)
	case protoreflect.BytesKind:
		e.dst = base64.StdEncoding.AppendEncode(e.dst, v.Bytes())
	case protoreflect.Uint32Kind, protoreflect.Uint64Kind, protoreflect.Fixed32Kind, protoreflect.Fixed64Kind:
		e.dst = strconv.AppendUint(e.dst, v.Uint(), 10)
	default:
		e.dst = strconv.AppendInt(e.dst, v.Int(), 10)
	}
	return nil
}
