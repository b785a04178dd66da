package endurance

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// process is a program that can be killed and started again.
type process struct {
	name    string
	program string
	args    []string
	ready   string // begins what follows the readiness line, in a line of the standard output

	mu     sync.Mutex
	cmd    *exec.Cmd
	ended  chan struct{}
	stderr *os.File
}

// newProcess prepares a program, and has it killed when the test ends.
func newProcess(t *testing.T, name, ready, program string, args ...string) *process {
	t.Helper()
	p := &process{name: name, program: program, args: args, ready: ready}
	var err error
	if p.stderr, err = os.CreateTemp(t.TempDir(), "stderr"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("%s:\n%s", name, p.said())
		}
		p.stderr.Close()
	})
	return p
}

// start starts the program, and returns the rest of the line that says that it is ready.
func (p *process) start() (string, error) {
	output, input, err := os.Pipe()
	if err != nil {
		return "", err
	}
	cmd := exec.Command(p.program, p.args...)
	cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = input, p.stderr, withParent()
	started, ended := make(chan error), make(chan struct{})
	go func() {
		// The program ends with this thread.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		input.Close()
		started <- err
		if err == nil {
			cmd.Wait() // it is killed
			close(ended)
		}
	}()
	if err := <-started; err != nil {
		output.Close()
		return "", fmt.Errorf("start %s: %w; is the package in debian-packages.txt installed?", p.name, err)
	}
	p.mu.Lock()
	p.cmd, p.ended = cmd, ended
	p.mu.Unlock()
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		if _, rest, found := strings.Cut(lines.Text(), p.ready); found {
			go func() {
				defer output.Close()
				io.Copy(io.Discard, output)
			}()
			return strings.TrimSpace(rest), nil
		}
	}
	output.Close()
	return "", fmt.Errorf("%s ended before it was ready:\n%s", p.name, p.said())
}

// kill ends the program as kill -9 does, and returns when it has ended.
func (p *process) kill() {
	p.mu.Lock()
	cmd, ended := p.cmd, p.ended
	p.mu.Unlock()
	if cmd == nil {
		return
	}
	cmd.Process.Kill() // it may have ended
	<-ended
}

// said returns the end of what the program has written to its standard error.
func (p *process) said() string {
	const shown = 4 << 10
	info, err := p.stderr.Stat()
	if err != nil {
		return err.Error()
	}
	text := make([]byte, shown)
	n, err := p.stderr.ReadAt(text, max(info.Size()-shown, 0))
	if err != nil && err != io.EOF {
		return err.Error()
	}
	return string(text[:n])
}
