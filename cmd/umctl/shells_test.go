//go:build interop

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestShellsCompleteCommandLines runs each completion script in its shell and asks what a command line can go on with. In
// zsh, whose completion needs a terminal, the function is called as zsh would.
func TestShellsCompleteCommandLines(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("umctl") // testscript.Main has put it there
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	for _, name := range []string{"certificate.pem", "other.pem"} {
		if err := os.WriteFile(filepath.Join(folder, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	shells := map[string]struct{ check, script string }{
		"bash": {"-n", `source <(umctl completion bash)
IFS=' ' read -r -a COMP_WORDS <<< "$LINE"; [[ $LINE == *' ' ]] && COMP_WORDS+=('')
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
compopt() { compgen -f -- "${COMP_WORDS[COMP_CWORD]}"; }
_umctl; printf '%s\n' "${COMPREPLY[@]}"`},
		"zsh": {"-n", `compdef() { :; }
_files() { print -l ${words[CURRENT]}*(N); }
_describe() { print -l -- ${${candidates%%:*}} }
source <(umctl completion zsh)
words=(${=LINE}); [[ $LINE == *' ' ]] && words+=('')
CURRENT=${#words}; _umctl`},
		"fish": {"--no-execute", `umctl completion fish | source; complete -C "$LINE" | string replace -r '\t.*' ''; true`},
	}
	cases := []struct{ line, want string }{
		{"umctl p", "play props"},
		{"umctl set oof ", "off on"},
		{"umctl play --entry", "--entry-id"},
		{"umctl -o j", "json"},
		{"umctl props --ca-file cert", "certificate.pem"},
	}
	for shell, s := range shells {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			script := filepath.Join("completion", "umctl."+shell)
			if out, err := exec.CommandContext(t.Context(), shell, s.check, script).CombinedOutput(); err != nil || len(out) > 0 {
				t.Errorf("%s refuses the script: %v: %s", shell, err, out)
			}
			for _, c := range cases {
				command := exec.CommandContext(t.Context(), shell, "-c", s.script)
				command.Dir = folder
				command.Env = []string{"PATH=" + filepath.Dir(program) + ":/usr/bin:/bin", "LINE=" + c.line, "HOME=" + folder, "TERM=dumb"}
				command.Stderr = t.Output()
				out, err := command.Output()
				if err != nil {
					t.Errorf("%q: %v", c.line, err)
				}
				words := strings.Fields(string(out))
				slices.Sort(words)
				if got := strings.Join(words, " "); got != c.want {
					t.Errorf("%q goes on with %q, want %q", c.line, got, c.want)
				}
			}
		})
	}
}

// TestTerminalIsDrawnOnAndAPipeIsNot runs umctl on a pseudo-terminal of script(1).
func TestTerminalIsDrawnOnAndAPipeIsNot(t *testing.T) {
	t.Parallel()
	stand := &standIn{}
	flag := stand.serve(t)["gRPC"]
	command := exec.CommandContext(t.Context(), "script", "--quiet", "--return", "--command",
		"umctl play --entry-id=A --to=1 --wait "+flag, filepath.Join(t.TempDir(), "typescript"))
	command.Env = append(os.Environ(), "TERM=xterm")
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if !strings.Contains(string(out), redraw) {
		t.Errorf("nothing was drawn over: %q", out)
	}
	command = exec.CommandContext(t.Context(), "umctl", "play", "--entry-id=A", "--to=1", "--wait", flag)
	if out, err = command.Output(); err != nil || strings.Contains(string(out), "\x1b") {
		t.Errorf("into a pipe: %v: %q", err, out)
	}
}
