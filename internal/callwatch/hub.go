package callwatch

import (
	"context"
	"errors"
	"sync"
	"time"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

// Config sets up a Hub. Zero values stand for the defaults.
type Config struct {
	// Poll asks the backend how a call stands. The context holds the values of a watcher's, and so the account to act as.
	// Required.
	Poll func(ctx context.Context, callID string) (*umv1.GetCallInfoResponse, error)
	// Account names the account that a context acts as. Default: there is one for all.
	Account func(ctx context.Context) string
	// Transient tells whether an error of Poll may pass, so that polling goes on. Default: none does.
	Transient func(error) bool
	// Fast is the time between polls while a call is being set up or rings. Default 500 ms.
	Fast time.Duration
	// Slow is the time between polls that a connected call settles to. Default 5 s.
	Slow time.Duration
	// PollTimeout bounds one poll. Default 8 s.
	PollTimeout time.Duration
	// GiveUp is for how long transient errors may follow each other until the watch ends with them. Default 1 min.
	GiveUp time.Duration
	// Heartbeat is the time without an event after which a heartbeat is sent. Default 15 s.
	Heartbeat time.Duration
	// Remember is how long a call that nobody watches any more is remembered, for watchers who come back. Default 5 min.
	Remember time.Duration
}

func (c *Config) setDefaults() error {
	if c.Poll == nil {
		return errors.New("callwatch: a function that polls is required")
	}
	if c.Account == nil {
		c.Account = func(context.Context) string { return "" }
	}
	if c.Transient == nil {
		c.Transient = func(error) bool { return false }
	}
	for _, d := range [...]struct {
		value    *time.Duration
		standard time.Duration
	}{
		{&c.Fast, 500 * time.Millisecond}, {&c.Slow, 5 * time.Second}, {&c.PollTimeout, 8 * time.Second},
		{&c.GiveUp, time.Minute}, {&c.Heartbeat, 15 * time.Second}, {&c.Remember, 5 * time.Minute},
	} {
		if *d.value < 0 {
			return errors.New("callwatch: a time must not be negative")
		}
		if *d.value == 0 {
			*d.value = d.standard
		}
	}
	return nil
}

// Hub follows calls. It is safe for concurrent use.
type Hub struct {
	config Config
	mu     sync.Mutex
	calls  map[key]*call
}

// key is a call as an account sees it.
type key struct{ account, callID string }

// New makes a hub. It polls nothing until somebody watches.
func New(config Config) (*Hub, error) {
	if err := config.setDefaults(); err != nil {
		return nil, err
	}
	return &Hub{config: config, calls: map[key]*call{}}, nil
}

// Watching tells how many calls are polled at the moment, and for how many watchers.
func (h *Hub) Watching() (calls, watchers int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range h.calls {
		if c.watchers > 0 {
			calls++
			watchers += c.watchers
		}
	}
	return calls, watchers
}

// Attended tells whether anybody watches a call as the account.
func (h *Hub) Attended(account, callID string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := h.calls[key{account, callID}]
	return c != nil && c.watchers > 0
}

// Last returns what was last seen of a call that somebody watches, if that is not older than maxAge; nil otherwise.
func (h *Hub) Last(ctx context.Context, callID string, maxAge time.Duration) *umv1.GetCallInfoResponse {
	h.mu.Lock()
	c := h.calls[key{h.config.Account(ctx), callID}]
	h.mu.Unlock()
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.last == nil || time.Since(c.seen) > maxAge {
		return nil
	}
	return c.last
}

// join finds or begins the polling of a call.
func (h *Hub) join(ctx context.Context, callID string) *call {
	k := key{h.config.Account(ctx), callID}
	h.mu.Lock()
	defer h.mu.Unlock()
	c := h.calls[k]
	if c == nil {
		c = newCall(h, k)
		h.calls[k] = c
	}
	if c.forget != nil {
		c.forget.Stop()
		c.forget = nil
	}
	if c.watchers++; c.watchers == 1 {
		c.begin(ctx)
	}
	return c
}

// leave ends the polling with the last watcher, and forgets the call some time after.
func (h *Hub) leave(c *call) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if c.watchers--; c.watchers > 0 {
		return
	}
	c.stop()
	c.forget = time.AfterFunc(h.config.Remember, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if c.watchers == 0 && h.calls[c.key] == c {
			delete(h.calls, c.key)
		}
	})
}
