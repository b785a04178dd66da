package main

import (
	"errors"
	"fmt"

	"github.com/umgateway/umgateway/gateway"
)

type serveCommand struct {
	frontFlags   `embed:""`
	backendFlags `embed:""`
}

// Run serves until the process is told to end.
func (c *serveCommand) Run(env *environment) error {
	if c.BackendURL == "" {
		return errNoBackend
	}
	logger := c.logger(env.stderr)
	back, err := c.open(logger)
	if err != nil {
		return err
	}
	g, err := gateway.New(c.config(back.bridge, logger))
	if err != nil {
		return errors.Join(err, back.client.Close())
	}
	on, err := c.listen()
	if err != nil {
		return errors.Join(err, back.client.Close())
	}
	fmt.Fprint(env.stdout, readyLines(on))
	logger.Info("serving", "backend", c.BackendURL)
	err = g.Serve(env.ctx, on.grpc, on.http)
	logger.Info("stopped")
	return errors.Join(err, back.client.Close())
}
