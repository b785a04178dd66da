// Command bench measures what a call costs: the gateway beside a tuned reverse proxy, which is the least that any hop
// costs, and beside a gateway as the usual libraries make it.
//
// It promises that every figure is of processes that do nothing else, that they take turns within each round, so that a
// noisy machine is noisy for all of them, and that it fails if the backend got another number of requests than there were
// calls. Figures are medians of the rounds. README.md beside it says how to read them.
package main

import (
	"bufio"
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// roles are what this program is when it starts itself. Each has one or two arguments, which bench gives it.
var roles = map[string]func(ctx context.Context, args []string, orders <-chan []byte) error{
	"backend": runBackend, "proxy": runProxy, "ordinary": runOrdinary, "load": runLoad, "watchers": runWatchers,
}

func run(ctx context.Context, args []string) error {
	if len(args) > 1 && roles[args[0]] != nil {
		return play(ctx, args)
	}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	rounds := flags.Int("rounds", 9, "rounds of each contest")
	duration := flags.Duration("for", 1500*time.Millisecond, "how long each turn takes")
	only := flags.String("run", "", "run the contests whose names match this regular expression: grpc, rest, body, slow, one, flight, connections, memory, codec, watch")
	long := flags.Duration("soak", 0, "instead of the contests, call at half load for so long and print the memory once a minute")
	profiles := flags.String("profiles", "", "write profiles of the gateway to this folder, with the contest memory")
	other := flags.String("against", "", "another build of the gateway, to be measured beside this one")
	if err := flags.Parse(args); err != nil {
		return err
	}
	wanted, err := regexp.Compile("^(" + *only + ")")
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "umgateway-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	b := &bench{folder: folder, rounds: *rounds, duration: *duration, profiles: *profiles, other: *other}
	if b.self, err = os.Executable(); err != nil {
		return err
	}
	if b.programs, err = build(ctx, folder); err != nil {
		return err
	}
	if *long > 0 {
		return b.soak(ctx, os.Stdout, *long)
	}
	return b.all(ctx, wanted)
}

// play is what this program does when it has started itself. The end of its standard input, or whoever holds the other end
// of that, is its own.
func play(ctx context.Context, args []string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	input := bufio.NewScanner(os.Stdin)
	orders := make(chan []byte)
	go func() {
		defer close(orders)
		defer cancel()
		for input.Scan() {
			orders <- bytes.Clone(input.Bytes())
		}
	}()
	return roles[args[0]](ctx, args[1:], orders)
}

// all measures everything whose name is wanted.
func (b *bench) all(ctx context.Context, wanted *regexp.Regexp) error {
	for _, c := range contests() {
		if !wanted.MatchString(c.name) {
			continue
		}
		if b.other != "" {
			c = c.against(b.other)
		}
		results, err := c.run(ctx, b)
		if err != nil {
			return err
		}
		c.report(os.Stdout, results)
	}
	if wanted.MatchString("codec") {
		rows, err := b.codec(ctx)
		if err != nil {
			return err
		}
		reportCodec(os.Stdout, rows)
	}
	if wanted.MatchString("watch") {
		w, err := b.watch(ctx)
		if err != nil {
			return fmt.Errorf("watch a call: %w", err)
		}
		w.report(os.Stdout)
	}
	if !wanted.MatchString("memory") {
		return nil
	}
	fmt.Println("\nAllocations in the whole process")
	for _, m := range budgets() {
		a, err := b.allocations(ctx, m.load)
		if err != nil {
			return err
		}
		m.report(os.Stdout, a)
	}
	return nil
}
