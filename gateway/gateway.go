package gateway

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"buf.build/go/protovalidate"
	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/umgateway/umgateway/gateway/authn"
	"github.com/umgateway/umgateway/gateway/policy"
	"github.com/umgateway/umgateway/gateway/ratelimit"
)

// Invoker carries out an rpc and returns its response. *soapbridge.Bridge is one. Errors of type *soapbridge.Error become
// the status that callers expect; of others only the log learns more than INTERNAL.
type Invoker interface {
	Invoke(ctx context.Context, method protoreflect.MethodDescriptor, in proto.Message) (proto.Message, error)
}

// Config sets up a Gateway. Zero values stand for the defaults.
type Config struct {
	// Invoker carries the calls out. Required.
	Invoker Invoker
	// Watcher follows calls. Default: WatchCall is not served.
	Watcher Watcher
	// Logger receives one line for each call. Default: nothing is logged.
	Logger *slog.Logger
	// DefaultTimeout is the deadline of calls that bring none. Default 8 s.
	DefaultTimeout time.Duration
	// MaxTimeout caps the deadlines that callers bring. Default 60 s. It must not be below DefaultTimeout.
	MaxTimeout time.Duration
	// DrainTimeout is how long calls in flight may take to finish when Serve ends. Default 30 s.
	DrainTimeout time.Duration
	// MaxRequestBytes bounds the body of a REST request and the message of a gRPC request. Default 4 MiB.
	MaxRequestBytes int
	// AllowedOrigins are the origins, such as "https://console.example.com", whose web pages may call the gateway.
	// Default: none but the gateway's own.
	AllowedOrigins []string
	// AllowedHosts are names, besides those of the loopback interface, that may stand in the Host header of a request to a
	// loopback listener.
	AllowedHosts []string
	// TLS returns what a front that speaks the protocols (ALPN) serves with. Default: neither front is encrypted.
	TLS func(protocols ...string) *tls.Config
	// Authenticator returns what finds out who calls, which may be replaced while the gateway serves. Default, and where it
	// returns nil: nobody asks, and callers are anonymous.
	Authenticator func() *authn.Authenticator
	// Policy returns what decides who may call what. Default, and where it returns nil: everybody may call everything.
	Policy func() *policy.Policy
	// Limiter returns what bounds how often callers may call. Default, and where it returns nil: nothing does.
	Limiter func() *ratelimit.Limiter
	// Auditor records calls that change something. Default: nobody does.
	Auditor Auditor
	// Route chooses the backend of a call whose caller is known, before anything is decided about the call and whether or not
	// its request is valid. It may set Call.Backend, and returns the context for the rest of the call. Default: there is nothing
	// to choose.
	Route func(ctx context.Context, call *Call) context.Context
	// Backend is the name of the backend of calls for which Route sets none. Default: it has no name.
	Backend string
	// Headers tells whether a header of REST requests, by its name in lower case, is metadata of the call, besides those that
	// have a meaning for the gateway. Default: none is.
	Headers func(name string) bool
	// Identity names the account, or the mailbox, for which the backend is asked in a context. Default: it has no name.
	Identity func(context.Context) string
	// MaxStreams bounds the calls under way on one connection of HTTP/2. Default 1,000.
	MaxStreams int
	// MaxConnectionAge is the age at which gRPC connections are asked to end, so that callers spread over gateways. Default
	// 30 min.
	MaxConnectionAge time.Duration
	// CallerCredentials tells that the backend is asked with the caller's own credential, so that its rejection is the
	// caller's to mend and not the operator's.
	CallerCredentials bool
	// Around are interceptors that see every call from outside, before its caller is known: what measures and traces calls.
	// The errors that they get are *Error, as callers do, and they must not return others or panic.
	Around []Interceptor
	// Front are interceptors that see every call whose caller is known, before it is validated.
	Front []Interceptor
	// Back are interceptors that see valid calls only, just before they are carried out.
	Back []Interceptor
	// Refused is told of each request that is refused before it is a call, with the reason of its google.rpc.ErrorInfo, or
	// with Unreadable. Requests that name an rpc are calls, whatever is wrong with them. Default: nobody is.
	Refused func(protocol Protocol, reason string)
	// Pages are further handlers of the HTTP front by patterns of net/http.ServeMux, such as "GET /docs/". They pass the
	// guards of origin and host, and know nothing of callers. Paths below /v1/ and
	// those of the rpcs' full names are the rpcs'. Default: none.
	Pages map[string]http.Handler
	// CallerPages are Pages for callers only. Where callers are asked for a credential, whoever shows none is refused, and so
	// is whom the policy lets make no call at all. A request counts as a call for the limits. Its context holds the caller's
	// principal, and its Authorization header is gone. Default: none.
	CallerPages map[string]http.Handler
}

