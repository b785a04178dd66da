package main

import (
	"context"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

// with runs a command with a connection.
func (env *environment) with(do func(g *gateway) error) error {
	g, err := env.flags.open(env.getenv)
	if err != nil {
		return err
	}
	defer g.close()
	return do(g)
}

// once carries one rpc out, within the time that the user allows.
func once[Answer any](env *environment, g *gateway, rpc func(ctx context.Context) (Answer, error)) (Answer, error) {
	ctx, cancel := g.limited(env.ctx)
	defer cancel()
	return rpc(ctx)
}

// placeFlags are common to the commands that ring a telephone.
type placeFlags struct {
	To              string        `env:"-" required:"" placeholder:"NUMBER" help:"Number or SIP address to dial, in the form that the Exchange dial plan expects."`
	Wait            bool          `env:"-" help:"Follow the call until it ends."`
	HangUpAfter     time.Duration `env:"-" placeholder:"DURATION" help:"With --wait: hang up so long after the call was placed. Ctrl-C hangs up at once."`
	LeaseUnattended time.Duration `env:"-" name:"lease-unattended" placeholder:"DURATION" help:"Have the gateway hang up when nobody watches the call or renews the lease for so long."`
	LeaseMax        time.Duration `env:"-" placeholder:"DURATION" help:"Have the gateway hang up so long after the call was placed."`
	RequestID       string        `name:"request-id" env:"-" placeholder:"ID" help:"Repeat an earlier command whose outcome is open, under the id that it told."`
}

// Validate refuses contradictions.
func (f *placeFlags) Validate() error {
	switch {
	case f.HangUpAfter < 0 || f.LeaseUnattended < 0 || f.LeaseMax < 0:
		return usageError("a duration must not be negative")
	case f.HangUpAfter > 0 && !f.Wait:
		return usageError("--hang-up-after needs --wait; to have the gateway hang up, use --lease-max")
	}
	return nil
}

func (f *placeFlags) requestID() string {
	if f.RequestID != "" {
		return f.RequestID
	}
	return newRequestID()
}

// lease is what the gateway is asked for; nil for nothing.
func (f *placeFlags) lease() *umv1.HangUpLease {
	if f.LeaseUnattended == 0 && f.LeaseMax == 0 {
		return nil
	}
	lease := &umv1.HangUpLease{}
	if f.LeaseUnattended > 0 {
		lease.Unattended = durationpb.New(f.LeaseUnattended)
	}
	if f.LeaseMax > 0 {
		lease.MaxDuration = durationpb.New(f.LeaseMax)
	}
	return lease
}

// placed is the answer to both rpcs that ring a telephone.
type placed interface {
	comparable
	answer
	GetCallId() string
}

// place rings a telephone, prints the id of the call, and follows the call if asked to.
func place[Answer placed](env *environment, f *placeFlags, rpc func(ctx context.Context, g *gateway, requestID string) (Answer, error)) error {
	return env.with(func(g *gateway) error {
		id := f.requestID()
		began := time.Now()
		call, err := once(env, g, func(ctx context.Context) (Answer, error) { return rpc(ctx, g, id) })
		if err != nil {
			return withRequestID(err, id)
		}
		if call.GetCallId() == "" {
			return status.Error(codes.Unknown, "the answer names no call: is this the address of a gateway?")
		}
		if err := env.showPlaced(call, call.GetCallId(), f.Wait); err != nil {
			return err
		}
		if !f.Wait {
			return nil
		}
		w := wait{env: env, gateway: g, callID: call.GetCallId()}
		if f.HangUpAfter > 0 {
			return w.hangUpAfter(f.HangUpAfter - time.Since(began))
		}
		return w.untilEnd()
	})
}

// showPlaced prints the id of a new call. When events follow, JSON stays on one line.
func (env *environment) showPlaced(call answer, id string, more bool) error {
	if env.flags.Output == "json" && more {
		return env.showJSON(call, "")
	}
	return env.show(call, row{"Call", line(id)})
}

type playCommand struct {
	EntryID    string `name:"entry-id" env:"-" xor:"message" required:"" placeholder:"ID" help:"Message to play: its MAPI entry identifier in base64."`
	ItemID     string `name:"item-id" env:"-" xor:"message" required:"" placeholder:"ID" help:"Message to play, where the backend speaks Exchange Web Services: its item identifier."`
	placeFlags `embed:""`
}

// Run places a call.
func (c *playCommand) Run(env *environment) error {
	return place(env, &c.placeFlags, func(ctx context.Context, g *gateway, requestID string) (*umv1.PlayOnPhoneResponse, error) {
		return g.calls.PlayOnPhone(ctx, &umv1.PlayOnPhoneRequest{
			EntryId: c.EntryID, ItemId: c.ItemID, DialString: c.To, RequestId: requestID, Lease: c.lease(),
		})
	})
}

type greetCommand struct {
	Greeting   string `arg:"" enum:"normal,oof" help:"Which greeting: ${enum}."`
	placeFlags `embed:""`
}

// Run places a call.
func (c *greetCommand) Run(env *environment) error {
	greeting := umv1.GreetingType_GREETING_TYPE_NORMAL_CUSTOM
	if c.Greeting == "oof" {
		greeting = umv1.GreetingType_GREETING_TYPE_OOF_CUSTOM
	}
	return place(env, &c.placeFlags, func(ctx context.Context, g *gateway, requestID string) (*umv1.PlayOnPhoneGreetingResponse, error) {
		return g.calls.PlayOnPhoneGreeting(ctx, &umv1.PlayOnPhoneGreetingRequest{
			GreetingType: greeting, DialString: c.To, RequestId: requestID, Lease: c.lease(),
		})
	})
}
