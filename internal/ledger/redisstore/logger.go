package redisstore

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/redis/go-redis/v9"
)

// LogTo has the client library write its own messages, about connections that it could not make for instance, to the
// logger instead of to the standard error. It is a setting of the process, to be made once, at its start.
func LogTo(logger *slog.Logger) { redis.SetLogger(libraryLogger{logger}) }

type libraryLogger struct{ logger *slog.Logger }

// Printf takes a message of the library.
func (l libraryLogger) Printf(ctx context.Context, format string, args ...any) {
	l.logger.WarnContext(ctx, "redis client", "message", fmt.Sprintf(format, args...))
}
