//go:build interop

package docscheck

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// server is a command that goes on until it is stopped.
type server struct {
	process *exec.Cmd
	said    *os.File
	drained chan struct{}
}

// startServer returns when the command has said that it is ready.
func startServer(t *testing.T, directory string, environ []string, command string) *server {
	t.Helper()
	s := &server{process: exec.Command("bash", "-c", command), drained: make(chan struct{})}
	s.process.Dir, s.process.Env = directory, environ
	// What it starts ends with it.
	s.process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var err error
	if s.said, err = os.CreateTemp(t.TempDir(), "stderr"); err != nil {
		t.Fatal(err)
	}
	s.process.Stderr = s.said
	output, err := s.process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.process.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(output)
	for line := ""; !strings.Contains(line, " ready at "); {
		if line, err = lines.ReadString('\n'); err != nil {
			s.process.Wait() // with the reason on its standard error
			said, _ := os.ReadFile(s.said.Name())
			t.Fatalf("this ended before it was ready:\n%s\n%s", command, said)
		}
	}
	go func() {
		defer close(s.drained)
		io.Copy(io.Discard, lines)
	}()
	return s
}

// stop is what Ctrl-C does.
func (s *server) stop(t *testing.T) {
	t.Helper()
	if err := syscall.Kill(-s.process.Process.Pid, syscall.SIGINT); err != nil {
		t.Error(err)
	}
	<-s.drained
	if err := s.process.Wait(); err != nil {
		t.Errorf("%s: after Ctrl-C: %v", s.process.Args[2], err)
	}
	s.said.Close()
}
