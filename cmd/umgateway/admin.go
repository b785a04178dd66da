package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"

	"github.com/umgateway/umgateway/gateway"
	"github.com/umgateway/umgateway/internal/telemetry"
)

// adminFlags say where operators look.
type adminFlags struct {
	AdminAddr         string `name:"admin-addr" default:"127.0.0.1:9091" help:"Address to serve /livez, /startupz, /readyz and /metrics on (${default}). Empty: none."`
	AdminPprof        bool   `name:"admin-pprof" help:"Serve profiles on the admin address too, below /debug/pprof/."`
	ReadyNeedsBackend bool   `name:"ready-needs-backend" help:"Answer /readyz with 503 while no endpoint of any backend is well. By default the gateway stays ready, and tells callers what is wrong."`
}

// admin is the admin address while there is a service behind it.
type admin struct {
	listener net.Listener // nil: nobody looks
	logger   *slog.Logger
	allowed  []string // Host headers that are answered besides those of the loopback interface
}

func (f *adminFlags) listenAdmin(allowed []string, logger *slog.Logger) (*admin, error) {
	if f.AdminAddr == "" {
		return &admin{}, nil
	}
	listener, err := net.Listen("tcp", f.AdminAddr)
	if err != nil {
		return nil, fmt.Errorf("--admin-addr: %w", err)
	}
	return &admin{listener, logger, allowed}, nil
}

// hosts tells which Host headers are answered: on a loopback address none that a page of elsewhere could have; nil for all.
func (a *admin) hosts() func(host string) bool {
	if address, isTCP := a.listener.Addr().(*net.TCPAddr); !isTCP || !address.IP.IsLoopback() {
		return nil
	}
	return func(host string) bool { return gateway.IsOwnHost(host, a.allowed) }
}

// close is for an address that was not served.
func (a *admin) close() error {
	if a.listener == nil {
		return nil
	}
	return a.listener.Close()
}

// readyLine says where the admin address is.
func (a *admin) readyLine() string {
	if a.listener == nil {
		return ""
	}
	return fmt.Sprintf("admin ready at http://%s\n", a.listener.Addr())
}

var (
	errNotAccepting = errors.New("not accepting calls")
	errBackendDown  = errors.New("no endpoint is well")
)

// during serves the admin address for as long as the service is served, so that its draining can be seen.
func (a *admin) during(ctx context.Context, flags adminFlags, s *service, serve func(context.Context) error) error {
	if a.listener == nil {
		return serve(ctx)
	}
	handler := telemetry.NewAdmin(telemetry.AdminConfig{
		Metrics: s.observed.metrics.Handler(a.logger), Started: s.Started, Ready: s.readiness(flags.ReadyNeedsBackend), Pprof: flags.AdminPprof,
		Host: a.hosts(),
	})
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	return together(ctx,
		func(context.Context) error { return telemetry.ServeAdmin(serving, a.listener, handler, a.logger) },
		func(ctx context.Context) error {
			defer stop()
			return serve(ctx)
		})
}

// readiness lists what must hold for calls to be sent here.
func (s *service) readiness(needsBackend bool) []telemetry.Check {
	checks := []telemetry.Check{{Name: "listeners", Err: func() error {
		if !s.Accepting() {
			return errNotAccepting
		}
		return nil
	}}}
	if needsBackend {
		checks = append(checks, telemetry.Check{Name: "backend", Err: func() error {
			if !s.backendServes() {
				return errBackendDown
			}
			return nil
		}})
	}
	return checks
}
