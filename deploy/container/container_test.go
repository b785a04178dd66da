package container

import (
	"bytes"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// stages returns the stages of the recipe and the arguments before the first.
func stages(t *testing.T) ([]instructions.Stage, []instructions.ArgCommand) {
	t.Helper()
	text, err := os.ReadFile("Containerfile")
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := parser.Parse(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if len(parsed.Warnings) > 0 {
		t.Errorf("warnings: %v", parsed.Warnings)
	}
	found, arguments, err := instructions.Parse(parsed.AST, nil)
	if err != nil {
		t.Fatal(err)
	}
	return found, arguments
}

// commands returns those of the stage that are of type T.
func commands[T instructions.Command](stage instructions.Stage) []T {
	var found []T
	for _, command := range stage.Commands {
		if command, ok := command.(T); ok {
			found = append(found, command)
		}
	}
	return found
}

func TestImageHoldsTheBinaryAndCertificatesOnly(t *testing.T) {
	t.Parallel()
	all, _ := stages(t)
	last := all[len(all)-1]
	if last.BaseName != "scratch" {
		t.Errorf("built on %q, want scratch", last.BaseName)
	}
	var files []string
	for _, copied := range commands[*instructions.CopyCommand](last) {
		if copied.From != all[0].Name {
			t.Errorf("copies from %q, want %q", copied.From, all[0].Name)
		}
		files = append(files, copied.DestPath)
	}
	// crypto/x509 looks for the certificates of Debian and of scratch images there.
	if want := []string{"/etc/ssl/certs/ca-certificates.crt", "/usr/bin/umgateway"}; !slices.Equal(files, want) {
		t.Errorf("holds %q, want %q", files, want)
	}
	if run := commands[*instructions.RunCommand](last); run != nil {
		t.Errorf("%v cannot run without a shell", run)
	}
}

func TestImageRunsTheGatewayAsNobody(t *testing.T) {
	t.Parallel()
	all, _ := stages(t)
	last := all[len(all)-1]
	users := commands[*instructions.UserCommand](last)
	if len(users) != 1 {
		t.Fatalf("%d users, want 1", len(users))
	}
	// Kubernetes checks runAsNonRoot by number.
	for part := range strings.SplitSeq(users[0].User, ":") {
		if id, err := strconv.Atoi(part); err != nil || id == 0 {
			t.Errorf("user %q, want numbers that are not root's", users[0].User)
		}
	}
	entry := commands[*instructions.EntrypointCommand](last)
	copied := commands[*instructions.CopyCommand](last)
	if len(entry) != 1 || entry[0].PrependShell || entry[0].CmdLine[0] != copied[len(copied)-1].DestPath {
		t.Errorf("entrypoint %v does not run the binary itself", entry)
	}
}

func TestBaseImageIsTheBuildersChoice(t *testing.T) {
	t.Parallel()
	all, arguments := stages(t)
	if len(arguments) != 1 || arguments[0].Args[0].Key != "GO_IMAGE" || all[0].BaseName != "${GO_IMAGE}" {
		t.Errorf("arguments %v, first base %q", arguments, all[0].BaseName)
	}
}

// TestBuildMakesWhatIsShipped ties the recipe to the Makefile, whose target "reproducible" checks the binary.
func TestBuildMakesWhatIsShipped(t *testing.T) {
	t.Parallel()
	all, _ := stages(t)
	runs := commands[*instructions.RunCommand](all[0])
	if got := runs[len(runs)-1].CmdLine; !slices.Equal(got, []string{"make dist"}) {
		t.Errorf("last command %q, want make dist", got)
	}
}

func TestEveryFileThatGitKeepsReachesTheBuild(t *testing.T) {
	t.Parallel()
	left, err := os.ReadFile("Containerfile.dockerignore")
	if err != nil {
		t.Fatal(err)
	}
	ignored, err := os.ReadFile("../../.gitignore")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(left)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if !slices.Contains(strings.Fields(string(ignored)), path.Join("/", line)+"/") {
			t.Errorf("%s is left out, but git does not ignore it", line)
		}
	}
}
