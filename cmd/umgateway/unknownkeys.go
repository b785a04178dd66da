package main

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// mergeKey has the keys of another mapping count as if they stood there (YAML 1.1, merge key).
const mergeKey = "<<"

// unknownKeys refuses keys that the Go type has no field for, and asks whether another was meant. All are reported.
func unknownKeys(node *yaml.Node, t reflect.Type) error {
	for node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case reflect.PointerTo(t).Implements(reflect.TypeFor[yaml.Unmarshaler]()):
		return nil // it knows its keys itself
	case node.Kind == yaml.SequenceNode && t.Kind() == reflect.Slice:
		var errs []error
		for _, entry := range node.Content {
			errs = append(errs, unknownKeys(entry, t.Elem()))
		}
		return errors.Join(errs...)
	case node.Kind == yaml.MappingNode && t.Kind() == reflect.Map:
		return unknownKeysOf(node, func(string) (reflect.Type, error) { return t.Elem(), nil }, t)
	case node.Kind == yaml.MappingNode && t.Kind() == reflect.Struct:
		known := map[string]reflect.Type{}
		keysOf(t, known)
		return unknownKeysOf(node, func(key string) (reflect.Type, error) {
			value, isKnown := known[key]
			if !isKnown {
				return nil, fmt.Errorf("unknown key %q%s", key, didYouMean(nearest(key, slices.Sorted(maps.Keys(known)))))
			}
			return value, nil
		}, t)
	}
	return nil // the decoder says what is wrong with it
}

// unknownKeysOf looks at the keys of a mapping, of which typeOf knows what they hold.
func unknownKeysOf(node *yaml.Node, typeOf func(key string) (reflect.Type, error), t reflect.Type) error {
	var errs []error
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		if key.Value == mergeKey {
			for _, merged := range mergedInto(value) {
				errs = append(errs, unknownKeys(merged, t))
			}
			continue
		}
		inside, err := typeOf(key.Value)
		if err != nil {
			errs = append(errs, fmt.Errorf("line %d: %w", key.Line, err))
			continue
		}
		errs = append(errs, unknownKeys(value, inside))
	}
	return errors.Join(errs...)
}

// mergedInto lists the mappings of a merge key: it has one, or a list of them.
func mergedInto(value *yaml.Node) []*yaml.Node {
	for value.Kind == yaml.AliasNode {
		value = value.Alias
	}
	if value.Kind == yaml.SequenceNode {
		return value.Content
	}
	return []*yaml.Node{value}
}

// keysOf collects the keys that the decoder reads into a struct, and the types of their values.
func keysOf(t reflect.Type, known map[string]reflect.Type) {
	for i := range t.NumField() {
		field := t.Field(i)
		name, options, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		switch {
		case !field.IsExported() && !field.Anonymous || name == "-":
		case options == "inline":
			keysOf(field.Type, known)
		case name == "":
			known[strings.ToLower(field.Name)] = field.Type
		default:
			known[name] = field.Type
		}
	}
}
