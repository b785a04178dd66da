//go:build interop

package docscheck

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// session is a shell that carries out the commands of a page, and what they have started.
type session struct {
	t         *testing.T
	directory string
	environ   []string
	input     io.Writer
	statuses  *bufio.Scanner
	status    int    // of the last command
	host      string // a loopback address that no other page has, so that all have the ports that they print
	ids       map[string]string
	servers   map[string]*server
}

func newSession(t *testing.T) *session {
	t.Helper()
	s := &session{
		t: t, directory: checkout(t), ids: map[string]string{}, servers: map[string]*server{},
		host: fmt.Sprintf("127.%d.%d.%d", 64+rand.IntN(64), rand.IntN(256), 1+rand.IntN(254)), // RFC 1122, section 3.2.1.3
	}
	s.environ = environ(t, s)
	shell := exec.CommandContext(t.Context(), "bash")
	shell.Dir, shell.Env = s.directory, s.environ
	input, err := shell.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	statuses, status, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	shell.ExtraFiles = []*os.File{status}
	if err := shell.Start(); err != nil {
		t.Fatal(err)
	}
	status.Close()
	s.input, s.statuses = input, bufio.NewScanner(statuses)
	t.Cleanup(func() {
		for _, running := range s.servers {
			running.stop(t)
		}
		input.Close()
		shell.Wait() // with the code of the last command
		statuses.Close()
	})
	return s
}

// run carries a command out, and returns what it has printed, and its exit code.
func (s *session) run(command string) (string, int) {
	s.t.Helper()
	output := filepath.Join(s.t.TempDir(), "output")
	fmt.Fprintf(s.input, "{ (exit %d)\n%s\n} >%s 2>&1 </dev/null 3>&-; echo $? >&3\n", s.status, s.local(command), output)
	if !s.statuses.Scan() {
		s.t.Fatalf("the shell has ended with %q", command)
	}
	var err error
	if s.status, err = strconv.Atoi(s.statuses.Text()); err != nil {
		s.t.Fatal(err)
	}
	text, err := os.ReadFile(output)
	if err != nil {
		s.t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), s.host, "127.0.0.1"), s.status
}

// serve starts a command that goes on until it is stopped.
func (s *session) serve(as, command string) {
	s.t.Helper()
	if before := s.servers[as]; before != nil {
		before.stop(s.t)
	}
	s.servers[as] = startServer(s.t, s.directory, append(s.environ, s.addresses()...), s.local(command))
}

var loopback = regexp.MustCompile(`\b(?:localhost|127\.0\.0\.1):`)

// local is a command with the ids and the loopback address of this run.
func (s *session) local(command string) string {
	for printed, got := range s.ids {
		command = strings.ReplaceAll(command, printed, got)
	}
	return loopback.ReplaceAllLiteralString(command, s.host+":")
}

// addresses are where the commands serve by default, as variables.
func (s *session) addresses() []string {
	return []string{
		"UMGATEWAY_HTTP_ADDR=" + s.host + ":8080", "UMGATEWAY_GRPC_ADDR=" + s.host + ":9090",
		"UMGATEWAY_ADMIN_ADDR=" + s.host + ":9091", "UMGATEWAY_ADDR=" + s.host + ":8099",
	}
}
