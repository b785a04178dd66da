package ledgersoap_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	statuspb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
	"github.com/umgateway/umgateway/internal/exchange"
	"github.com/umgateway/umgateway/internal/exchangesim"
	"github.com/umgateway/umgateway/internal/ledger"
	"github.com/umgateway/umgateway/internal/ledger/ledgerrpc"
	"github.com/umgateway/umgateway/internal/ledger/ledgersoap"
	"github.com/umgateway/umgateway/internal/ledger/memstore"
	"github.com/umgateway/umgateway/soapbridge"
	"github.com/umgateway/umgateway/soapbridge/transport"
)

// stand is a ledger before a real bridge, before a simulated Exchange server.
type stand struct {
	t       *testing.T
	sim     *exchangesim.Server
	server  *httptest.Server
	bridge  *soapbridge.Bridge
	ledger  *ledger.Ledger
	mu      sync.Mutex
	written []ledger.State
}

// watchedStore notes which states are written, and can be taken down at one of them.
type watchedStore struct {
	ledger.Store
	stand  *stand
	failAt ledger.State
}

func (w *watchedStore) Swap(ctx context.Context, id ledger.ID, from ledger.Version, write ledger.Write) (ledger.Snapshot, error) {
	w.stand.mu.Lock()
	w.stand.written = append(w.stand.written, write.Record.State)
	w.stand.mu.Unlock()
	if w.failAt != ledger.StateNone && write.Record.State == w.failAt {
		return ledger.Snapshot{}, &ledger.StoreError{Op: "swap", Kind: ledger.StoreFull, Err: errors.New("of the test")}
	}
	return w.Store.Swap(ctx, id, from, write)
}

func (s *stand) states() []ledger.State {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]ledger.State(nil), s.written...)
}

