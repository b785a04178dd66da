package resilience_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
	"github.com/umgateway/umgateway/internal/exchangesim"
	"github.com/umgateway/umgateway/soapbridge"
	"github.com/umgateway/umgateway/soapbridge/resilience"
)

var errChaos = errors.New("the network broke")

// chaos is a network that breaks at random.
type chaos struct {
	mu     sync.Mutex
	random *rand.Rand
	dial   func(context.Context, string, string) (net.Conn, error)
}

// chance tells whether something that happens once in so many times happens now.
func (c *chaos) chance(in int) bool { return c.upTo(in) == 0 }

// upTo picks a number from 0 to below n.
func (c *chaos) upTo(n int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.random.IntN(n)
}

func (c *chaos) connect(ctx context.Context, network, address string) (net.Conn, error) {
	if c.chance(8) {
		return nil, errChaos
	}
	connection, err := c.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &brittle{connection, c}, nil
}

// brittle is a connection that breaks after any number of bytes in either direction.
type brittle struct {
	net.Conn
	chaos *chaos
}

func (b *brittle) Write(p []byte) (int, error) {
	if !b.chaos.chance(8) {
		return b.Conn.Write(p)
	}
	n, err := b.Conn.Write(p[:b.chaos.upTo(len(p)+1)])
	b.Conn.Close()
	return n, errors.Join(errChaos, err)
}

func (b *brittle) Read(p []byte) (int, error) {
	if !b.chaos.chance(12) {
		return b.Conn.Read(p)
	}
	n, err := b.Conn.Read(p[:b.chaos.upTo(len(p))])
	b.Conn.Close()
	return n, errors.Join(errChaos, err)
}

// misbehaviours are what the server does wrong, each for a few requests.
func misbehaviours() []exchangesim.Misbehaviour {
	return []exchangesim.Misbehaviour{
		{Drop: true}, {Drop: true, Unexecuted: true}, {Cut: 20}, {Hangup: true},
		exchangesim.HTMLPage(503), exchangesim.HTMLPage(500), exchangesim.Empty(502), exchangesim.Empty(200),
		{Status: 504, Body: proto.String("<html>"), Header: map[string]string{"Content-Type": "text/html"}}, // executed all the same
	}
}

// answer is how one call ended.
type answer struct {
	id  string
	err *soapbridge.Error // nil for success
}

func invoke(t *testing.T, bridge *soapbridge.Bridge, name protoreflect.Name, in proto.Message) answer {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	out, err := bridge.Invoke(ctx, method(t, name), in)
	a := answer{}
	if err != nil && !errors.As(err, &a.err) {
		t.Errorf("%s: got %v, want a *soapbridge.Error", name, err)
	}
	if out, dialled := out.(*umv1.PlayOnPhoneResponse); dialled && out != nil {
		a.id = out.GetCallId()
	}
	return a
}

