package lease

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/umgateway/umgateway/internal/redisclient"
)

//go:embed redisstore.lua
var redisSource string

// redisKey is the hash that holds the leases, by call id.
const redisKey = "umgateway:leases"

// RedisStore keeps leases in a Redis server (5 or later) that several gateways share. Its clock is the server's.
type RedisStore struct {
	client *redis.Client
	script *redis.Script
	unsafe atomic.Pointer[redisclient.Unsafe] // what the last new connection found; nil if the server is safe
}

// OpenRedis makes a store. It does not connect yet. A server whose settings let it lose what it has acknowledged grants no lease,
// unless that is allowed. Those that it has count all the same: their calls must be hung up.
func OpenRedis(options redisclient.Options, allowUnsafe bool) (*RedisStore, error) {
	s := &RedisStore{script: redis.NewScript(redisSource)}
	onConnect := s.onConnect
	if allowUnsafe {
		onConnect = nil
	}
	var err error
	if s.client, err = redisclient.New(options, onConnect); err != nil {
		return nil, fmt.Errorf("lease: %w", err)
	}
	return s, nil
}

// onConnect looks at the server's settings with each new connection, and so after each restart of the server.
func (s *RedisStore) onConnect(ctx context.Context, conn *redis.Conn) error {
	err := redisclient.CheckDurable(ctx, conn)
	unsafe := (*redisclient.Unsafe)(nil)
	if err != nil && !errors.As(err, &unsafe) {
		return err
	}
	s.unsafe.Store(unsafe)
	return nil
}

// Check tells whether the server is there, and keeps what it acknowledges.
func (s *RedisStore) Check(ctx context.Context) error {
	if err := s.client.Ping(ctx).Err(); err != nil {
		return err
	}
	if unsafe := s.unsafe.Load(); unsafe != nil {
		return unsafe
	}
	return nil
}

// Grant begins a lease.
func (s *RedisStore) Grant(ctx context.Context, callID string, terms Terms) error {
	if err := s.Check(ctx); err != nil {
		return err
	}
	_, err := s.run(ctx, "grant", callID, terms.Unattended, terms.Longest)
	return err
}

// Get reads a lease.
func (s *RedisStore) Get(ctx context.Context, callID string) (Lease, error) {
	return s.run(ctx, "get", callID)
}

// Renew notes that somebody cares.
func (s *RedisStore) Renew(ctx context.Context, callID string, ago time.Duration) (Lease, error) {
	return s.run(ctx, "renew", callID, ago)
}

// Claim reads a lease, and keeps it from being renewed if it has run out.
func (s *RedisStore) Claim(ctx context.Context, callID string) (Lease, error) {
	return s.run(ctx, "claim", callID)
}

func (s *RedisStore) run(ctx context.Context, step, callID string, times ...time.Duration) (Lease, error) {
	args := []any{step, callID}
	for _, d := range times {
		args = append(args, d.Milliseconds())
	}
	reply, err := s.script.Run(ctx, s.client, []string{redisKey}, args...).Int64Slice()
	switch {
	case errors.Is(err, redis.Nil):
		return Lease{}, ErrNotFound
	case err != nil:
		return Lease{}, err
	case len(reply) != 3 || reply[0] < 0:
		return Lease{}, errRecord
	}
	return Lease{Left: duration(reply[0]), Unattended: duration(reply[1]), Longest: duration(reply[2])}, nil
}

func duration(milliseconds int64) time.Duration {
	if milliseconds < 0 {
		return Endless
	}
	return time.Duration(milliseconds) * time.Millisecond
}

// Delete forgets the lease of a call.
func (s *RedisStore) Delete(ctx context.Context, callID string) error {
	return s.client.HDel(ctx, redisKey, callID).Err()
}

// All lists the calls that have leases.
func (s *RedisStore) All(ctx context.Context) ([]string, error) {
	return s.client.HKeys(ctx, redisKey).Result()
}

// Close closes the connections.
func (s *RedisStore) Close() error { return s.client.Close() }
