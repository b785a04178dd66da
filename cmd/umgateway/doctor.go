package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/umgateway/umgateway/internal/backend"
	"github.com/umgateway/umgateway/internal/doctor"
)

// exitWarn is the exit code of a doctor who has found nothing worse than a warning. A failure is exitFailure.
const exitWarn = 3

type doctorCommand struct {
	Config  string           `name:"config" placeholder:"FILE" help:"Configuration file of serve, to look at the backends that it describes."`
	Only    string           `name:"backend" placeholder:"NAME" help:"The one backend to look at, of the file's section backends (all)."`
	Backend backend.Settings `embed:"" prefix:"backend-"`
	Output  string           `short:"o" enum:"table,json" default:"table" help:"Form of the findings: ${enum} (${default})."`

	file *configFile // that --config names; empty without one
}

// Run looks at the backends and prints what it has found.
func (c *doctorCommand) Run(env *environment) error {
	for _, text := range env.strange {
		fmt.Fprintf(env.stderr, "umgateway: %s\n", text)
	}
	chosen, err := c.chosen()
	if err != nil {
		return err
	}
	var findings []doctor.Finding
	for _, b := range chosen {
		for _, f := range doctor.Examine(env.ctx, b.Settings) {
			f.Backend = b.name
			findings = append(findings, f)
		}
	}
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

// chosen lists what is to be looked at. The one backend that the flags describe needs no name.
func (c *doctorCommand) chosen() ([]named, error) {
	all := c.file.sections.Backends
	switch _, known := all[c.Only]; {
	case len(all) == 0 && c.Only == "":
		return []named{{Settings: c.Backend}}, nil
	case len(all) == 0:
		return nil, errors.New("doctor: --backend: chooses from the section backends, which no file of --config has")
	case c.Only != "" && !known:
		return nil, fmt.Errorf("doctor: --backend: there is no %q; there is %s", c.Only, strings.Join(all.names(), ", "))
	}
	if err := (&settings{Backend: c.Backend, file: c.file}).checkBackends(); err != nil {
		return nil, err
	}
	if c.Only != "" {
		return []named{{c.Only, all[c.Only]}}, nil
	}
	return all.list(), nil
}

func (c *doctorCommand) print(env *environment, findings []doctor.Finding) error {
	if c.Output == "json" {
		encoder := json.NewEncoder(env.stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(findings)
	}
	table := tabwriter.NewWriter(env.stdout, 0, 0, 2, ' ', 0)
	before := ""
	for _, f := range findings {
		if f.Backend != before {
			fmt.Fprintf(table, "backend %s\n", f.Backend)
			before = f.Backend
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", f.Verdict, f.Check, f.Detail)
		if f.Fix != "" {
			fmt.Fprintf(table, "\t\t→ %s\n", f.Fix)
		}
	}
	return table.Flush()
}
