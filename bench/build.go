package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// hookFile is compiled into the command of the gateway, for the build whose memory and profiles are looked at.
const hookFile = `package main

import "github.com/umgateway/umgateway/bench/hook"

func init() { hook.Start() }
`

// programs are the builds of the gateway.
type programs struct {
	plain  string // what is shipped
	hooked string // the same with the hook in it
}

// build compiles the gateway as it is shipped, and again with the hook.
func build(ctx context.Context, folder string) (programs, error) {
	p := programs{plain: filepath.Join(folder, "umgateway"), hooked: filepath.Join(folder, "umgateway-hooked")}
	command, err := exec.CommandContext(ctx, "go", "list", "-f", "{{.Dir}}", "github.com/umgateway/umgateway/cmd/umgateway").Output()
	if err != nil {
		return p, fmt.Errorf("find the gateway's command: %w", err)
	}
	hookSource, overlay := filepath.Join(folder, "hook.go"), filepath.Join(folder, "overlay.json")
	replaced, err := json.Marshal(map[string]map[string]string{
		"Replace": {filepath.Join(strings.TrimSpace(string(command)), "bench_hook.go"): hookSource},
	})
	if err != nil {
		return p, err
	}
	if err := os.WriteFile(hookSource, []byte(hookFile), 0o600); err != nil {
		return p, err
	}
	if err := os.WriteFile(overlay, replaced, 0o600); err != nil {
		return p, err
	}
	if err := compile(ctx, p.plain); err != nil {
		return p, err
	}
	return p, compile(ctx, p.hooked, "-overlay", overlay)
}

// compile builds with the flags of "make dist", but for those that need a clean checkout.
func compile(ctx context.Context, output string, flags ...string) error {
	args := append([]string{"build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", output}, flags...)
	command := exec.CommandContext(ctx, "go", append(args, "github.com/umgateway/umgateway/cmd/umgateway")...)
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	command.Stderr = os.Stderr
	if err := command.Run(); err != nil {
		return fmt.Errorf("build the gateway: %w", err)
	}
	return nil
}
