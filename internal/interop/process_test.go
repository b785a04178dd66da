//go:build interop

package interop

import (
	"bufio"
	"io"
	"net"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	startLimit = 30 * time.Second
	stopLimit  = 15 * time.Second
	shownLines = 30
)

// process is a server that runs until the test ends.
type process struct {
	name string
	pid  int
	done chan struct{} // closed when it has ended

	stopped sync.Once

	mu    sync.Mutex
	lines []string // of its output
	wait  map[*regexp.Regexp]chan []string
}

// start starts a program. It ends with the test, and with the test process, however that ends.
func start(t *testing.T, env []string, name string, args ...string) *process {
	t.Helper()
	output, input, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = input, input
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM, Setpgid: true}
	p := &process{name: name, done: make(chan struct{}), wait: map[*regexp.Regexp]chan []string{}}
	started := make(chan error)
	go p.run(cmd, started)
	err = <-started
	input.Close()
	if err != nil {
		t.Fatalf("start %s: %v; is the package in debian-packages.txt installed?", name, err)
	}
	go p.read(output)
	t.Cleanup(func() { p.stop(t) })
	return p
}

// run starts the program on a thread of its own, since the thread's end is what the program takes for its parent's.
func (p *process) run(cmd *exec.Cmd, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := cmd.Start()
	if err == nil {
		p.pid = cmd.Process.Pid
	}
	started <- err
	if err == nil {
		cmd.Wait() // it is told to end
		close(p.done)
	}
}

func (p *process) read(output io.ReadCloser) {
	defer output.Close()
	for scanner := bufio.NewScanner(output); scanner.Scan(); {
		p.mu.Lock()
		line := scanner.Text()
		p.lines = append(p.lines, line)
		for pattern, found := range p.wait {
			if match := pattern.FindStringSubmatch(line); match != nil {
				found <- match
				delete(p.wait, pattern)
			}
		}
		p.mu.Unlock()
	}
}

// ready waits for a line of the output, past or to come, that fits the pattern, and returns its groups. It returns nil if the
// process ends.
func (p *process) ready(t *testing.T, pattern string) []string {
	t.Helper()
	expression, found := regexp.MustCompile(pattern), make(chan []string, 1)
	p.mu.Lock()
	for _, line := range p.lines {
		if match := expression.FindStringSubmatch(line); match != nil && len(found) == 0 {
			found <- match
		}
	}
	p.wait[expression] = found
	p.mu.Unlock()
	select {
	case match := <-found:
		return match
	case <-p.done:
		return nil
	case <-time.After(startLimit):
		t.Fatalf("%s was not ready after %v:\n%s", p.name, startLimit, p.output())
		return nil
	}
}

func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.lines, "\n")
}

// stop ends the process and its children, once: later the numbers may belong to others.
func (p *process) stop(t *testing.T) {
	p.stopped.Do(func() {
		select {
		case <-p.done:
		default:
			syscall.Kill(p.pid, syscall.SIGTERM)
		}
		select {
		case <-p.done:
		case <-time.After(stopLimit):
			t.Errorf("%s did not end:\n%s", p.name, p.output())
		}
		syscall.Kill(-p.pid, syscall.SIGKILL)
	})
	if t.Failed() {
		p.mu.Lock()
		defer p.mu.Unlock()
		t.Logf("%s:\n%s", p.name, strings.Join(p.lines[max(len(p.lines)-shownLines, 0):], "\n"))
	}
}

// onFreePort starts a server that cannot choose a port by itself. Between our choice and its start another process may
// take the port; then it is tried again with another.
func onFreePort(t *testing.T, begin func(port string) *process, pattern string) (*process, string) {
	t.Helper()
	for range 5 {
		port := freePort(t)
		p := begin(port)
		if p.ready(t, pattern) != nil {
			return p, port
		}
		if output := p.output(); !strings.Contains(output, "in use") {
			t.Fatalf("%s ended:\n%s", p.name, output)
		}
	}
	t.Fatal("no port is free")
	return nil, ""
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// run runs a program to its end, with the input, and returns what it writes.
func run(t *testing.T, env []string, input, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env, cmd.Stdin = append(os.Environ(), env...), strings.NewReader(input)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	output, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s\nare the packages in debian-packages.txt installed?", name, args, err, output)
	}
	return string(output)
}
