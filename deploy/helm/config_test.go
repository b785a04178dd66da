package helm

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
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
	all := maps.Clone(installations)
	all["the values of README.md"] = printedValues(t)
	for name, values := range all {
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

var heredoc = regexp.MustCompile(`(?s)cat >values\.yaml <<'EOF'\n(.*?)\nEOF\n`)

// printedValues are the values that the documentation prints.
func printedValues(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	found := heredoc.FindSubmatch(page)
	if found == nil {
		t.Fatal("README.md prints no values")
	}
	return string(found[1])
}

// TestPrintedValuesSayWhoMayCall keeps the documentation from an installation whose pods refuse to start: they listen where others
// reach them.
func TestPrintedValuesSayWhoMayCall(t *testing.T) {
	t.Parallel()
	var given struct {
		Config struct {
			Callers struct{ Issuers []any }
			Policy  struct{ Rules []any }
		}
	}
	if err := yaml.Unmarshal([]byte(printedValues(t)), &given); err != nil {
		t.Fatal(err)
	}
	if len(given.Config.Callers.Issuers) == 0 || len(given.Config.Policy.Rules) == 0 {
		t.Errorf("nobody may call, or nobody is asked who calls: %+v", given)
	}
	mustRender(t, printedValues(t))
}
