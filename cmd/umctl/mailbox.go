package main

import (
	"context"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

type enabledCommand struct{}

// Run tells whether the mailbox has Unified Messaging.
func (enabledCommand) Run(env *environment) error {
	return env.with(func(g *gateway) error {
		state, err := once(env, g, func(ctx context.Context) (*umv1.IsUMEnabledResponse, error) {
			return g.mailbox.IsUMEnabled(ctx, &umv1.IsUMEnabledRequest{})
		})
		if err != nil {
			return err
		}
		return env.show(state, row{"Unified Messaging", onOff(state.GetEnabled())})
	})
}

type propsCommand struct{}

// Run shows the voice settings.
func (propsCommand) Run(env *environment) error {
	return env.with(func(g *gateway) error {
		settings, err := once(env, g, func(ctx context.Context) (*umv1.GetUMPropertiesResponse, error) {
			return g.mailbox.GetUMProperties(ctx, &umv1.GetUMPropertiesRequest{})
		})
		if err != nil {
			return err
		}
		return env.show(settings,
			row{"Out-of-Office greeting", onOff(settings.GetOofStatus())},
			row{"Mails about missed calls", onOff(settings.GetMissedCallNotificationEnabled())},
			row{"Dial string", orNone(settings.GetPlayOnPhoneDialString())},
			row{"Access numbers", orNone(settings.GetTelephoneAccessNumbers())},
			row{"Folder", orNone(settings.GetTelephoneAccessFolderEmail())})
	})
}

type resetPINCommand struct {
	RequestID string `name:"request-id" env:"-" placeholder:"ID" help:"Repeat an earlier command whose outcome is open, under the id that it told."`
}

// Run has a new PIN made.
func (c *resetPINCommand) Run(env *environment) error {
	id := c.RequestID
	if id == "" {
		id = newRequestID()
	}
	return env.with(func(g *gateway) error {
		done, err := once(env, g, func(ctx context.Context) (*umv1.ResetPINResponse, error) {
			return g.mailbox.ResetPIN(ctx, &umv1.ResetPINRequest{RequestId: id})
		})
		if err != nil {
			return withRequestID(err, id)
		}
		return env.say(done, "There is a new PIN. Exchange mails it to the user.")
	})
}
