package configschema

import (
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// OfFlags describes the keys that stand for flags: each by its name with underscores, and once more in a group where two flags
// or more begin with the same word. "backend: {url: …}" is the flag --backend-url, and so is "backend_url: …".
func OfFlags(flags []*kong.Flag) (map[string]*Schema, error) {
	keys, groups := map[string]*Schema{}, map[string]map[string]*Schema{}
	for _, flag := range flags {
		s, err := ofFlag(flag)
		if err != nil {
			return nil, err
		}
		name := strings.ReplaceAll(flag.Name, "-", "_")
		keys[name] = s
		if group, member, grouped := strings.Cut(name, "_"); grouped {
			if groups[group] == nil {
				groups[group] = map[string]*Schema{}
			}
			groups[group][member] = s
		}
	}
	for name, members := range groups {
		if len(members) < 2 {
			continue
		}
		group := object(members)
		if alone, isKey := keys[name]; isKey {
			keys[name] = &Schema{AnyOf: []*Schema{alone, group}}
			continue
		}
		keys[name] = group
	}
	return keys, nil
}

// ofFlag describes the value of a flag.
func ofFlag(flag *kong.Flag) (*Schema, error) {
	s, err := ofFlagType(flag.Target.Type())
	if err != nil {
		return nil, fmt.Errorf("configschema: --%s: %w", flag.Name, err)
	}
	if flag.Enum != "" {
		s = &Schema{Enum: enum(strings.Split(flag.Enum, ","))}
	}
	s.Description = flag.Help
	if flag.HasDefault {
		if s.Default, err = valueOf(flag.Default, s.Type); err != nil {
			return nil, fmt.Errorf("configschema: --%s: %w", flag.Name, err)
		}
	}
	return s, nil
}

func ofFlagType(t reflect.Type) (*Schema, error) {
	if t == reflect.TypeFor[slog.Level]() {
		return &Schema{Type: "string", Pattern: levelPattern}, nil
	}
	if t.Kind() == reflect.Slice {
		item, err := ofFlagType(t.Elem())
		if err != nil {
			return nil, err
		}
		return &Schema{AnyOf: []*Schema{item, {Type: "array", Items: item}}}, nil
	}
	return ofScalar(t)
}

// ofScalar describes a value that is no list and no group.
func ofScalar(t reflect.Type) (*Schema, error) {
	if t == reflect.TypeFor[time.Duration]() {
		return &Schema{Type: "string", Pattern: durationPattern}, nil
	}
	switch t.Kind() {
	case reflect.String:
		return &Schema{Type: "string"}, nil
	case reflect.Bool:
		return &Schema{Type: "boolean"}, nil
	case reflect.Int, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint32, reflect.Uint64:
		return &Schema{Type: "integer"}, nil
	case reflect.Float64:
		return &Schema{Type: "number"}, nil
	}
	return nil, fmt.Errorf("nothing is known of the type %v", t)
}

// valueOf is a default, as JSON would have it.
func valueOf(text, kind string) (any, error) {
	switch kind {
	case "boolean":
		return strconv.ParseBool(text)
	case "integer":
		return strconv.Atoi(text)
	}
	return text, nil
}

// enum lists the values of a choice. Those that look like numbers may be written as such: YAML reads 1.2 without quotes as one.
func enum(names []string) []any {
	var values []any
	for _, name := range names {
		values = append(values, name)
	}
	for _, name := range names {
		if number, err := strconv.ParseFloat(name, 64); err == nil && !slices.Contains(values, any(number)) {
			values = append(values, number)
		}
	}
	return values
}