func newStand(t *testing.T, config exchangesim.Config, failAt ledger.State) *stand {
	t.Helper()
	s := &stand{t: t}
	var err error
	if s.sim, err = exchangesim.New(config); err != nil {
		t.Fatal(err)
	}
	s.server = httptest.NewServer(s.sim)
	t.Cleanup(s.server.Close)
	client, err := transport.New(transport.Config{URL: s.server.URL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	dialect, err := exchange.DialectUMWS("")
	if err != nil {
		t.Fatal(err)
	}
	if s.bridge, err = soapbridge.New(dialect, client, exchange.Services(), soapbridge.WithRetries(exchange.Retries())); err != nil {
		t.Fatal(err)
	}
	store := &watchedStore{Store: memstore.New(memstore.Options{}), stand: s, failAt: failAt}
	if s.ledger, err = ledger.Open(store, ledger.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.ledger.Close(context.Background()) })
	return s
}

var (
	dialKey     = ledger.Key{RPC: "/um.v1.CallService/PlayOnPhone", RequestID: "r"}
	dialRequest = &umv1.PlayOnPhoneRequest{EntryId: "AAAAAA==", DialString: "+15551234"}
)

// dial plays a message through ledger and bridge, as a guard does it.
func (s *stand) dial(ctx context.Context) (ledger.Answer, error) {
	judge := ledgersoap.Judge(exchange.Retries().Faults)
	method := exchange.Method("um.v1.CallService.PlayOnPhone")
	return s.ledger.Do(ctx, dialKey, dialKey.Digest(nil), func(ctx context.Context, before func(context.Context) error) ledger.Outcome {
		announced := false
		out, err := s.bridge.Invoke(transport.WithBeforeSend(ctx, func(ctx context.Context) error {
			err := before(ctx)
			announced = announced || err == nil
			return err
		}), method, dialRequest)
		if err == nil {
			response, err := proto.Marshal(out)
			if err != nil {
				s.t.Error(err)
			}
			return ledger.Accepted(response)
		}
		switch judge(err, announced) {
		case ledgerrpc.ProofNotExecuted:
			return ledger.NotExecuted(err)
		case ledgerrpc.ProofRejected:
			return ledger.Rejected([]byte("status"))
		}
		return ledger.Unknown(nil)
	})
}

func (s *stand) wantRung(n int) {
	s.t.Helper()
	if got := s.sim.Executed("PlayOnPhone"); got != n {
		s.t.Errorf("the phone rang %d times, want %d", got, n)
	}
}

func (s *stand) wantStates(want ...ledger.State) {
	s.t.Helper()
	got := s.states()
	if len(got) != len(want) {
		s.t.Errorf("written: %v, want %v", got, want)
		return
	}
	for i := range want {
		if got[i] != want[i] {
			s.t.Errorf("written: %v, want %v", got, want)
			return
		}
	}
}

func TestDialIsRecordedInEveryStateAndRepeatedFromTheRecord(t *testing.T) {
	t.Parallel()
	s := newStand(t, exchangesim.Config{Scheme: "https"}, ledger.StateNone)
	first, err := s.dial(t.Context())
	if err != nil || first.State != ledger.StateAccepted {
		t.Fatalf("got %+v, %v", first, err)
	}
	s.wantStates(ledger.StateReserved, ledger.StateSent, ledger.StateAccepted)
	again, err := s.dial(t.Context())
	if err != nil || string(again.Result) != string(first.Result) || again.Source != ledger.SourceReplayed {
		t.Errorf("again: %+v, %v", again, err)
	}
	s.wantRung(1)
}

// The bridge finds out which namespace the server knows by a request that is not dispatched. Both requests are announced.
func TestDialThatIsSentInTwoFormsRingsOnce(t *testing.T) {
	t.Parallel()
	s := newStand(t, exchangesim.Config{Scheme: "http"}, ledger.StateNone)
	if answer, err := s.dial(t.Context()); err != nil || answer.State != ledger.StateAccepted {
		t.Fatalf("got %+v, %v", answer, err)
	}
	s.wantStates(ledger.StateReserved, ledger.StateSent, ledger.StateSent, ledger.StateAccepted)
	s.wantRung(1)
}

func TestNothingReachesTheServerUnlessSentIsRecorded(t *testing.T) {
	t.Parallel()
	s := newStand(t, exchangesim.Config{Scheme: "https"}, ledger.StateSent)
	var failure *ledger.StoreError
	if _, err := s.dial(t.Context()); !errors.As(err, &failure) || failure.Kind != ledger.StoreFull {
		t.Errorf("got %v", err)
	}
	if s.sim.Posts() != 0 {
		t.Error("the server was asked")
	}
}

func TestCallIDIsNotLostWithItsCaller(t *testing.T) {
	t.Parallel()
	s := newStand(t, exchangesim.Config{Scheme: "https"}, ledger.StateNone)
	executed, goOn := make(chan struct{}), make(chan struct{})
	s.sim.Misbehave(exchangesim.Misbehaviour{Midway: func(*http.Request) {
		close(executed)
		<-goOn
	}, Times: 1})
	ctx, leave := context.WithTimeout(t.Context(), time.Hour)
	go func() {
		<-executed
		leave()
	}()
	var interrupted *ledger.InterruptedError
	if _, err := s.dial(ctx); !errors.As(err, &interrupted) || !interrupted.Sent {
		t.Errorf("got %v", err)
	}
	close(goOn)
	answer, err := s.dial(t.Context())
	if err != nil || answer.State != ledger.StateAccepted || answer.Source == ledger.SourceExecuted {
		t.Errorf("the repeat: %+v, %v", answer, err)
	}
	s.wantRung(1)
}

func TestLostReplyIsUnknownAndARefusalIsNot(t *testing.T) {
	t.Parallel()
	for rule, c := range map[string]struct {
		misbehaviour exchangesim.Misbehaviour
		first, again ledger.State // StateNone: an error, and nothing is recorded
		rung         int
	}{
		"closed without a reply": {exchangesim.Misbehaviour{Drop: true}, ledger.StateUnknown, ledger.StateUnknown, 1},
		"reset":                  {exchangesim.Misbehaviour{Drop: true, Reset: true}, ledger.StateUnknown, ledger.StateUnknown, 1},
		"a page of a proxy":      {exchangesim.HTMLPage(502), ledger.StateUnknown, ledger.StateUnknown, 0},
		"a truncated reply":      {exchangesim.Misbehaviour{Cut: 100}, ledger.StateUnknown, ledger.StateUnknown, 1},
		"refused for good":       {exchangesim.Misbehaviour{Fail: "DialingRulesException"}, ledger.StateRejected, ledger.StateRejected, 0},
		"too many requests":      {exchangesim.Misbehaviour{Status: 429, Unexecuted: true, Body: new(string)}, ledger.StateNone, ledger.StateAccepted, 1},
		"credential rejected":    {exchangesim.Misbehaviour{Status: 401, Unexecuted: true, Body: new(string)}, ledger.StateNone, ledger.StateAccepted, 1},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			s := newStand(t, exchangesim.Config{Scheme: "https"}, ledger.StateNone)
			c.misbehaviour.Times = 1
			s.sim.Misbehave(c.misbehaviour)
			for _, want := range []ledger.State{c.first, c.again, c.again} {
				answer, err := s.dial(t.Context())
				if answer.State != want || (err != nil) != (want == ledger.StateNone) {
					t.Errorf("got %v, %v, want %v", answer.State, err, want)
				}
			}
			s.wantRung(c.rung)
		})
	}
}

