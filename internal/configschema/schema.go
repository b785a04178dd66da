package configschema

// Schema is a JSON schema, as encoding/json writes it. Empty fields are left out.
type Schema struct {
	Dialect     string   `json:"$schema,omitempty"`
	Title       string   `json:"title,omitempty"`
	Description string   `json:"description,omitempty"`
	Type        string   `json:"type,omitempty"`
	Enum        []any    `json:"enum,omitempty"`
	Pattern     string   `json:"pattern,omitempty"`
	Default     any      `json:"default,omitempty"`
	Required    []string `json:"required,omitempty"`

	Items      *Schema            `json:"items,omitempty"`
	Properties map[string]*Schema `json:"properties,omitempty"`
	// Additional is the schema of other properties, or false for none. Default: any.
	Additional any `json:"additionalProperties,omitempty"`
	// Names is the schema of the names of properties. Default: any.
	Names *Schema   `json:"propertyNames,omitempty"`
	AnyOf []*Schema `json:"anyOf,omitempty"`
}

// draft is the dialect of the schema.
const draft = "https://json-schema.org/draft/2020-12/schema"

// New is the schema of a file with these keys at its top, and no others.
func New(title string, properties map[string]*Schema) *Schema {
	s := object(properties)
	s.Dialect, s.Title = draft, title
	return s
}

// Named is the schema of objects with these keys, under names that match a pattern.
func Named(pattern string, properties map[string]*Schema) *Schema {
	return &Schema{Type: "object", Names: &Schema{Pattern: pattern}, Additional: object(properties)}
}

// object is a schema of these keys, and no others.
func object(properties map[string]*Schema) *Schema {
	return &Schema{Type: "object", Properties: properties, Additional: false}
}

// durationPattern is what time.ParseDuration reads, without fractions that begin or end with their point.
const durationPattern = `^[-+]?(0|([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$`

// levelPattern is what slog.Level reads, in capital letters.
const levelPattern = `^(DEBUG|INFO|WARN|ERROR)([-+][0-9]+)?$`
