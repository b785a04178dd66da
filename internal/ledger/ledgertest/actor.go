package ledgertest

import (
	"context"
	"errors"
	"fmt"

	"github.com/umgateway/umgateway/internal/ledger"
)

// spawn starts a process that asks for one of the operations after the other until it crashes.
func (m *model) spawn(number int) *actor {
	l, err := ledger.Open(steppedStore{m.stores[number]}, m.options())
	if err != nil {
		m.t.Fatal(err)
	}
	return start(func(a *actor) {
		ended, cancel := context.WithCancel(context.Background())
		cancel()
		// A process that ends does not wait for what it could not record.
		defer l.Close(ended)
		ctx := context.WithValue(context.Background(), actorKey{}, a)
		for range 2 {
			m.ask(ctx, a, l, number)
		}
	})
}

// ask is one caller with one request.
func (m *model) ask(ctx context.Context, a *actor, l *ledger.Ledger, number int) {
	key := ledger.Key{Backend: "model", RPC: "dial", RequestID: fmt.Sprintf("%s %d/%d", m.t.Name(), m.seed, m.random.IntN(modelKeys))}
	content := "dial 1"
	if m.random.IntN(20) == 0 {
		content = "dial 2"
	}
	if m.world[key] == nil {
		m.world[key] = &truth{contents: map[string]bool{}}
	}
	truth := m.world[key]
	truth.contents[content] = true
	told := truth.told
	entry, answer, err := l.TryBegin(ctx, key, key.Digest([]byte(content)))
	m.note("actor %d asks for %s %q: entry %v, %v %q, %v", number, key.RequestID, content, entry != nil, answer.State, answer.Result, err)
	m.check(key, content, told, entry, answer, err)
	if entry != nil {
		m.execute(ctx, a, entry, key, content, number)
	}
}

// execute is what an owner does: it sends, unless it may not, and hands in what came of it.
func (m *model) execute(ctx context.Context, a *actor, entry *ledger.Entry, key ledger.Key, content string, number int) {
	outcome := m.send(ctx, a, entry, key, content, number)
	a.yield(false)
	var err error
	if outcome.State == ledger.StateNone {
		err = entry.Abandon(ctx)
	} else {
		err = entry.Finish(ctx, outcome)
	}
	m.note("actor %d ended %s with %v: %v", number, key.RequestID, outcome.State, err)
	truth := m.world[key]
	if err == nil && outcome.State != ledger.StateNone {
		truth.told = max(truth.told, strength(outcome.State))
	}
	if errors.Is(err, ledger.ErrLost) && truth.reached > 0 && truth.outcome.State == outcome.State {
		m.fail("%s: the only sender could not record its outcome", key.RequestID)
	}
}

// send passes Sent, once for each attempt, and reaches the backend at most once. What it returns is what the sender knows.
func (m *model) send(ctx context.Context, a *actor, entry *ledger.Entry, key ledger.Key, content string, number int) ledger.Outcome {
	truth := m.world[key]
	for {
		a.yield(false)
		truth.attempted = true
		err := entry.Sent(ctx)
		m.note("actor %d passes Sent for %s: %v", number, key.RequestID, err)
		if err != nil {
			return ledger.NotExecuted(err)
		}
		a.yield(false)
		switch m.random.IntN(8) {
		case 0: // the connection was stale: nothing left, and it tries another
			continue
		case 1: // nothing left, and it gives up
			return ledger.NotExecuted(errInjected)
		}
		return m.reach(truth, key, content, number)
	}
}

// reach is the backend's side. Whether it rings or refuses, it must be asked once only.
func (m *model) reach(truth *truth, key ledger.Key, content string, number int) ledger.Outcome {
	truth.reached++
	truth.content = content
	m.note("actor %d reaches the backend for %s", number, key.RequestID)
	if truth.reached > 1 {
		m.fail("%s reached the backend %d times", key.RequestID, truth.reached)
	}
	switch m.random.IntN(4) {
	case 0:
		truth.outcome = ledger.Rejected(fmt.Appendf(nil, "no %d", m.random.Int()))
	case 1: // it rings, but the reply is lost
		truth.outcome = ledger.Unknown(nil)
	default:
		truth.outcome = ledger.Accepted(fmt.Appendf(nil, "call %d", m.random.Int()))
	}
	return truth.outcome
}
