// Command umctl places telephone calls and reads and sets voice settings through umgateway, over gRPC or REST.
//
// It promises that every flag which is common to all commands is also an environment variable, named after it (--rest is
// UMCTL_REST), but no password or token is ever a flag; that a call which it places rings a telephone at most once, however often it has to
// ask; that what it prints cannot command the terminal; and that its exit code says how it went:
//
//	0        done
//	1        a failure on this side: a file that cannot be read, output that cannot be written
//	2        a command line that makes no sense
//	3        the call that was followed has ended without being answered
//	64 + n   the status n of gRPC: 67 INVALID_ARGUMENT, 68 DEADLINE_EXCEEDED, 69 NOT_FOUND, 78 UNAVAILABLE, …
//	130      interrupted
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
	"golang.org/x/term"

	"github.com/umgateway/umgateway/internal/buildinfo"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second signal ends the process at once.
	context.AfterFunc(ctx, stop)
	os.Exit(run(os.Args[1:], &environment{
		ctx: ctx, stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv,
		terminal: term.IsTerminal(int(os.Stdout.Fd())) && os.Getenv("TERM") != "dumb",
	}))
}

// commands is the command line.
type commands struct {
	connectionFlags `embed:"" group:"Connection"`
	VersionFlag     kong.VersionFlag `name:"version" env:"-" help:"Print version and commit."`
	Output          string           `short:"o" enum:"text,json" default:"text" help:"Format of what is printed: ${enum} (${default})."`

	Play       playCommand       `cmd:"" help:"Ring a telephone and play a message to whoever answers."`
	Greet      greetCommand      `cmd:"" help:"Ring a telephone to play or record a greeting of the mailbox."`
	Get        getCommand        `cmd:"" help:"Show where a call stands."`
	Watch      watchCommand      `cmd:"" help:"Follow a call until it ends."`
	Disconnect disconnectCommand `cmd:"" help:"End a call."`
	Renew      renewCommand      `cmd:"" help:"Keep a call that has a lease from being hung up."`
	Enabled    enabledCommand    `cmd:"" help:"Tell whether the mailbox is enabled for Unified Messaging."`
	Props      propsCommand      `cmd:"" help:"Show the voice settings of the mailbox."`
	Set        setCommands       `cmd:"" help:"Change a voice setting of the mailbox."`
	ResetPIN   resetPINCommand   `cmd:"" name:"reset-pin" help:"Have Exchange mail a new random PIN to the user."`
	Completion completionCommand `cmd:"" help:"Print the completion script of a shell."`
	Version    versionCommand    `cmd:"" help:"Print version and commit."`
	Candidates candidatesCommand `cmd:"" name:"__complete" hidden:"" help:"Print what a command line can go on with."`
}

// environment is what a command gets besides its flags.
type environment struct {
	ctx            context.Context
	stdout, stderr io.Writer
	getenv         func(string) string
	terminal       bool // stdout is one, and can go back to the start of a line

	flags *commands
	model *kong.Application
}

// run carries out a command line and returns the exit code.
func run(args []string, env *environment) int {
	env.flags = &commands{}
	var exit *int
	parser, err := kong.New(env.flags,
		kong.Name("umctl"),
		kong.Description("Places telephone calls and reads and sets voice settings through umgateway.\n\n"+
			"The flags that all commands have are also environment variables: --rest is UMCTL_REST. A password or a token is given by a file, or by "+
			"UMCTL_PASSWORD or UMCTL_TOKEN. Exit codes: 0 done, 1 failed on this side, 2 wrong usage, 3 the call was not answered, "+
			"64 and the number of the gRPC status, 130 interrupted."),
		kong.Vars{"version": "umctl " + buildinfo.Get().String()},
		kong.DefaultEnvars("UMCTL"),
		kong.Writers(env.stdout, env.stderr),
		kong.Exit(func(code int) { exit = &code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
	)
	if err != nil {
		fmt.Fprintf(env.stderr, "umctl: %v\n", err)
		return exitFailure
	}
	env.model = parser.Model
	command, err := parser.Parse(args)
	if exit != nil { // --help has been answered
		return *exit
	}
	if err != nil {
		fmt.Fprintf(env.stderr, "umctl: %s\nTry: umctl --help\n", printable(err.Error()))
		return exitUsage
	}
	if err := command.Run(env); err != nil {
		env.explain(err)
		return exitCode(env.ctx, err)
	}
	return 0
}
