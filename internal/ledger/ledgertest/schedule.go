package ledgertest

import (
	"context"
	"errors"
	"runtime"

	"github.com/umgateway/umgateway/internal/ledger"
)

// fate is what happens to an actor that has stopped at a yield.
type fate int

const (
	fateGo        fate = iota // it goes on
	fateCrash                 // its process dies
	fateRefused               // the call of the store fails before it has any effect
	fateReplyLost             // the call of the store has its effect, and fails
)

var errInjected = errors.New("injected by the test")

// actor is one process: it runs only when the scheduler lets it, from one yield to the next.
type actor struct {
	resume chan fate
	paused chan bool // true: at a yield; false: at its end
	calls  bool      // whether the yield is a call of the store
}

// start makes an actor that waits for its first turn.
func start(body func(a *actor)) *actor {
	a := &actor{resume: make(chan fate), paused: make(chan bool)}
	go func() {
		defer func() { a.paused <- false }()
		if <-a.resume == fateCrash {
			return
		}
		body(a)
	}()
	return a
}

// turn lets the actor run to its next yield. It returns false if it has ended.
func (a *actor) turn(f fate) bool {
	a.resume <- f
	return <-a.paused
}

// yield waits for the next turn. It does not return if the actor's process dies.
func (a *actor) yield(call bool) fate {
	a.calls = call
	a.paused <- true
	f := <-a.resume
	if f == fateCrash {
		runtime.Goexit()
	}
	return f
}

type actorKey struct{}

// steppedStore stops the actor before and after each call of the store. Calls that the ledger makes in the background, on
// its own time, fail, since nothing could reproduce their order.
type steppedStore struct{ ledger.Store }

// Swap is the store's, unless fate has it otherwise.
func (s steppedStore) Swap(ctx context.Context, id ledger.ID, from ledger.Version, w ledger.Write) (ledger.Snapshot, error) {
	failure := &ledger.StoreError{Op: "swap", Kind: ledger.StoreDown, Err: errInjected}
	a, foreground := ctx.Value(actorKey{}).(*actor)
	if !foreground {
		return ledger.Snapshot{}, failure
	}
	f := a.yield(true)
	if f == fateRefused {
		return ledger.Snapshot{}, failure
	}
	found, err := s.Store.Swap(ctx, id, from, w)
	if f == fateReplyLost {
		found, err = ledger.Snapshot{}, failure
	}
	a.yield(false)
	return found, err
}

// Close leaves the store open for the other actors.
func (steppedStore) Close() error { return nil }
