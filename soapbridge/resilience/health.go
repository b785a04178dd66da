package resilience

import "sync"

// health is whether the backend serves, and who wants to know.
type health struct {
	mu       sync.Mutex
	serving  bool
	watchers map[uint64]func(bool)
	next     uint64
}

// update works the state out anew and tells the watchers if it has changed. They are told in the order of the changes.
func (h *health) update(serving func() bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := serving()
	if now == h.serving {
		return
	}
	h.serving = now
	for _, watch := range h.watchers {
		watch(now)
	}
}

func (h *health) subscribe(watch func(bool)) (cancel func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	id := h.next
	h.next++
	if h.watchers == nil {
		h.watchers = map[uint64]func(bool){}
	}
	h.watchers[id] = watch
	watch(h.serving)
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.watchers, id)
	}
}

// Serving tells whether it makes sense to send requests: at least one endpoint is up, or is due to be tried. An endpoint
// that is due counts because, without a probe, only a caller's request can find out that it is back: if health kept the
// callers away until then, they would stay away for ever. With a probe it counts once a try has succeeded.
func (e *Endpoints) Serving() bool {
	e.health.mu.Lock()
	defer e.health.mu.Unlock()
	return e.health.serving
}

// Subscribe has the function told at once, and then at each change, whether the backend serves. It must be quick, and must
// not call the Endpoints or cancel. Afterwards cancel ends the subscription.
func (e *Endpoints) Subscribe(watch func(serving bool)) (cancel func()) {
	return e.health.subscribe(watch)
}

func (e *Endpoints) serving() bool {
	if e.traffic.ending.Load() {
		return false
	}
	for _, n := range e.nodes {
		switch state, _ := n.breaker.now(); {
		case state == StateUp, state == StateTrying && e.config.Probe == nil:
			return true
		}
	}
	return false
}

// changed is called after a change of an endpoint's state.
func (e *Endpoints) changed(n *node) {
	state, left := n.breaker.now()
	e.config.Observe(Event{Kind: EventState, Endpoint: n.url, State: state, RetryAfter: left})
	e.health.update(e.serving)
}
