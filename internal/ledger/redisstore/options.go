package redisstore

import (
	"errors"

	"github.com/umgateway/umgateway/internal/redisclient"
)

// Options say where the server is, and what is asked of it. Zero values stand for the defaults.
type Options struct {
	redisclient.Options
	// Prefix begins the name of every key, so that several ledgers can share a server. Default "umgateway:ledger:".
	Prefix string
	// WaitReplicas is how many replicas must have confirmed a SENT before anything may be sent. Default 0.
	WaitReplicas int
	// AllowUnsafe accepts a server whose settings let it lose or evict what it acknowledged. A repeat may then ring twice.
	AllowUnsafe bool
}

func (o Options) withDefaults() (Options, error) {
	if o.WaitReplicas < 0 {
		return o, errors.New("a number must not be negative")
	}
	if o.Prefix == "" {
		o.Prefix = "umgateway:ledger:"
	}
	var err error
	o.Options, err = o.Options.WithDefaults()
	return o, err
}
