package main

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

// setCommands change one setting each.
type setCommands struct {
	OOF         setOOFCommand         `cmd:"" name:"oof" help:"Turn the Out-of-Office greeting on or off."`
	MissedCalls setMissedCallsCommand `cmd:"" help:"Turn the mails about missed calls on or off."`
	DialString  setDialStringCommand  `cmd:"" help:"Set the number that Play on Phone offers by default."`
	Folder      setFolderCommand      `cmd:"" help:"Choose the mail folder that is read out over the telephone."`
}

// switchArgument is a choice of two.
type switchArgument struct {
	To string `arg:"" name:"on|off" enum:"on,off" help:"What to turn it: ${enum}."`
}

func (s switchArgument) on() *bool { return proto.Bool(s.To == "on") }

// set carries out an rpc that changes a setting.
func set[Request, Answer answer](env *environment, rpc func(umv1.MailboxServiceClient, context.Context, Request, ...grpc.CallOption) (Answer, error), request Request, done string) error {
	return env.with(func(g *gateway) error {
		empty, err := once(env, g, func(ctx context.Context) (Answer, error) { return rpc(g.mailbox, ctx, request) })
		if err != nil {
			return err
		}
		return env.say(empty, done)
	})
}

type setOOFCommand struct {
	switchArgument `embed:""`
}

// Run turns the greeting on or off.
func (c *setOOFCommand) Run(env *environment) error {
	return set(env, umv1.MailboxServiceClient.SetOofStatus, &umv1.SetOofStatusRequest{Enabled: c.on()},
		"The Out-of-Office greeting is "+c.To+".")
}

type setMissedCallsCommand struct {
	switchArgument `embed:""`
}

// Run turns the mails on or off.
func (c *setMissedCallsCommand) Run(env *environment) error {
	return set(env, umv1.MailboxServiceClient.SetMissedCallNotificationEnabled,
		&umv1.SetMissedCallNotificationEnabledRequest{Enabled: c.on()}, "Mails about missed calls are "+c.To+".")
}

type setDialStringCommand struct {
	Number string `arg:"" help:"Number or SIP address; '' clears it."`
}

// Run sets the number.
func (c *setDialStringCommand) Run(env *environment) error {
	return set(env, umv1.MailboxServiceClient.SetPlayOnPhoneDialString,
		&umv1.SetPlayOnPhoneDialStringRequest{DialString: &c.Number}, "The dial string is "+orNone(c.Number)+".")
}

type setFolderCommand struct {
	ID string `arg:"" name:"folder" help:"Identifier of the folder in base64, as Exchange hands it out."`
}

// Run chooses the folder.
func (c *setFolderCommand) Run(env *environment) error {
	return set(env, umv1.MailboxServiceClient.SetTelephoneAccessFolderEmail,
		&umv1.SetTelephoneAccessFolderEmailRequest{Base64FolderId: &c.ID}, "The folder is chosen.")
}
