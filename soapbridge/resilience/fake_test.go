package resilience

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/umgateway/umgateway/soapbridge/transport"
)

// fakeClient is an endpoint that does what the test says.
type fakeClient struct {
	do     atomic.Pointer[func(context.Context, *transport.Request) (*transport.Reply, error)]
	asked  atomic.Int64
	closed atomic.Bool
}

func newFake(do func(context.Context, *transport.Request) (*transport.Reply, error)) *fakeClient {
	f := &fakeClient{}
	f.become(do)
	return f
}

func (f *fakeClient) become(do func(context.Context, *transport.Request) (*transport.Reply, error)) {
	f.do.Store(&do)
}

func (f *fakeClient) RoundTrip(ctx context.Context, request *transport.Request) (*transport.Reply, error) {
	f.asked.Add(1)
	return (*f.do.Load())(ctx, request)
}

func (f *fakeClient) Close() error {
	f.closed.Store(true)
	return nil
}

// answers answers at once with a status, a content type and a body.
func answers(status int, contentType, body string) func(context.Context, *transport.Request) (*transport.Reply, error) {
	return func(context.Context, *transport.Request) (*transport.Reply, error) {
		return &transport.Reply{Status: status, Header: http.Header{"Content-Type": {contentType}}, Body: []byte(body)}, nil
	}
}

var wellAnswer = answers(200, "text/xml; charset=utf-8", "<soap:Envelope/>")

// fails fails at once.
func fails(kind transport.Kind, sent transport.Sent) func(context.Context, *transport.Request) (*transport.Reply, error) {
	return func(context.Context, *transport.Request) (*transport.Reply, error) {
		return nil, &transport.Error{Op: "connect", Kind: kind, Sent: sent, Err: errors.New("as the test wants it")}
	}
}

var refuses = fails(transport.KindUnavailable, transport.NothingSent)

// takes answers well after a time, or fails as *transport.Client does when the context ends before.
func takes(d time.Duration) func(context.Context, *transport.Request) (*transport.Reply, error) {
	return func(ctx context.Context, request *transport.Request) (*transport.Reply, error) {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
			return wellAnswer(ctx, request)
		case <-ctx.Done():
			return nil, &transport.Error{Op: "read", Kind: kindOf(ctx), Sent: transport.FullySent, Err: ctx.Err()}
		}
	}
}

// holds answers well when it is let go.
type holds struct {
	entered chan struct{}
	letGo   chan struct{}
}

func newHolds() *holds { return &holds{make(chan struct{}, 1000), make(chan struct{})} }

func (h *holds) do(ctx context.Context, request *transport.Request) (*transport.Reply, error) {
	h.entered <- struct{}{}
	<-h.letGo
	return wellAnswer(ctx, request)
}

// events collects what was observed.
type events struct {
	mu  sync.Mutex
	all []Event
}

func (e *events) observe(event Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, event)
}

func (e *events) count(match func(Event) bool) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := 0
	for _, event := range e.all {
		if match(event) {
			n++
		}
	}
	return n
}

// newEndpoints makes endpoints named a, b, c … of the clients.
func newEndpoints(t testing.TB, config Config, clients ...Client) *Endpoints {
	t.Helper()
	endpoints := make([]Endpoint, 0, len(clients))
	for i, client := range clients {
		endpoints = append(endpoints, Endpoint{URL: string(rune('a' + i)), Client: client})
	}
	e, err := New(endpoints, config)
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

// send sends a dial, which must not be repeated.
func send(e *Endpoints) error {
	_, err := e.RoundTrip(context.Background(), &transport.Request{})
	return err
}

// read sends a request that may be repeated.
func read(e *Endpoints) error {
	_, err := e.RoundTrip(context.Background(), &transport.Request{Repeatable: true})
	return err
}

// wantRefusal checks that a call was refused with nothing sent, and when it may come again.
func wantRefusal(t *testing.T, err error, kind transport.Kind, retryAfter time.Duration) {
	t.Helper()
	var failure *transport.Error
	if !errors.As(err, &failure) {
		t.Fatalf("got %v, want a *transport.Error", err)
	}
	if failure.Kind != kind || failure.Sent != transport.NothingSent || failure.RetryAfter != retryAfter {
		t.Errorf("got kind %d, sent %d, retry after %v (%v), want kind %d, nothing sent, %v",
			failure.Kind, failure.Sent, failure.RetryAfter, failure, kind, retryAfter)
	}
}
