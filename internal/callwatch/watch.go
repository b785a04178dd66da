package callwatch

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

// WatchCall sends the events of a call until the call has ended, the context is done, or send fails. It returns nil after the
// event that says that the call has ended, and otherwise why it went no further.
func (h *Hub) WatchCall(ctx context.Context, request *umv1.WatchCallRequest, send func(*umv1.WatchCallResponse) error) error {
	c := h.join(ctx, request.GetCallId())
	defer h.leave(c)
	w := watcher{call: c, after: request.GetAfterSequence(), heartbeat: time.NewTimer(h.config.Heartbeat)}
	defer w.heartbeat.Stop()
	for {
		events, changed, err := w.news()
		for _, event := range events {
			if err := send(w.numbered(event)); err != nil {
				return err
			}
			w.after, w.told = event.GetSequence(), true
			if event.GetEnded() {
				return nil
			}
		}
		switch {
		case err != nil:
			return err
		case len(events) > 0:
			w.heartbeat.Reset(h.config.Heartbeat)
			continue
		case w.begun && !w.told: // whoever comes back, and has missed nothing, sees that the watch stands
			if err := w.beat(send); err != nil {
				return err
			}
			continue
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-changed:
		case <-w.heartbeat.C:
			if err := w.beat(send); err != nil {
				return err
			}
		}
	}
}

// maxSequence is the largest number that can be an event's: JavaScript knows none above it exactly.
const maxSequence = 1<<53 - 1 - keptEvents

// watcher is one watch: a place in the list of events.
type watcher struct {
	call      *call
	after     int64 // the sequence of the last event that was sent
	ahead     int64 // what is added to sequences for this watcher, who has seen larger ones
	begun     bool  // the state of the call is known
	told      bool  // an event of this watch, or a heartbeat, was sent
	heartbeat *time.Timer
}

// news returns the events that the watcher has not seen, or else the channel that tells when there are any. An error is the
// end of the watch, after the events.
func (w *watcher) news() (events []*umv1.WatchCallResponse, changed <-chan struct{}, err error) {
	c := w.call
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.last == nil { // nothing was seen since polling began
		return nil, c.changed, c.err
	}
	if !w.begun {
		w.begun = true
		w.settle()
	}
	if last := c.sequence(); w.after < last {
		first := c.events[0].GetSequence()
		events = c.events[max(w.after+1-first, 0):]
		return events[:len(events):len(events)], nil, c.err
	}
	return nil, c.changed, c.err
}

// settle decides where the watch begins, when the call's state is known for the first time. The mutex of the call is held.
func (w *watcher) settle() {
	c := w.call
	last := c.sequence()
	switch {
	case w.after == 0, w.after > maxSequence:
		w.after = last - 1 // with the state in which the call is
	case w.after > last:
		// The number is from another gateway, whose clock is ahead: for this watcher, events go on from there.
		w.ahead, w.after = w.after-last+1, last-1
	case w.after == last && c.events[len(c.events)-1].GetEnded():
		w.after = last - 1 // whoever comes back must learn that the call has ended
	}
}

// numbered is an event as the watcher is to see it. Most see the same, which is then encoded once.
func (w *watcher) numbered(event *umv1.WatchCallResponse) *umv1.WatchCallResponse {
	if w.ahead == 0 {
		return event
	}
	own := proto.Clone(event).(*umv1.WatchCallResponse)
	own.Sequence += w.ahead
	return own
}

// beat sends a heartbeat, if anything is known of the call.
func (w *watcher) beat(send func(*umv1.WatchCallResponse) error) error {
	w.told = true
	w.heartbeat.Reset(w.call.hub.config.Heartbeat)
	if event := w.sign(); event != nil {
		return send(event)
	}
	return nil
}

// sign is a heartbeat; nil if nothing is known of the call yet.
func (w *watcher) sign() *umv1.WatchCallResponse {
	c := w.call
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.last == nil || len(c.events) == 0 {
		return nil
	}
	event := proto.Clone(c.events[len(c.events)-1]).(*umv1.WatchCallResponse)
	event.Heartbeat, event.ObserveTime = true, timestamppb.New(c.seen)
	event.Sequence += w.ahead
	return event
}
