package ledgertest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/umgateway/umgateway/internal/ledger"
)

// testModel runs several processes that ask for the same few operations, in random interleavings at the granularity of
// store calls, with crashes, stalls beyond the lease, refused calls and lost replies, and checks what they were told
// against what the backend saw.
func testModel(t *testing.T, fixture Fixture) {
	store := fixture.open(t)
	stores := []ledger.Store{store}
	for range modelActors - 1 {
		stores = append(stores, fixture.share(t, store))
	}
	for seed := range uint64(fixture.Runs) {
		m := &model{t: t, stores: stores, fixture: fixture, seed: seed, random: rand.New(rand.NewPCG(seed, 1)), world: map[ledger.Key]*truth{}}
		m.run()
		if t.Failed() {
			t.Fatalf("with seed %d, after:\n%s", seed, m.log)
		}
	}
}

const (
	modelActors = 4
	modelKeys   = 2
	modelSteps  = 160
)

// truth is what is known about one operation from outside the ledger.
type truth struct {
	content   string // of the request that reached the backend
	reached   int    // how often a request reached the backend
	outcome   ledger.Outcome
	attempted bool            // whether anybody tried to pass Sent
	contents  map[string]bool // all that were asked for
	told      ledger.State    // the strongest answer that a caller got
}

type model struct {
	t       *testing.T
	stores  []ledger.Store // one for each actor
	fixture Fixture
	seed    uint64
	random  *rand.Rand
	world   map[ledger.Key]*truth
	log     []byte
}

func (m *model) note(format string, args ...any) { m.log = fmt.Appendf(m.log, format+"\n", args...) }

func (m *model) fail(format string, args ...any) {
	m.t.Errorf(format, args...)
	m.note("FAILED: "+format, args...)
}

func (m *model) options() ledger.Options {
	// The lease is so long that nothing is renewed on real time: owners are as good as stalled whenever the clock moves.
	return ledger.Options{Lease: time.Hour, MaxExchange: time.Hour, Retention: 365 * 24 * time.Hour}
}

func (m *model) run() {
	actors := map[int]*actor{}
	for i := range modelActors {
		actors[i] = m.spawn(i)
	}
	for step := 0; len(actors) > 0; step++ {
		i := m.random.IntN(modelActors)
		a := actors[i]
		if a == nil {
			continue
		}
		f := m.fate(a, step)
		if f == fateCrash {
			m.note("actor %d crashes", i)
		}
		if a.turn(f) {
			continue
		}
		delete(actors, i)
		if step < modelSteps {
			actors[i] = m.spawn(i)
		}
	}
	m.settle()
}

// fate decides what happens next, and sometimes moves the clock.
func (m *model) fate(a *actor, step int) fate {
	if m.random.IntN(15) == 0 {
		d := time.Duration(1+m.random.IntN(80)) * time.Minute
		m.note("the clock moves by %v", d)
		m.fixture.Advance(d)
	}
	switch n := m.random.IntN(100); {
	case step > 2*modelSteps, n < 3:
		return fateCrash
	case a.calls && n < 8:
		return fateRefused
	case a.calls && n < 15:
		return fateReplyLost
	}
	return fateGo
}

// settle checks that nothing is stuck: after the lease of whoever died, each operation can be had, or has an answer.
func (m *model) settle() {
	m.fixture.Advance(2 * time.Hour)
	l, err := ledger.Open(steplessStore{m.stores[0]}, m.options())
	if err != nil {
		m.t.Fatal(err)
	}
	defer l.Close(context.Background())
	for key, truth := range m.world {
		contents := truth.contents
		if truth.reached > 0 {
			contents = map[string]bool{truth.content: true}
		}
		for content := range contents {
			entry, answer, err := l.TryBegin(context.Background(), key, key.Digest([]byte(content)))
			m.check(key, content, truth.told, entry, answer, err)
			if err != nil && (truth.reached > 0 || !errors.Is(err, ledger.ErrReused)) {
				m.fail("%s is stuck: %v", key.RequestID, err)
			}
			if entry == nil {
				continue
			}
			if truth.reached > 0 {
				m.fail("%s was given out after it had reached the backend", key.RequestID)
			}
			entry.Abandon(context.Background())
		}
	}
}

// check compares what a caller got with the truth. told is the strongest answer that anybody had got when it asked.
func (m *model) check(key ledger.Key, content string, told ledger.State, entry *ledger.Entry, answer ledger.Answer, err error) {
	truth := m.world[key]
	switch {
	case errors.Is(err, ledger.ErrReused):
		if len(truth.contents) < 2 {
			m.fail("%s was refused as reused, but everybody asked for the same", key.RequestID)
		}
	case err != nil:
	case entry != nil:
		if told != ledger.StateNone {
			m.fail("%s was given out although %v was told before", key.RequestID, told)
		}
	default:
		m.checkAnswer(key, content, told, answer)
		truth.told = max(truth.told, strength(answer.State))
	}
}

func (m *model) checkAnswer(key ledger.Key, content string, told ledger.State, answer ledger.Answer) {
	truth := m.world[key]
	switch answer.State {
	case ledger.StateAccepted, ledger.StateRejected:
		if truth.reached != 1 || truth.outcome.State != answer.State || string(truth.outcome.Result) != string(answer.Result) || truth.content != content {
			m.fail("%s: the answer is %v %q, the truth is %+v", key.RequestID, answer.State, answer.Result, truth)
		}
	case ledger.StateUnknown:
		if !truth.attempted || told == strength(ledger.StateAccepted) {
			m.fail("%s: UNKNOWN, but attempted is %v and %v was told before", key.RequestID, truth.attempted, told)
		}
	default:
		m.fail("%s: the answer is %v", key.RequestID, answer.State)
	}
}

// strength orders answers: ACCEPTED and REJECTED are the last word, UNKNOWN may still be followed by one of them.
func strength(s ledger.State) ledger.State {
	if s == ledger.StateUnknown {
		return ledger.StateReserved
	}
	return ledger.StateAccepted
}

// steplessStore leaves the store open.
type steplessStore struct{ ledger.Store }

// Close does nothing.
func (steplessStore) Close() error { return nil }
