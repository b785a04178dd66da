package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/umgateway/umgateway/docs"
	"github.com/umgateway/umgateway/internal/configschema"
)

const schemaPath = "../../docs/umgateway.schema.json"

var update = flag.Bool("update", false, "write "+schemaPath+" anew")

// newSchema makes the schema of what serve reads.
func newSchema(t *testing.T) []byte {
	t.Helper()
	var exit *int
	command, _, err := parseWith(&configFile{}, []string{"serve"}, &exit, io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	properties, err := configschema.OfFlags(settingsAmong(command.Flags()))
	if err != nil {
		t.Fatal(err)
	}
	comments, err := configschema.ReadComments("../..", "github.com/umgateway/umgateway")
	if err != nil {
		t.Fatal(err)
	}
	_, flags, err := parseBackend(&configFile{})
	if err != nil {
		t.Fatal(err)
	}
	backend, err := configschema.OfFlags(flags)
	if err != nil {
		t.Fatal(err)
	}
	rich, err := configschema.OfType(reflect.TypeFor[sections](), comments, map[reflect.Type]*configschema.Schema{
		reflect.TypeFor[backendSections](): configschema.Named(backendNames.String(), backend),
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, section := range rich.Properties {
		properties[name] = section
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(configschema.New("Configuration of umgateway serve", properties)); err != nil {
		t.Fatal(err)
	}
	return text.Bytes()
}

func TestSchemaIsThatOfTheProgram(t *testing.T) {
	t.Parallel()
	made := newSchema(t)
	if *update {
		if err := os.WriteFile(schemaPath, made, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if text := read(t, schemaPath); text != string(made) {
		t.Errorf("%s is out of date: make schema", schemaPath)
	}
	if !*update && !bytes.Equal(docs.Schema, made) {
		t.Error("the program prints another")
	}
}

// compiled is the schema as a library reads it.
func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(newSchema(t)))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("umgateway.schema.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("umgateway.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// validate reads a file as editors do.
func validate(t *testing.T, schema *jsonschema.Schema, text string) error {
	t.Helper()
	var document any
	if err := yaml.Unmarshal([]byte(text), &document); err != nil {
		t.Fatal(err)
	}
	asJSON, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
	if err != nil {
		t.Fatal(err)
	}
	return schema.Validate(value)
}

var inYAML = regexp.MustCompile("(?s)(?:```yaml\n|<<'EOF'\n)(.*?)(?:```|\nEOF)")

// otherFiles are files for others: identities, and settings of buf.
var otherFiles = regexp.MustCompile(`(?m)^(identities|plugins):`)

// sampleFiles are the configuration files in the documentation and in the tests, by where they stand.
func sampleFiles(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{sample: read(t, sample), sampleOfBackends: read(t, sampleOfBackends)}
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append(pages, "../../README.md") {
		for i, block := range inYAML.FindAllStringSubmatch(read(t, page), -1) {
			if !otherFiles.MatchString(block[1]) {
				found[fmt.Sprint(page, " block ", i+1)] = block[1]
			}
		}
	}
	s := newSecured(t)
	found["configuration of the tests"] = s.config(policyOfTheTests, "limits: {per_caller: {rate: 1.5}}\n")
	return found
}

func TestSamplesFollowTheSchema(t *testing.T) {
	t.Parallel()
	schema, found := compiled(t), sampleFiles(t)
	if len(found) < 3 {
		t.Errorf("only %d samples are found", len(found))
	}
	for where, text := range found {
		if err := validate(t, schema, text); err != nil {
			t.Errorf("%s: %v", where, err)
		}
	}
}

// TestSchemaAndProgramRefuseTheSame has both read files with one mistake each, and the same without it.
func TestSchemaAndProgramRefuseTheSame(t *testing.T) {
	t.Parallel()
	schema := compiled(t)
	const url = "backend: {url: [http://127.0.0.1:1/]}\n"
	issuer := "callers:\n  issuers: [{url: 'https://a.example.com', audiences: [x]%s}]\n"
	rule := "policy:\n  rules: [{name: x, rpcs: ['*'], callers: {authenticated: true}%s}]\n"
	for _, c := range []struct{ name, good, bad string }{
		{"key at the top", url + "http_addr: 127.0.0.1:1", url + "http_adr: 127.0.0.1:1"},
		{"key in a group", url, "backend: {urls: [http://127.0.0.1:1/]}"},
		{"key of the command line", url, url + "config: other.yaml"},
		{"one address", "backend: {url: 'http://127.0.0.1:1/'}", "backend: {url: {a: b}}"},
		{"list for one value", url + "http_addr: '127.0.0.1:1'", url + "http_addr: ['127.0.0.1:1']"},
		{"choice", url + "log_format: json", url + "log_format: xml"},
		{"choice that looks like a number", url + "backend_tls_min_version: 1.3", url + "backend_tls_min_version: 1.4"},
		{"duration", url + "max_timeout: 1m30s", url + "max_timeout: 90"},
		{"number", url + "max_request_bytes: 1000", url + "max_request_bytes: many"},
		{"switch", url + "admin: {pprof: true}", url + "admin: {pprof: maybe}"},
		{"level", url + "log: {level: DEBUG}", url + "log: {level: LOUD}"},
		{"place and group", url + "ledger: ledger.db", url + "ledger: {retentions: 1h}"},
		{"section", url + "limits: {per_caller: {rate: 2.5}}", url + "limits: {per_callers: {rate: 2}}"},
		{"key in a section", url + "limits: {total: {rate: 1, burst: 2}}", url + "limits: {total: {rate: 1, bursts: 2}}"},
		{"number in a section", url + "limits: {max_callers: 5}", url + "limits: {max_callers: many}"},
		{"key in a list", url + fmt.Sprintf(issuer, ""), url + fmt.Sprintf(issuer, ", audience: x")},
		{"duration in a section", url + fmt.Sprintf(issuer, ", key_refresh: 10m"), url + fmt.Sprintf(issuer, ", key_refresh: often")},
		{"algorithm", url + fmt.Sprintf(issuer, ", algorithms: [ES256]"), url + fmt.Sprintf(issuer, ", algorithms: [HS256]")},
		{"what must be there", url + fmt.Sprintf(issuer, ""), url + "callers: {issuers: [{url: 'https://a.example.com'}]}"},
		{"rule", url + fmt.Sprintf(rule, ", dial: {allow: ['*']}"), url + fmt.Sprintf(rule, ", dials: {allow: ['*']}")},
		{"kind of credential", url + "policy: {rules: [{name: x, rpcs: ['*'], callers: {kinds: [jwt]}}]}", url + "policy: {rules: [{name: x, rpcs: ['*'], callers: {kinds: [token]}}]}"},
		{"backend of several", "backends: {a: {url: 'http://127.0.0.1:1/', max_conns: 5}}", "backends: {a: {url: 'http://127.0.0.1:1/', max_con: 5}}"},
		{"name of a backend", "backends: {a: {url: 'http://127.0.0.1:1/'}}", "backends: {A: {url: 'http://127.0.0.1:1/'}}"},
		{"rule without a name", url + fmt.Sprintf(rule, ""), url + "policy: {rules: [{rpcs: ['*'], callers: {authenticated: true}}]}"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for text, want := range map[string]bool{c.good: true, c.bad: false} {
				if err := validate(t, schema, text); (err == nil) != want {
					t.Errorf("the schema says %v of %s", err, text)
				}
				var told bytes.Buffer
				path := replaceFile(t, filepath.Join(t.TempDir(), "umgateway.yaml"), text)
				if code := run([]string{"config", "check", "--config", path}, &told, &told); (code == 0) != want {
					t.Errorf("the program ends with %d and says %s of %s", code, told.String(), text)
				}
			}
		})
	}
}

func TestEveryKeyOfTheSchemaIsExplained(t *testing.T) {
	t.Parallel()
	var document any
	if err := json.Unmarshal(newSchema(t), &document); err != nil {
		t.Fatal(err)
	}
	keys := 0
	var look func(path string, schema any)
	look = func(path string, schema any) {
		properties, _ := schema.(map[string]any)["properties"].(map[string]any)
		for name, value := range properties {
			keys++
			isGroup := value.(map[string]any)["properties"] != nil || value.(map[string]any)["anyOf"] != nil
			if text, _ := value.(map[string]any)["description"].(string); text == "" && !isGroup {
				t.Errorf("%s%s is not explained", path, name)
			}
			look(path+name+".", value)
			if items := value.(map[string]any)["items"]; items != nil {
				look(path+name+"[].", items)
			}
		}
	}
	look("", document)
	if keys < 100 {
		t.Errorf("only %d keys were found", keys)
	}
}
