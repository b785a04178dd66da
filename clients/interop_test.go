//go:build interop

package clients_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTypeScript builds and checks the client in TypeScript, and runs its tests against the gateway's binary.
func TestTypeScript(t *testing.T) {
	t.Parallel()
	environment := append(os.Environ(), "GATEWAY_BINARY="+gateway(t))
	folder := "typescript"
	run(t, folder, environment, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	run(t, folder, environment, "npm", "run", "lint")
	run(t, folder, environment, "npm", "test")
}

// TestPython checks the types of the client in Python, and runs its tests against the gateway's binary. The Python is that
// for which Debian has gRPC, whichever stands first on the path.
func TestPython(t *testing.T) {
	t.Parallel()
	const python = "/usr/bin/python3"
	environment := append(os.Environ(), "GATEWAY_BINARY="+gateway(t), "PYTHONPATH=src", "PYTHONDONTWRITEBYTECODE=1")
	folder := "python"
	run(t, folder, environment, python, "-m", "mypy", "--cache-dir", t.TempDir())
	run(t, folder, environment, python, "-W", "error::ResourceWarning", "-m", "unittest")
}

// gateway builds the command.
func gateway(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "umgateway")
	run(t, "..", os.Environ(), "go", "build", "-o", binary, "./cmd/umgateway")
	return binary
}

// run runs a command, which must succeed, and shows what it wrote if it does not.
func run(t *testing.T, folder string, environment []string, name string, args ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), name, args...)
	command.Dir, command.Env = folder, environment
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v; are the packages in debian-packages.txt installed?\n%s", name, strings.Join(args, " "), err, output)
	}
}
