package callwatch_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
	"github.com/umgateway/umgateway/internal/callwatch"
)

// phone is a backend on which one call goes its way as the clock goes on.
type phone struct {
	mu    sync.Mutex
	polls int
	start time.Time
	// steps are the states with how long after the start each begins.
	steps []step
	fail  func(elapsed time.Duration) error
}

type step struct {
	after time.Duration
	state umv1.CallState
	cause umv1.EventCause
}

const (
	connecting   = umv1.CallState_CALL_STATE_CONNECTING
	alerted      = umv1.CallState_CALL_STATE_ALERTED
	connected    = umv1.CallState_CALL_STATE_CONNECTED
	disconnected = umv1.CallState_CALL_STATE_DISCONNECTED
	none         = umv1.EventCause_EVENT_CAUSE_NONE
)

func newPhone(steps ...step) *phone { return &phone{start: time.Now(), steps: steps} }

var ordinary = []step{{0, connecting, none}, {time.Second, alerted, none}, {3 * time.Second, connected, none}, {40 * time.Second, disconnected, none}}

func (p *phone) poll(_ context.Context, _ string) (*umv1.GetCallInfoResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.polls++
	elapsed := time.Since(p.start)
	if p.fail != nil {
		if err := p.fail(elapsed); err != nil {
			return nil, err
		}
	}
	info := &umv1.GetCallInfoResponse{}
	for _, s := range p.steps {
		if elapsed >= s.after {
			info.CallState, info.EventCause = s.state, s.cause
		}
	}
	return info, nil
}

func (p *phone) polled() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.polls
}

func newHub(t *testing.T, config callwatch.Config) *callwatch.Hub {
	t.Helper()
	h, err := callwatch.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// first is the number of an event that is seen when the clock of synctest begins, in the year 2000. Tests count from it.
const first = 946_684_800_000

// record watches a call to its end, and writes the events down.
func record(ctx context.Context, h *callwatch.Hub, after int64) (events []string, err error) {
	if after != 0 && after < first {
		after += first - 1
	}
	err = h.WatchCall(ctx, &umv1.WatchCallRequest{CallId: "x", AfterSequence: after}, func(e *umv1.WatchCallResponse) error {
		events = append(events, describe(e))
		return nil
	})
	return events, err
}

func describe(e *umv1.WatchCallResponse) string {
	text := fmt.Sprintf("%d %s", e.GetSequence()-first+1, strings.TrimPrefix(e.GetCallState().String(), "CALL_STATE_"))
	if e.GetEventCause() != none {
		text += " " + strings.TrimPrefix(e.GetEventCause().String(), "EVENT_CAUSE_")
	}
	if e.GetHeartbeat() {
		text += " heartbeat"
	}
	if e.GetEnded() {
		text += " ended"
	}
	return text
}

func TestWatchTellsEachChangeAndWhyTheCallEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPhone(step{0, connecting, none}, step{time.Second, alerted, none}, step{3 * time.Second, disconnected, umv1.EventCause_EVENT_CAUSE_NO_ANSWER})
		events, err := record(t.Context(), newHub(t, callwatch.Config{Poll: p.poll}), 0)
		if want := []string{"1 CONNECTING", "2 ALERTED", "3 DISCONNECTED NO_ANSWER ended"}; err != nil || !slices.Equal(events, want) {
			t.Errorf("the events are %q, %v; want %q", events, err, want)
		}
	})
}

func TestHeartbeatsFillSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPhone(ordinary...)
		events, err := record(t.Context(), newHub(t, callwatch.Config{Poll: p.poll}), 0)
		want := []string{"1 CONNECTING", "2 ALERTED", "3 CONNECTED", "3 CONNECTED heartbeat", "3 CONNECTED heartbeat", "4 DISCONNECTED ended"}
		if err != nil || !slices.Equal(events, want) {
			t.Errorf("the events are %q, %v; want %q", events, err, want)
		}
	})
}

func TestAThousandWatchersCostThePollsOfOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		alone := newPhone(ordinary...)
		if _, err := record(t.Context(), newHub(t, callwatch.Config{Poll: alone.poll}), 0); err != nil {
			t.Fatal(err)
		}
		p := newPhone(ordinary...)
		h := newHub(t, callwatch.Config{Poll: p.poll})
		var group sync.WaitGroup
		for range 1000 {
			group.Go(func() {
				events, err := record(t.Context(), h, 0)
				if err != nil || !strings.HasSuffix(events[len(events)-1], " DISCONNECTED ended") {
					t.Errorf("a watcher saw %q, %v", events, err)
				}
			})
		}
		group.Wait()
		if p.polled() != alone.polled() {
			t.Errorf("1,000 watchers cost %d polls, one costs %d", p.polled(), alone.polled())
		}
	})
}

