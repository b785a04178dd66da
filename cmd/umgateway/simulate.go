package main

import (
	"fmt"
	"io"
	"net"
	"strings"
	"sync"

	"github.com/umgateway/umgateway/internal/exchangesim"
)

// simulatorFlags are common to simulate and demo.
type simulatorFlags struct {
	LogSOAP bool `name:"log-soap" help:"Show each SOAP exchange, ids and numbers included."`
}

func (f *simulatorFlags) exchangeLog(w io.Writer) func(exchangesim.Exchange) {
	if !f.LogSOAP {
		return nil
	}
	var turn sync.Mutex
	return func(e exchangesim.Exchange) {
		turn.Lock()
		defer turn.Unlock()
		_, _ = io.WriteString(w, exchangesim.FormatExchange(e)+"\n")
	}
}

type simulateCommand struct {
	Addr           string `aliases:"backend-addr" env:"UMGATEWAY_ADDR,UMGATEWAY_BACKEND_ADDR" default:"127.0.0.1:8099" help:"Address to listen on (${default})."`
	Scheme         string `enum:"http,https,any" default:"any" help:"Scheme of the XML namespace that the simulator knows: ${enum} (${default})."`
	Broken         string `placeholder:"KIND" help:"Be broken in one way: ${breakages}."`
	simulatorFlags `embed:""`
}

// Help lists the numbers that do not lead to an ordinary call.
func (c *simulateCommand) Help() string {
	return "Numbers with a fate of their own: " + exchangesim.BusyNumber + " is busy, " + exchangesim.NoAnswerNumber +
		" rings and nobody answers, " + exchangesim.UnavailableNumber + " is unreachable, " + exchangesim.ForbiddenNumber +
		" is forbidden by the dialing rules, " + exchangesim.InvalidNumber + " is no telephone number. Any other rings and is answered."
}

// breakages lists the kinds of --broken, for the help.
func breakages() string {
	var names []string
	for _, b := range exchangesim.Breakages() {
		names = append(names, b.Name)
	}
	return strings.Join(names, ", ")
}

// Run simulates until the process is told to end.
func (c *simulateCommand) Run(env *environment) error {
	server, err := exchangesim.New(exchangesim.Config{Scheme: c.Scheme, Log: c.exchangeLog(env.stdout)})
	if err != nil {
		return err
	}
	if c.Broken != "" {
		broken, known := exchangesim.BreakageNamed(c.Broken)
		if !known {
			return fmt.Errorf("--broken: %q is none of %s", c.Broken, breakages())
		}
		server.Misbehave(broken.Misbehaviour)
		fmt.Fprintf(env.stdout, "broken: %s\n", broken.About)
	}
	listener, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return fmt.Errorf("--addr: %w", err)
	}
	fmt.Fprintf(env.stdout, "simulated Exchange ready at %s\n", serviceURL(listener))
	return exchangesim.Serve(env.ctx, listener, server)
}

func serviceURL(l net.Listener) string {
	return "http://" + l.Addr().String() + exchangesim.ServicePath
}
