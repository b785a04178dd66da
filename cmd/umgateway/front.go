package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/umgateway/umgateway/gateway"
)

// frontFlags say where and how the gateway serves its callers.
type frontFlags struct {
	HTTPAddr         string        `name:"http-addr" default:"127.0.0.1:8080" help:"Address to serve REST on (${default})."`
	GRPCAddr         string        `name:"grpc-addr" default:"127.0.0.1:9090" help:"Address to serve gRPC on (${default})."`
	DefaultTimeout   time.Duration `default:"8s" help:"Deadline of calls that bring none (${default})."`
	MaxTimeout       time.Duration `default:"60s" help:"Longest deadline that a call may bring (${default})."`
	DrainTimeout     time.Duration `default:"30s" help:"How long calls in flight may take to finish at the end (${default})."`
	MaxRequestBytes  int           `default:"4194304" help:"Largest request, in bytes (${default})."`
	MaxStreams       int           `default:"1000" help:"Calls under way at once on one connection of HTTP/2, gRPC's included (${default})."`
	MaxConnectionAge time.Duration `default:"30m" help:"Age at which a gRPC connection is asked to end, so that callers spread over gateways; its calls have two minutes more (${default})."`
	AllowedOrigins   []string      `name:"allowed-origin" placeholder:"ORIGIN" help:"Origin whose web pages may call the gateway, such as https://console.example.com. Repeatable."`
	AllowedHosts     []string      `name:"allowed-host" placeholder:"HOST" help:"Host name that requests to a loopback address may use, besides localhost; the admin address too. Repeatable."`
	Docs             bool          `default:"true" negatable:"" help:"Serve the documentation of the API at /docs/, /openapi.json and /descriptors.binpb."`
	LogFormat        string        `enum:"text,json" default:"text" help:"Format of the log: ${enum} (${default})."`
	LogLevel         slog.Level    `default:"INFO" help:"Least level that is logged: DEBUG, INFO, WARN or ERROR (${default})."`
}

func (f *frontFlags) logger(w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: f.LogLevel}
	if f.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

func (f *frontFlags) config(logger *slog.Logger) gateway.Config {
	return gateway.Config{
		Logger:         logger,
		DefaultTimeout: f.DefaultTimeout, MaxTimeout: f.MaxTimeout, DrainTimeout: f.DrainTimeout,
		MaxRequestBytes: f.MaxRequestBytes, MaxStreams: f.MaxStreams, MaxConnectionAge: f.MaxConnectionAge,
		AllowedOrigins: f.AllowedOrigins, AllowedHosts: f.AllowedHosts,
	}
}

// listeners are where the two fronts listen.
type listeners struct{ grpc, http net.Listener }

func (f *frontFlags) listen() (listeners, error) {
	rest, err := net.Listen("tcp", f.HTTPAddr)
	if err != nil {
		return listeners{}, fmt.Errorf("--http-addr: %w", err)
	}
	rpc, err := net.Listen("tcp", f.GRPCAddr)
	if err != nil {
		rest.Close()
		return listeners{}, fmt.Errorf("--grpc-addr: %w", err)
	}
	return listeners{grpc: rpc, http: rest}, nil
}

func (l listeners) close() error { return errors.Join(l.grpc.Close(), l.http.Close()) }

func (l listeners) addresses() []net.Addr { return []net.Addr{l.http.Addr(), l.grpc.Addr()} }

// readyLines say where the fronts can be reached now. They are printed once the listeners accept connections.
func readyLines(on listeners, encrypted bool) string {
	return fmt.Sprintf("gRPC ready at %s\nREST ready at %s://%s\n", on.grpc.Addr(), schemeOf(encrypted), on.http.Addr())
}

func schemeOf(encrypted bool) string {
	if encrypted {
		return "https"
	}
	return "http"
}

// together runs functions until the context ends or one of them fails, and waits for all.
func together(ctx context.Context, functions ...func(context.Context) error) error {
	group, running := errgroup.WithContext(ctx)
	for _, function := range functions {
		group.Go(func() error { return function(running) })
	}
	return group.Wait()
}
