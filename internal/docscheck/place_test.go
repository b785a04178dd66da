//go:build interop

package docscheck

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// programs is where the commands are built; it is removed at the end.
var programs string

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

func runTests(m *testing.M) int {
	var err error
	if programs, err = os.MkdirTemp("", "docscheck"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(programs)
	return m.Run()
}

// goRun has "go run ./cmd/NAME" take what was built, and end as go run does. Everything else goes the usual way.
const goRun = `#!/bin/bash
if [[ $1 == run && $2 == ./cmd/* ]]; then
	program=${2#./cmd/}
	shift 2
	"PROGRAMS/$program" "$@" && exit
	echo "exit status $?" >&2
	exit 1
fi
exec GO "$@"
`

// build makes the commands, and grpcurl, once.
var build = sync.OnceValue(func() error {
	for _, arguments := range [][]string{
		{"build", "-trimpath", "-o", programs + "/", "../../cmd/umgateway", "../../cmd/umctl"},
		{"build", "-C", "../../tools", "-o", programs + "/", "github.com/fullstorydev/grpcurl/cmd/grpcurl"},
	} {
		if output, err := exec.Command("go", arguments...).CombinedOutput(); err != nil {
			return fmt.Errorf("go %s: %w\n%s", strings.Join(arguments, " "), err, output)
		}
	}
	path, err := exec.LookPath("go")
	if err != nil {
		return err
	}
	script := strings.NewReplacer("PROGRAMS", programs, "GO", path).Replace(goRun)
	return os.WriteFile(filepath.Join(programs, "go"), []byte(script), 0o700)
})

// checkout copies the files of the repository, and adds what readers are told to have.
func checkout(t *testing.T) string {
	t.Helper()
	directory := t.TempDir()
	names, err := exec.CommandContext(t.Context(), "git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate").Output()
	if err != nil {
		t.Fatal(err)
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(names), "\x00"), "\x00") {
		content, err := os.ReadFile(filepath.Join(root, name))
		if errors.Is(err, fs.ErrNotExist) { // removed, and git was not told yet
			continue
		}
		if err == nil {
			err = write(filepath.Join(directory, name), content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := writeCertificate(directory); err != nil {
		t.Fatal(err)
	}
	for name, text := range standIns {
		if err := write(filepath.Join(directory, name), []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	return directory
}

func write(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o600)
}

// environ is the environment of a reader who has the commands, and no settings.
func environ(t *testing.T, s *session) []string {
	t.Helper()
	home := t.TempDir()
	// Otherwise curl draws its progress whenever it does not print to a terminal.
	if err := write(filepath.Join(home, ".curlrc"), []byte("silent\nshow-error\n")); err != nil {
		t.Fatal(err)
	}
	caches, err := exec.CommandContext(t.Context(), "go", "env", "GOCACHE", "GOMODCACHE", "GOPATH").Output()
	if err != nil {
		t.Fatal(err)
	}
	cache := strings.Split(string(caches), "\n")
	all := []string{
		"PATH=" + programs + ":" + os.Getenv("PATH"), "HOME=" + home, "XDG_STATE_HOME=" + filepath.Join(home, "state"),
		"GOCACHE=" + cache[0], "GOMODCACHE=" + cache[1], "GOPATH=" + cache[2], "GOFLAGS=-trimpath",
		"UMCTL_ADDR=" + s.host + ":9090",
	}
	replaced := regexp.MustCompile(`^(?:PATH|HOME|XDG_.*|GOCACHE|GOMODCACHE|GOPATH|GOFLAGS|UMCTL_.*|UMGATEWAY_.*|OTEL_.*)=`)
	for _, setting := range os.Environ() {
		if !replaced.MatchString(setting) {
			all = append(all, setting)
		}
	}
	return all
}

// standIns are files that readers have, and the tests too.
var standIns = map[string]string{
	"password.txt": "secret\n",
}
