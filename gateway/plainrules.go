package gateway

import (
	"unicode"
	"unicode/utf8"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

// plainRules are the rules of a message, as far as they are of the kinds that most requests have: a field that is required,
// a string that is not too long, that XML can hold, and that can be dialled. They are compiled from the same descriptors that protovalidate
// reads, and only ever used to see that a request is right: whatever they do not accept, protovalidate judges and explains.
// Its general machinery costs as much as all other interceptors together.
type plainRules struct{ fields []plainField }

type plainField struct {
	descriptor protoreflect.FieldDescriptor
	absent     bool // its rules are of other kinds, and it is only accepted when it is not set
	required   bool
	isText     bool
	xmlText    bool
	dialable   bool
	maxBytes   uint64
}

// plainRulesOf compiles the rules of a message; nil if there are always others among them.
func plainRulesOf(message protoreflect.MessageDescriptor) *plainRules {
	if proto.HasExtension(message.Options(), validate.E_Message) {
		return nil
	}
	rules := &plainRules{}
	for i := range message.Fields().Len() {
		field, known := plainFieldOf(message.Fields().Get(i))
		if !known {
			return nil
		}
		rules.fields = append(rules.fields, field)
	}
	return rules
}

func plainFieldOf(descriptor protoreflect.FieldDescriptor) (field plainField, known bool) {
	if oneof := descriptor.ContainingOneof(); oneof != nil && !oneof.IsSynthetic() {
		return field, false
	}
	field = plainField{descriptor: descriptor, isText: descriptor.Kind() == protoreflect.StringKind, maxBytes: 1<<64 - 1}
	rules, _ := proto.GetExtension(descriptor.Options(), validate.E_Field).(*validate.FieldRules)
	isPlain := descriptor.Message() == nil && descriptor.Cardinality() != protoreflect.Repeated &&
		len(rules.ProtoReflect().GetUnknown()) == 0
	rules.ProtoReflect().Range(func(rule protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
		switch rule.Name() {
		case "required":
			field.required = rules.GetRequired()
		case "string":
			isPlain = isPlain && field.addTextRules(rules.GetString())
		default:
			isPlain = false
		}
		return true
	})
	// A field that tracks presence and is not set has no rule but that it may be required.
	field.absent = !isPlain
	return field, isPlain || !field.required && (descriptor.HasPresence() || rules == nil)
}

// addTextRules returns false if there is a rule that it does not know.
func (f *plainField) addTextRules(rules *validate.StringRules) (known bool) {
	known = f.isText && len(rules.ProtoReflect().GetUnknown()) == 0
	rules.ProtoReflect().Range(func(rule protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch rule.FullName() {
		case "buf.validate.StringRules.max_bytes":
			f.maxBytes = value.Uint()
		case umv1.E_XmlText.TypeDescriptor().FullName():
			f.xmlText = value.Bool()
		case umv1.E_Dialable.TypeDescriptor().FullName():
			f.dialable = value.Bool()
		default:
			known = false
		}
		return known
	})
	return known
}

// accept tells whether a message keeps all rules and holds no text that is not UTF-8. If it does not, it may still be right.
func (r *plainRules) accept(m protoreflect.Message) bool {
	if r == nil {
		return false
	}
	for i := range r.fields {
		if !r.fields[i].accept(m) {
			return false
		}
	}
	return true
}

func (f *plainField) accept(m protoreflect.Message) bool {
	switch {
	case f.absent:
		return !m.Has(f.descriptor)
	case f.required && !m.Has(f.descriptor):
		return false
	case !f.isText:
		return true
	}
	text := m.Get(f.descriptor).String()
	return uint64(len(text)) <= f.maxBytes && (isPrintableASCII(text) || f.acceptRunes(text)) && (!f.dialable || isDialable(text))
}

// isPrintableASCII is the quick answer for what identifiers and numbers are made of.
func isPrintableASCII(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}

// acceptRunes knows production [2] Char of XML 1.0, which the rule xml_text stands for.
func (f *plainField) acceptRunes(text string) bool {
	if !utf8.ValidString(text) {
		return false
	}
	for _, r := range text {
		if f.xmlText && (r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF) {
			return false
		}
	}
	return true
}

// isDialable is the rule dialable.
func isDialable(text string) bool {
	blank := text != ""
	for _, r := range text {
		if unicode.IsControl(r) {
			return false
		}
		blank = blank && unicode.Is(unicode.Z, r)
	}
	return !blank
}
