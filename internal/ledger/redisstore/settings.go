package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/umgateway/umgateway/internal/ledger"
)

// required are the settings without which a server may forget what it acknowledged, and why.
var required = []struct{ name, want, why string }{
	{"appendonly", "yes", "without it a restart forgets what was written"},
	{"appendfsync", "always", "otherwise a power failure forgets the latest writes"},
	{"no-appendfsync-on-rewrite", "no", "otherwise writes are not synced while the file is rewritten"},
	{"maxmemory-policy", "noeviction", "otherwise a full server drops records that are still needed"},
}

// onConnect looks at the server's settings before a connection is used.
func (s *Store) onConnect(ctx context.Context, conn *redis.Conn) error {
	if s.options.AllowUnsafe {
		return nil
	}
	pipeline := conn.Pipeline()
	answers := make([]*redis.MapStringStringCmd, len(required))
	for i, setting := range required {
		answers[i] = pipeline.ConfigGet(ctx, setting.name)
	}
	_, err := pipeline.Exec(ctx)
	if refused := redis.Error(nil); err != nil && !errors.As(err, &refused) {
		return err
	}
	faults := faultsOf(answers)
	if len(faults) == 0 {
		return nil
	}
	failure := &ledger.StoreError{Op: "connect", Kind: ledger.StoreUnsafe, Err: errors.New(strings.Join(faults, "; "))}
	// The client takes one layer of wrapping off the error.
	return fmt.Errorf("redisstore: %w", failure)
}

func faultsOf(answers []*redis.MapStringStringCmd) (faults []string) {
	for i, setting := range required {
		got, err := answers[i].Result()
		switch value := got[setting.name]; {
		case err != nil:
			faults = append(faults, fmt.Sprintf("%s cannot be read (%v)", setting.name, err))
		case value != setting.want:
			faults = append(faults, fmt.Sprintf("%s is %q, want %q: %s", setting.name, value, setting.want, setting.why))
		}
	}
	return faults
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
