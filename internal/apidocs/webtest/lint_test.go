//go:build interop

package webtest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/umgateway/umgateway/gen/openapi"
)

func TestTheLinterFindsNothingInTheDocument(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "openapi.json")
	if err := os.WriteFile(file, openapi.Document, 0o600); err != nil {
		t.Fatal(err)
	}
	output := node(t, "node_modules/@redocly/cli/bin/cli.js", "lint", "--format=json", "--config=redocly.yaml", file)
	var report struct {
		Totals   struct{ Errors, Warnings int }
		Problems []struct {
			RuleID  string `json:"ruleId"`
			Message string
		}
	}
	if err := json.Unmarshal(output, &report); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	if report.Totals.Errors+report.Totals.Warnings > 0 {
		t.Errorf("the linter finds %+v", report.Problems)
	}
}
