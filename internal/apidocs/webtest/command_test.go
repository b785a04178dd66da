//go:build interop

package webtest

import (
	"bufio"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// start runs umgateway until it says where it serves HTTP, and returns that address. It ends with the test.
func start(t *testing.T, verb string, args ...string) string {
	t.Helper()
	last := "REST ready at "
	if verb == "simulate" {
		last = "simulated Exchange ready at "
	} else {
		args = append(args, "--http-addr", "127.0.0.1:0", "--grpc-addr", "127.0.0.1:0", "--admin-addr", "")
	}
	if verb == "serve" {
		args = append(args, "--ledger", filepath.Join(t.TempDir(), "ledger.db"))
	}
	c := exec.Command(filepath.Join(installed, "umgateway"), append([]string{verb}, args...)...)
	c.Stderr = t.Output()
	output, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(output)
	t.Cleanup(func() {
		if err := c.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		for lines.Scan() { // until the end
		}
		if err := c.Wait(); !c.ProcessState.Success() {
			t.Errorf("the command ended with %v", err)
		}
	})
	for lines.Scan() {
		if address, found := strings.CutPrefix(lines.Text(), last); found {
			return address
		}
	}
	t.Fatalf("%s ended before it was ready", verb)
	return ""
}
