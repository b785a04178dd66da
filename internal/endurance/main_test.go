package endurance

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

var dials = flag.Int("dials", 300, "calls to place in each store")

// binaries is where the command is built; it is removed at the end.
var binaries string

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

func runTests(m *testing.M) int {
	var err error
	if binaries, err = os.MkdirTemp("", "endurance"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(binaries)
	return m.Run()
}

// umgateway builds the command once, and returns its path.
var umgateway = sync.OnceValues(func() (string, error) {
	path := filepath.Join(binaries, "umgateway")
	if output, err := exec.Command("go", "build", "-o", path, "../../cmd/umgateway").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build umgateway: %w\n%s", err, output)
	}
	return path, nil
})
