package main

import (
	"errors"
	"fmt"

	"github.com/umgateway/umgateway/internal/backend"
)

type serveCommand struct {
	frontFlags  `embed:""`
	Backend     backend.Settings `embed:"" prefix:"backend-"`
	ledgerFlags `embed:""`
}

var errNoBackend = errors.New(`serve: no backend is set
Say where Exchange is:    umgateway serve --backend-url https://mail.example.com/UnifiedMessaging/Service.asmx
or by the environment:    UMGATEWAY_BACKEND_URL=…
Without Exchange at hand: umgateway demo`)

// Run serves until the process is told to end.
func (c *serveCommand) Run(env *environment) error {
	if len(c.Backend.URLs) == 0 {
		return errNoBackend
	}
	logger := c.logger(env.stderr)
	if err := c.Backend.Check(); err != nil {
		return err
	}
	m, err := c.open(logger)
	if err != nil {
		return err
	}
	s, err := assemble(c.Backend, c.config(logger), m, logger)
	if err != nil {
		return err
	}
	on, err := c.listen()
	if err != nil {
		return errors.Join(err, s.close())
	}
	fmt.Fprint(env.stdout, readyLines(on))
	logger.Info("serving", "backend", c.Backend.URLs)
	err = s.Serve(env.ctx, on.grpc, on.http)
	logger.Info("stopped")
	return errors.Join(err, s.close())
}
