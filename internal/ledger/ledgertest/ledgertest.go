// Package ledgertest says what a ledger.Store must do, as tests that every implementation runs: the register itself, and a
// model of owners that stall, crash and lose replies over it, none of whom may ever send a request twice.
package ledgertest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/umgateway/umgateway/internal/ledger"
)

// Fixture is a store to be tested.
type Fixture struct {
	// New returns an empty store. The test closes it.
	New func(t *testing.T) ledger.Store
	// Share returns another store over the same content, as another replica of the gateway has it. Nil if only one store
	// can have the content.
	Share func(t *testing.T, s ledger.Store) ledger.Store
	// Advance moves the clock by which the store judges leases and retention. Nothing else moves it.
	Advance func(d time.Duration)
	// Runs is how many random runs of the model are made. Each is another seed.
	Runs int
}

// Run tests the store.
func Run(t *testing.T, fixture Fixture) {
	t.Run("register", func(t *testing.T) { testRegister(t, fixture) })
	t.Run("clock", func(t *testing.T) { testClock(t, fixture) })
	t.Run("race", func(t *testing.T) { testRace(t, fixture) })
	t.Run("failures", func(t *testing.T) { testFailures(t, fixture) })
	t.Run("model", func(t *testing.T) { testModel(t, fixture) })
}

const (
	lease = time.Minute
	keep  = 24 * time.Hour
)

func idOf(t *testing.T, name string) ledger.ID {
	return sha256.Sum256(fmt.Append(nil, t.Name(), name))
}

// version makes versions that differ when n differs.
func version(n byte) ledger.Version { return ledger.Version{n, 15: 0xff} }

func record(n byte, state ledger.State, result string) ledger.Record {
	r := ledger.Record{State: state, Version: version(n), Owner: ledger.Token{n}, Digest: ledger.Digest{n, 31: 1}}
	if result != "" {
		r.Result = []byte(result)
	}
	return r
}

func write(r ledger.Record) ledger.Write { return ledger.Write{Record: r, Lease: lease, Keep: keep} }

func mustSwap(t *testing.T, s ledger.Store, id ledger.ID, from ledger.Version, w ledger.Write) ledger.Snapshot {
	t.Helper()
	found, err := s.Swap(context.Background(), id, from, w)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// Peek returns what a store holds.
func Peek(t *testing.T, s ledger.Store, id ledger.ID) ledger.Snapshot {
	t.Helper()
	// To remove the record from a version that it cannot have changes nothing.
	return mustSwap(t, s, id, ledger.Version{0: 0xff, 15: 0xfe}, ledger.Write{})
}

// open makes an empty store for one test.
func (f Fixture) open(t *testing.T) ledger.Store { return closing(t, f.New(t)) }

// share makes another store over the same content, or returns the same store if there can be only one.
func (f Fixture) share(t *testing.T, s ledger.Store) ledger.Store {
	if f.Share == nil {
		return s
	}
	return closing(t, f.Share(t, s))
}

func closing(t *testing.T, s ledger.Store) ledger.Store {
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Clock is a clock that stands still until it is moved.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now returns the clock's time, which begins in 2001.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.now.IsZero() {
		c.now = time.Unix(1e9, 0)
	}
	return c.now
}

// Advance moves the clock.
func (c *Clock) Advance(d time.Duration) {
	now := c.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now.Add(d)
}
