//go:build interop

package systemd

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// run returns what a command says on both outputs.
func run(t *testing.T, name string, args ...string) (string, error) {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	return string(output), err
}

// installed returns a copy of the unit whose program exists, with one text in it replaced.
func installed(t *testing.T, old, replacement string) string {
	t.Helper()
	text, err := os.ReadFile("umgateway.service")
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	unit := strings.Replace(string(text), old, replacement, 1)
	unit = strings.ReplaceAll(unit, "/usr/bin/umgateway", program)
	path := filepath.Join(t.TempDir(), "umgateway.service")
	if err := os.WriteFile(path, []byte(unit), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSystemdUnderstandsTheUnit(t *testing.T) {
	t.Parallel()
	// Unknown keys are warnings to systemd, so that silence is what counts.
	if output, err := run(t, "systemd-analyze", "verify", "--man=no", installed(t, "", "")); err != nil || output != "" {
		t.Errorf("%v:\n%s", err, output)
	}
	if output, _ := run(t, "systemd-analyze", "verify", "--man=no", installed(t, "NoNewPrivileges", "NoPrivileges")); output == "" {
		t.Error("a misspelt key goes unnoticed")
	}
}

func TestServiceIsConfined(t *testing.T) {
	t.Parallel()
	// 10 is the worst. A service that needs the network and files of the machine is left with a little more than 1.
	assess := []string{"security", "--offline=yes", "--no-pager", "--threshold=20"}
	if output, err := run(t, "systemd-analyze", append(assess, installed(t, "", ""))...); err != nil {
		t.Errorf("%v:\n%s", err, output)
	}
	if _, err := run(t, "systemd-analyze", append(assess, installed(t, "CapabilityBoundingSet=", ""))...); err == nil {
		t.Error("a missing restriction goes unnoticed")
	}
}

func TestServiceHasAUserOfItsOwn(t *testing.T) {
	t.Parallel()
	path, err := filepath.Abs("umgateway.sysusers")
	if err != nil {
		t.Fatal(err)
	}
	output, err := run(t, "systemd-sysusers", "--dry-run", "--root="+t.TempDir(), path)
	if err != nil || !strings.Contains(output, "Creating user 'umgateway'") {
		t.Errorf("%v:\n%s", err, output)
	}
}
