package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/umgateway/umgateway/internal/lease"
	"github.com/umgateway/umgateway/internal/ledger"
	"github.com/umgateway/umgateway/internal/ledger/boltstore"
	"github.com/umgateway/umgateway/internal/ledger/memstore"
	"github.com/umgateway/umgateway/internal/ledger/redisstore"
	"github.com/umgateway/umgateway/internal/redisclient"
	"github.com/umgateway/umgateway/soapbridge/transport"
)

// ledgerFlags say where the gateway remembers which calls were placed, and which have a lease.
type ledgerFlags struct {
	Ledger        string        `name:"ledger" placeholder:"PLACE" help:"Where calls with a request_id and leases are remembered: a file, or redis://host:port (rediss:// with TLS) that several gateways share (a file in $$STATE_DIRECTORY, or else in umgateway below the user's state directory)."`
	RedisUsername string        `name:"ledger-redis-username" placeholder:"USER" help:"User of the Redis."`
	RedisPassword string        `name:"ledger-redis-password-file" placeholder:"FILE" help:"File with the password of the Redis. It is read again when it changes."`
	RedisUnsafe   bool          `name:"ledger-redis-allow-unsafe" help:"Accept a Redis that may lose what it acknowledged: a repeated request may then ring twice, and a call with a lease never be hung up."`
	Retention     time.Duration `name:"ledger-retention" default:"24h" help:"How long a request_id is remembered (${default})."`
}

// memory is what the gateway remembers beyond a call.
type memory struct {
	ledger  *ledger.Ledger
	leases  lease.Store
	observe func(ledger.Event) // may be replaced before the ledger is used
}

// open opens the memory of a gateway that serves REST on an address. Where nobody has said what to use, and no file can be made,
// the gateway remembers until it ends, and says so. A file that is there is used, or nothing is served: it knows what was sent.
func (f *ledgerFlags) open(address string, logger *slog.Logger) (*memory, error) {
	if f.Ledger != "" {
		m, err := f.remember(logger)
		if err != nil {
			return nil, fmt.Errorf("ledger: %w", err)
		}
		return m, nil
	}
	path, err := defaultPath(address)
	if err == nil {
		there := isThere(path) || isThere(path+leasesSuffix)
		m, failed := f.file(path, logger)
		switch {
		case failed == nil:
			return m, nil
		case there:
			return nil, fmt.Errorf("ledger: %w", failed)
		}
		err = failed
	}
	logger.Warn("calls with a request_id, and leases, are remembered in memory only: name a file by --ledger", "reason", err)
	return forgetful(logger)
}

func isThere(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func (f *ledgerFlags) remember(logger *slog.Logger) (*memory, error) {
	if place := f.redisPlace(); place != nil {
		return f.redis(place, logger)
	}
	return f.file(f.Ledger, logger)
}

// redisPlace is the address of the Redis; nil if the ledger is a file.
func (f *ledgerFlags) redisPlace() *url.URL {
	place, err := url.Parse(f.Ledger)
	if err != nil || place.Scheme != "redis" && place.Scheme != "rediss" {
		return nil
	}
	return place
}

// leasesSuffix is what the name of the file with the leases has more than that of the ledger.
const leasesSuffix = ".leases"

func (f *ledgerFlags) file(path string, logger *slog.Logger) (*memory, error) {
	fresh := !isThere(path)
	store, err := boltstore.Open(boltstore.Options{Path: path})
	if err != nil {
		return nil, err
	}
	leases, err := lease.OpenBolt(path + leasesSuffix)
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	if fresh {
		logger.Info("the ledger is a new file: no earlier call is remembered", "file", path)
	}
	return newMemory(store, leases, f.Retention, logger)
}

// redisServer says how to reach the Redis.
func (f *ledgerFlags) redisServer(place *url.URL, logger *slog.Logger) (redisclient.Options, error) {
	if place.Host == "" || place.User != nil || place.Path != "" && place.Path != "/" || place.RawQuery != "" {
		return redisclient.Options{}, errors.New("--ledger: the Redis is written redis://host:port, and its user and password by flags of their own")
	}
	server := redisclient.Options{Address: place.Host, Username: f.RedisUsername}
	if place.Port() == "" {
		server.Address += ":6379"
	}
	if place.Scheme == "rediss" {
		server.TLS = &tls.Config{ServerName: place.Hostname(), MinVersion: tls.VersionTLS12}
	}
	if f.RedisPassword != "" {
		password, err := transport.NewPasswordFile(f.RedisPassword, logger)
		if err != nil {
			return server, fmt.Errorf("--ledger-redis-password-file: %w", err)
		}
		server.Password = password.Password
	}
	return server, nil
}

func (f *ledgerFlags) redis(place *url.URL, logger *slog.Logger) (*memory, error) {
	server, err := f.redisServer(place, logger)
	if err != nil {
		return nil, err
	}
	redisstore.LogTo(logger)
	store, err := redisstore.Open(redisstore.Options{Options: server, AllowUnsafe: f.RedisUnsafe})
	if err != nil {
		return nil, err
	}
	leases, err := lease.OpenRedis(server, f.RedisUnsafe)
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	m, err := newMemory(store, leases, f.Retention, logger)
	if err != nil {
		return nil, err
	}
	// The gateway serves without its Redis, but whoever starts it should know.
	limited, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := m.ledger.Check(limited); err != nil {
		logger.Error("the ledger cannot be used: calls with a request_id are refused", "error", err)
	}
	return m, nil
}

func newMemory(store ledger.Store, leases lease.Store, retention time.Duration, logger *slog.Logger) (*memory, error) {
	m := &memory{leases: leases, observe: func(ledger.Event) {}}
	var err error
	m.ledger, err = ledger.Open(store, ledger.Options{Retention: retention, Observe: func(e ledger.Event) {
		m.observe(e)
		if e.Err != nil || e.Kind == ledger.EventUnannounced {
			logger.Error("ledger", "event", e.Kind.String(), "error", e.Err)
		}
	}})
	if err != nil {
		return nil, errors.Join(err, store.Close(), leases.Close())
	}
	return m, nil
}

// defaultPath is where the file is if nobody has said: in a directory of the user's, which is made, and named after the address
// that is served, since gateways with other addresses need files of their own.
func defaultPath(address string) (string, error) {
	if _, port, err := net.SplitHostPort(address); err != nil || port == "0" {
		return "", errors.New("the address is another one each time")
	}
	directory := os.Getenv("STATE_DIRECTORY") // of systemd
	if directory == "" {
		state := os.Getenv("XDG_STATE_HOME")
		if home, err := os.UserHomeDir(); state == "" && err == nil {
			state = filepath.Join(home, ".local", "state")
		}
		if state == "" {
			return "", errors.New("the user has no directory for it")
		}
		directory = filepath.Join(state, "umgateway")
	}
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return "", err
	}
	return filepath.Join(directory, "ledger-"+strings.NewReplacer(":", "_", "[", "", "]", "").Replace(address)+".db"), nil
}

// forgetful is the memory of the demo, which lasts as long as it runs.
func forgetful(logger *slog.Logger) (*memory, error) {
	return newMemory(memstore.New(memstore.Options{}), lease.NewMemStore(), 0, logger)
}
