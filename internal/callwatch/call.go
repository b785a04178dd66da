package callwatch

import (
	"context"
	"sync"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

// keptEvents is how many events of a call are kept for watchers who are behind. A call seldom has more than five.
const keptEvents = 32

// call is one call that is, or was, watched.
type call struct {
	hub *Hub
	key key

	// Guarded by the hub's mutex.
	watchers int
	stop     context.CancelFunc // ends the polling
	forget   *time.Timer

	mu      sync.Mutex
	events  []*umv1.WatchCallResponse // the oldest first, with sequences that follow each other
	last    *umv1.GetCallInfoResponse
	seen    time.Time
	err     error         // why the watch ends; nil while it goes on
	changed chan struct{} // closed, and replaced, when there is anything new
}

func newCall(h *Hub, k key) *call { return &call{hub: h, key: k, changed: make(chan struct{})} }

// begin starts polling for the first watcher. What was known is as old as that nobody watched.
func (c *call) begin(watcher context.Context) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(watcher))
	c.stop = cancel
	c.mu.Lock()
	c.err, c.last = nil, nil
	c.mu.Unlock()
	go c.follow(ctx)
}

// follow polls until the call has ended, an error stays, or the context is done.
func (c *call) follow(ctx context.Context) {
	config := &c.hub.config
	var failing time.Time // since when polls fail; zero if they do not
	interval := config.Fast
	for {
		limited, cancel := context.WithTimeout(ctx, config.PollTimeout)
		info, err := config.Poll(limited, c.key.callID)
		cancel()
		if ctx.Err() != nil {
			return
		}
		switch {
		case err == nil:
			failing = time.Time{}
			if c.observe(info) {
				return
			}
			interval = c.nextInterval(interval, info.GetCallState())
		case !config.Transient(err) || !failing.IsZero() && time.Since(failing) >= config.GiveUp:
			c.fail(err)
			return
		default:
			if failing.IsZero() {
				failing = time.Now()
			}
			interval = min(interval*2, config.Slow)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(interval):
		}
	}
}

// nextInterval polls fast as long as much can happen, and more and more slowly once the call is connected.
func (c *call) nextInterval(current time.Duration, state umv1.CallState) time.Duration {
	if state != umv1.CallState_CALL_STATE_CONNECTED {
		return c.hub.config.Fast
	}
	return min(max(current, c.hub.config.Fast)*3/2, c.hub.config.Slow)
}

// observe takes in what a poll has seen, and tells whether the call has ended.
func (c *call) observe(info *umv1.GetCallInfoResponse) (ended bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen = time.Now()
	ended = info.GetCallState() == umv1.CallState_CALL_STATE_DISCONNECTED
	first := c.last == nil
	c.last = info
	changed := len(c.events) == 0 || !sameState(c.events[len(c.events)-1], info)
	if changed {
		c.append(info)
	}
	if changed || first {
		c.announce()
	}
	return ended
}

// append adds an event. The mutex is held.
func (c *call) append(info *umv1.GetCallInfoResponse) {
	event := &umv1.WatchCallResponse{
		Sequence: c.nextSequence(), ObserveTime: timestamppb.New(c.seen),
		CallState: info.GetCallState(), EventCause: info.GetEventCause(),
		SipResponseCode: info.SipResponseCode, SipResponseText: info.SipResponseText,
		Ended: info.GetCallState() == umv1.CallState_CALL_STATE_DISCONNECTED,
	}
	if len(c.events) == keptEvents {
		// Watchers may be sending from the old list.
		c.events = append(make([]*umv1.WatchCallResponse, 0, 2*keptEvents), c.events[1:]...)
	}
	c.events = append(c.events, event)
}

func sameState(event *umv1.WatchCallResponse, info *umv1.GetCallInfoResponse) bool {
	return event.GetCallState() == info.GetCallState() && event.GetEventCause() == info.GetEventCause() &&
		event.GetSipResponseCode() == info.GetSipResponseCode() && event.GetSipResponseText() == info.GetSipResponseText()
}

// sequence is the number of the last event. The mutex is held.
func (c *call) sequence() int64 {
	if len(c.events) == 0 {
		return 0
	}
	return c.events[len(c.events)-1].GetSequence()
}

// nextSequence numbers an event. The first has the milliseconds of the clock, so that numbers also grow from one gateway to
// the next, and whoever goes on elsewhere misses nothing. The mutex is held.
func (c *call) nextSequence() int64 {
	if len(c.events) == 0 {
		return c.seen.UnixMilli()
	}
	return c.sequence() + 1
}

// fail ends the watch with an error.
func (c *call) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.err = err
	c.announce()
}

// announce wakes the watchers. The mutex is held.
func (c *call) announce() {
	close(c.changed)
	c.changed = make(chan struct{})
}
