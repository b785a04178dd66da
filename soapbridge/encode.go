package soapbridge

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

const (
	envelopeHead = `<?xml version="1.0" encoding="utf-8"?>` +
		`<soap:Envelope xmlns:soap="` + namespaceSOAP11 + `"><soap:Body>`
	envelopeTail = `</soap:Body></soap:Envelope>`
)

// envelope is what surrounds the content of a request in one namespace form.
type envelope struct {
	action string // the value of SOAPAction, without quotes
	head   string // up to and including the request element's name and namespaces, without the ">"
	tail   string
}

func newEnvelope(form Form, request step, used map[string]bool, prefixed bool) envelope {
	namespace := form.Namespaces[request.prefix]
	var head strings.Builder
	head.WriteString(envelopeHead)
	name := request.local
	if prefixed {
		name = join(request.prefix, ":", request.local)
	}
	head.WriteString(join("<", name))
	if !prefixed {
		head.WriteString(xmlns("xmlns", namespace))
	}
	for _, prefix := range slices.Sorted(maps.Keys(used)) {
		if prefix != "" && (prefixed || prefix != request.prefix) {
			head.WriteString(xmlns("xmlns:"+prefix, form.Namespaces[prefix]))
		}
	}
	return envelope{
		action: strings.TrimSuffix(namespace, "/") + "/" + request.local,
		head:   head.String(),
		tail:   envelopeTail,
	}
}

func xmlns(name, namespace string) string {
	escaped, _, _ := appendEscaped(nil, namespace, true)
	return join(" ", name, `="`, string(escaped), `"`)
}

// collectPrefixes notes the prefixes of the element and all below it; "" stands for an element in no namespace.
func (e *element) collectPrefixes(used map[string]bool, d Dialect) {
	used[d.prefixOf(e.space)] = true
	for _, a := range e.attributes {
		if a.space != spaceNone {
			used[d.prefixOf(a.space)] = true
		}
	}
	for _, c := range e.children {
		c.collectPrefixes(used, d)
	}
}

func (d Dialect) prefixOf(space namespaceID) string {
	if space == spaceNone {
		return ""
	}
	return d.prefixes()[space-spaceDialect]
}

// spell writes the tags of the element and all below it, as a request has them.
func (e *element) spell(d Dialect, defaultPrefix string, prefixed bool) {
	name := d.spelling(e.local)
	if prefix := d.prefixOf(e.space); prefix != "" && (prefixed || prefix != defaultPrefix) {
		name = join(prefix, ":", name)
	}
	e.startTag, e.endTag = "<"+name, join("</", name, ">")
	for _, a := range e.attributes {
		name := d.spelling(a.local)
		if a.space != spaceNone {
			name = join(d.prefixOf(a.space), ":", name)
		}
		a.startText = join(" ", name, `="`)
	}
	for _, c := range e.children {
		c.spell(d, defaultPrefix, prefixed)
	}
}

func (d Dialect) spelling(local string) string {
	if renamed, found := d.Renames[local]; found {
		return renamed
	}
	return local
}

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

// appendRequest appends the whole envelope of a request in the plan's given form.
func (p *plan) appendRequest(dst []byte, form int, m protoreflect.Message) ([]byte, error) {
	e := encoder{append(dst, p.forms[form].head...)}
	if err := e.content(p.request, m); err != nil {
		return dst, err
	}
	return append(e.dst, p.forms[form].tail...), nil
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
	if el.text != nil {
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
	switch l.field.Kind() {
	case protoreflect.StringKind:
		dst, bad, ok := appendEscaped(e.dst, v.String(), inAttribute)
		if !ok {
			return &requestError{l.field, fmt.Sprintf("holds %U, which XML does not allow", bad)}
		}
		e.dst = dst
	case protoreflect.BoolKind:
		e.dst = strconv.AppendBool(e.dst, v.Bool())
	case protoreflect.EnumKind:
		text, known := l.values.byNumber[v.Enum()]
		if !known {
			return &requestError{l.field, fmt.Sprintf("%d is not a value of %s", v.Enum(), l.field.Enum().Name())}
		}
		e.dst, _, _ = appendEscaped(e.dst, text, inAttribute)
	case protoreflect.BytesKind:
		e.dst = base64.StdEncoding.AppendEncode(e.dst, v.Bytes())
	case protoreflect.Uint32Kind, protoreflect.Uint64Kind, protoreflect.Fixed32Kind, protoreflect.Fixed64Kind:
		e.dst = strconv.AppendUint(e.dst, v.Uint(), 10)
	default:
		e.dst = strconv.AppendInt(e.dst, v.Int(), 10)
	}
	return nil
}
