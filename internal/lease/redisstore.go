package lease

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// redisKey is the hash that holds the leases, by call id.
const redisKey = "umgateway:leases"

// redisTimeout bounds each command, and connecting.
const redisTimeout = 2 * time.Second

// RedisOptions say where the server is. Whether it may lose what it acknowledged is checked by the ledger, which is to use
// the same one.
type RedisOptions struct {
	Address  string                 // host:port
	Username string                 // empty for the server's default user
	Password func() (string, error) // asked before each connection; nil if there is none
	TLS      *tls.Config            // nil for none
}

// RedisStore keeps leases in a Redis server that several gateways share.
type RedisStore struct{ client *redis.Client }

// OpenRedis makes a store. It does not connect yet.
func OpenRedis(o RedisOptions) *RedisStore {
	options := &redis.Options{
		Addr: o.Address, Username: o.Username, TLSConfig: o.TLS,
		DialTimeout: redisTimeout, ReadTimeout: redisTimeout, WriteTimeout: redisTimeout, ContextTimeoutEnabled: true,
		DisableIdentity: true,
	}
	if o.Password != nil {
		options.CredentialsProviderContext = func(context.Context) (string, string, error) {
			password, err := o.Password()
			return o.Username, password, err
		}
	}
	return &RedisStore{redis.NewClient(options)}
}

// Put writes a lease.
func (s *RedisStore) Put(ctx context.Context, l Lease) error {
	value, err := json.Marshal(l)
	if err != nil {
		return err
	}
	return s.client.HSet(ctx, redisKey, l.CallID, value).Err()
}

// Get reads the lease of a call.
func (s *RedisStore) Get(ctx context.Context, callID string) (l Lease, err error) {
	value, err := s.client.HGet(ctx, redisKey, callID).Bytes()
	if errors.Is(err, redis.Nil) {
		return l, ErrNotFound
	}
	if err != nil {
		return l, err
	}
	if err := json.Unmarshal(value, &l); err != nil {
		return l, fmt.Errorf("lease: the server holds no lease: %w", err)
	}
	return l, nil
}

// Delete forgets the lease of a call.
func (s *RedisStore) Delete(ctx context.Context, callID string) error {
	return s.client.HDel(ctx, redisKey, callID).Err()
}

// All reads every lease. One that cannot be read is left out.
func (s *RedisStore) All(ctx context.Context) ([]Lease, error) {
	values, err := s.client.HVals(ctx, redisKey).Result()
	if err != nil {
		return nil, err
	}
	var all []Lease
	for _, value := range values {
		var l Lease
		if json.Unmarshal([]byte(value), &l) == nil {
			all = append(all, l)
		}
	}
	return all, nil
}

// Close closes the connections.
func (s *RedisStore) Close() error { return s.client.Close() }
