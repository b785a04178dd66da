package resilience

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
)

// traffic counts the calls under way and keeps new ones out after the end was announced.
type traffic struct {
	active atomic.Int64
	ending atomic.Bool
	once   sync.Once
	idle   chan struct{} // closed when the end was announced and no call is under way
}

// enter admits a call, which must call leave when it has ended.
func (t *traffic) enter() bool {
	t.active.Add(1)
	if t.ending.Load() {
		t.leave()
		return false
	}
	return true
}

// leave counts before it looks for the end, and enter before it lets a call in: so whoever finds nobody under way after
// the end was announced is right.
func (t *traffic) leave() {
	if t.active.Add(-1) == 0 && t.ending.Load() {
		t.once.Do(func() { close(t.idle) })
	}
}

// end keeps new calls out.
func (t *traffic) end() {
	t.active.Add(1)
	t.ending.Store(true)
	t.leave()
}

// Drain refuses new calls from now on, and waits until those under way have ended, or the context has. The backend counts
// as not serving afterwards. There is no way back.
func (e *Endpoints) Drain(ctx context.Context) error {
	e.traffic.end()
	e.health.update(e.serving)
	select {
	case <-e.traffic.idle:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("resilience: drain: %d calls are under way: %w", e.traffic.active.Load(), context.Cause(ctx))
	}
}

// Close refuses new calls and closes the endpoints' clients, without waiting for calls under way.
func (e *Endpoints) Close() error {
	e.traffic.end()
	e.health.update(e.serving)
	e.stop()
	e.probing.Wait()
	errs := make([]error, 0, len(e.nodes))
	for _, n := range e.nodes {
		errs = append(errs, n.close())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("resilience: close: %w", err)
	}
	return nil
}
