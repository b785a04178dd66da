package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/umgateway/umgateway/gateway"
	"github.com/umgateway/umgateway/internal/backend"
	"github.com/umgateway/umgateway/internal/exchangesim"
)

type demoCommand struct {
	frontFlags     `embed:""`
	adminFlags     `embed:""`
	simulatorFlags `embed:""`
	BackendAddr    string `default:"127.0.0.1:0" help:"Address of the simulated Exchange server (a free port)."`
	Console        bool   `default:"true" negatable:"" help:"Serve a web page at /console/ to place and follow calls with."`
}

// Run simulates and serves until the process is told to end.
func (c *demoCommand) Run(env *environment) error {
	logger := c.logger(env.stderr)
	env.warnOfVariables(logger)
	config, log := c.config(logger), c.exchangeLog(env.stdout)
	page, log, err := c.addPages(&config, log)
	if err != nil {
		return err
	}
	server, err := exchangesim.New(exchangesim.Config{Log: log})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", c.BackendAddr)
	if err != nil {
		return fmt.Errorf("--backend-addr: %w", err)
	}
	m, err := forgetful(logger)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	s, err := assemble(only(backend.Settings{URLs: []string{serviceURL(listener)}}), nil, config, m, logger)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	page.service = s
	on, err := c.listen()
	if err != nil {
		return errors.Join(err, s.close(), listener.Close())
	}
	admin, err := c.listenAdmin(c.AllowedHosts, logger)
	if err != nil {
		return errors.Join(err, s.close(), on.close(), listener.Close())
	}
	fmt.Fprint(env.stdout, admin.readyLine(), consoleLine(c.Console, on, false), welcome(serviceURL(listener), on))
	// The simulator outlives the gateway, so that calls in flight can finish.
	simulating, stop := context.WithCancel(context.WithoutCancel(env.ctx))
	defer stop()
	return errors.Join(together(env.ctx,
		func(context.Context) error { return exchangesim.Serve(simulating, listener, server) },
		func(ctx context.Context) error {
			defer stop()
			return admin.during(ctx, c.adminFlags, s, func(ctx context.Context) error { return s.Serve(ctx, on.grpc, on.http) })
		}), s.close())
}

// addPages puts the console and the documentation beside the rpcs, and has the console told of exchanges.
func (c *demoCommand) addPages(config *gateway.Config, log func(exchangesim.Exchange)) (*consolePage, func(exchangesim.Exchange), error) {
	page := &consolePage{docs: c.Docs}
	if c.Console {
		page.demo = simulated()
		log = keep(page.demo.Journal, log)
		if err := page.addTo(config); err != nil {
			return nil, nil, err
		}
	}
	return page, log, c.addDocs(config)
}

// demoEntryID is the id of a message of the simulator, which has all of them.
const demoEntryID = "AAAAAFhIZSBwZXJzb25hbCBtZXNzYWdl"

// welcome tells what is there and what to try. The commands can be copied as they are.
func welcome(simulator string, on listeners) string {
	return strings.NewReplacer(
		"{simulator}", simulator, "{ready}", readyLines(on, false), "{http}", on.http.Addr().String(), "{grpc}", on.grpc.Addr().String(),
		"{entry}", demoEntryID, "{busy}", exchangesim.BusyNumber,
	).Replace(`simulated Exchange ready at {simulator}
{ready}
Ring a telephone, and keep the id of the call:
  CALL=$(curl -s -X POST http://{http}/v1/calls:playOnPhone -d '{"entryId":"{entry}","dialString":"4255550100"}' | cut -d'"' -f4)
See where the call stands, hang up, and see again:
  IN_PATH=$(printf %s "$CALL" | sed 's/+/%2B/g; s,/,%2F,g')
  curl -s http://{http}/v1/calls/$IN_PATH
  curl -s -X POST http://{http}/v1/calls:disconnect -d "{\"callId\":\"$CALL\"}"
  curl -s http://{http}/v1/calls/$IN_PATH
The same over gRPC, here with the number {busy}, which is busy:
  CALL=$(grpcurl -plaintext -d '{"entryId":"{entry}","dialString":"{busy}"}' {grpc} um.v1.CallService/PlayOnPhone | cut -d'"' -f4 -s)
  grpcurl -plaintext -d "{\"callId\":\"$CALL\"}" {grpc} um.v1.CallService/GetCallInfo
  grpcurl -plaintext -d "{\"callId\":\"$CALL\"}" {grpc} um.v1.CallService/Disconnect

Stop with Ctrl-C.
`)
}
