package endurance

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"

	"github.com/umgateway/umgateway/internal/exchangesim"
)

const (
	followedCalls = 20
	followersEach = 50
	ringingPolls  = 500 * time.Millisecond // between two polls of a call that rings
)

// ringing is the timeline of calls whose changes are awaited.
var ringing = exchangesim.Timeline{Connecting: 2 * time.Second, Alerted: 2 * time.Second, Connected: time.Hour}

// TestEventsFollowTheirChanges measures the time from a change at Exchange to its event at each of a thousand watchers of
// several calls.
func TestEventsFollowTheirChanges(t *testing.T) {
	t.Parallel()
	e := newExchange(t, exchangesim.Config{Timeline: ringing}, func(point) {})
	n := startNode(t, "gateway", e.url, filepath.Join(t.TempDir(), "ledger.db"))
	var (
		group sync.WaitGroup
		mu    sync.Mutex
		seen  = map[string][]sighting{} // by call
	)
	calls := n.calls(t)
	for range followedCalls {
		placed, err := calls.PlayOnPhone(t.Context(), &umv1.PlayOnPhoneRequest{EntryId: "AAAA", DialString: plain})
		if err != nil {
			t.Fatal(err)
		}
		begin := make(chan struct{}) // polls of different calls come at different times
		time.AfterFunc(rand.N(ringingPolls), func() { close(begin) })
		for range followersEach {
			group.Go(func() {
				<-begin
				times, err := changes(t.Context(), calls, placed.GetCallId())
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				seen[placed.GetCallId()] = append(seen[placed.GetCallId()], times...)
			})
		}
	}
	group.Wait()
	lags := lagsOf(e, seen)
	if len(lags) == 0 {
		t.Fatal("nobody has seen a change")
	}
	t.Logf("%d events at %d watchers of %d calls, polled each %v while they ring: from a change at Exchange to its event: median %v, p99 %v, most %v",
		len(lags), followedCalls*followersEach, followedCalls, ringingPolls, lags[len(lags)/2], lags[len(lags)*99/100], lags[len(lags)-1])
}

// sighting is when a watcher has seen that a call came to a state.
type sighting struct {
	state umv1.CallState
	at    time.Time
}

// changes follows a call until it is connected, and returns each change that was seen: not the state at the beginning.
func changes(ctx context.Context, calls umv1.CallServiceClient, callID string) ([]sighting, error) {
	ctx, leave := context.WithCancel(ctx)
	defer leave()
	stream, err := calls.WatchCall(ctx, &umv1.WatchCallRequest{CallId: callID})
	if err != nil {
		return nil, err
	}
	var all []sighting
	for state := umv1.CallState_CALL_STATE_UNSPECIFIED; state != umv1.CallState_CALL_STATE_CONNECTED; {
		event, err := stream.Recv()
		if err != nil {
			return nil, err
		}
		if event.GetHeartbeat() {
			continue
		}
		state = event.GetCallState()
		all = append(all, sighting{state, time.Now()})
	}
	return all[1:], nil
}

// lagsOf returns how long after its change each event was seen, the shortest first.
func lagsOf(e *exchange, seen map[string][]sighting) []time.Duration {
	after := map[umv1.CallState]time.Duration{
		umv1.CallState_CALL_STATE_ALERTED:   ringing.Connecting,
		umv1.CallState_CALL_STATE_CONNECTED: ringing.Connecting + ringing.Alerted,
	}
	var lags []time.Duration
	for _, call := range e.Calls(exchangesim.DefaultUser) {
		for _, s := range seen[call.ID] {
			lags = append(lags, s.at.Sub(call.Started.Add(after[s.state])).Round(time.Microsecond))
		}
	}
	slices.Sort(lags)
	return lags
}
