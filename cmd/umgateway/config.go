package main

import (
	"fmt"

	"github.com/umgateway/umgateway/docs"
)

type configCommand struct {
	Check  configCheckCommand  `cmd:"" help:"Read the configuration as serve would, and say what is wrong with it."`
	Print  configPrintCommand  `cmd:"" help:"Show each setting as serve would see it, and where it comes from."`
	Schema configSchemaCommand `cmd:"" help:"Print the JSON schema of the configuration file, for editors."`
}

type configCheckCommand struct {
	settings `embed:""`
}

// Run checks all that can be checked without listening, making files or sending anything.
func (c *configCheckCommand) Run(env *environment) error {
	logger := c.logger(env.stderr)
	env.warnOfVariables(logger)
	if err := c.preflight(env.ctx, logger); err != nil {
		return err
	}
	_, err := fmt.Fprintln(env.stdout, "the configuration is fine")
	return err
}

type configSchemaCommand struct{}

// Run prints the schema that stands beside the documentation.
func (*configSchemaCommand) Run(env *environment) error {
	_, err := env.stdout.Write(docs.Schema)
	return err
}
