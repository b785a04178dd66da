package configschema

import (
	"fmt"
	"maps"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"
)

// OfType describes what the YAML decoder reads into a Go type. Keys are those of the yaml tags; the tag enum lists the values
// of a choice, with commas between them, and the tag required tells that a key must be there. What a key means is said by its
// tag help, or else by the comment of its field. Types that read YAML in their own way are those that own describes. Types other
// than these, structs, maps, lists and plain values are refused.
func OfType(t reflect.Type, comments Comments, own map[reflect.Type]*Schema) (*Schema, error) {
	if described := own[t]; described != nil {
		copied := *described
		return &copied, nil
	}
	if reflect.PointerTo(t).Implements(reflect.TypeFor[yaml.Unmarshaler]()) {
		return nil, fmt.Errorf("configschema: %v reads YAML in its own way", t)
	}
	switch t.Kind() {
	case reflect.Pointer:
		return OfType(t.Elem(), comments, own)
	case reflect.Struct:
		return ofStruct(t, comments, own)
	case reflect.Slice:
		items, err := OfType(t.Elem(), comments, own)
		return &Schema{Type: "array", Items: items}, err
	case reflect.Map:
		values, err := OfType(t.Elem(), comments, own)
		return &Schema{Type: "object", Additional: values}, err
	}
	s, err := ofScalar(t)
	if err != nil {
		return nil, fmt.Errorf("configschema: %w", err)
	}
	return s, nil
}

func ofStruct(t reflect.Type, comments Comments, own map[reflect.Type]*Schema) (*Schema, error) {
	s := object(map[string]*Schema{})
	for i := range t.NumField() {
		field := t.Field(i)
		name, options, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		if !field.IsExported() && !field.Anonymous || name == "-" {
			continue
		}
		value, err := OfType(field.Type, comments, own)
		if err != nil {
			return nil, fmt.Errorf("%w, in %v.%s", err, t, field.Name)
		}
		if options == "inline" {
			maps.Copy(s.Properties, value.Properties)
			s.Required = append(s.Required, value.Required...)
			continue
		}
		if name == "" {
			name = strings.ToLower(field.Name)
		}
		value.Description = comments.of(t, field, name)
		if choice := field.Tag.Get("enum"); choice != "" {
			value.choose(enum(strings.Split(choice, ",")))
		}
		if _, required := field.Tag.Lookup("required"); required {
			s.Required = append(s.Required, name)
		}
		s.Properties[name] = value
	}
	return s, nil
}

// choose bounds the value, or the entries of a list, to a choice.
func (s *Schema) choose(values []any) {
	if s.Items != nil {
		s = s.Items
	}
	s.Type, s.Enum = "", values
}
