package main

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(undisturbed{m}, map[string]func(){"umctl": main})
}

// undisturbed keeps settings of whoever runs the tests from the tests.
type undisturbed struct{ m *testing.M }

// Run runs the tests.
func (u undisturbed) Run() int {
	for _, setting := range os.Environ() {
		if name, _, _ := strings.Cut(setting, "="); strings.HasPrefix(name, "UMCTL_") {
			if err := os.Unsetenv(name); err != nil {
				panic(err)
			}
		}
	}
	return u.m.Run()
}

func TestScriptsWithoutAGateway(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{Dir: "testdata/local", Cmds: map[string]command{"exits": exits}})
}

// TestScriptsOverBothFronts runs each script against `umgateway demo`, once over gRPC and once over REST.
func TestScriptsOverBothFronts(t *testing.T) {
	t.Parallel()
	gateway := filepath.Join(t.TempDir(), "umgateway")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", gateway, "../umgateway")
	build.Stderr = t.Output()
	if err := build.Run(); err != nil {
		t.Fatalf("build umgateway: %v", err)
	}
	for _, front := range []string{"gRPC", "REST"} {
		t.Run(front, func(t *testing.T) {
			testscript.Run(t, testscript.Params{Dir: "testdata/both", Cmds: map[string]command{
				"exits":   exits,
				"capture": capture,
				"demo":    func(ts *testscript.TestScript, _ bool, _ []string) { demo(ts, gateway, front) },
			}})
		})
	}
}

type command = func(ts *testscript.TestScript, neg bool, args []string)

// exits runs a program and checks its exit code: exits 69 umctl get X.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits code program args...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var failed *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &failed) {
		got = failed.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// capture sets a variable to the last word of what was printed first: capture CALL.
func capture(ts *testscript.TestScript, neg bool, args []string) {
	first, _, _ := strings.Cut(ts.ReadFile("stdout"), "\n")
	words := strings.Fields(first)
	if neg || len(args) != 1 || len(words) == 0 {
		ts.Fatalf("usage: capture variable, after something was printed")
	}
	ts.Setenv(args[0], words[len(words)-1])
}

// demo starts a gateway before a simulated Exchange server, and has umctl use it over the front.
func demo(ts *testscript.TestScript, gateway, front string) {
	process := exec.Command(gateway, "demo", "--http-addr", "127.0.0.1:0", "--grpc-addr", "127.0.0.1:0", "--admin-addr", "")
	process.Env = []string{}
	out, err := process.StdoutPipe()
	ts.Check(err)
	ts.Check(process.Start())
	lines := bufio.NewScanner(out)
	ts.Defer(func() {
		ts.Check(process.Process.Signal(syscall.SIGTERM))
		for lines.Scan() {
			continue
		}
		ts.Check(process.Wait())
	})
	variables := map[string]string{"gRPC": "UMCTL_ADDR", "REST": "UMCTL_REST"}
	for lines.Scan() {
		name, address, ready := strings.Cut(lines.Text(), " ready at ")
		if ready && name == front {
			ts.Setenv(variables[front], address)
		}
		if strings.HasPrefix(lines.Text(), "Stop with") {
			return
		}
	}
	ts.Fatalf("the gateway ended before it was ready")
}
