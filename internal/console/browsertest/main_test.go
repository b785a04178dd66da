//go:build interop

package browsertest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// What TestMain has made ready for all tests.
var (
	command string // the path of umgateway
	axe     string // the text of axe-core, which checks for accessibility
)

func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "umgateway-console-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := 1
	if err := prepare(folder); err != nil {
		fmt.Fprintln(os.Stderr, err)
	} else {
		code = m.Run()
	}
	if err := os.RemoveAll(folder); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

// prepare builds the command, and takes axe-core from npm in the version that package-lock.json pins.
func prepare(folder string) error {
	command = filepath.Join(folder, "umgateway")
	if err := runIn("../../..", "go", "build", "-o", command, "./cmd/umgateway"); err != nil {
		return err
	}
	for _, name := range []string{"package.json", "package-lock.json", ".npmrc"} {
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			return err
		}
	}
	if err := runIn(folder, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"); err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(folder, "node_modules", "axe-core", "axe.min.js"))
	axe = string(text)
	return err
}

func runIn(folder, name string, args ...string) error {
	c := exec.Command(name, args...)
	c.Dir = folder
	if output, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", c, err, output)
	}
	return nil
}
