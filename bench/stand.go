package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"time"

	"github.com/umgateway/umgateway/bench/hook"
)

// bench is what all contests share.
type bench struct {
	self     string // this program
	programs programs
	folder   string // for files that are gone in the end
	rounds   int
	duration time.Duration // of an entrant's turn in a round
	profiles string        // folder for profiles; empty for none
	other    string        // another build of the gateway to compare with; empty for none
}

// stand is a backend with the servers before it and their loads, each a process of its own.
type stand struct {
	backend *process
	servers map[server]*process
	loads   []*process // one for each entrant
	all     []*process // in the order in which they were started
}

// prepare starts everything that a contest needs. The stand must be stopped, even after an error.
func (b *bench) prepare(ctx context.Context, c contest) (*stand, error) {
	s := &stand{servers: map[server]*process{}}
	var err error
	if s.backend, err = s.keep(launch(ctx, b.role("SOAP", "backend", c.delay.String()))); err != nil {
		return s, err
	}
	for _, e := range c.entrants {
		if s.servers[e.server] == nil {
			if s.servers[e.server], err = s.keep(b.serve(ctx, e.server, s.backend.address["SOAP"], false)); err != nil {
				return s, err
			}
		}
		loader, err := s.keep(b.call(ctx, e.load, s.servers[e.server]))
		if err != nil {
			return s, err
		}
		s.loads = append(s.loads, loader)
	}
	return s, nil
}

// keep remembers a process, so that it is stopped.
func (s *stand) keep(p *process, err error) (*process, error) {
	if err == nil {
		s.all = append(s.all, p)
	}
	return p, err
}

// stop ends the processes, those that were started last first.
func (s *stand) stop() error {
	var errs []error
	for i := len(s.all) - 1; i >= 0; i-- {
		errs = append(errs, s.all[i].stop())
	}
	s.all = nil
	return errors.Join(errs...)
}

// serve starts a server before the backend.
func (b *bench) serve(ctx context.Context, what server, backend string, hooked bool) (*process, error) {
	switch what.kind {
	case kindProxy:
		return launch(ctx, b.role("SOAP", "proxy", backend))
	case kindOrdinary:
		return launch(ctx, b.role("REST", "ordinary", backend))
	}
	// Each has a ledger of its own.
	state, err := os.MkdirTemp(b.folder, "state-")
	if err != nil {
		return nil, err
	}
	gateway := program{
		path: b.programs.plain, foreign: true, names: []string{"gRPC", "REST"},
		environment: []string{"STATE_DIRECTORY=" + state, "UMGATEWAY_ADMIN_ADDR=127.0.0.1:0"},
		args: append([]string{"serve",
			"--http-addr", "127.0.0.1:0", "--grpc-addr", "127.0.0.1:0", "--backend-url", "http://" + backend + servicePath,
		}, strings.Fields(what.flags)...),
	}
	switch {
	case hooked:
		gateway.path = b.programs.hooked
		gateway.names = append(gateway.names, "hook")
		gateway.environment = append(gateway.environment, hook.Variable+"=1", "UMGATEWAY_ADMIN_PPROF=1") // which has allocations noted
	case what.program != "":
		gateway.path = what.program
	}
	return launch(ctx, gateway)
}

// role is this program in one of its roles, which says last that the named address is ready.
func (b *bench) role(name string, args ...string) program {
	return program{path: b.self, args: args, names: []string{name}}
}

// fronts says which front of a server a protocol is for.
var fronts = map[string]string{protocolGRPC: "gRPC", protocolPath: "REST", protocolBody: "REST", protocolSOAP: "SOAP"}

// call starts a load on a server.
func (b *bench) call(ctx context.Context, l load, on *process) (*process, error) {
	return b.calls(ctx, "load", l, on.address[fronts[l.Protocol]])
}

// calls starts this program in a role that calls an address.
func (b *bench) calls(ctx context.Context, role string, l load, address string) (*process, error) {
	description, err := json.Marshal(l)
	if err != nil {
		return nil, err
	}
	return launch(ctx, b.role(role, role, string(description), address))
}
