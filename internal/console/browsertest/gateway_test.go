//go:build interop

package browsertest

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// gateway is the command, running.
type gateway struct {
	ready map[string]string // addresses, by what is ready there
	end   func()            // ends it, and waits until it has ended
}

// start runs the command until it says that REST is ready, or what else the last line is about. It ends with the test.
func start(t *testing.T, last string, args ...string) *gateway {
	t.Helper()
	c := exec.Command(command, args...)
	c.Stderr = t.Output()
	stdout, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	g := &gateway{ready: map[string]string{}}
	lines := bufio.NewScanner(stdout)
	g.end = sync.OnceFunc(func() {
		if err := c.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Error(err)
		}
		for lines.Scan() { // until the end
		}
		if err := c.Wait(); !c.ProcessState.Success() {
			t.Errorf("the command ended with %v", err)
		}
	})
	t.Cleanup(g.end)
	for lines.Scan() {
		if name, address, found := strings.Cut(lines.Text(), " ready at "); found {
			g.ready[name] = address
			if name == last {
				return g
			}
		}
	}
	t.Fatalf("%v ended before it was ready", args)
	return nil
}

// demo runs the gateway with a simulator behind it.
func demo(t *testing.T) *gateway {
	t.Helper()
	return start(t, "REST", "demo", "--http-addr", "127.0.0.1:0", "--grpc-addr", "127.0.0.1:0", "--admin-addr", "")
}

// serve runs the gateway as in production.
func serve(t *testing.T, backend string, args ...string) *gateway {
	t.Helper()
	return start(t, "REST", append([]string{
		"serve", "--console", "--backend-url", backend, "--http-addr", "127.0.0.1:0", "--grpc-addr", "127.0.0.1:0", "--admin-addr", "",
		"--ledger", filepath.Join(t.TempDir(), "ledger.db"),
	}, args...)...)
}

// simulate runs the simulator alone, and returns the address of its web service.
func simulate(t *testing.T) string {
	t.Helper()
	return start(t, "simulated Exchange", "simulate", "--addr", "127.0.0.1:0").ready["simulated Exchange"]
}

// write writes a file that the test needs, and returns its path.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