func TestPollsAreFastWhileRingingAndSlowWhileConnected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPhone(step{0, alerted, none}, step{10 * time.Second, connected, none}, step{110 * time.Second, disconnected, none})
		h := newHub(t, callwatch.Config{Poll: p.poll})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second-time.Millisecond)
		defer cancel()
		go func() { _, _ = record(t.Context(), h, 0) }()
		<-ctx.Done()
		if n := p.polled(); n != 20 {
			t.Errorf("10 s of ringing took %d polls, want 20", n)
		}
		time.Sleep(100 * time.Second)
		if n := p.polled() - 20; n < 20 || n > 30 {
			t.Errorf("100 s of talking took %d polls, want between 20 and 30", n)
		}
		time.Sleep(10 * time.Second)
	})
}

func TestTheLastWatcherTakesThePollingAlong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPhone(step{0, alerted, none})
		h := newHub(t, callwatch.Config{Poll: p.poll})
		first, leaveFirst := context.WithCancel(t.Context())
		second, leaveSecond := context.WithCancel(t.Context())
		for _, ctx := range []context.Context{first, second} {
			go func() { _, _ = record(ctx, h, 0) }()
		}
		time.Sleep(time.Second)
		leaveFirst()
		synctest.Wait()
		if !h.Attended("", "x") || h.Attended("bob", "x") || h.Attended("", "y") {
			t.Error("who attends to the call is not known")
		}
		before := p.polled()
		time.Sleep(time.Second)
		if p.polled() == before {
			t.Error("polling ended with the first of two watchers")
		}
		leaveSecond()
		synctest.Wait()
		if h.Attended("", "x") {
			t.Error("a call that nobody watches counts as attended")
		}
		before = p.polled()
		time.Sleep(time.Hour)
		if n := p.polled() - before; n != 0 {
			t.Errorf("%d polls without a watcher", n)
		}
		if calls, watchers := h.Watching(); calls != 0 || watchers != 0 {
			t.Errorf("%d calls and %d watchers are left", calls, watchers)
		}
	})
}

func TestASlowWatcherHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPhone(ordinary...)
		h := newHub(t, callwatch.Config{Poll: p.poll})
		stuck := make(chan struct{})
		go func() {
			_ = h.WatchCall(t.Context(), &umv1.WatchCallRequest{CallId: "x"}, func(*umv1.WatchCallResponse) error {
				<-stuck
				return errors.New("gone")
			})
		}()
		events, err := record(t.Context(), h, 0)
		if err != nil || events[len(events)-1] != "4 DISCONNECTED ended" || time.Since(p.start) > 46*time.Second {
			t.Errorf("the other watcher saw %q after %v, %v", events, time.Since(p.start), err)
		}
		close(stuck)
	})
}

func TestWatchersWhoComeBackSeeWhatTheyMissed(t *testing.T) {
	for name, c := range map[string]struct {
		after int64
		want  []string
	}{
		"nothing seen":                     {0, []string{"2 ALERTED", "3 CONNECTED", "4 DISCONNECTED ended"}},
		"the first seen":                   {1, []string{"2 ALERTED", "3 CONNECTED", "4 DISCONNECTED ended"}},
		"the second seen":                  {2, []string{"2 ALERTED heartbeat", "3 CONNECTED", "4 DISCONNECTED ended"}},
		"seen at a gateway that is ahead":  {70, []string{"71 ALERTED", "72 CONNECTED", "73 DISCONNECTED ended"}},
		"seen at a gateway that is behind": {-70, []string{"1 CONNECTING", "2 ALERTED", "3 CONNECTED", "4 DISCONNECTED ended"}},
		"seen nowhere":                     {math.MaxInt64, []string{"2 ALERTED", "3 CONNECTED", "4 DISCONNECTED ended"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPhone(ordinary...)
				h := newHub(t, callwatch.Config{Poll: p.poll, Heartbeat: time.Hour})
				ctx, leave := context.WithTimeout(t.Context(), 1200*time.Millisecond)
				defer leave()
				if events, err := record(ctx, h, 0); !errors.Is(err, context.DeadlineExceeded) || len(events) != 2 {
					t.Fatalf("the first watch saw %q, %v", events, err)
				}
				events, err := record(t.Context(), h, c.after)
				if err != nil || !slices.Equal(events, c.want) {
					t.Errorf("the events are %q, %v; want %q", events, err, c.want)
				}
			})
		})
	}
}

func TestAWatchThatGoesOnAtAnotherGatewayMissesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPhone(ordinary...)
		ctx, leave := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer leave()
		if events, err := record(ctx, newHub(t, callwatch.Config{Poll: p.poll}), 0); !errors.Is(err, context.DeadlineExceeded) || len(events) != 1 {
			t.Fatalf("the first watch saw %q, %v", events, err)
		}
		time.Sleep(2 * time.Second)
		events, err := record(t.Context(), newHub(t, callwatch.Config{Poll: p.poll, Heartbeat: time.Hour}), 1)
		want := []string{"2101 ALERTED", "2102 CONNECTED", "2103 DISCONNECTED ended"}
		if err != nil || !slices.Equal(events, want) {
			t.Errorf("the events are %q, %v; want %q", events, err, want)
		}
	})
}

func TestNoWatcherMovesTheNumbersOfOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPhone(ordinary...)
		h := newHub(t, callwatch.Config{Poll: p.poll, Heartbeat: time.Hour})
		honest := make(chan []string)
		go func() {
			events, _ := record(t.Context(), h, 0)
			honest <- events
		}()
		time.Sleep(1200 * time.Millisecond)
		go func() { _, _ = record(t.Context(), h, 5000) }()
		want := []string{"1 CONNECTING", "2 ALERTED", "3 CONNECTED", "4 DISCONNECTED ended"}
		if events := <-honest; !slices.Equal(events, want) {
			t.Errorf("beside a watcher who is ahead the events are %q, want %q", events, want)
		}
	})
}

func TestWhoComesBackAfterTheEndLearnsOfIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPhone(step{0, disconnected, umv1.EventCause_EVENT_CAUSE_USER_BUSY})
		h := newHub(t, callwatch.Config{Poll: p.poll})
		for _, after := range []int64{0, 1, 0} {
			events, err := record(t.Context(), h, after)
			if want := []string{"1 DISCONNECTED USER_BUSY ended"}; err != nil || !slices.Equal(events, want) {
				t.Errorf("after %d the events are %q, %v; want %q", after, events, err, want)
			}
		}
	})
}

func TestErrorsEndTheWatchIfTheyStay(t *testing.T) {
	transient, permanent := errors.New("transient"), errors.New("permanent")
	for name, c := range map[string]struct {
		fail func(time.Duration) error
		want error
	}{
		"at once": {func(time.Duration) error { return permanent }, permanent},
		"in the middle": {func(d time.Duration) error {
			if d > 2*time.Second {
				return permanent
			}
			return nil
		}, permanent},
		"passing": {func(d time.Duration) error {
			if d > 2*time.Second && d < 30*time.Second {
				return transient
			}
			return nil
		}, nil},
		"passing from start": {func(d time.Duration) error {
			if d < 30*time.Second {
				return transient
			}
			return nil
		}, nil},
		"for too long": {func(d time.Duration) error {
			if d > 2*time.Second {
				return transient
			}
			return nil
		}, transient},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPhone(step{0, connecting, none}, step{50 * time.Second, disconnected, none})
				p.fail = c.fail
				h := newHub(t, callwatch.Config{Poll: p.poll, Transient: func(err error) bool { return errors.Is(err, transient) }})
				if _, err := record(t.Context(), h, 0); !errors.Is(err, c.want) {
					t.Errorf("the watch ended with %v, want %v", err, c.want)
				}
			})
		})
	}
}

type accountKey struct{}

func TestAccountsShareNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		asked := map[string]int{}
		h := newHub(t, callwatch.Config{
			Account: func(ctx context.Context) string { name, _ := ctx.Value(accountKey{}).(string); return name },
			Poll: func(ctx context.Context, _ string) (*umv1.GetCallInfoResponse, error) {
				name, _ := ctx.Value(accountKey{}).(string)
				mu.Lock()
				defer mu.Unlock()
				asked[name]++
				if name != "alice" {
					return nil, errors.New("not your call")
				}
				return &umv1.GetCallInfoResponse{CallState: disconnected}, nil
			},
		})
		if _, err := record(context.WithValue(t.Context(), accountKey{}, "alice"), h, 0); err != nil {
			t.Error(err)
		}
		if events, err := record(context.WithValue(t.Context(), accountKey{}, "bob"), h, 0); err == nil || len(events) > 0 {
			t.Errorf("bob sees %q of alice's call", events)
		}
		if asked["alice"] != 1 || asked["bob"] != 1 {
			t.Errorf("the backend was asked %v", asked)
		}
	})
}

func TestLastIsNoOlderThanAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPhone(step{0, connected, none})
		h := newHub(t, callwatch.Config{Poll: p.poll})
		if h.Last(t.Context(), "x", time.Hour) != nil {
			t.Error("something is known of a call that nobody watches")
		}
		ctx, leave := context.WithCancel(t.Context())
		go func() { _, _ = record(ctx, h, 0) }()
		time.Sleep(100 * time.Millisecond)
		want := &umv1.GetCallInfoResponse{CallState: connected, EventCause: none}
		if got := h.Last(t.Context(), "x", 100*time.Millisecond); !proto.Equal(got, want) {
			t.Errorf("the last is %v, want %v", got, want)
		}
		if h.Last(t.Context(), "x", 99*time.Millisecond) != nil {
			t.Error("the last is older than asked for")
		}
		leave()
	})
}
