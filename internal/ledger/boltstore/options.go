package boltstore

import (
	"errors"
	"time"
)

// Options say where the store is. Zero values stand for the defaults.
type Options struct {
	// Path is the name of the file, which is made if it is not there. Its directory must be there. Required.
	Path string
	// LockTimeout is how long Open waits for another process to close the file. Default 2 s.
	LockTimeout time.Duration
	// MaxBytes is how much of the file may be in use before new records are refused. Default 1 GiB.
	MaxBytes int64
	// PurgeInterval is the time between two removals of what is past its retention. Default 1 min.
	PurgeInterval time.Duration
	// Now is the clock by which leases and retention are judged. It should not jump. Default: the time of day when the
	// store was opened, plus what a monotonic clock says has passed.
	Now func() time.Time
}

func (o Options) withDefaults() (Options, error) {
	if o.Path == "" {
		return o, errors.New("there is no path")
	}
	if o.LockTimeout < 0 || o.MaxBytes < 0 || o.PurgeInterval < 0 {
		return o, errors.New("a limit must not be negative")
	}
	if o.LockTimeout == 0 {
		o.LockTimeout = 2 * time.Second
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = 1 << 30
	}
	if o.PurgeInterval == 0 {
		o.PurgeInterval = time.Minute
	}
	if o.Now == nil {
		start := time.Now()
		o.Now = func() time.Time { return start.Add(time.Since(start)) }
	}
	return o, nil
}
