package redisclient

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"
)

// required are the settings without which a server may forget what it acknowledged, and why.
var required = []struct{ name, want, why string }{
	{"appendonly", "yes", "without it a restart forgets what was written"},
	{"appendfsync", "always", "otherwise a power failure forgets the latest writes"},
	{"no-appendfsync-on-rewrite", "no", "otherwise writes are not synced while the file is rewritten"},
	{"maxmemory-policy", "noeviction", "otherwise a full server drops records that are still needed"},
}

// Unsafe tells that the server's settings let it lose or evict what it has acknowledged, or cannot be read.
type Unsafe struct{ faults []string }

// Error names each setting, what it is, and what it has to be.
func (u *Unsafe) Error() string { return strings.Join(u.faults, "; ") }

// CheckDurable looks at the server's settings. The error is an *Unsafe, or says why the server does not answer.
func CheckDurable(ctx context.Context, conn *redis.Conn) error {
	pipeline := conn.Pipeline()
	answers := make([]*redis.MapStringStringCmd, len(required))
	for i, setting := range required {
		answers[i] = pipeline.ConfigGet(ctx, setting.name)
	}
	_, err := pipeline.Exec(ctx)
	if refused := redis.Error(nil); err != nil && !errors.As(err, &refused) {
		return err
	}
	if faults := faultsOf(answers); len(faults) > 0 {
		return &Unsafe{faults}
	}
	return nil
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
