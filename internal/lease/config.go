package lease

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// Config sets up a Keeper. Zero values stand for the defaults.
type Config struct {
	// HangUp ends a call, which is given by its key. It returns nil also if the call has ended already. Required.
	HangUp func(ctx context.Context, callID string) error
	// Attended tells whether somebody cares about a call at this moment. When they leave, Keeper.Seen is to be called.
	// Default: nobody does.
	Attended func(callID string) bool
	// Serves tells whether the gateway has the backend of a call. Other leases are left to other gateways. Default: it has all.
	Serves func(callID string) bool
	// HangUpTimeout bounds one try to hang up. Default 8 s.
	HangUpTimeout time.Duration
	// RetryWait is the time between two tries to hang up, which doubles up to ten times its value, and between two tries to
	// reach a store that is away. Default 1 s.
	RetryWait time.Duration
	// GiveUp is for how long hanging up is tried before a call is forgotten. Default 1 h.
	GiveUp time.Duration
	// Rescan is how often the store is read for the leases of other gateways that may have died. Default 1 s.
	Rescan time.Duration
	// Log tells about calls that were hung up, and tries that failed. Default: nowhere.
	Log *slog.Logger
}

func (c *Config) setDefaults() error {
	if c.HangUp == nil {
		return errors.New("lease: a function that hangs up is required")
	}
	if c.Attended == nil {
		c.Attended = func(string) bool { return false }
	}
	if c.Serves == nil {
		c.Serves = func(string) bool { return true }
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	for _, d := range [...]struct {
		value    *time.Duration
		standard time.Duration
	}{{&c.HangUpTimeout, 8 * time.Second}, {&c.RetryWait, time.Second}, {&c.GiveUp, time.Hour}, {&c.Rescan, time.Second}} {
		if *d.value <= 0 {
			*d.value = d.standard
		}
	}
	return nil
}