// Gateway serves the um.v1 services over gRPC and REST, and over Connect and gRPC-Web. It is safe for concurrent use.
type Gateway struct {
	config    Config
	methods   map[string]*method
	validator func() (protovalidate.Validator, error)
	chain     Handler // what handle has calls go through
	grpc      *grpc.Server
	connect   *connectFront
	http      http.Handler
	mux       *runtime.ServeMux
	streamed  []string // how paths end that lead to streams
	health    *healthServer

	serving    atomic.Bool     // Serve has begun
	draining   context.Context // done when the gateway stops
	endStreams context.CancelFunc
}

// New checks the configuration and builds both fronts. It listens to nothing yet.
func New(config Config) (*Gateway, error) {
	if err := config.setDefaults(); err != nil {
		return nil, fmt.Errorf("gateway: %w", err)
	}
	methods, err := methodsOf(services())
	if err != nil {
		return nil, fmt.Errorf("gateway: %w", err)
	}
	// The schema is a part of the program, and a test compiles its rules.
	validator := sync.OnceValues(func() (protovalidate.Validator, error) { return newValidator(methods) })
	prepareLines(config.Logger, methods)
	g := &Gateway{config: config, methods: methods, validator: validator}
	g.draining, g.endStreams = context.WithCancel(context.Background())
	g.health = &healthServer{Server: health.NewServer(), draining: g.draining}
	g.chain = chain(g.interceptors(), g.invoke)
	g.newGRPC()
	g.connect = newConnectFront(g)
	front, err := g.newHTTP()
	if err != nil {
		return nil, fmt.Errorf("gateway: %w", err)
	}
	g.http = headAsGet(front)
	return g, nil
}

func (c *Config) setDefaults() error {
	if c.Invoker == nil {
		return errors.New("an invoker is required")
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	for _, d := range [...]struct {
		value    *time.Duration
		standard time.Duration
	}{{&c.DefaultTimeout, 8 * time.Second}, {&c.MaxTimeout, 60 * time.Second}, {&c.DrainTimeout, 30 * time.Second}} {
		switch {
		case *d.value < 0:
			return errors.New("a timeout must not be negative")
		case *d.value == 0:
			*d.value = d.standard
		}
	}
	if c.MaxTimeout < c.DefaultTimeout {
		return fmt.Errorf("the maximum timeout %v is below the default timeout %v", c.MaxTimeout, c.DefaultTimeout)
	}
	if c.MaxRequestBytes < 0 {
		return errors.New("the limit of requests must not be negative")
	}
	c.setHooks()
	if c.MaxStreams < 0 || c.MaxConnectionAge < 0 {
		return errors.New("a limit of connections must not be negative")
	}
	c.MaxStreams = cmp.Or(c.MaxStreams, 1000)
	c.MaxConnectionAge = cmp.Or(c.MaxConnectionAge, 30*time.Minute)
	if c.MaxRequestBytes == 0 {
		c.MaxRequestBytes = 4 << 20
	}
	return nil
}

// setHooks fills in what returns nothing.
func (c *Config) setHooks() {
	if c.Authenticator == nil {
		c.Authenticator = func() *authn.Authenticator { return nil }
	}
	if c.Policy == nil {
		c.Policy = func() *policy.Policy { return nil }
	}
	if c.Limiter == nil {
		c.Limiter = func() *ratelimit.Limiter { return nil }
	}
	if c.Headers == nil {
		c.Headers = func(string) bool { return false }
	}
	if c.Refused == nil {
		c.Refused = func(Protocol, string) {}
	}
	if c.Identity == nil {
		c.Identity = func(context.Context) string { return "" }
	}
}

// handle takes a call from its beginning to its end, whichever way it came.
func (g *Gateway) handle(ctx context.Context, call *Call) error {
	defer call.limit.end()
	g.identify(call)
	return g.chain(ctx, call)
}

// interceptors lists what every call goes through, the outermost first.
func (g *Gateway) interceptors() []Interceptor {
	list := append(slices.Clip(g.config.Around), g.log, g.explain, g.survive)
	before := []check{g.authenticate, g.limitRate}
	if g.config.Route != nil {
		before = append(before, g.route)
	}
	var between []Interceptor
	if g.config.Auditor != nil {
		// A second survive, so that calls are recorded that end in a defect.
		between = append(between, g.audit, g.survive)
	}
	between = append(between, g.config.Front...)
	after := []check{g.limitTime, adoptIdempotencyKey, g.authorize, g.validate, g.authorizeDialling}
	if len(between) > 0 {
		list, before = append(append(list, checks(before)), between...), nil
	}
	return append(append(list, checks(append(before, after...))), g.config.Back...)
}

// route has the backend of a call chosen.
func (g *Gateway) route(ctx context.Context, call *Call) (context.Context, error) {
	return g.config.Route(ctx, call), nil
}

// invoke is the end of the chain: it has the call carried out.
func (g *Gateway) invoke(ctx context.Context, call *Call) error {
	if call.rpc.streams {
		return g.watch(ctx, call)
	}
	response, err := g.config.Invoker.Invoke(ctx, call.Method, call.Request)
	if err != nil {
		return err
	}
	return call.Send(response)
}

// Handler returns the HTTP front.
func (g *Gateway) Handler() http.Handler { return g.http }
