package resilience

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/umgateway/umgateway/soapbridge/transport"
)

// Client carries requests to one endpoint. *transport.Client is one.
type Client interface {
	// RoundTrip sends the request at most once. Its errors are *transport.Error, or the context's.
	RoundTrip(ctx context.Context, request *transport.Request) (*transport.Reply, error)
	// Close releases the client's connections.
	Close() error
}

// Endpoint is one address of the backend.
type Endpoint struct {
	// URL names the endpoint in errors, events and Request.Avoid. It is the URL that its client was made with. Required.
	URL string
	// Client carries the requests. It belongs to the Endpoints afterwards, which close it. Required.
	Client Client
}

// Config says how much the endpoints may take and when one is left alone. Zero values stand for the defaults.
type Config struct {
	// MaxConcurrent bounds the exchanges under way at one endpoint. Default 128. The limit in force adapts between
	// MinConcurrent and this: it is halved when exchanges end by their deadline or with 503 or 504, and grows by one at a
	// time while they do not.
	MaxConcurrent int
	// MinConcurrent is the lowest limit that adapting may arrive at. Default 4, or MaxConcurrent if that is lower.
	MinConcurrent int
	// MaxWaiters bounds the calls that wait for one endpoint, and those that wait for a back-off to end. Default 1,000.
	// Further calls are refused at once.
	MaxWaiters int

	// FailuresInARow is how many failures, with no success between them, make an endpoint be left alone. Default 5.
	FailuresInARow int
	// FailureRatio is the share of failures within the last ten seconds that does the same, once there were 20 exchanges.
	// Default 0.5.
	FailureRatio float64
	// OpenFor is how long an endpoint is left alone before one request tries it again. Default 5 s.
	OpenFor time.Duration
	// StallAfter is how long an endpoint must have kept an exchange waiting for the caller's deadline to count as the
	// endpoint's failure. Default 5 s.
	StallAfter time.Duration

	// MaxHoldOff bounds how long one reply can have an identity held back. Default 5 min.
	MaxHoldOff time.Duration

	// Probe sends a harmless request over the client and reports whether the endpoint is well. A *transport.Error in the
	// chain of its error counts as it would for a caller: a rejected credential is no outage. Nil, the default, means that
	// nothing is sent which no caller asked for.
	Probe func(ctx context.Context, client Client) error
	// ProbeEvery is how often an endpoint that saw no request meanwhile is probed. Default 10 s.
	ProbeEvery time.Duration
	// ProbeTimeout bounds one probe. Default 5 s.
	ProbeTimeout time.Duration

	// Observe is told about what happens seldom: see Event. Nil, the default, tells nobody. It must be quick, safe for
	// concurrent use, and not call back.
	Observe func(Event)
}

// The window that FailureRatio looks at.
const (
	ratioWindow  = 10 * time.Second
	ratioBucket  = time.Second
	ratioAtLeast = 20
)

func (c Config) withDefaults() (Config, error) {
	for _, n := range [...]int{
		c.MaxConcurrent, c.MinConcurrent, c.MaxWaiters, c.FailuresInARow, int(c.OpenFor), int(c.StallAfter),
		int(c.MaxHoldOff), int(c.ProbeEvery), int(c.ProbeTimeout),
	} {
		if n < 0 {
			return c, errors.New("a limit must not be negative")
		}
	}
	if c.FailureRatio < 0 || c.FailureRatio > 1 {
		return c, fmt.Errorf("the failure ratio is %g, want a share between 0 and 1", c.FailureRatio)
	}
	orDefault(&c.MaxConcurrent, 128)
	orDefault(&c.MinConcurrent, min(4, c.MaxConcurrent))
	orDefault(&c.MaxWaiters, 1000)
	orDefault(&c.FailuresInARow, 5)
	orDefault(&c.FailureRatio, 0.5)
	orDefault(&c.OpenFor, 5*time.Second)
	orDefault(&c.StallAfter, 5*time.Second)
	orDefault(&c.MaxHoldOff, 5*time.Minute)
	orDefault(&c.ProbeEvery, 10*time.Second)
	orDefault(&c.ProbeTimeout, 5*time.Second)
	if c.Observe == nil {
		c.Observe = func(Event) {}
	}
	if c.MinConcurrent > c.MaxConcurrent {
		return c, fmt.Errorf("at least %d exchanges at a time, but at most %d", c.MinConcurrent, c.MaxConcurrent)
	}
	return c, nil
}

func orDefault[T comparable](setting *T, standard T) {
	var zero T
	if *setting == zero {
		*setting = standard
	}
}

// maxEndpoints is how many endpoints a backend may have: each is a bit in the set of those that a request has tried.
const maxEndpoints = 64

func checkEndpoints(endpoints []Endpoint) error {
	if len(endpoints) == 0 || len(endpoints) > maxEndpoints {
		return fmt.Errorf("a backend has 1 to %d endpoints, not %d", maxEndpoints, len(endpoints))
	}
	seen := map[string]bool{}
	for _, e := range endpoints {
		switch {
		case e.URL == "" || e.Client == nil:
			return errors.New("an endpoint needs a URL and a client")
		case seen[e.URL]:
			return fmt.Errorf("the endpoint %s is listed twice", e.URL)
		}
		seen[e.URL] = true
	}
	return nil
}
