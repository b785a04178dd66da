package lease

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
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
}

// OpenRedis makes a store. It does not connect yet. Whether the server may lose what it acknowledged is checked by the
// ledger, which is to use the same one.
func OpenRedis(options redisclient.Options) (*RedisStore, error) {
	client, err := redisclient.New(options, nil)
	if err != nil {
		return nil, fmt.Errorf("lease: %w", err)
	}
	return &RedisStore{client, redis.NewScript(redisSource)}, nil
}

// Grant begins a lease.
func (s *RedisStore) Grant(ctx context.Context, callID string, terms Terms) error {
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