// TestNoDialIsExecutedTwiceAndEveryAnswerIsTrue has callers dial, reset and hang up over a network and with a server that
// both go wrong at random, with every repetition and failover that there is, and compares their answers with what the
// server did.
func TestNoDialIsExecutedTwiceAndEveryAnswerIsTrue(t *testing.T) {
	t.Parallel()
	const callers, calls = 8, 60
	s := newServer(t)
	one := &chaos{random: rand.New(rand.NewPCG(1, 1)), dial: s.dial}
	two := &chaos{random: rand.New(rand.NewPCG(2, 2)), dial: s.dial}
	bridge := newBridge(t, endpointsOf(t, resilience.Config{OpenFor: time.Millisecond}, one.connect, two.connect),
		soapbridge.WithRetries(soapbridge.Retries{
			Wait: time.Millisecond, BudgetBurst: 1_000_000,
			AbsentMeansDone: map[protoreflect.FullName][]string{"um.v1.CallService.Disconnect": {"InvalidCallIdException"}},
		}))
	var mu sync.Mutex
	dials, resets, ended := map[string]answer{}, map[bool]int{}, []string{}
	var everybody sync.WaitGroup
	for caller := range callers {
		everybody.Go(func() {
			random := rand.New(rand.NewPCG(3, uint64(caller)))
			for i := range calls {
				if wrong := misbehaviours(); random.IntN(3) == 0 {
					m := wrong[random.IntN(len(wrong))]
					m.Times = 1
					s.Misbehave(m)
				}
				number := fmt.Sprintf("%d-%d", caller, i)
				dialled := invoke(t, bridge, "PlayOnPhone", &umv1.PlayOnPhoneRequest{EntryId: "bWVzc2FnZQ==", DialString: number})
				reset := invoke(t, bridge, "ResetPIN", &umv1.ResetPINRequest{})
				hungUp := answer{err: dialled.err}
				if dialled.err == nil {
					hungUp = invoke(t, bridge, "Disconnect", &umv1.DisconnectRequest{CallId: dialled.id})
				}
				mu.Lock()
				dials[number] = dialled
				if hungUp.err == nil {
					ended = append(ended, dialled.id)
				} else if dialled.err == nil && hungUp.err.Kind == soapbridge.KindFault {
					t.Errorf("told %v of a call that exists", hungUp.err)
				}
				if reset.err == nil || reset.err.Kind == soapbridge.KindOutcomeUnknown {
					resets[reset.err == nil]++
				}
				mu.Unlock()
			}
		})
	}
	everybody.Wait()
	checkDials(t, s, dials)
	checkHangUps(t, s, ended)
	executed := s.Executed("ResetPIN")
	if executed < resets[true] || executed > resets[true]+resets[false] {
		t.Errorf("%d resets were executed; %d callers were told so, and %d that nobody knows", executed, resets[true], resets[false])
	}
}

// checkDials compares what the callers were told with the calls that the server placed.
func checkDials(t *testing.T, s *server, dials map[string]answer) {
	t.Helper()
	placed := map[string][]string{}
	for _, call := range s.Calls(exchangesim.DefaultUser) {
		placed[call.DialString] = append(placed[call.DialString], call.ID)
	}
	told := map[string]int{}
	for number, a := range dials {
		ids := placed[number]
		if len(ids) > 1 {
			t.Errorf("%s was dialled %d times", number, len(ids))
		}
		switch {
		case a.err == nil:
			told["ok"]++
			if len(ids) != 1 || ids[0] != a.id {
				t.Errorf("%s: told call %q, placed %q", number, a.id, ids)
			}
		case a.err.Kind == soapbridge.KindOutcomeUnknown:
			told["unknown"]++
		default:
			told["failed"]++
			if len(ids) > 0 {
				t.Errorf("%s: told %v, but it was dialled", number, a.err)
			}
		}
	}
	t.Logf("told: %v", told)
	if told["ok"] == 0 || told["unknown"] == 0 || told["failed"] == 0 {
		t.Errorf("told %v: the test shows nothing unless all three happen", told)
	}
}

// checkHangUps: the calls that somebody was told had ended have ended, as the server says when nothing goes wrong.
func checkHangUps(t *testing.T, s *server, ids []string) {
	t.Helper()
	s.Behave()
	bridge := newBridge(t, endpointsOf(t, resilience.Config{}, s.dial))
	for _, id := range ids {
		out, err := bridge.Invoke(t.Context(), method(t, "GetCallInfo"), &umv1.GetCallInfoRequest{CallId: id})
		if err != nil {
			t.Fatal(err)
		}
		if state := out.(*umv1.GetCallInfoResponse).GetCallState(); state != umv1.CallState_CALL_STATE_DISCONNECTED {
			t.Errorf("told that call %s has ended, but it is %v", id, state)
		}
	}
	if len(ids) == 0 {
		t.Error("no call was ended: the test shows nothing")
	}
}
