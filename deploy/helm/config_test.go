package helm

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"sigs.k8s.io/yaml"
)

// configSchema is the schema of the gateway's configuration file.
const configSchema = "../../docs/umgateway.schema.json"

// TestValuesAreSettingsOfTheGateway holds what users of the chart write to the schema: the file as it is, and the settings by
// their names as flags.
func TestValuesAreSettingsOfTheGateway(t *testing.T) {
	t.Parallel()
	schema, err := jsonschema.NewCompiler().Compile(configSchema)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(configSchema)
	if err != nil {
		t.Fatal(err)
	}
	var known struct{ Properties map[string]any }
	if err := json.Unmarshal(text, &known); err != nil {
		t.Fatal(err)
	}
	for name, values := range installations {
		var given struct {
			Config   map[string]any
			Settings map[string]any
		}
		if err := yaml.Unmarshal([]byte(values), &given); err != nil {
			t.Fatal(err)
		}
		if given.Config != nil {
			if err := schema.Validate(given.Config); err != nil {
				t.Errorf("%s: the configuration file: %v", name, err)
			}
		}
		for _, setting := range slices.Sorted(maps.Keys(given.Settings)) {
			if known.Properties[strings.ReplaceAll(setting, "-", "_")] == nil {
				t.Errorf("%s: --%s is no setting of the gateway", name, setting)
			}
		}
	}
}
