package main

import (
	"fmt"

	"github.com/umgateway/umgateway/internal/buildinfo"
)

type versionCommand struct{}

// Run prints what this program was built from.
func (versionCommand) Run(env *environment) error {
	_, err := fmt.Fprintln(env.stdout, "umctl", buildinfo.Get())
	return written(err)
}
