// Command umgateway serves legacy Microsoft Exchange Unified Messaging over gRPC and REST.
//
// It promises that every flag is also an environment variable, named after it: --http-addr is UMGATEWAY_HTTP_ADDR. Exit
// codes: 0 after a clean end, 1 after a failure, 2 for a command line that makes no sense, 3 for an answer that is no: doctor
// has found nothing worse than a warning, policy explain that the call is denied, audit verify that records are missing by the log's
// own account.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/umgateway/umgateway/internal/buildinfo"
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
	Doctor   doctorCommand   `cmd:"" help:"Find out why an Exchange server does not answer."`
	Config   configCommand   `cmd:"" help:"Check or show the configuration."`
	Policy   policyCommand   `cmd:"" help:"Ask what the policy lets a caller do."`
	Audit    auditCommand    `cmd:"" help:"Work with the audit log."`
	Version  versionCommand  `cmd:"" help:"Print version and commit."`

	VersionFlag kong.VersionFlag `name:"version" env:"-" help:"Print version and commit."`
}

// environment is what a command gets besides its flags.
type environment struct {
	ctx    context.Context
	args   []string // the command line
	stdout io.Writer
	stderr io.Writer

	strange []string // what is to be said of the process's environment
}

// run carries out a command line and returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	var exit *int
	command, _, err := parse(args, &exit, stdout, stderr)
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
	env := &environment{ctx: ctx, args: args, stdout: stdout, stderr: stderr, strange: strangeVariables(command, os.Environ())}
	if err := command.Run(env, command); err != nil {
		if code := exitCode(0); errors.As(err, &code) {
			return int(code)
		}
		fmt.Fprintf(stderr, "umgateway: %v\n", err)
		return exitFailure
	}
	return 0
}

// exitCode is the error of a command that has said what there is to say, and ends with a code.
type exitCode int

// Error names the code.
func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

// parse reads the command line, the environment, and if one of them names a configuration file, that too.
func parse(args []string, exit **int, stdout, stderr io.Writer) (*kong.Context, *commands, error) {
	command, root, err := parseWith(&configFile{}, args, exit, stdout, stderr)
	if err != nil || *exit != nil {
		return command, root, err
	}
	path := root.configPath(command)
	file, err := readConfig(path)
	if err != nil {
		return nil, nil, err
	}
	if path != "" {
		if err := file.checkSettings(flagsOfServe(command)); err != nil {
			return nil, nil, fmt.Errorf("config: %w", err)
		}
		if command, root, err = parseWith(file, args, exit, stdout, stderr); err != nil || *exit != nil {
			return command, root, err
		}
	}
	for _, s := range root.withSettings() {
		s.file = file
	}
	root.Doctor.file = file
	return command, root, nil
}

// flagsOfServe are what a configuration file may set, also where the command takes only some of them.
func flagsOfServe(command *kong.Context) []*kong.Flag {
	for _, node := range command.Model.Children {
		if node.Name == "serve" {
			return node.Flags
		}
	}
	return nil
}

func parseWith(file *configFile, args []string, exit **int, stdout, stderr io.Writer) (*kong.Context, *commands, error) {
	root := &commands{}
	parser, err := kong.New(root,
		kong.Name("umgateway"),
		kong.Description("A gRPC and REST gateway for the Unified Messaging web service of Microsoft Exchange."),
		kong.DefaultEnvars("UMGATEWAY"),
		kong.Vars{"breakages": breakages(), "version": "umgateway " + buildinfo.Get().String()},
		kong.Resolvers(resolver{file}),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { *exit = &code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
	)
	if err != nil {
		return nil, nil, err
	}
	command, err := parser.Parse(args)
	return command, root, err
}

// withSettings lists the settings of the commands that have any.
func (c *commands) withSettings() []*settings {
	return []*settings{&c.Serve.settings, &c.Config.Check.settings, &c.Config.Print.settings}
}

// configPath is the configuration file of the chosen command; empty if it has none.
func (c *commands) configPath(command *kong.Context) string {
	switch command.Command() {
	case "serve":
		return c.Serve.Config
	case "doctor":
		return c.Doctor.Config
	case "config check":
		return c.Config.Check.Config
	case "config print":
		return c.Config.Print.Config
	}
	return ""
}
