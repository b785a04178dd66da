package ledger_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/umgateway/umgateway/internal/ledger"
	"github.com/umgateway/umgateway/internal/ledger/memstore"
)

var errDown = errors.New("the test took the store down")

// faultyStore is a store that can be taken down, and whose replies can be lost.
type faultyStore struct {
	ledger.Store
	mu     sync.Mutex
	down   bool
	losing bool
	hold   chan struct{} // a Swap waits, after it was made, until this is closed
	states []ledger.State
}

func (s *faultyStore) set(down, losing bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down, s.losing = down, losing
}

func (s *faultyStore) holdReplies() (release func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hold = make(chan struct{})
	return sync.OnceFunc(func() { close(s.hold) })
}

func (s *faultyStore) Swap(ctx context.Context, id ledger.ID, from ledger.Version, w ledger.Write) (ledger.Snapshot, error) {
	s.mu.Lock()
	down, losing, hold := s.down, s.losing, s.hold
	s.mu.Unlock()
	failure := &ledger.StoreError{Op: "swap", Kind: ledger.StoreDown, Err: errDown}
	if down {
		return ledger.Snapshot{}, failure
	}
	found, err := s.Store.Swap(ctx, id, from, w)
	if hold != nil {
		<-hold
	}
	if err == nil && w.Made(found) {
		s.mu.Lock()
		s.states = append(s.states, w.Record.State)
		s.mu.Unlock()
	}
	if losing {
		return ledger.Snapshot{}, failure
	}
	return found, err
}

// written returns the states that were written, in order.
func (s *faultyStore) written() []ledger.State {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.states)
}

// Close leaves the content to the other replicas.
func (s *faultyStore) Close() error { return nil }

// events counts what a ledger observed.
type events struct {
	mu    sync.Mutex
	count map[ledger.EventKind]int
}

func (e *events) observe(event ledger.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.count == nil {
		e.count = map[ledger.EventKind]int{}
	}
	e.count[event.Kind]++
}

func (e *events) of(kind ledger.EventKind) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.count[kind]
}

// replica is one process over a shared memstore.
type replica struct {
	*ledger.Ledger
	store  *faultyStore
	events events
}

// replicas makes processes over one content. Leases are 10 s.
func replicas(t *testing.T, n int, change ...func(*ledger.Options)) []*replica {
	t.Helper()
	shared := memstore.New(memstore.Options{})
	all := make([]*replica, n)
	for i := range all {
		r := &replica{store: &faultyStore{Store: shared}}
		options := ledger.Options{Observe: r.events.observe}
		for _, apply := range change {
			apply(&options)
		}
		l, err := ledger.Open(r.store, options)
		if err != nil {
			t.Fatal(err)
		}
		r.Ledger, all[i] = l, r
	}
	t.Cleanup(func() {
		ended, cancel := context.WithCancel(context.Background())
		cancel()
		for _, r := range all {
			r.Close(ended)
		}
	})
	return all
}

var key = ledger.Key{Principal: "caller", Backend: "exchange", Identity: "um-service", RPC: "/um.v1.CallService/PlayOnPhone", RequestID: "8f14e45f-ceea-467f-ab2b-0123456789ab"}

func content(of string) ledger.Digest { return key.Digest([]byte(of)) }

func mustBegin(t *testing.T, r *replica) *ledger.Entry {
	t.Helper()
	entry, answer, err := r.TryBegin(context.Background(), key, content("dial"))
	if entry == nil {
		t.Fatalf("no entry, but %+v, %v", answer, err)
	}
	return entry
}

func mustSend(t *testing.T, entry *ledger.Entry) {
	t.Helper()
	if err := entry.Sent(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// expect asks for the operation without waiting, and wants an answer.
func expect(t *testing.T, r *replica, state ledger.State, result string) {
	t.Helper()
	entry, answer, err := r.TryBegin(context.Background(), key, content("dial"))
	if entry != nil || err != nil || answer.State != state || string(answer.Result) != result {
		t.Errorf("got entry %v, %v %q, %v; want %v %q", entry != nil, answer.State, answer.Result, err, state, result)
	}
}

// expectFree wants that the operation can be had, and gives it back.
func expectFree(t *testing.T, r *replica) {
	t.Helper()
	if err := mustBegin(t, r).Abandon(context.Background()); err != nil {
		t.Error(err)
	}
}

func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}
