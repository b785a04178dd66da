package main

import (
	"bytes"
	"path/filepath"
	"regexp"
	"testing"
)

// printed is what config print shows of a file.
func printed(t *testing.T, text string) string {
	t.Helper()
	var shown, told bytes.Buffer
	path := replaceFile(t, filepath.Join(t.TempDir(), "umgateway.yaml"), text)
	if code := run([]string{"config", "print", "--config", path}, &shown, &told); code != 0 {
		t.Fatalf("config print ends with %d and says %s", code, told.String())
	}
	return shown.String()
}

// inComment is where a setting has its value from: printed twice, everything is from the file.
var inComment = regexp.MustCompile(`(?m) +# .*$`)

func TestPrintedConfigurationIsAFileOfTheSchemaThatSaysTheSame(t *testing.T) {
	t.Parallel()
	schema := compiled(t)
	for where, text := range sampleFiles(t) {
		once := printed(t, text)
		if err := validate(t, schema, once); err != nil {
			t.Errorf("%s: the schema refuses what is printed: %v", where, err)
		}
		if twice := printed(t, once); inComment.ReplaceAllString(once, "") != inComment.ReplaceAllString(twice, "") {
			t.Errorf("%s: printed:\n%s\nand once more:\n%s", where, once, twice)
		}
	}
}
