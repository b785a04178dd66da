package main

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

// answer is what an rpc returns.
type answer = proto.Message

// callArgument names a call.
type callArgument struct {
	Call string `arg:"" name:"call" help:"The id that play or greet printed."`
}

type getCommand struct {
	callArgument `embed:""`
}

// Run shows where a call stands.
func (c *getCommand) Run(env *environment) error {
	return env.with(func(g *gateway) error {
		info, err := once(env, g, func(ctx context.Context) (*umv1.GetCallInfoResponse, error) {
			return g.calls.GetCallInfo(ctx, &umv1.GetCallInfoRequest{CallId: c.Call})
		})
		if err != nil {
			return err
		}
		rows := []row{{"State", stateWord(info.GetCallState())}, {"Cause", causeWord(info.GetEventCause())}}
		if sip := sipResponse(info); sip != "" {
			rows = append(rows, row{"SIP", sip})
		}
		return env.show(info, rows...)
	})
}

type watchCommand struct {
	callArgument `embed:""`
}

// Run follows a call.
func (c *watchCommand) Run(env *environment) error {
	return env.with(func(g *gateway) error {
		return (&wait{env: env, gateway: g, callID: c.Call}).untilEnd()
	})
}

type disconnectCommand struct {
	callArgument `embed:""`
}

// Run ends a call.
func (c *disconnectCommand) Run(env *environment) error {
	return env.with(func(g *gateway) error {
		done, err := once(env, g, func(ctx context.Context) (*umv1.DisconnectResponse, error) {
			return g.calls.Disconnect(ctx, &umv1.DisconnectRequest{CallId: c.Call})
		})
		if err != nil {
			return err
		}
		return env.say(done, "The call has ended.")
	})
}

type renewCommand struct {
	callArgument `embed:""`
}

// Run renews a lease.
func (c *renewCommand) Run(env *environment) error {
	return env.with(func(g *gateway) error {
		lease, err := once(env, g, func(ctx context.Context) (*umv1.RenewLeaseResponse, error) {
			return g.calls.RenewLease(ctx, &umv1.RenewLeaseRequest{CallId: c.Call})
		})
		if err != nil {
			return err
		}
		return env.show(lease, row{"Hang-up", lease.GetHangUpTime().AsTime().Format(time.RFC3339)})
	})
}
