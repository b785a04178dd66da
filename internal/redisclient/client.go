// Package redisclient connects to a Redis or Valkey server in one way for all that the gateway keeps there. It promises
// clients that tell about every failure, send nothing about themselves, and repeat a command once at most: what they are used
// for must allow that.
package redisclient

import (
	"context"
	"crypto/tls"
	"errors"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Options say where the server is. Zero values stand for the defaults.
type Options struct {
	// Address is host:port, or the path of a unix socket. Required.
	Address string
	// Username is the user of the server's access list. Default: the server's default user.
	Username string
	// Password gives the current password; it is asked before each connection. Nil if there is none.
	Password func() (string, error)
	// TLS is used for the connections, if it is set.
	TLS *tls.Config
	// Database is the number of the database. Default 0.
	Database int
	// Timeout bounds each command, and connecting. Default 2 s.
	Timeout time.Duration
}

// WithDefaults returns the options with their defaults, or why they cannot work.
func (o Options) WithDefaults() (Options, error) {
	switch {
	case o.Address == "":
		return o, errors.New("there is no address")
	case strings.Contains(o.Address, "://"):
		return o, errors.New("the address is a URL, want host:port or the path of a socket")
	case o.Timeout < 0, o.Database < 0:
		return o, errors.New("a number must not be negative")
	}
	if o.Timeout == 0 {
		o.Timeout = 2 * time.Second
	}
	return o, nil
}

// New makes a client. It does not connect yet. onConnect looks at each connection before it is used; nil accepts all.
func New(o Options, onConnect func(context.Context, *redis.Conn) error) (*redis.Client, error) {
	o, err := o.WithDefaults()
	if err != nil {
		return nil, err
	}
	network := "tcp"
	if strings.HasPrefix(o.Address, "/") {
		network = "unix"
	}
	options := &redis.Options{
		Network: network, Addr: o.Address, Username: o.Username, DB: o.Database, TLSConfig: o.TLS,
		DialTimeout: o.Timeout, ReadTimeout: o.Timeout, WriteTimeout: o.Timeout, PoolTimeout: o.Timeout,
		ContextTimeoutEnabled: true, MaxRetries: 1, DialerRetries: 1,
		ConnMaxLifetime: time.Minute,
		OnConnect:       onConnect,
		// Neither push messages nor the library's name are wanted.
		Protocol: 2, DisableIdentity: true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
	if o.Password != nil {
		options.CredentialsProviderContext = func(context.Context) (string, string, error) {
			password, err := o.Password()
			return o.Username, password, err
		}
	}
	return redis.NewClient(options), nil
}
