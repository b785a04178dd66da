package clients_test

import (
	"os"
	"strings"
	"testing"
)

// TestReadmesShowTheExamples holds the code that the READMEs print to the examples, which the tests run.
func TestReadmesShowTheExamples(t *testing.T) {
	t.Parallel()
	for readme, examples := range map[string][]string{
		"typescript/README.md": {"typescript/examples/call.ts", "typescript/examples/rest.ts"},
		"python/README.md":     {"python/examples/call.py"},
	} {
		text, err := os.ReadFile(readme)
		if err != nil {
			t.Fatal(err)
		}
		for _, example := range examples {
			code, err := os.ReadFile(example)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(text), "\n"+string(code)+"```\n") {
				t.Errorf("%s does not show %s as it is", readme, example)
			}
		}
	}
}
