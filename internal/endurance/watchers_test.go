package endurance

import (
	"context"
	"net"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"

	"github.com/umgateway/umgateway/internal/exchangesim"
)

const (
	manyWatchers    = 1000
	stalledWatchers = 20
	perConnection   = 100
)

func TestAThousandWatchersCostTheBackendThePollsOfOne(t *testing.T) {
	t.Parallel()
	one := follow(t, 1, 0)
	many := follow(t, manyWatchers, stalledWatchers)
	if many < one-1 || many > one+1 {
		t.Errorf("%d watchers cost %d polls, and one %d", manyWatchers, many, one)
	}
}

// follow has a call watched from its beginning to its end, and returns how often Exchange was asked. Some of the watchers stop
// reading from their connection after the first event, until all others have seen the end.
func follow(t *testing.T, watchers, stalled int) int {
	t.Helper()
	l := &line{now: time.Unix(1e9, 0), first: map[umv1.CallState]time.Time{}}
	e := newExchange(t, exchangesim.Config{
		Clock: l, Log: l.polled,
		Timeline: exchangesim.Timeline{Connecting: time.Second, Alerted: 2 * time.Second, Connected: 3 * time.Second},
	}, func(point) {})
	n := startNode(t, "gateway", e.url, filepath.Join(t.TempDir(), "ledger.db"))
	placed, err := n.calls(t).PlayOnPhone(t.Context(), &umv1.PlayOnPhoneRequest{EntryId: "AAAA", DialString: plain})
	if err != nil {
		t.Fatal(err)
	}
	gate := &gate{}
	quick := audience(t, n, placed.GetCallId(), watchers-stalled)
	slow := audience(t, n, placed.GetCallId(), stalled, grpc.WithContextDialer(gate.around(n.dial)))
	for _, w := range slices.Concat(quick, slow) {
		<-w.joined
	}
	gate.shut()
	l.release()
	lags := finish(t, l, quick)
	gate.open()
	finish(t, l, slow)
	before, since := l.polls()
	t.Logf("%d watchers: %d polls until all had joined, %d to the end; from Exchange's reply to the event: median %v, p99 %v, most %v",
		watchers, before, since, lags[len(lags)/2], lags[len(lags)*99/100], lags[len(lags)-1])
	return since
}

// finish waits until watchers have seen the end, and returns the time from the reply that told of a change to each event.
func finish(t *testing.T, l *line, watchers []*watcher) []time.Duration {
	t.Helper()
	want := []umv1.CallState{
		umv1.CallState_CALL_STATE_CONNECTING, umv1.CallState_CALL_STATE_ALERTED,
		umv1.CallState_CALL_STATE_CONNECTED, umv1.CallState_CALL_STATE_DISCONNECTED,
	}
	var lags []time.Duration
	for _, w := range watchers {
		<-w.ended
		if w.err != nil || !slices.Equal(w.states, want) {
			t.Fatalf("a watcher has seen %v, %v; want %v", w.states, w.err, want)
		}
		for i, state := range want[1:] { // the first may have been known for long
			lags = append(lags, w.times[i+1].Sub(l.told(state)).Round(time.Microsecond))
		}
	}
	slices.Sort(lags)
	return lags
}

// watcher is one that follows a call.
type watcher struct {
	joined, ended chan struct{} // the first event has arrived; there are no more
	// To be read when it has ended.
	states []umv1.CallState
	times  []time.Time // of the events
	err    error
}

// audience has a call followed by many, over several connections.
func audience(t *testing.T, n *node, callID string, size int, options ...grpc.DialOption) []*watcher {
	t.Helper()
	var all []*watcher
	var calls umv1.CallServiceClient
	for i := range size {
		if i%perConnection == 0 {
			calls = n.calls(t, options...)
		}
		w := &watcher{joined: make(chan struct{}), ended: make(chan struct{})}
		all = append(all, w)
		go w.follow(t.Context(), calls, callID)
	}
	return all
}

func (w *watcher) follow(ctx context.Context, calls umv1.CallServiceClient, callID string) {
	defer close(w.ended)
	join := sync.OnceFunc(func() { close(w.joined) })
	defer join()
	stream, err := calls.WatchCall(ctx, &umv1.WatchCallRequest{CallId: callID})
	for w.err = err; w.err == nil; {
		var event *umv1.WatchCallResponse
		if event, w.err = stream.Recv(); w.err != nil || event.GetHeartbeat() {
			continue
		}
		w.states, w.times = append(w.states, event.GetCallState()), append(w.times, time.Now())
		join()
		if event.GetEnded() {
			return
		}
	}
}

// gate keeps what has arrived on connections from being read.
type gate struct {
	mu     sync.Mutex
	closed chan struct{} // nil while it is open
}

func (g *gate) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = make(chan struct{})
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	close(g.closed)
	g.closed = nil
}

// around has connections go through the gate.
func (g *gate) around(dial func(context.Context, string) (net.Conn, error)) func(context.Context, string) (net.Conn, error) {
	return func(ctx context.Context, address string) (net.Conn, error) {
		connection, err := dial(ctx, address)
		return gatedConn{connection, g}, err
	}
}

type gatedConn struct {
	net.Conn
	gate *gate
}

// Read keeps what it has read for itself while the gate is shut.
func (c gatedConn) Read(data []byte) (int, error) {
	n, err := c.Conn.Read(data)
	c.gate.mu.Lock()
	closed := c.gate.closed
	c.gate.mu.Unlock()
	if closed != nil {
		<-closed
	}
	return n, err
}
