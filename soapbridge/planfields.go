package soapbridge

import (
	"slices"

	"google.golang.org/protobuf/reflect/protoreflect"

	soapbridgev1 "github.com/umgateway/umgateway/gen/soapbridge/v1"
)

// root compiles a message as the content of an element whose name the caller adds.
func (c *compiler) root(message protoreflect.MessageDescriptor) *element {
	root := &element{}
	c.message(root, message, nil)
	if leaves := root.scope.leaves; len(leaves) == 1 {
		leaves[0].alone = leaves[0].required && leaves[0].field.Kind() == protoreflect.StringKind
	}
	root.settle()
	return root
}

// message adds the fields of a message to the element that stands for it.
func (c *compiler) message(e *element, message protoreflect.MessageDescriptor, outer []protoreflect.FullName) {
	e.scope = &scope{}
	if slices.Contains(outer, message.FullName()) {
		c.fail(message, "a message that contains itself is not supported")
		return
	}
	outer = append(slices.Clip(outer), message.FullName())
	for i := range message.Fields().Len() {
		field := message.Fields().Get(i)
		if c.excluded(field, soapbridgev1.E_NoPlace, soapbridgev1.E_Place) {
			continue
		}
		place := c.place(field)
		if place == nil {
			e.scope.homeless = append(e.scope.homeless, field)
			continue
		}
		if !c.supported(field) {
			continue
		}
		steps, err := parsePath(place.GetPath())
		if err != nil {
			c.fail(field, "%w", err)
			continue
		}
		l := &leaf{
			field: field, kind: field.Kind(), index: nowhere, mark: e.scope.newMark(),
			required: !place.GetMayBeAbsent() && !field.IsList() && !field.HasPresence(),
		}
		if field.Enum() != nil {
			l.values = c.enum(field.Enum())
		}
		e.scope.leaves = append(e.scope.leaves, l)
		c.settlePlace(e, l, steps, outer)
	}
	c.checkMixed(e, message)
}

// place finds the field's place in the dialect; nil if it has none, which is an error only if no dialect has one.
func (c *compiler) place(field protoreflect.FieldDescriptor) *soapbridgev1.Place {
	var found *soapbridgev1.Place
	places, _ := option(field, soapbridgev1.E_Place).([]*soapbridgev1.Place)
	for _, place := range places {
		switch {
		case place.GetDialect() == "":
			c.fail(field, "a place needs a dialect")
		case place.GetDialect() != c.dialect.Name:
		case found != nil:
			c.fail(field, "two places in dialect %q", c.dialect.Name)
		default:
			found = place
		}
	}
	if len(places) == 0 {
		c.fail(field, "the option (soapbridge.v1.place) is missing")
	}
	return found
}

func (c *compiler) supported(field protoreflect.FieldDescriptor) bool {
	switch {
	case field.IsMap():
		c.fail(field, "a map is not supported")
		return false
	case field.Kind() == protoreflect.FloatKind, field.Kind() == protoreflect.DoubleKind:
		c.fail(field, "a floating-point number is not supported")
		return false
	case field.Kind() == protoreflect.GroupKind:
		c.fail(field, "a group is not supported")
		return false
	case field.Message() != nil && field.Message().FullName() == "google.protobuf.Any":
		c.fail(field, "google.protobuf.Any is not supported")
		return false
	}
	return true
}

// settlePlace walks the path from e, making the elements that are not there yet, and puts the field at its end.
func (c *compiler) settlePlace(e *element, l *leaf, steps []step, outer []protoreflect.FullName) {
	scope := e.scope
	for i, s := range steps {
		if s.attribute {
			c.settleAttribute(e, l, s)
			return
		}
		space := c.space(l.field, s)
		next := e.child(space, []byte(s.local))
		if next == nil {
			next = &element{space: space, local: s.local, mark: scope.newMark()}
			e.children = append(e.children, next)
		} else if !next.admits(l.field, steps[i+1:]) {
			c.fail(l.field, "another field has its place at or below this path already")
			return
		}
		e = next
	}
	switch {
	case len(steps) == 0 && (l.field.IsList() || l.field.Message() != nil):
		c.fail(l.field, "a repeated field or a message needs an element of its own")
	case e.text != nil:
		c.fail(l.field, "another field has this place already")
	case l.field.Message() != nil:
		e.message = l
		c.message(e, l.field.Message(), outer)
	default:
		e.text = l
	}
}

// admits tells whether a field may have its place at the rest of the path below an element that another field made: an
// attribute beside a scalar's text, a scalar's text beside attributes, or anything below an element without text.
func (e *element) admits(field protoreflect.FieldDescriptor, rest []step) bool {
	switch {
	case e.message != nil || e.repeated():
		return false
	case len(rest) == 0:
		return e.text == nil && len(e.children) == 0 && field.Message() == nil && !field.IsList()
	case rest[0].attribute:
		return true
	}
	return e.text == nil
}

func (c *compiler) settleAttribute(e *element, l *leaf, s step) {
	l.space, l.local = c.space(l.field, s), s.local
	for _, other := range e.attributes {
		if other.space == l.space && other.local == l.local {
			c.fail(l.field, "another field has this place already")
		}
	}
	if l.field.IsList() || l.field.Message() != nil {
		c.fail(l.field, "a repeated field or a message cannot be an attribute")
		return
	}
	e.attributes = append(e.attributes, l)
}

// checkMixed refuses an element that would hold text and elements side by side.
func (c *compiler) checkMixed(e *element, message protoreflect.MessageDescriptor) {
	if e.text != nil && len(e.children) > 0 {
		c.fail(message, "one field is the text of an element in which another field is an element")
	}
}

// isEnumText tells whether a text can be written, and read back although white space around it is of no account.
func isEnumText(text string) bool {
	_, reason := appendEscaped(nil, text, false)
	return reason == "" && len(trimSpace([]byte(text))) == len(text)
}

// enum compiles the texts of an enum's values.
func (c *compiler) enum(enum protoreflect.EnumDescriptor) *enumTexts {
	if texts := c.enums[enum.FullName()]; texts != nil {
		return texts
	}
	texts := &enumTexts{map[protoreflect.EnumNumber]string{}, map[string]protoreflect.EnumNumber{}}
	c.enums[enum.FullName()] = texts
	if enum.Values().ByNumber(0) == nil {
		c.fail(enum, "an enum needs a value 0, which means unspecified")
	}
	for i := range enum.Values().Len() {
		value := enum.Values().Get(i)
		text, _ := option(value, soapbridgev1.E_Text).(string)
		switch {
		case value.Number() == 0 && text != "":
			c.fail(value, "the zero value means unspecified and has no text")
		case value.Number() == 0:
		case text == "":
			c.fail(value, "the option (soapbridge.v1.text) is missing")
		case !isEnumText(text):
			c.fail(value, "the text %q begins or ends with white space or holds a character that XML does not allow", text)
		case texts.byNumber[value.Number()] != "":
			c.fail(value, "another value has this number already")
		default:
			if _, taken := texts.byText[text]; taken {
				c.fail(value, "another value has the text %q already", text)
			}
			texts.byNumber[value.Number()], texts.byText[text] = text, value.Number()
		}
	}
	return texts
}
