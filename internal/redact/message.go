package redact

import (
	"log/slog"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

// Field is one populated field of a message, fit to be shown.
type Field struct {
	// Name is the path of field names, "outer.inner", with the index or key of elements: "list.0".
	Name string
	// Text is the value, or its hash if it is sensitive.
	Text string
}

// Message returns the fields of a message as a value for slog, which computes it only if the line is written.
func (r *Redactor) Message(m proto.Message) slog.LogValuer { return loggable{r, m} }

type loggable struct {
	redactor *Redactor
	message  proto.Message
}

// LogValue returns a group of the message's fields.
func (l loggable) LogValue() slog.Value {
	fields := l.redactor.Fields(l.message)
	attrs := make([]slog.Attr, len(fields))
	for i, field := range fields {
		attrs[i] = slog.String(field.Name, field.Text)
	}
	return slog.GroupValue(attrs...)
}

// Fields returns the populated fields of a message in the order of its schema, those of messages inside it included.
func (r *Redactor) Fields(m proto.Message) []Field {
	if m == nil {
		return nil
	}
	w := walker{redactor: r}
	w.message("", m.ProtoReflect(), false)
	return w.fields
}

// walker collects fields. What stands inside a sensitive field is sensitive.
type walker struct {
	redactor *Redactor
	fields   []Field
}

const anyMessage = "google.protobuf.Any"

func (w *walker) message(path string, m protoreflect.Message, sensitive bool) {
	descriptors := m.Descriptor().Fields()
	for i := range descriptors.Len() {
		field := descriptors.Get(i)
		if !m.Has(field) || m.Descriptor().FullName() == anyMessage && field.Name() != "type_url" {
			continue
		}
		w.field(join(path, string(field.Name())), field, m.Get(field), sensitive || isSensitive(field))
	}
}

func (w *walker) field(path string, field protoreflect.FieldDescriptor, value protoreflect.Value, sensitive bool) {
	switch {
	case field.IsList():
		for i := range value.List().Len() {
			w.value(join(path, strconv.Itoa(i)), field, value.List().Get(i), sensitive)
		}
	case field.IsMap():
		w.entries(path, field, value.Map(), sensitive)
	default:
		w.value(path, field, value, sensitive)
	}
}

// entries shows a map in the order of its keys. The keys of a sensitive map are hidden too.
func (w *walker) entries(path string, field protoreflect.FieldDescriptor, entries protoreflect.Map, sensitive bool) {
	var keys []protoreflect.MapKey
	entries.Range(func(key protoreflect.MapKey, _ protoreflect.Value) bool {
		keys = append(keys, key)
		return true
	})
	slices.SortFunc(keys, func(a, b protoreflect.MapKey) int { return strings.Compare(a.String(), b.String()) })
	for _, key := range keys {
		name := key.String()
		if sensitive {
			name = w.redactor.String(name)
		}
		w.value(join(path, name), field.MapValue(), entries.Get(key), sensitive)
	}
}

func (w *walker) value(path string, field protoreflect.FieldDescriptor, value protoreflect.Value, sensitive bool) {
	if field.Message() != nil {
		w.message(path, value.Message(), sensitive)
		return
	}
	text := value.String()
	switch field.Kind() {
	case protoreflect.BytesKind:
		text = string(value.Bytes())
		if !sensitive {
			text = strconv.Itoa(len(text)) + " bytes"
		}
	case protoreflect.EnumKind:
		if known := field.Enum().Values().ByNumber(value.Enum()); known != nil {
			text, sensitive = string(known.Name()), sensitive || isSensitiveValue(known)
		} else {
			text = strconv.Itoa(int(value.Enum()))
		}
	}
	if sensitive {
		text = w.redactor.String(text)
	}
	w.fields = append(w.fields, Field{path, text})
}

// isSensitive reports whether the schema says that the field must not be shown.
func isSensitive(field protoreflect.FieldDescriptor) bool {
	options, ok := field.Options().(*descriptorpb.FieldOptions)
	return ok && options.GetDebugRedact()
}

func isSensitiveValue(value protoreflect.EnumValueDescriptor) bool {
	options, ok := value.Options().(*descriptorpb.EnumValueOptions)
	return ok && options.GetDebugRedact()
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
