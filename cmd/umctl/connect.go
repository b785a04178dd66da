package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/umgateway/umgateway/cmd/umctl/internal/rest"
	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

// connectionFlags say where the gateway is and who asks.
type connectionFlags struct {
	Addr    string        `default:"127.0.0.1:9090" placeholder:"HOST:PORT" help:"Address of the gateway's gRPC port (${default})."`
	REST    string        `name:"rest" placeholder:"URL" help:"Use REST, at an address such as http://127.0.0.1:8080, instead of gRPC."`
	Header  []string      `sep:"none" placeholder:"NAME=VALUE" help:"Send a header with each call, such as one by which the gateway chooses the Exchange server. Repeatable."`
	Timeout time.Duration `default:"30s" help:"How long to wait for an answer, repetitions included (${default})."`

	tlsFlags        `embed:""`
	credentialFlags `embed:""`
}

// gateway is a connection to the gateway.
type gateway struct {
	calls   umv1.CallServiceClient
	mailbox umv1.MailboxServiceClient
	close   func() error

	timeout time.Duration
}

// open prepares a connection. Nothing is sent yet.
func (f *connectionFlags) open(getenv func(string) string) (*gateway, error) {
	if f.Timeout <= 0 {
		return nil, usageError("--timeout must be positive")
	}
	authorization, err := f.authorization(getenv)
	if err != nil {
		return nil, err
	}
	headers, err := f.headers()
	if err != nil {
		return nil, err
	}
	if authorization != "" {
		headers = append(headers, "authorization", authorization)
	}
	connect := f.overGRPC
	if f.REST != "" {
		connect = f.overREST
	}
	connection, closeIt, err := connect(authorization != "")
	if err != nil {
		return nil, err
	}
	connection = retrying{accompany(connection, headers...), pause}
	return &gateway{
		calls: umv1.NewCallServiceClient(connection), mailbox: umv1.NewMailboxServiceClient(connection),
		close: closeIt, timeout: f.Timeout,
	}, nil
}

// limited bounds one rpc.
func (g *gateway) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, g.timeout)
}

func (f *connectionFlags) overGRPC(secret bool) (grpc.ClientConnInterface, func() error, error) {
	host, _, err := net.SplitHostPort(f.Addr)
	if err != nil || host == "" {
		return nil, nil, usageError(fmt.Sprintf("--addr %q is not HOST:PORT; for the URL of a REST port use --rest", f.Addr))
	}
	if f.TLS == "off" && f.asked() {
		return nil, nil, usageError("--tls off contradicts the other TLS flags; leave one of them out")
	}
	transport := insecure.NewCredentials()
	if f.wanted(host) {
		config, err := f.config()
		if err != nil {
			return nil, nil, err
		}
		transport = credentials.NewTLS(config)
	} else if err := f.checkPlain(host, secret); err != nil {
		return nil, nil, err
	}
	connection, err := grpc.NewClient("dns:///"+f.Addr, grpc.WithTransportCredentials(transport), grpc.WithUserAgent("umctl"))
	if err != nil {
		return nil, nil, usageError(fmt.Sprintf("--addr %q: %v", f.Addr, err))
	}
	return connection, connection.Close, nil
}

func (f *connectionFlags) overREST(secret bool) (grpc.ClientConnInterface, func() error, error) {
	base, err := restURL(f.REST)
	if err != nil {
		return nil, nil, err
	}
	transport, isTransport := http.DefaultTransport.(*http.Transport)
	if !isTransport {
		return nil, nil, fmt.Errorf("rest: the transport is a %T", http.DefaultTransport)
	}
	transport = transport.Clone()
	switch {
	case base.Scheme == "https":
		if transport.TLSClientConfig, err = f.config(); err != nil {
			return nil, nil, err
		}
	case f.asked():
		return nil, nil, usageError("--rest: TLS is asked for, so the address must begin with https://")
	default:
		if err := f.checkPlain(base.Hostname(), secret); err != nil {
			return nil, nil, err
		}
	}
	return rest.New(base, transport), func() error { transport.CloseIdleConnections(); return nil }, nil
}

func restURL(address string) (*url.URL, error) {
	base, err := url.Parse(address)
	switch {
	case err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https":
		return nil, usageError("--rest wants a URL such as https://um.example.com")
	case base.User != nil:
		return nil, usageError("--rest: credentials do not belong into a URL; use --user and --password-file")
	case base.RawQuery != "" || base.Fragment != "":
		return nil, usageError("--rest: the address has a query or a fragment; leave it out")
	}
	base.Path = strings.TrimRight(base.Path, "/")
	base.RawPath = strings.TrimRight(base.RawPath, "/")
	return base, nil
}

// checkPlain refuses to send a secret that others could read.
func (f *connectionFlags) checkPlain(host string, secret bool) error {
	if !secret || isLoopback(host) || f.AllowInsecureCredentials {
		return nil
	}
	return usageError(fmt.Sprintf("the credential would go to %s without encryption: use --tls on, or --rest with https://, "+
		"or allow it with --allow-insecure-credentials", host))
}

func isLoopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}