func TestServerThatIsDownLeavesTheDialToBeTriedAgain(t *testing.T) {
	t.Parallel()
	s := newStand(t, exchangesim.Config{Scheme: "https"}, ledger.StateNone)
	s.server.Close()
	for range 2 {
		var failure *soapbridge.Error
		if _, err := s.dial(t.Context()); !errors.As(err, &failure) || failure.Kind != soapbridge.KindUnavailable {
			t.Errorf("got %v", err)
		}
	}
	s.wantStates(ledger.StateReserved, ledger.StateNone, ledger.StateReserved, ledger.StateNone)
}

// guard puts a ledger before the stand's bridge as a gateway does.
func (s *stand) guard() *ledgerrpc.Guard {
	s.t.Helper()
	g, err := ledgerrpc.New(ledgerrpc.Config{
		Ledger: s.ledger, Next: s.bridge, BeforeSend: transport.WithBeforeSend,
		Scope: func(context.Context, protoreflect.MethodDescriptor) (ledgerrpc.Scope, error) {
			return ledgerrpc.Scope{Backend: "exchange"}, nil
		},
		Judge: ledgersoap.Judge(exchange.Retries().Faults),
		Status: func(protoreflect.MethodDescriptor, error) *statuspb.Status {
			return &statuspb.Status{Message: "recorded"}
		},
	}, exchange.Services()...)
	if err != nil {
		s.t.Fatal(err)
	}
	return g
}

// Every rpc that has another effect each time can be repeated with a request id, and no other has one.
func TestOperationsThatMustRunOnceRunOnceForEachRequestID(t *testing.T) {
	t.Parallel()
	for rpc, c := range map[protoreflect.FullName]struct {
		request proto.Message
		runs    int
	}{
		"um.v1.CallService.PlayOnPhone":         {&umv1.PlayOnPhoneRequest{EntryId: "AAAAAA==", DialString: "+15551234", RequestId: "r"}, 1},
		"um.v1.CallService.PlayOnPhoneGreeting": {&umv1.PlayOnPhoneGreetingRequest{GreetingType: umv1.GreetingType_GREETING_TYPE_NORMAL_CUSTOM, DialString: "+15551234", RequestId: "r"}, 1},
		"um.v1.MailboxService.ResetPIN":         {&umv1.ResetPINRequest{RequestId: "r"}, 1},
		"um.v1.MailboxService.IsUMEnabled":      {&umv1.IsUMEnabledRequest{}, 3},
	} {
		t.Run(string(rpc.Name()), func(t *testing.T) {
			t.Parallel()
			s := newStand(t, exchangesim.Config{Scheme: "https"}, ledger.StateNone)
			g := s.guard()
			var first proto.Message
			for range 3 {
				out, err := g.Invoke(t.Context(), exchange.Method(rpc), c.request)
				if err != nil {
					t.Fatal(err)
				}
				if first == nil {
					first = out
				}
				if !proto.Equal(out, first) {
					t.Errorf("got %v, before %v", out, first)
				}
			}
			if runs := s.sim.Executed(string(rpc.Name())); runs != c.runs {
				t.Errorf("it ran %d times", runs)
			}
		})
	}
}
