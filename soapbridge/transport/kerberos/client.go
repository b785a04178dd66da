package kerberos

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// PasswordSource gives the current password.
type PasswordSource interface {
	Password() (string, error)
}

// Config says who logs in, and with what: one of Password, Keytab and CCache.
type Config struct {
	// Profile knows the realms. Required.
	Profile *Profile
	// Username is DOMAIN\user, user@domain, or a plain name in the default realm. With a keytab or a credential cache it
	// may be empty, which stands for the first entry or the cache's owner; otherwise it must fit.
	Username string
	// Password is asked at each login.
	Password PasswordSource
	// Keytab is the path of a file, which is read at each login.
	Keytab string
	// CCache is the path of a credential cache of the type FILE, which is read when the tickets at hand come to their end.
	// A ticket-granting ticket in it that can be renewed is renewed, but not written back.
	CCache string

	// Timeout bounds the conversation with the key distribution centres for one ticket, whatever the callers' contexts
	// say. Default 10 s.
	Timeout time.Duration
	// HoldOff is how long a rejected credential is not shown again, unless it has changed. Default 10 s, which is for the
	// calls that are under way: how long an account is left alone after that is the caller's matter.
	HoldOff time.Duration
	// Dial connects to a key distribution centre. Default: a net.Dialer.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Client makes tokens for one user. It keeps the user's tickets and replaces them before they end. It is safe for
// concurrent use, has no goroutines but those of requests under way, and needs no closing.
type Client struct {
	config  Config
	kdc     kdc
	flights singleflight.Group // by name of service; "" is the login

	mu       sync.Mutex
	tickets  map[string]*ticket // likewise
	rejected rejection
}

// rejection is a credential that was rejected lately.
type rejection struct {
	fingerprint [32]byte
	until       time.Time
	err         error
}

// New checks that the credential can be used: that a keytab or a credential cache can be read and is the user's, and that
// the profile knows the user's realm. It asks nobody.
func New(config Config) (*Client, error) {
	given := 0
	for _, is := range [...]bool{config.Password != nil, config.Keytab != "", config.CCache != ""} {
		if is {
			given++
		}
	}
	if given != 1 || config.Profile == nil {
		return nil, &Error{Op: opConfigure, Kind: KindCredential, Err: errors.New("want a profile, and one of password, keytab and credential cache")}
	}
	if config.Timeout <= 0 {
		config.Timeout = 10 * time.Second
	}
	if config.HoldOff <= 0 {
		config.HoldOff = 10 * time.Second
	}
	if config.Dial == nil {
		config.Dial = new(net.Dialer).DialContext
	}
	c := &Client{config: config, tickets: map[string]*ticket{}}
	c.kdc = kdc{profile: config.Profile, dial: config.Dial, lookup: net.DefaultResolver.LookupSRV}
	if err := c.check(); err != nil {
		return nil, &Error{Op: opConfigure, Kind: KindCredential, Err: err}
	}
	return c, nil
}

func (c *Client) check() error {
	var err error
	switch {
	case c.config.Password != nil:
		_, err = c.config.Profile.user(c.config.Username)
	case c.config.Keytab != "":
		_, err = c.config.Profile.keytab(c.config.Keytab, c.config.Username)
	default:
		_, err = c.config.Profile.ccache(c.config.CCache, c.config.Username)
	}
	return err
}

// Token returns a SPNEGO token for a service, "HTTP/host" or "HTTP/host@REALM", that was never returned before. The
// bindings are the application data of the TLS channel (RFC 5929), or nil. Its errors are *Error.
func (c *Client) Token(ctx context.Context, spn string, bindings []byte) ([]byte, error) {
	service, err := c.config.Profile.service(spn)
	if err != nil {
		return nil, &Error{Op: opTicket, Kind: KindNoService, Err: err}
	}
	t, err := c.ticket(ctx, spn, func(ctx context.Context, _ *ticket) (*ticket, error) { return c.fetch(ctx, service) })
	if err != nil {
		return nil, err
	}
	token, err := c.config.Profile.token(t, bindings)
	if err != nil {
		return nil, &Error{Op: opTicket, Kind: KindRefused, Err: err}
	}
	return token, nil
}

// Forget drops the ticket for a service, which refused it: it may have been made with a key that the service no longer has.
// The next token is made of a new one.
func (c *Client) Forget(spn string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.tickets, spn)
}

// ticket returns the ticket of that name, and fetches it if it is missing or near its end. However many ask at the same
// time, one fetches. A caller that leaves does not stop it, and one that has left does not begin it.
func (c *Client) ticket(ctx context.Context, name string, fetch func(context.Context, *ticket) (*ticket, error)) (*ticket, error) {
	if held := c.held(name); held.fresh(time.Now()) {
		return held, nil
	}
	if err := ctx.Err(); err != nil {
		return nil, &Error{Op: opTicket, Kind: KindUnreachable, Err: err}
	}
	done := c.flights.DoChan(name, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.config.Timeout)
		defer cancel()
		return c.replace(ctx, name, fetch)
	})
	select {
	case result := <-done:
		t, _ := result.Val.(*ticket)
		return t, result.Err
	case <-ctx.Done():
		return nil, &Error{Op: opTicket, Kind: KindUnreachable, Err: ctx.Err()}
	}
}

// replace fetches a ticket and keeps it. As long as the one at hand can be used, it takes the place of one that could not
// be fetched.
func (c *Client) replace(ctx context.Context, name string, fetch func(context.Context, *ticket) (*ticket, error)) (*ticket, error) {
	held := c.held(name)
	if held.fresh(time.Now()) {
		return held, nil
	}
	t, err := fetch(ctx, held)
	var failure *Error
	if now := time.Now(); err != nil && held.usable(now) && !(errors.As(err, &failure) && failure.CredentialRejected()) {
		t, err = held.postponed(now), nil
	}
	if err != nil {
		return nil, err
	}
	c.keep(name, t)
	return t, nil
}

func (c *Client) held(name string) *ticket {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tickets[name]
}

func (c *Client) keep(name string, t *ticket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tickets[name] = t
}

// drop forgets a ticket, unless it has been replaced.
func (c *Client) drop(name string, t *ticket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tickets[name] == t {
		delete(c.tickets, name)
	}
}
