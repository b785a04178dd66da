package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Config describes a backend and how to reach it. Zero values stand for the defaults.
type Config struct {
	// URL is the address of the service, http or https. Required.
	URL string
	// MaxConns bounds the connections of one identity. Default 128.
	MaxConns int
	// MaxWaiters bounds the calls that wait for a connection. Default 1,000; further calls are refused at once.
	MaxWaiters int
	// IdleTimeout is how long an unused connection is kept. Default 90 s, below the 120 s of IIS.
	IdleTimeout time.Duration
	// ConnectTimeout bounds the time to connect, TLS included. Default 5 s.
	ConnectTimeout time.Duration
	// MaxReplyBytes bounds a reply's body as it is transferred. Default 1 MiB.
	MaxReplyBytes int
	// MaxHeaderBytes bounds a reply's header. Default 64 KiB.
	MaxHeaderBytes int
	// TLS is used for https. HTTP/2 is never offered. Default: the system's roots, TLS 1.2 or later.
	TLS *tls.Config
	// UserAgent is sent with each request. Default "umgateway".
	UserAgent string
}

func (c Config) withDefaults() (Config, error) {
	for _, n := range [...]int{c.MaxConns, c.MaxWaiters, c.MaxReplyBytes, c.MaxHeaderBytes, int(c.IdleTimeout), int(c.ConnectTimeout)} {
		if n < 0 {
			return c, errors.New("a limit must not be negative")
		}
	}
	orInt := func(n *int, standard int) {
		if *n == 0 {
			*n = standard
		}
	}
	orInt(&c.MaxConns, 128)
	orInt(&c.MaxWaiters, 1000)
	orInt(&c.MaxReplyBytes, 1<<20)
	orInt(&c.MaxHeaderBytes, 64<<10)
	if c.IdleTimeout == 0 {
		c.IdleTimeout = 90 * time.Second
	}
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = 5 * time.Second
	}
	if c.UserAgent == "" {
		c.UserAgent = "umgateway"
	}
	if strings.ContainsAny(c.UserAgent, "\r\n") {
		return c, errors.New("the user agent holds a line break")
	}
	return c, nil
}

// Client sends requests to one backend. It is safe for concurrent use.
type Client struct {
	endpoint *endpoint
	mu       sync.Mutex
	pools    map[string]*pool
	closed   bool
}

// New checks the configuration. It connects to nothing yet.
func New(config Config) (*Client, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("transport: %w", err)
	}
	e, err := newEndpoint(config)
	if err != nil {
		return nil, fmt.Errorf("transport: %w", err)
	}
	return &Client{endpoint: e, pools: map[string]*pool{}}, nil
}

// RoundTrip sends the request once and reads the whole reply, whatever its status. Its errors are *Error. The caller must
// release the reply.
func (c *Client) RoundTrip(ctx context.Context, request *Request) (*Reply, error) {
	if strings.ContainsAny(request.Action, "\"\r\n") || strings.ContainsAny(request.ContentType, "\r\n") {
		return nil, &Error{Op: "write", Kind: KindUnavailable, Err: errors.New("a header value of the request holds a quote or a line break")}
	}
	identity := request.Identity
	if identity == nil {
		identity = IdentityFromContext(ctx)
	}
	p, err := c.pool(identity)
	if err != nil {
		return nil, err
	}
	conn, err := p.get(ctx)
	if err != nil {
		return nil, err
	}
	reply, err := conn.exchange(ctx, request)
	p.put(conn)
	return reply, err
}

// pool finds or makes the pool of an identity.
func (c *Client) pool(identity *Identity) (*pool, error) {
	key := ""
	if identity != nil {
		key = identity.key()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, &Error{Op: "wait", Kind: KindClosed, Endpoint: c.endpoint.url, Err: errors.New("the client is closed")}
	}
	p := c.pools[key]
	if p == nil {
		p = newPool(c.endpoint)
		c.pools[key] = p
	}
	return p, nil
}

// Close closes the idle connections, and those in use when their exchange ends. Later calls fail.
func (c *Client) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for _, p := range c.pools {
		p.close()
	}
	return nil
}

// endpoint is one address of the backend.
type endpoint struct {
	config  Config
	url     string
	address string // host:port to dial
	head    string // what each request begins with
	tls     *tls.Config
}

func newEndpoint(config Config) (*endpoint, error) {
	u, err := url.Parse(config.URL)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		return nil, errors.New("the backend's address is not a URL such as https://mail.example.com/UnifiedMessaging/Service.asmx")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("the backend's address has the scheme %q, want http or https", u.Scheme)
	case u.User != nil:
		return nil, errors.New("the backend's address holds a user name: credentials do not belong there")
	case u.Fragment != "":
		return nil, errors.New("the backend's address holds a fragment")
	}
	e := &endpoint{config: config, url: config.URL, address: u.Host}
	if u.Port() == "" {
		e.address = net.JoinHostPort(u.Hostname(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
	}
	if u.Scheme == "https" {
		e.tls = tlsConfig(config.TLS, u.Hostname())
	}
	e.head = fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\nAccept: text/xml\r\n", u.RequestURI(), u.Host, config.UserAgent)
	return e, nil
}

func tlsConfig(base *tls.Config, host string) *tls.Config {
	config := &tls.Config{}
	if base != nil {
		config = base.Clone()
	}
	if config.ServerName == "" {
		config.ServerName = host
	}
	if config.MinVersion == 0 {
		config.MinVersion = tls.VersionTLS12
	}
	config.NextProtos = []string{"http/1.1"}
	return config
}
