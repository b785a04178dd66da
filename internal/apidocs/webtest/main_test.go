//go:build interop

package webtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// installed is a folder with the packages of package-lock.json, what is in testdata, and umgateway.
var installed string

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	folder, err := os.MkdirTemp("", "umgateway-webtest-")
	if err == nil {
		defer os.RemoveAll(folder)
		err = install(folder)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	installed = folder
	return m.Run()
}

func install(folder string) error {
	for _, name := range []string{"package.json", "package-lock.json", ".npmrc", "testdata/call.js", "testdata/redocly.yaml"} {
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, filepath.Base(name)), text, 0o600); err != nil {
			return err
		}
	}
	if err := runIn(folder, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"); err != nil {
		return err
	}
	return runIn(".", "go", "build", "-o", filepath.Join(folder, "umgateway"), "../../../cmd/umgateway")
}

func runIn(folder, name string, args ...string) error {
	c := exec.Command(name, args...)
	c.Dir = folder
	if output, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", c, err, output)
	}
	return nil
}

// node runs a program of Node.js in the folder, and returns what it prints.
func node(t *testing.T, args ...string) []byte {
	t.Helper()
	c := exec.CommandContext(t.Context(), "node", args...)
	c.Dir, c.Stderr = installed, t.Output()
	c.Env = append(os.Environ(), "CI=true", "REDOCLY_TELEMETRY=off", "REDOCLY_SUPPRESS_UPDATE_NOTICE=true")
	output, err := c.Output()
	if err != nil {
		t.Errorf("%s: %v\n%s", c, err, output)
	}
	return output
}
