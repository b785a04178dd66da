package transport_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
	"github.com/umgateway/umgateway/internal/exchangesim"
	"github.com/umgateway/umgateway/soapbridge"
	"github.com/umgateway/umgateway/soapbridge/transport"
)

// stand is a simulated server behind a proxy that breaks connections, and a bridge before it.
type stand struct {
	sim    *exchangesim.Server
	proxy  *faultProxy
	bridge *soapbridge.Bridge
	config transport.Config
	client *transport.Client // of the case at hand
	rest   func()            // waits until the server has come to rest
}

// RoundTrip has the bridge use the client of the case.
func (s *stand) RoundTrip(ctx context.Context, request *transport.Request) (*transport.Reply, error) {
	return s.client.RoundTrip(ctx, request)
}

func newStand(t *testing.T, auth string, inMemory bool) *stand {
	t.Helper()
	sim, err := exchangesim.New(exchangesim.Config{Scheme: "https"})
	if err != nil {
		t.Fatal(err)
	}
	b := newBackend(t)
	if auth == "ntlm" {
		b.offers = []string{"NTLM"}
	}
	b.handler = sim
	s := &stand{sim: sim, proxy: &faultProxy{}}
	schemes, err := transport.ParseAuth(auth)
	if err != nil {
		t.Fatal(err)
	}
	s.config = transport.Config{URL: "http://mail.contoso.com" + exchangesim.ServicePath, Auth: schemes, Identity: identity(`CONTOSO\alice`)}
	if inMemory {
		b.startInMemory()
		s.config.Dial, s.rest = s.proxy.dial, synctest.Wait
		s.proxy.connect = func() (net.Conn, error) { return b.pipes.dial(t.Context(), "", "") }
	} else {
		wait, connections := watchConnections(b.Server), 0
		s.rest = func() { wait(connections) }
		b.start()
		s.config.Dial = s.proxy.dialTCP
		s.proxy.connect = func() (net.Conn, error) {
			connections++
			return net.Dial("tcp", b.Listener.Addr().String())
		}
	}
	s.bridge, err = soapbridge.New(soapbridge.Dialect{Name: "umws", Forms: []soapbridge.Form{
		{Name: "https", Namespaces: map[string]string{"m": "https://schemas.microsoft.com/exchange/services/2006/messages"}},
	}}, s, []protoreflect.ServiceDescriptor{
		umv1.File_um_v1_call_service_proto.Services().ByName("CallService"),
		umv1.File_um_v1_mailbox_service_proto.Services().ByName("MailboxService"),
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// watchConnections returns a function that waits until the server is done with that many connections.
func watchConnections(server *httptest.Server) func(n int) {
	var mu sync.Mutex
	change := sync.NewCond(&mu)
	done := 0
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		mu.Lock()
		defer mu.Unlock()
		if state == http.StateClosed || state == http.StateHijacked {
			done++
			change.Broadcast()
		}
	}
	return func(n int) {
		mu.Lock()
		defer mu.Unlock()
		for done < n {
			change.Wait()
		}
	}
}

// result is what became of a call.
type result struct {
	err                     error
	executed                int // how often the server carried it out, once everything has come to rest
	written, asked, replied int // see faultProxy
}

// call carries out an operation while the proxy breaks connections as told.
func (s *stand) call(t *testing.T, op operation, f fault, limit time.Duration) result {
	client, err := transport.New(s.config)
	if err != nil {
		t.Fatal(err)
	}
	s.client = client
	s.proxy.begin(f)
	before := s.sim.Executed(op.soap)
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	_, err = s.bridge.Invoke(ctx, op.method, op.request)
	cancel()
	client.Close()
	s.proxy.end()
	s.rest()
	return result{err, s.sim.Executed(op.soap) - before, s.proxy.written, s.proxy.asked, s.proxy.replied}
}

// operation is a call that is made over and over.
type operation struct {
	soap    string
	once    bool // each execution has an effect of its own
	method  protoreflect.MethodDescriptor
	request proto.Message
}

func operations() []operation {
	calls := umv1.File_um_v1_call_service_proto.Services().ByName("CallService").Methods()
	mailbox := umv1.File_um_v1_mailbox_service_proto.Services().ByName("MailboxService").Methods()
	return []operation{
		{"PlayOnPhone", true, calls.ByName("PlayOnPhone"), &umv1.PlayOnPhoneRequest{EntryId: "AAAA", DialString: "4255550123"}},
		{"ResetPIN", true, mailbox.ByName("ResetPIN"), &umv1.ResetPINRequest{}},
		{"Disconnect", false, calls.ByName("Disconnect"), &umv1.DisconnectRequest{CallId: exchangesim.DocumentedCallID}},
	}
}

// untrue says what is wrong with the answer that a caller got; nil if it is true.
func untrue(op operation, f fault, got, whole result) error {
	var failure *soapbridge.Error
	errors.As(got.err, &failure)
	switch {
	case got.executed > 1:
		return fmt.Errorf("executed %d times", got.executed)
	case got.err == nil && got.executed != 1:
		return errors.New("OK, but it was not executed")
	case got.err == nil:
		return nil
	case failure == nil:
		return fmt.Errorf("an error of another type: %w", got.err)
	case failure.Kind == soapbridge.KindDeadline && f.kind == faultStall:
		return nil
	case failure.Kind == soapbridge.KindDeadline, f.kind == faultStall && failure.Sent != transport.NothingSent:
		return fmt.Errorf("not what happened: %w", got.err)
	case failure.Sent == transport.NothingSent && got.executed > 0:
		return fmt.Errorf("said to be unsent, but it was executed: %w", got.err)
	case !op.once:
		return nil // it may be repeated, whatever became of it
	case failure.Kind == soapbridge.KindOutcomeUnknown && got.written < whole.written:
		return fmt.Errorf("called unknown, but only %d of %d bytes had left: %w", got.written, whole.written, got.err)
	case failure.Kind == soapbridge.KindUnavailable && got.executed > 0:
		return fmt.Errorf("called unavailable, but it was executed: %w", got.err)
	case failure.Kind != soapbridge.KindOutcomeUnknown && failure.Kind != soapbridge.KindUnavailable:
		return fmt.Errorf("neither OK nor unavailable nor unknown: %w", got.err)
	}
	return nil
}

// faults lists what is to go wrong: in each way, in each direction, after every stride-th byte and at the ends.
func faults(whole result, stride int, kinds ...string) []fault {
	var all []fault
	for _, replies := range []bool{false, true} {
		total := whole.asked
		if replies {
			total = whole.replied
		}
		for n := 0; n <= total; n++ {
			if n%stride != 0 && n < total-1 {
				continue
			}
			for _, kind := range kinds {
				all = append(all, fault{kind, replies, n})
			}
		}
	}
	return all
}

func testBroken(t *testing.T, auth string, op operation, inMemory bool, stride int, kinds ...string) {
	s := newStand(t, auth, inMemory)
	const enough = time.Minute
	whole := s.call(t, op, fault{}, enough)
	if whole.err != nil || whole.executed != 1 {
		t.Fatalf("without a fault: %+v", whole)
	}
	all, wrong := faults(whole, stride, kinds...), 0
	for _, f := range all {
		if err := untrue(op, f, s.call(t, op, f, enough), whole); err != nil {
			if wrong++; wrong <= 10 {
				t.Errorf("%v: %v", f, err)
			}
		}
	}
	t.Logf("%d of %d answers are true", len(all)-wrong, len(all))
}

// TestAnswerIsTrueWhereverTheConnectionBreaks breaks the connection after each byte of each direction, in each way, without
// authentication and inside each leg of NTLM.
func TestAnswerIsTrueWhereverTheConnectionBreaks(t *testing.T) {
	for _, auth := range []string{"none", "ntlm"} {
		for _, op := range operations() {
			t.Run(auth+"/"+op.soap, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { testBroken(t, auth, op, true, 1, faultCut, faultReset, faultStall) })
			})
		}
	}
}

// TestAnswerIsTrueWhereverTCPBreaks is the same over TCP, where what was written may be lost on the way, at some places only.
func TestAnswerIsTrueWhereverTCPBreaks(t *testing.T) {
	for _, auth := range []string{"none", "ntlm"} {
		for _, op := range operations() {
			t.Run(auth+"/"+op.soap, func(t *testing.T) { testBroken(t, auth, op, false, 23, faultCut, faultReset) })
		}
	}
}
