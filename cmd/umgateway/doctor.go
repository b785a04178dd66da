package main

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"github.com/umgateway/umgateway/internal/backend"
	"github.com/umgateway/umgateway/internal/doctor"
)

// exitWarn is the exit code of a doctor who has found nothing worse than a warning. A failure is exitFailure.
const exitWarn = 3

type doctorCommand struct {
	Backend backend.Settings `embed:"" prefix:"backend-"`
	Output  string           `short:"o" enum:"table,json" default:"table" help:"Form of the findings: ${enum} (${default})."`
}

// Run looks at the backend and prints what it has found.
func (c *doctorCommand) Run(env *environment) error {
	findings := doctor.Examine(env.ctx, c.Backend)
	if err := c.print(env, findings); err != nil {
		return err
	}
	switch doctor.Worst(findings) {
	case doctor.Fail:
		return exitCode(exitFailure)
	case doctor.Warn:
		return exitCode(exitWarn)
	}
	return nil
}

func (c *doctorCommand) print(env *environment, findings []doctor.Finding) error {
	if c.Output == "json" {
		encoder := json.NewEncoder(env.stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(findings)
	}
	table := tabwriter.NewWriter(env.stdout, 0, 0, 2, ' ', 0)
	for _, f := range findings {
		fmt.Fprintf(table, "%s\t%s\t%s\n", f.Verdict, f.Check, f.Detail)
		if f.Fix != "" {
			fmt.Fprintf(table, "\t\t→ %s\n", f.Fix)
		}
	}
	return table.Flush()
}
