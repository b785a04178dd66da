package soapbridge

import (
	"reflect"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// template is a request with blanks: what a request always says stands together, ready to be copied, and only the values are
// filled in. Requests in which something may be left out or repeated have none.
type template struct {
	layout *layout
	unset  []int  // the fields that the dialect has no place for
	start  string // from the end of the request element's start tag up to the first blank
	blanks []blank
}

// blank is the place of a value in a template, or in a shape.
type blank struct {
	leaf        *leaf
	inAttribute bool   // in a template
	needed      bool   // in a shape: white space is no value
	after       string // what follows, up to the next blank
}

// addTemplate adds the template of the plan's request, if it has one, to the envelopes, which were written before.
func (p *plan) addTemplate() {
	p.template = newTemplate(p.input, p.request, envelopeTail)
	if p.template == nil {
		return
	}
	for i := range p.forms {
		p.forms[i].front += p.template.start
	}
}

// newTemplate returns nil for a request that has no template. The tags must have been spelt before.
func newTemplate(input protoreflect.MessageType, request *element, end string) *template {
	t := &template{layout: newLayout(input)}
	t.layout.find(request.scope)
	for _, field := range request.scope.homeless {
		t.unset = append(t.unset, t.layout.index(field))
	}
	t.content(request)
	t.literal(end)
	if slices.Contains(t.unset, nowhere) || slices.ContainsFunc(t.blanks, func(b blank) bool { return b.leaf.index == nowhere }) {
		return nil
	}
	return t
}

// content adds what encoder.content writes.
func (t *template) content(el *element) {
	for _, a := range el.attributes {
		t.literal(a.startText)
		t.blank(a, true)
		t.literal(`"`)
	}
	t.literal(">")
	if el.text != nil {
		t.blank(el.text, false)
	}
	for _, c := range el.children {
		t.literal(c.startTag)
		if c.message != nil {
			t.blank(c.message, false) // a message is nowhere
			continue
		}
		t.content(c)
	}
	t.literal(el.endTag)
}

func (t *template) blank(l *leaf, inAttribute bool) {
	t.blanks = append(t.blanks, blank{leaf: l, inAttribute: inAttribute})
}

func (t *template) literal(text string) {
	if len(t.blanks) == 0 {
		t.start += text
	} else {
		t.blanks[len(t.blanks)-1].after += text
	}
}

// fill appends the request whose template this is, after the front that its form has. It does nothing for a message that does
// not fit, or with a value that cannot be written.
func (t *template) fill(dst []byte, front string, m proto.Message) (_ []byte, filled bool) {
	if t == nil {
		return dst, false
	}
	record, fits := t.layout.open(m)
	if !fits || !t.complete(record) {
		return dst, false
	}
	e := encoder{append(dst, front...)}
	for i := range t.blanks {
		b := &t.blanks[i]
		if err := e.value(b.leaf, load(record, b.leaf.index, b.leaf.kind), b.inAttribute); err != nil {
			return dst, false
		}
		e.dst = append(e.dst, b.after...)
	}
	return e.dst, true
}

// complete tells whether the dialect has a place for everything that is set.
func (t *template) complete(record reflect.Value) bool {
	for _, index := range t.unset {
		if !record.Field(index).IsZero() {
			return false
		}
	}
	return true
}
