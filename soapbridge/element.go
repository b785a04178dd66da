package soapbridge

import (
	"google.golang.org/protobuf/reflect/protoreflect"
)

// element is one XML element of a compiled plan. It is structure only, or it stands for a field: a scalar, whose value is
// the element's text, or a message, whose fields are the element's content.
type element struct {
	space    namespaceID
	local    string // as the annotations spell it: what a reply is matched against
	startTag string // "<CallId", as a request spells it
	endTag   string // "</CallId>"

	text       *leaf // the field whose value is the text
	attributes []*leaf
	children   []*element

	message *leaf  // the message field that the element stands for
	scope   *scope // the fields inside it; set on a message element and on the root
	canOmit bool   // everything inside is a field that may be unset
	mark    int    // where the scope around it notes that it was seen
}

// scope is one message of a plan: the fields that have a place in the dialect, and those that have not.
type scope struct {
	leaves   []*leaf
	homeless []protoreflect.FieldDescriptor
	marks    int // how many fields and elements there are to be noted as seen
}

func (s *scope) newMark() int {
	s.marks++
	return s.marks - 1
}

// leaf is one field at its place.
type leaf struct {
	field    protoreflect.FieldDescriptor
	index    int               // in the layout; nowhere also for those of nested messages
	kind     protoreflect.Kind // of the field
	mark     int               // where its scope notes that it was seen
	required bool              // in a reply
	alone    bool              // a string that is all there is in a reply: a blank one is missing
	values   *enumTexts

	space     namespaceID // of an attribute
	local     string
	startText string // ` Id="`, of an attribute
}

// enumTexts are the texts of an enum's values.
type enumTexts struct {
	byNumber map[protoreflect.EnumNumber]string
	byText   map[string]protoreflect.EnumNumber
}

// child finds the child element of that name.
func (e *element) child(space namespaceID, local []byte) *element {
	for _, c := range e.children {
		if c.space == space && c.local == string(local) {
			return c
		}
	}
	return nil
}

// repeated tells whether the element stands for each value of a repeated field.
func (e *element) repeated() bool {
	return e.message != nil && e.message.field.IsList() || e.text != nil && e.text.field.IsList()
}

// absent tells whether a request leaves the element out: it may be omitted, and nothing inside it is set.
func (e *element) absent(m protoreflect.Message) bool {
	if !e.canOmit {
		return false
	}
	if e.message != nil {
		return !m.Has(e.message.field)
	}
	if e.text != nil && m.Has(e.text.field) {
		return false
	}
	for _, a := range e.attributes {
		if m.Has(a.field) {
			return false
		}
	}
	for _, c := range e.children {
		if !c.absent(m) {
			return false
		}
	}
	return true
}

// settle computes canOmit from the leaves upwards. An element around a repeated field is written even when there is no
// value: it is then an empty list, which is not the same as none.
func (e *element) settle() {
	optional := e.text == nil || e.text.field.HasPresence()
	for _, a := range e.attributes {
		optional = optional && a.field.HasPresence()
	}
	for _, c := range e.children {
		c.settle()
		optional = optional && c.canOmit && !c.repeated()
	}
	hasContent := e.text != nil || len(e.attributes)+len(e.children) > 0
	e.canOmit = e.message != nil || optional && hasContent
}
