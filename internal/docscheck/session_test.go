//go:build interop

package docscheck

import (
	"bufio"
	"fmt"
	"io"
	"net"
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
	status    int // of the last command
	ports     map[string]string
	backs     *strings.Replacer // from the ports of the run to those of the page
	ids       map[string]string
	servers   map[string]*server
}

func newSession(t *testing.T) *session {
	t.Helper()
	s := &session{t: t, directory: checkout(t), ports: map[string]string{}, ids: map[string]string{}, servers: map[string]*server{}}
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
	return s.backs.Replace(string(text)), s.status
}

// serve starts a command that goes on until it is stopped.
func (s *session) serve(as, command string) {
	s.t.Helper()
	if before := s.servers[as]; before != nil {
		before.stop(s.t)
	}
	s.servers[as] = startServer(s.t, s.directory, append(s.environ, s.addresses()...), s.local(command))
}

var loopback = regexp.MustCompile(`\b(localhost|127\.0\.0\.1):(\d+)`)

// local is a command with the ids and ports of this run.
func (s *session) local(command string) string {
	for printed, got := range s.ids {
		command = strings.ReplaceAll(command, printed, got)
	}
	return loopback.ReplaceAllStringFunc(command, func(address string) string {
		host, port, _ := strings.Cut(address, ":")
		return host + ":" + s.port(port)
	})
}

// port is the free port that stands for a port of the page.
func (s *session) port(printed string) string {
	if s.ports[printed] != "" {
		return s.ports[printed]
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	defer listener.Close()
	_, s.ports[printed], _ = net.SplitHostPort(listener.Addr().String())
	var pairs []string
	for page, run := range s.ports {
		pairs = append(pairs, ":"+run, ":"+page)
	}
	s.backs = strings.NewReplacer(pairs...)
	return s.ports[printed]
}

// addresses are the defaults of the commands that serve, as variables.
func (s *session) addresses() []string {
	return []string{
		"UMGATEWAY_HTTP_ADDR=127.0.0.1:" + s.port("8080"),
		"UMGATEWAY_GRPC_ADDR=127.0.0.1:" + s.port("9090"),
		"UMGATEWAY_ADMIN_ADDR=127.0.0.1:" + s.port("9091"),
		"UMGATEWAY_ADDR=127.0.0.1:" + s.port("8099"),
	}
}
