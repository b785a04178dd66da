package main

import (
	"embed"
	"fmt"

	"github.com/umgateway/umgateway/cmd/umctl/internal/complete"
)

//go:embed completion
var scripts embed.FS

type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"Which shell: ${enum}."`
}

// Help says how to use the script.
func (completionCommand) Help() string {
	return "For this session:\n\n" +
		"    bash:  source <(umctl completion bash)\n" +
		"    zsh:   source <(umctl completion zsh)\n" +
		"    fish:  umctl completion fish | source\n"
}

// Run prints a script that asks this program for candidates.
func (c *completionCommand) Run(env *environment) error {
	script, err := scripts.ReadFile("completion/umctl." + c.Shell)
	if err != nil {
		return err
	}
	_, err = env.stdout.Write(script)
	return written(err)
}

// candidatesCommand is what the scripts run. The words are those of the command line up to the cursor, without the name of
// the program; the last is the one that is being typed, and may be empty.
type candidatesCommand struct {
	Words []string `arg:"" optional:"" passthrough:""`
}

// Run prints a candidate on each line, with a tab and a description after it. The one line ":files" stands for the names of
// files.
func (c *candidatesCommand) Run(env *environment) error {
	words := c.Words
	if len(words) > 0 && words[0] == "--" {
		words = words[1:]
	}
	candidates, files := complete.Candidates(env.model.Node, words)
	if files {
		_, err := fmt.Fprintln(env.stdout, ":files")
		return written(err)
	}
	for _, candidate := range candidates {
		if _, err := fmt.Fprintf(env.stdout, "%s\t%s\n", candidate.Text, candidate.Help); err != nil {
			return written(err)
		}
	}
	return nil
}
