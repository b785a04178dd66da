package backend

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/umgateway/umgateway/internal/exchange"
	"github.com/umgateway/umgateway/soapbridge"
	"github.com/umgateway/umgateway/soapbridge/resilience"
	"github.com/umgateway/umgateway/soapbridge/transport"
)

// Backend is the way to one Exchange server. It is safe for concurrent use.
type Backend struct {
	*soapbridge.Bridge
	endpoints *resilience.Endpoints
	clients   []*transport.Client
}

// Options are what a backend gets from the program around it.
type Options struct {
	// Log receives warnings, and at the debug level each exchange. Default: nobody does.
	Log *slog.Logger
	// Observe is told about each exchange. Default: nobody is.
	Observe soapbridge.Observer
	// SeeReply is shown the body of each reply, as it came: it may be compressed, and must not be kept. Default: nobody is.
	SeeReply func(body []byte)
	// ObserveEndpoints is told about what happens to endpoints. Default: nobody is.
	ObserveEndpoints func(resilience.Event)
}

// Open assembles a backend. It sends nothing.
func Open(s Settings, options Options) (*Backend, error) {
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	if err := s.Check(); err != nil {
		return nil, err
	}
	b, err := open(s, options)
	if err != nil {
		return nil, fmt.Errorf("backend: %w", err)
	}
	return b, nil
}

func open(s Settings, options Options) (b *Backend, err error) {
	dialect, bridging, err := s.dialect()
	if err != nil {
		return nil, err
	}
	b = &Backend{}
	var endpoints []resilience.Endpoint
	config, err := s.transport(options.Log)
	if err != nil {
		return nil, err
	}
	for _, address := range s.URLs {
		config.URL = address
		client, err := transport.New(config)
		if err != nil {
			return nil, errors.Join(err, b.closeClients())
		}
		b.clients = append(b.clients, client)
		endpoint := resilience.Endpoint{URL: address, Client: client}
		if options.SeeReply != nil {
			endpoint.Client = watched{client, options.SeeReply}
		}
		endpoints = append(endpoints, endpoint)
	}
	resilient := resilience.Config{MaxConcurrent: s.MaxConns, MaxWaiters: s.MaxWaiters, Observe: options.ObserveEndpoints}
	if s.Probe > 0 {
		resilient.Probe, resilient.ProbeEvery = newProbe(dialect, bridging), s.Probe
	}
	b.endpoints, err = resilience.New(endpoints, resilient)
	if err != nil {
		return nil, errors.Join(err, b.closeClients())
	}
	bridging = append(slices.Clip(bridging),
		soapbridge.WithRetries(exchange.Retries()),
		soapbridge.WithPolls("um.v1.CallService.GetCallInfo"),
		soapbridge.WithObserver(observer(options)),
	)
	if s.Identity == IdentityImpersonated {
		bridging = append(bridging, soapbridge.WithHeader(impersonation))
	}
	if b.Bridge, err = soapbridge.New(dialect, b.endpoints, exchange.Services(), bridging...); err != nil {
		return nil, errors.Join(err, b.endpoints.Close())
	}
	return b, nil
}

// dialect says what the server speaks.
func (s Settings) dialect() (soapbridge.Dialect, []soapbridge.Option, error) {
	switch s.Dialect {
	case exchange.UMWS, "":
		dialect, err := exchange.DialectUMWS(exchange.Spelling(s.FolderIDElement))
		if err != nil {
			return dialect, nil, err
		}
		options, err := exchange.NamespaceOptions(s.Namespace)
		return dialect, options, err
	case exchange.EWS:
		dialect, err := exchange.DialectEWS(s.ServerVersion)
		return dialect, nil, err
	}
	return soapbridge.Dialect{}, nil, fmt.Errorf("dialect: %q, want %s or %s", s.Dialect, exchange.UMWS, exchange.EWS)
}

// transport turns the settings into those of a client, but for the address.
func (s Settings) transport(log *slog.Logger) (transport.Config, error) {
	config := transport.Config{
		MaxConns: s.MaxConns, MaxWaiters: s.MaxWaiters,
		TLS:      &tls.Config{ServerName: s.ServerName, MinVersion: tlsVersions[s.TLSMinVersion]},
		TLSFiles: transport.TLSFiles{CA: s.CAFile, Certificate: s.CertFile, Key: s.KeyFile},
		SPN:      s.SPN, AllowInsecureBasic: s.AllowInsecureBasic, OmitChannelBindings: s.NoChannelBindings,
		Guard: transport.NewGuard(transport.GuardConfig{}), Log: log,
	}
	if s.Auth == "" {
		s.Auth = authNone
	}
	var err error
	if config.Auth, err = transport.ParseAuth(s.Auth); err != nil {
		return config, fmt.Errorf("auth: %w", err)
	}
	if len(config.Auth) == 0 {
		return config, nil
	}
	return config, s.signIn(&config, log)
}

var tlsVersions = map[string]uint16{
	"": tls.VersionTLS12, "1.0": tls.VersionTLS10, "1.1": tls.VersionTLS11, "1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13,
}

// observer logs exchanges, and passes them on.
func observer(options Options) soapbridge.Observer {
	return func(ctx context.Context, e soapbridge.Exchange) {
		if options.Observe != nil {
			options.Observe(ctx, e)
		}
		for _, unknown := range e.Unknown {
			options.Log.WarnContext(ctx, "the backend wrote a value that the schema does not know",
				"operation", e.Operation, "field", unknown.Field, "text", unknown.Text)
		}
		if e.Dropped > 0 {
			options.Log.WarnContext(ctx, "the backend wrote characters that XML forbids", "operation", e.Operation, "count", e.Dropped)
		}
		if options.Log.Enabled(ctx, slog.LevelDebug) {
			options.Log.DebugContext(ctx, "soap exchange", "operation", e.Operation, "namespace", e.Form, "endpoint", e.Endpoint,
				"http_status", e.Status, "request_bytes", e.RequestBytes, "reply_bytes", e.ReplyBytes, "duration", e.Duration)
		}
	}
}

// Serving tells whether it makes sense to send calls; see resilience.Endpoints.
func (b *Backend) Serving() bool { return b.endpoints.Serving() }

// Subscribe has the function told, now and at each change, whether it makes sense to send calls.
func (b *Backend) Subscribe(watch func(serving bool)) (cancel func()) {
	return b.endpoints.Subscribe(watch)
}

// Endpoints describes the endpoints at this moment.
func (b *Backend) Endpoints() []resilience.Stats { return b.endpoints.Stats() }

// Connections describes the connections to each endpoint, in the order of the addresses.
func (b *Backend) Connections() []transport.Stats {
	stats := make([]transport.Stats, 0, len(b.clients))
	for _, client := range b.clients {
		stats = append(stats, client.Stats())
	}
	return stats
}

// Close closes the connections. Calls under way fail.
func (b *Backend) Close() error { return b.endpoints.Close() }

func (b *Backend) closeClients() error {
	var errs []error
	for _, client := range b.clients {
		errs = append(errs, client.Close())
	}
	return errors.Join(errs...)
}
