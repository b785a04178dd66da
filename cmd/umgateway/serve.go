package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"github.com/umgateway/umgateway/internal/backend"
)

// settings are what serve can be told, by flags, by the environment or by a file.
type settings struct {
	Config      string `name:"config" placeholder:"FILE" help:"Configuration file in YAML: the names of the flags as keys, grouped or not, and the sections callers, policy, limits, backends and routing."`
	frontFlags  `embed:""`
	accessFlags `embed:""`
	adminFlags  `embed:""`
	Backend     backend.Settings `embed:"" prefix:"backend-"`
	ledgerFlags `embed:""`
	auditFlags  `embed:""`
	Console     bool `help:"Serve a web page at /console/ to place and follow calls with, to whom callers and policy let it."`

	file *configFile // that --config names; empty without one
}

type serveCommand struct {
	settings `embed:""`
}

var errNoBackend = errors.New(`serve: no backend is set
Say where Exchange is:    umgateway serve --backend-url https://mail.example.com/UnifiedMessaging/Service.asmx
or by the environment:    UMGATEWAY_BACKEND_URL=…
Without Exchange at hand: umgateway demo`)

// Run serves until the process is told to end.
func (c *serveCommand) Run(env *environment) error {
	logger := c.logger(env.stderr)
	env.warnOfVariables(logger)
	if err := c.check(); err != nil {
		return err
	}
	defer runtime.KeepAlive(headroom())
	c.forgetAllocations()
	access, err := newAccess(c.accessFlags, c.file.sections, reachOf(c.backends()), logger)
	if err != nil {
		return err
	}
	on, err := c.listen()
	if err != nil {
		return err
	}
	if err := access.checkOpen(c.accessFlags, on.addresses(), logger); err != nil {
		return errors.Join(err, on.close())
	}
	admin, err := c.listenAdmin(c.AllowedHosts, logger)
	if err != nil {
		return errors.Join(err, on.close())
	}
	s, err := c.assemble(access, logger)
	if err != nil {
		return errors.Join(err, on.close(), admin.close())
	}
	tidy()
	hangUp := make(chan os.Signal, 1)
	signal.Notify(hangUp, syscall.SIGHUP)
	defer signal.Stop(hangUp)
	encrypted := access.files != nil
	fmt.Fprint(env.stdout, admin.readyLine(), consoleLine(c.Console, on, encrypted), readyLines(on, encrypted))
	for _, l := range s.lanes {
		logger.Info("serving", "backend", l.name, "addresses", l.URLs)
	}
	watching, stop := context.WithCancel(env.ctx)
	go c.reloader(access, s, env.args, logger).follow(watching, hangUp)
	err = admin.during(env.ctx, c.adminFlags, s, func(ctx context.Context) error { return s.Serve(ctx, on.grpc, on.http) })
	stop()
	logger.Info("stopped")
	return errors.Join(err, s.close())
}

// assemble opens what the service needs and puts it together.
func (c *serveCommand) assemble(access *access, logger *slog.Logger) (*service, error) {
	config := c.config(logger)
	access.apply(&config)
	page := &consolePage{docs: c.Docs, signIn: access.schemes, table: access.routing}
	if c.Console {
		if err := page.addTo(&config); err != nil {
			return nil, err
		}
	}
	if err := c.addDocs(&config); err != nil {
		return nil, err
	}
	auditor, err := c.openAudit(logger)
	if err != nil {
		return nil, err
	}
	closeAudit := func() error { return nil }
	if auditor != nil {
		config.Auditor, closeAudit = auditor, auditor.close
	}
	m, err := c.open(c.HTTPAddr, logger)
	if err != nil {
		return nil, errors.Join(err, closeAudit())
	}
	s, err := assemble(c.backends(), access.routing, config, m, logger)
	if err != nil {
		return nil, errors.Join(err, closeAudit())
	}
	page.service = s
	s.auditor, s.closers = auditor, append(s.closers, closeAudit)
	if auditor != nil {
		auditor.failed, auditor.identity = s.observed.metrics.AuditFailed, s.identity
	}
	access.loaded = s.observed.metrics.ConfigLoaded
	if err := s.observed.showCertificates(access); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}
