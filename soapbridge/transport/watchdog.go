package transport

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// watchInterval is how often the watchdog looks. An exchange is watched at the second look, which is once to twice this
	// after it began.
	watchInterval = 10 * time.Millisecond
	// watchSoon is how near a deadline must be for the stream to have it at once: several looks, for one that comes late.
	watchSoon = 5 * watchInterval
)

// watchdog has exchanges end with their contexts. To give a connection a deadline, and to hear from a context that was
// cancelled, costs memory and time, and nearly all exchanges are over before either could matter. So both are done only for
// those that last, which the watchdog finds. It looks only while exchanges are under way.
type watchdog struct {
	running atomic.Bool // the timer is
	timer   *time.Timer
	mu      sync.Mutex
	watches map[*watch]struct{} // of all connections
}

func newWatchdog() *watchdog {
	d := &watchdog{watches: map[*watch]struct{}{}}
	d.running.Store(true)
	d.timer = time.AfterFunc(watchInterval, d.look)
	return d
}

// wake has the watchdog look in a while.
func (d *watchdog) wake() {
	if !d.running.Load() && d.running.CompareAndSwap(false, true) {
		d.timer.Reset(watchInterval)
	}
}

// look looks at every connection. It says that it stops before it does: an exchange that begins unseen starts it again.
func (d *watchdog) look() {
	d.running.Store(false)
	d.mu.Lock()
	defer d.mu.Unlock()
	for w := range d.watches {
		if w.look() {
			d.wake()
		}
	}
}

// watch returns what looks after the exchanges on a connection.
func (d *watchdog) watch(stream net.Conn) *watch {
	w := &watch{dog: d, stream: stream}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.watches[w] = struct{}{}
	return w
}

func (d *watchdog) forget(w *watch) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.watches, w)
}

// watch makes reading and writing on one connection end with the context of the exchange that is under way.
type watch struct {
	dog    *watchdog
	stream net.Conn

	mu       sync.Mutex
	ctx      context.Context // nil if no exchange is under way
	deadline time.Time       // for reading and writing, as limit was told; zero for none
	seen     bool            // the watchdog saw the exchange
	closely  bool            // and saw it again: the stream has the deadline, and the context is listened to
	bounded  bool            // the stream has a deadline
	release  func() bool     // ends listening
}

// begin looks after an exchange from now on. Until limit is called, nothing may be read or written.
func (w *watch) begin(ctx context.Context) {
	w.mu.Lock()
	w.ctx, w.seen = ctx, false
	w.mu.Unlock()
	w.dog.wake()
}

// limit has reading and writing end at the deadline; never if it is zero. A context that ended before is not noticed.
func (w *watch) limit(deadline time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.deadline = deadline
	switch {
	case w.closely, !deadline.IsZero() && time.Until(deadline) < watchSoon:
		return w.set(deadline)
	case w.bounded: // by what was before
		return w.set(time.Time{})
	}
	return nil
}

func (w *watch) set(deadline time.Time) error {
	w.bounded = !deadline.IsZero()
	return w.stream.SetDeadline(deadline)
}

// look is the watchdog's. It tells whether it must look again.
func (w *watch) look() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.ctx == nil, w.closely:
		return false
	case !w.seen:
		w.seen = true
		return true
	}
	w.closely = true
	w.set(w.deadline) // fails on closed connections only, which fail elsewhere too
	w.release = context.AfterFunc(w.ctx, w.interrupt)
	return false
}

// interrupt makes reading and writing end.
func (w *watch) interrupt() { w.stream.SetDeadline(time.Unix(1, 0)) }

// end is called after the exchange. It tells whether the context has left the connection alone: what it has begun to
// interrupt may be interrupted at any time later.
func (w *watch) end() bool {
	w.mu.Lock()
	release := w.release
	w.ctx, w.closely, w.release = nil, false, nil
	w.mu.Unlock()
	return release == nil || release()
}

// hold keeps the deadline of the stream from being changed, except by an interruption, while somebody else sets one.
func (w *watch) hold() (resume func()) {
	w.mu.Lock()
	return func() {
		w.bounded = true
		w.mu.Unlock()
	}
}
