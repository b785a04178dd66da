// Command umgateway serves legacy Microsoft Exchange Unified Messaging over gRPC and REST.
//
// It promises that every flag is also an environment variable, named after it: --http-addr is UMGATEWAY_HTTP_ADDR. Exit
// codes: 0 after a clean end, 1 after a failure, 2 for a command line that makes no sense.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

const (
	exitFailure = 1
	exitUsage   = 2
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// commands is the command line.
type commands struct {
	Serve    serveCommand    `cmd:"" help:"Serve gRPC and REST in front of an Exchange server."`
	Demo     demoCommand     `cmd:"" help:"Run a simulated Exchange server and the gateway in one process, to try it."`
	Simulate simulateCommand `cmd:"" help:"Run the simulated Exchange server alone."`
	Version  versionCommand  `cmd:"" help:"Print version and commit."`
}

// environment is what a command gets besides its flags.
type environment struct {
	ctx    context.Context
	stdout io.Writer
	stderr io.Writer
}

// run carries out a command line and returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	var exit *int
	parser, err := kong.New(&commands{},
		kong.Name("umgateway"),
		kong.Description("A gRPC and REST gateway for the Unified Messaging web service of Microsoft Exchange."),
		kong.DefaultEnvars("UMGATEWAY"),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { exit = &code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
	)
	if err != nil {
		fmt.Fprintf(stderr, "umgateway: %v\n", err)
		return exitFailure
	}
	command, err := parser.Parse(args)
	if exit != nil { // --help has been answered
		return *exit
	}
	if err != nil {
		fmt.Fprintf(stderr, "umgateway: %v\nTry: umgateway --help\n", err)
		return exitUsage
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// A second signal ends the process at once.
	context.AfterFunc(ctx, stop)
	if err := command.Run(&environment{ctx: ctx, stdout: stdout, stderr: stderr}); err != nil {
		fmt.Fprintf(stderr, "umgateway: %v\n", err)
		return exitFailure
	}
	return 0
}
