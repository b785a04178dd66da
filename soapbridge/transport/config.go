package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"time"
)

// Config describes one endpoint of a backend and how to reach it. Zero values stand for the defaults.
type Config struct {
	// URL is the address of the service, http or https. Required.
	URL string
	// UserAgent is sent with each request. Default "umgateway".
	UserAgent string

	// MaxConns bounds the connections to the endpoint, those of all identities together. Default 128.
	MaxConns int
	// MaxWaiters bounds the calls that wait for a connection. Default 1,000; further calls are refused at once.
	MaxWaiters int
	// IdleTimeout is how long an unused connection is kept. Default 90 s, below the 120 s of IIS.
	IdleTimeout time.Duration
	// ConnectTimeout bounds the time to connect, TLS included. Default 5 s. It never takes more than half of the time that
	// the caller has left: the other half is for another endpoint, or another try.
	ConnectTimeout time.Duration
	// AuthTimeout bounds the leg of an authentication that carries no request. Default 10 s, but never more than half of the
	// time that the caller has left.
	AuthTimeout time.Duration
	// MaxReplyBytes bounds a reply's body as it is transferred. Default 1 MiB.
	MaxReplyBytes int
	// MaxHeaderBytes bounds a reply's header. Default 64 KiB.
	MaxHeaderBytes int

	// Dial connects to an address over TCP. Default: a net.Dialer. No proxy is asked.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// TLS is used for https. HTTP/2 is never offered. Default: the system's roots, TLS 1.2 or later. A lower MinVersion is
	// obeyed, with a warning, and then allows the cipher suites of that time too.
	TLS *tls.Config
	// TLSFiles name the roots and the client certificate in files. Default: those of TLS.
	TLSFiles TLSFiles

	// Auth lists the schemes to authenticate with, the preferred first; see ParseAuth. Default: none.
	Auth []Scheme
	// Identity is used by requests that name none. Default: such requests fail if Auth is set.
	Identity *Identity
	// Tickets makes the source of an identity's Kerberos tokens. It returns nil where there is none, for instance because
	// no configuration knows the user's realm; Kerberos is then left out. It is asked once, and the answer kept as long as
	// the identity is in use. Default: no identity has tokens.
	Tickets func(*Identity) (TicketSource, error)
	// SPN is the service principal name of the endpoint. Default "HTTP/" and the host of URL.
	SPN string
	// AllowInsecureBasic lets Basic credentials go over http. Default: New refuses that.
	AllowInsecureBasic bool
	// OmitChannelBindings leaves the TLS channel out of NTLM and Kerberos, for servers behind something that ends TLS. By
	// default it is bound (tls-server-end-point), since servers with Extended Protection insist.
	OmitChannelBindings bool
	// Guard remembers rejected credentials. Endpoints of one backend are to share one. Default: one of its own.
	Guard *Guard
	// Log receives warnings. Default: nobody does.
	Log *slog.Logger
}

func (c Config) withDefaults() (Config, error) {
	for _, n := range [...]int{c.MaxConns, c.MaxWaiters, c.MaxReplyBytes, c.MaxHeaderBytes} {
		if n < 0 {
			return c, errors.New("a limit must not be negative")
		}
	}
	for _, d := range [...]time.Duration{c.IdleTimeout, c.ConnectTimeout, c.AuthTimeout} {
		if d < 0 {
			return c, errors.New("a timeout must not be negative")
		}
	}
	setDefault(&c.UserAgent, "umgateway")
	setDefault(&c.MaxConns, 128)
	setDefault(&c.MaxWaiters, 1000)
	setDefault(&c.MaxReplyBytes, 1<<20)
	setDefault(&c.MaxHeaderBytes, 64<<10)
	setDefault(&c.IdleTimeout, 90*time.Second)
	setDefault(&c.ConnectTimeout, 5*time.Second)
	setDefault(&c.AuthTimeout, 10*time.Second)
	if c.Dial == nil {
		c.Dial = new(net.Dialer).DialContext
	}
	if c.Guard == nil {
		c.Guard = NewGuard(GuardConfig{})
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if !isFieldText(c.UserAgent) {
		return c, errors.New("the user agent holds a control character")
	}
	return c, c.checkAuth()
}

func (c Config) checkAuth() error {
	for i, scheme := range c.Auth {
		if !scheme.known() {
			return &unknownScheme{string(scheme)}
		}
		for _, other := range c.Auth[:i] {
			if scheme == other {
				return errors.New("an authentication scheme is listed twice")
			}
		}
	}
	return nil
}

func setDefault[T comparable](setting *T, standard T) {
	if *setting == *new(T) {
		*setting = standard
	}
}

// isFieldText tells whether a text can be the value of an HTTP field (RFC 9110 section 5.5).
func isFieldText(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' && c != '\t' || c == 0x7F {
			return false
		}
	}
	return true
}
