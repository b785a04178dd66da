package resilience

import (
	"container/list"
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/umgateway/umgateway/soapbridge/transport"
)

// The reasons for which a call does not get its turn at an endpoint.
var (
	errLineFull = errors.New("too many calls wait for the endpoint")
	errGaveWay  = errors.New("a status poll gave way to a call that matters more")
	errTooLate  = errors.New("half of the caller's time was spent in line")
	errDown     = errors.New("the endpoint is left alone after failures")
)

// line bounds the exchanges under way at an endpoint and keeps the calls that wait for their turn: those with normal
// priority before the status polls, and otherwise in the order in which they came.
type line struct {
	maxWaiters int

	mu     sync.Mutex
	limit  limit
	busy   int  // exchanges under way
	down   bool // nobody may wait
	normal list.List
	polls  list.List

	load atomic.Int64 // exchanges under way and calls waiting, in thousandths of the limit
}

// waiter is a call in line. Its turn is a nil error; any other error sends it away.
type waiter struct {
	turn  chan error
	queue *list.List
	place *list.Element // nil when it has left the queue
}

func newLine(config Config) *line {
	return &line{maxWaiters: config.MaxWaiters, limit: newLimit(config.MinConcurrent, config.MaxConcurrent)}
}

// enter gets a turn, waiting for one until the context ends or latest has come. Each turn must be given back by leave.
func (l *line) enter(ctx context.Context, priority transport.Priority, latest time.Time) error {
	l.mu.Lock()
	if l.busy < l.limit.now {
		l.busy++
		l.updateLoad()
		l.mu.Unlock()
		return nil
	}
	if l.down {
		l.mu.Unlock()
		return errDown
	}
	w, err := l.queue(priority)
	l.updateLoad()
	l.mu.Unlock()
	if err != nil {
		return err
	}
	return l.wait(ctx, w, latest)
}

// enterAtOnce takes a turn whatever the limit says.
func (l *line) enterAtOnce() {
	l.mu.Lock()
	l.busy++
	l.updateLoad()
	l.mu.Unlock()
}

// queue puts a call in line. When the line is full, a poll that stands in it gives way to a call of normal priority.
func (l *line) queue(priority transport.Priority) (*waiter, error) {
	poll := priority == transport.PriorityPoll
	if l.normal.Len()+l.polls.Len() >= l.maxWaiters {
		last := l.polls.Back()
		if poll || last == nil {
			return nil, errLineFull
		}
		l.dismiss(last.Value.(*waiter), errGaveWay)
	}
	w := &waiter{turn: make(chan error, 1), queue: &l.normal}
	if poll {
		w.queue = &l.polls
	}
	w.place = w.queue.PushBack(w)
	return w, nil
}

// dismiss takes a call out of the line and tells it why, or that it is its turn.
func (l *line) dismiss(w *waiter, err error) {
	w.queue.Remove(w.place)
	w.place = nil
	w.turn <- err
}

func (l *line) wait(ctx context.Context, w *waiter, latest time.Time) error {
	var alarm <-chan time.Time
	if !latest.IsZero() {
		timer := time.NewTimer(time.Until(latest))
		defer timer.Stop()
		alarm = timer.C
	}
	select {
	case err := <-w.turn:
		return err
	case <-alarm:
		return l.abandon(w, errTooLate)
	case <-ctx.Done():
		return l.abandon(w, ctx.Err())
	}
}

// abandon takes a call out of the line that no longer wants to wait, and passes on the turn that it was given at the same
// moment.
func (l *line) abandon(w *waiter, reason error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if w.place != nil {
		w.queue.Remove(w.place)
	} else if <-w.turn == nil {
		l.busy--
		l.admit()
	}
	l.updateLoad()
	return reason
}

// leave gives a turn back. counted says that the endpoint had its say, overloaded that it was too much for it.
func (l *line) leave(counted, overloaded bool) {
	l.mu.Lock()
	l.busy--
	if counted {
		l.limit.end(overloaded, l.normal.Len()+l.polls.Len())
	}
	l.admit()
	l.updateLoad()
	l.mu.Unlock()
}

// admit gives turns to those who wait, as far as the limit allows.
func (l *line) admit() {
	for l.busy < l.limit.now {
		first := l.normal.Front()
		if first == nil {
			first = l.polls.Front()
		}
		if first == nil {
			return
		}
		l.busy++
		l.dismiss(first.Value.(*waiter), nil)
	}
}

// setDown notes whether the endpoint is left alone. If so, everybody is sent away who waits.
func (l *line) setDown(down bool) {
	l.mu.Lock()
	l.down = down
	for _, queue := range [...]*list.List{&l.normal, &l.polls} {
		for down && queue.Len() > 0 {
			l.dismiss(queue.Front().Value.(*waiter), errDown)
		}
	}
	l.updateLoad()
	l.mu.Unlock()
}

func (l *line) updateLoad() {
	l.load.Store(int64(l.busy+l.normal.Len()+l.polls.Len()) * 1000 / int64(l.limit.now))
}

// numbers returns the exchanges under way, the calls waiting and the limit in force.
func (l *line) numbers() (busy, waiting, limit int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.busy, l.normal.Len() + l.polls.Len(), l.limit.now
}
