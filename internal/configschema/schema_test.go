package configschema_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/umgateway/umgateway/internal/configschema"
)

// inner is part of another.
type inner struct {
	// Pause is a time.
	Pause time.Duration `yaml:"pause"`
}

// unlike reads YAML in its own way.
type unlike string

func (*unlike) UnmarshalYAML(*yaml.Node) error { return nil }

// outer has a field of each kind.
type outer struct {
	inner `yaml:",inline"`
	// Name says who.
	Name string `yaml:"name" required:""`
	// Kinds: what it may be.
	Kinds  []string         `yaml:"kinds" enum:"a,b"`
	ByName map[string]inner `yaml:"by_name" help:"By their names."`
	Plain  *bool            // without a tag
	Other  unlike           `yaml:"other"`
	Hidden string           `yaml:"-"`
	secret string
}

// asJSON is a schema as JSON reads it.
func asJSON(t *testing.T, schema any) (read any) {
	t.Helper()
	text, err := json.Marshal(schema)
	if err == nil {
		err = json.Unmarshal(text, &read)
	}
	if err != nil {
		t.Fatal(err)
	}
	return read
}

func want(t *testing.T, got any, text string) {
	t.Helper()
	var wanted any
	if err := json.Unmarshal([]byte(text), &wanted); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wanted, asJSON(t, got)); diff != "" {
		t.Error(diff)
	}
}

const aDuration = `"type": "string", "pattern": "^[-+]?(0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$"`

func TestTypesAreDescribedAsTheDecoderReadsThem(t *testing.T) {
	t.Parallel()
	_ = outer{}.secret
	comments := configschema.Comments{
		"github.com/umgateway/umgateway/internal/configschema_test.outer.Name":  "Name says who.",
		"github.com/umgateway/umgateway/internal/configschema_test.outer.Kinds": "Kinds: what it may be.",
	}
	got, err := configschema.OfType(reflect.TypeFor[outer](), comments, map[reflect.Type]*configschema.Schema{
		reflect.TypeFor[unlike](): configschema.Named("^a$", nil),
	})
	if err != nil {
		t.Fatal(err)
	}
	want(t, got, `{"type": "object", "additionalProperties": false, "required": ["name"], "properties": {
		"pause": {`+aDuration+`},
		"name": {"type": "string", "description": "name says who."},
		"kinds": {"type": "array", "items": {"enum": ["a", "b"]}, "description": "kinds: what it may be."},
		"by_name": {"type": "object", "description": "By their names.", "additionalProperties": {
			"type": "object", "additionalProperties": false, "properties": {"pause": {`+aDuration+`}}}},
		"other": {"type": "object", "propertyNames": {"pattern": "^a$"}, "additionalProperties": {"type": "object", "additionalProperties": false}},
		"plain": {"type": "boolean"}}}`)
}

func TestTypeOfWhichNothingIsKnownIsRefused(t *testing.T) {
	t.Parallel()
	_, err := configschema.OfType(reflect.TypeFor[struct {
		Other chan int `yaml:"other"`
	}](), nil, nil)
	if err == nil || !strings.Contains(err.Error(), "chan int") || !strings.Contains(err.Error(), "Other") {
		t.Errorf("the error is %v", err)
	}
	if _, err := configschema.OfType(reflect.TypeFor[unlike](), nil, nil); err == nil {
		t.Error("a type that reads YAML in its own way is described as if it did not")
	}
}

func TestFlagsAreKeysAndMembersOfGroups(t *testing.T) {
	t.Parallel()
	var flags struct {
		Place  string   `name:"store" help:"Where."`
		Size   int      `name:"store-max-size" default:"5" help:"How much (${default})."`
		End    string   `name:"store-end" help:"When."`
		Level  string   `name:"tls" enum:"1.2,x" default:"x" help:"Which."`
		Single bool     `name:"alone-here" help:"Whether."`
		Many   []string `name:"many" help:"Some."`
	}
	parser, err := kong.New(&flags, kong.NoDefaultHelp())
	if err != nil {
		t.Fatal(err)
	}
	got, err := configschema.OfFlags(parser.Model.Flags)
	if err != nil {
		t.Fatal(err)
	}
	size := `{"type": "integer", "default": 5, "description": "How much (5)."}`
	end := `{"type": "string", "description": "When."}`
	want(t, got, `{
		"store": {"anyOf": [{"type": "string", "description": "Where."}, {
			"type": "object", "additionalProperties": false, "properties": {"max_size": `+size+`, "end": `+end+`}}]},
		"store_max_size": `+size+`, "store_end": `+end+`,
		"tls": {"enum": ["1.2", "x", 1.2], "default": "x", "description": "Which."},
		"alone_here": {"type": "boolean", "description": "Whether."},
		"many": {"description": "Some.", "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}}`)
}

func TestCommentsAreReadFromTheSource(t *testing.T) {
	t.Parallel()
	comments, err := configschema.ReadComments("..", "example.com/module")
	if err != nil {
		t.Fatal(err)
	}
	if got := comments["example.com/module/configschema.Schema.Additional"]; !strings.HasPrefix(got, "Additional is the schema") {
		t.Errorf("the comment is %q", got)
	}
}
