package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/umgateway/umgateway/internal/ledger"
	"github.com/umgateway/umgateway/internal/redisclient"
)

// onConnect looks at the server's settings before a connection is used.
func (s *Store) onConnect(ctx context.Context, conn *redis.Conn) error {
	if s.options.AllowUnsafe {
		return nil
	}
	err := redisclient.CheckDurable(ctx, conn)
	if unsafe := (*redisclient.Unsafe)(nil); errors.As(err, &unsafe) {
		// The client takes one layer of wrapping off the error.
		return fmt.Errorf("redisstore: %w", &ledger.StoreError{Op: "connect", Kind: ledger.StoreUnsafe, Err: unsafe})
	}
	return err
}

// classify says what kind of failure an error is.
func classify(err error) error {
	var failure *ledger.StoreError
	if err == nil || errors.As(err, &failure) {
		return err
	}
	failure = &ledger.StoreError{Op: "swap", Kind: ledger.StoreDown, Err: err}
	text := err.Error()
	for prefix, kind := range map[string]ledger.StoreKind{
		"OOM ":        ledger.StoreFull, // maxmemory is reached
		"LEDGERLOST ": ledger.StoreBroken,
		"WRONGTYPE ":  ledger.StoreBroken,
	} {
		if strings.HasPrefix(text, prefix) {
			failure.Kind = kind
		}
	}
	return failure
}
