package resilience_test

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
	"github.com/umgateway/umgateway/internal/exchange"
	"github.com/umgateway/umgateway/internal/exchangesim"
	"github.com/umgateway/umgateway/soapbridge"
	"github.com/umgateway/umgateway/soapbridge/resilience"
	"github.com/umgateway/umgateway/soapbridge/transport"
)

// server is a simulator on a loopback port that can die and return.
type server struct {
	*exchangesim.Server
	address atomic.Pointer[string]
	dials   atomic.Int64
	stop    context.CancelFunc
	stopped chan error
}

func newServer(t *testing.T) *server {
	t.Helper()
	simulator, err := exchangesim.New(exchangesim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	s := &server{Server: simulator}
	s.live(t)
	t.Cleanup(func() { s.die(t) })
	return s
}

func (s *server) live(t *testing.T) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	s.address.Store(&address)
	ctx, stop := context.WithCancel(context.Background())
	s.stop, s.stopped = stop, make(chan error, 1)
	go func() { s.stopped <- exchangesim.Serve(ctx, listener, s.Server) }()
}

func (s *server) die(t *testing.T) {
	t.Helper()
	s.stop()
	if err := <-s.stopped; err != nil {
		t.Error(err)
	}
	s.stopped <- nil // it may die again
}

// dial connects to wherever the server lives now, and counts.
func (s *server) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	s.dials.Add(1)
	return new(net.Dialer).DialContext(ctx, network, *s.address.Load())
}

func newBridge(t *testing.T, over soapbridge.Transport, options ...soapbridge.Option) *soapbridge.Bridge {
	t.Helper()
	dialect, err := exchange.DialectUMWS(exchange.FolderIDUpper)
	if err != nil {
		t.Fatal(err)
	}
	bridge, err := soapbridge.New(dialect, over, exchange.Services(), options...)
	if err != nil {
		t.Fatal(err)
	}
	return bridge
}

// endpointsOf makes one endpoint for each way to dial.
func endpointsOf(t *testing.T, config resilience.Config, dials ...func(context.Context, string, string) (net.Conn, error)) *resilience.Endpoints {
	t.Helper()
	var endpoints []resilience.Endpoint
	for i, dial := range dials {
		url := "http://mail-" + string(rune('a'+i)) + ".example.com" + exchangesim.ServicePath
		client, err := transport.New(transport.Config{URL: url, Dial: dial})
		if err != nil {
			t.Fatal(err)
		}
		endpoints = append(endpoints, resilience.Endpoint{URL: url, Client: client})
	}
	e, err := resilience.New(endpoints, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

func method(t *testing.T, name protoreflect.Name) protoreflect.MethodDescriptor {
	t.Helper()
	for _, service := range exchange.Services() {
		if m := service.Methods().ByName(name); m != nil {
			return m
		}
	}
	t.Fatalf("no rpc %s", name)
	return nil
}

func TestABackendDiesAndReturns(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	e := endpointsOf(t, resilience.Config{OpenFor: time.Second}, s.dial)
	bridge := newBridge(t, e)
	health := make(chan bool, 100)
	defer e.Subscribe(func(serving bool) { health <- serving })()
	call := func() error {
		_, err := bridge.Invoke(t.Context(), method(t, "IsUMEnabled"), &umv1.IsUMEnabledRequest{})
		return err
	}
	if err := call(); err != nil || !<-health {
		t.Fatalf("a backend that is well: %v", err)
	}

	s.die(t)
	asked, shed := 0, 0
	before := s.dials.Load()
	for range 200 {
		var failure *soapbridge.Error
		if err := call(); !errors.As(err, &failure) || failure.Kind != soapbridge.KindUnavailable {
			t.Fatalf("got %v from a dead backend, want KindUnavailable", err)
		}
		if lost := (*transport.Error)(nil); !errors.As(failure, &lost) || lost.Op != "wait" {
			asked++
			continue
		}
		shed++
		if failure.Sent != transport.NothingSent || failure.RetryAfter <= 0 {
			t.Errorf("shed with sent %d and retry after %v, want nothing sent, and when to come again", failure.Sent, failure.RetryAfter)
		}
	}
	if shed < 100 {
		t.Errorf("%d of 200 calls were shed, want most", shed)
	}
	if dials := s.dials.Load() - before; dials > int64(asked) {
		t.Errorf("%d connections were tried for %d calls that were not shed", dials, asked)
	}
	if <-health {
		t.Error("health did not follow the backend's death")
	}

	s.live(t)
	for serving := range health { // the time to be left alone ends by itself
		if serving {
			break
		}
	}
	if err := call(); err != nil {
		t.Errorf("a backend that is back: %v", err)
	}
	if !e.Serving() || e.Stats()[0].State != resilience.StateUp {
		t.Errorf("serving %v, state %v after its return, want true and up", e.Serving(), e.Stats()[0].State)
	}
}

func TestADeadEndpointAmongSeveralIsNotNoticedByCallers(t *testing.T) {
	t.Parallel()
	alive, dead := newServer(t), newServer(t)
	dead.die(t)
	bridge := newBridge(t, endpointsOf(t, resilience.Config{OpenFor: time.Hour}, dead.dial, alive.dial))
	for i := range 50 {
		request := &umv1.PlayOnPhoneRequest{EntryId: "bWVzc2FnZQ==", DialString: "4255550123"}
		if _, err := bridge.Invoke(t.Context(), method(t, "PlayOnPhone"), request); err != nil {
			t.Fatalf("dial %d: %v", i, err)
		}
	}
	if got := alive.Executed("PlayOnPhone"); got != 50 {
		t.Errorf("%d dials were executed, want 50", got)
	}
	if got := dead.dials.Load(); got != 5 {
		t.Errorf("the dead endpoint was dialled %d times, want 5", got)
	}
}

func TestAThrottlingServerIsLeftInPeace(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	e := endpointsOf(t, resilience.Config{}, s.dial)
	bridge := newBridge(t, e, soapbridge.WithRetries(soapbridge.Retries{
		Faults: map[string]soapbridge.FaultRetry{"ErrorServerBusy": soapbridge.FaultThrottled},
	}))
	busy := exchangesim.ServerBusy(70 * time.Second)
	busy.Times = 1
	s.Misbehave(busy)
	posts := s.Posts()
	for range 10 {
		var failure *soapbridge.Error
		_, err := bridge.Invoke(t.Context(), method(t, "GetUMProperties"), &umv1.GetUMPropertiesRequest{})
		if !errors.As(err, &failure) || failure.RetryAfter <= 60*time.Second || failure.RetryAfter > 70*time.Second {
			t.Fatalf("got %v, want to be told to come again in 70s", err)
		}
	}
	if got := s.Posts() - posts; got != 1 {
		t.Errorf("the server was asked %d times, want once", got)
	}
	if state := e.Stats()[0].State; state != resilience.StateUp {
		t.Errorf("the endpoint is %v, want up: throttling is no outage", state)
	}
}
