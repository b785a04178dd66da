package endurance

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"

	"github.com/umgateway/umgateway/internal/exchangesim"
)

// leaseTime is how long an abandoned call goes on.
const leaseTime = 3 * time.Second

// abandonment is a way in which a call ends up without anybody who cares. It returns a time at which somebody still did.
type abandonment func(t *testing.T, n *node, callID string, placed time.Time) time.Time

var abandonments = map[string]abandonment{
	"nothing else happens": func(_ *testing.T, _ *node, _ string, placed time.Time) time.Time { return placed },
	"the gateway is killed and started again": func(t *testing.T, n *node, _ string, placed time.Time) time.Time {
		n.strike()
		if err := n.start(); err != nil {
			t.Fatal(err)
		}
		return placed
	},
	"somebody watches for longer than the lease": func(t *testing.T, n *node, callID string, _ time.Time) time.Time {
		return watch(t, n, callID, umv1.CallState_CALL_STATE_CONNECTED)
	},
}

// watch follows a call until it has come to a state, and returns when it had.
func watch(t *testing.T, n *node, callID string, until umv1.CallState) time.Time {
	t.Helper()
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	stream, err := n.calls(t).WatchCall(ctx, &umv1.WatchCallRequest{CallId: callID})
	for event := (*umv1.WatchCallResponse)(nil); event.GetCallState() != until; {
		if err != nil {
			t.Fatal(err)
		}
		event, err = stream.Recv()
	}
	return time.Now()
}

// hungUp tells when calls are disconnected.
func hungUp() (exchangesim.Config, <-chan time.Time) {
	times := make(chan time.Time, 100)
	return exchangesim.Config{
		// A call connects after its lease would have run out.
		Timeline: exchangesim.Timeline{Connecting: leaseTime / 2, Alerted: leaseTime, Connected: time.Hour},
		Log: func(e exchangesim.Exchange) {
			if e.Operation == "Disconnect" {
				times <- time.Now()
			}
		},
	}, times
}

// abandon places a call with a lease, abandons it, and waits until it is disconnected.
func abandon(t *testing.T, n *node, how abandonment, times <-chan time.Time) {
	t.Helper()
	begun := time.Now()
	placed, err := n.calls(t).PlayOnPhone(t.Context(), &umv1.PlayOnPhoneRequest{
		EntryId: "AAAA", DialString: plain, RequestId: "abandoned", Lease: &umv1.HangUpLease{Unattended: durationpb.New(leaseTime)},
	})
	if err != nil {
		t.Fatal(err)
	}
	abandoned := how(t, n, placed.GetCallId(), begun)
	ended := <-times
	if early := leaseTime - ended.Sub(abandoned); early > 0 {
		t.Errorf("the call was disconnected %v too early", early)
	}
	t.Logf("disconnected %v after somebody last cared", ended.Sub(abandoned).Round(time.Millisecond))
}

func TestAnAbandonedCallIsDisconnected(t *testing.T) {
	t.Parallel()
	for name, how := range abandonments {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config, times := hungUp()
			e := newExchange(t, config, func(point) {})
			abandon(t, startNode(t, "gateway", e.url, filepath.Join(t.TempDir(), "ledger.db")), how, times)
		})
	}
}
