package ledgertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/umgateway/umgateway/internal/ledger"
)

// testRegister checks each way in which the version of a Swap can relate to what is there.
func testRegister(t *testing.T, fixture Fixture) {
	first, second := record(1, ledger.StateReserved, ""), record(2, ledger.StateAccepted, "\x00call\xff id")
	none := ledger.Version{}
	for _, c := range []struct {
		rule   string
		before *ledger.Record
		from   ledger.Version
		write  ledger.Record
		after  ledger.Record
	}{
		{"a write from nothing makes the record", nil, none, first, first},
		{"a write from another version makes nothing", nil, version(9), first, ledger.Record{}},
		{"a write from nothing leaves a record alone", &first, none, second, first},
		{"a write from the version replaces the record", &first, version(1), second, second},
		{"a write from another version leaves the record alone", &first, version(9), second, first},
		{"a write that was made may be repeated", &second, version(1), second, second},
		{"a record is removed from its version", &first, version(1), ledger.Record{}, ledger.Record{}},
		{"a record is not removed from another version", &first, version(9), ledger.Record{}, first},
		{"what is not there can be removed", nil, version(1), ledger.Record{}, ledger.Record{}},
		{"a result may be as large as the ledger allows", nil, none, record(3, ledger.StateRejected, string(bytes.Repeat([]byte{0, 0xfe}, 32<<10))), record(3, ledger.StateRejected, string(bytes.Repeat([]byte{0, 0xfe}, 32<<10)))},
	} {
		t.Run(c.rule, func(t *testing.T) {
			one := fixture.open(t)
			other := fixture.share(t, one)
			id := idOf(t, "id")
			if c.before != nil {
				mustSwap(t, one, id, none, write(*c.before))
			}
			if found := mustSwap(t, one, id, c.from, write(c.write)); !reflect.DeepEqual(found.Record, c.after) {
				t.Errorf("swap: got %+v, want %+v", found.Record, c.after)
			}
			if found := Peek(t, other, id); !reflect.DeepEqual(found.Record, c.after) {
				t.Errorf("then: got %+v, want %+v", found.Record, c.after)
			}
			if found := Peek(t, other, idOf(t, "another id")); found.State != ledger.StateNone {
				t.Errorf("another id: got %+v", found)
			}
		})
	}
}

// testClock checks leases and retention.
func testClock(t *testing.T, fixture Fixture) {
	s := fixture.open(t)
	id, none := idOf(t, "id"), ledger.Version{}
	expect := func(rule string, state ledger.State, expired bool) {
		t.Helper()
		if found := Peek(t, s, id); found.State != state || found.Expired != expired {
			t.Errorf("%s: got %v, expired %v", rule, found.State, found.Expired)
		}
	}
	mustSwap(t, s, id, none, write(record(1, ledger.StateReserved, "")))
	fixture.Advance(lease - time.Second)
	expect("a lease runs", ledger.StateReserved, false)
	fixture.Advance(2 * time.Second)
	expect("a lease runs out", ledger.StateReserved, true)
	if found := mustSwap(t, s, id, none, write(record(2, ledger.StateReserved, ""))); !found.Expired || found.Version != version(1) {
		t.Errorf("a write that is refused tells that the lease ran out: got %+v", found)
	}
	mustSwap(t, s, id, version(1), write(record(3, ledger.StateSent, "")))
	expect("a write begins a new lease", ledger.StateSent, false)
	fixture.Advance(keep - time.Second)
	expect("a record is kept", ledger.StateSent, true)
	mustSwap(t, s, id, version(3), write(record(4, ledger.StateUnknown, "")))
	fixture.Advance(keep - time.Second)
	if found := Peek(t, s, id); found.State != ledger.StateUnknown {
		t.Errorf("a write begins a new retention: got %v", found.State)
	}
	fixture.Advance(2 * time.Second)
	expect("a record is forgotten after its retention", ledger.StateNone, false)
	if found := mustSwap(t, s, id, version(4), write(record(5, ledger.StateAccepted, ""))); found.State != ledger.StateNone {
		t.Errorf("what was forgotten has no version: got %+v", found)
	}
	mustSwap(t, s, id, none, write(record(6, ledger.StateReserved, "")))
	expect("what was forgotten can be made anew", ledger.StateReserved, false)
}

// testRace checks that of many writers from one version exactly one wins, and that all see the same winner.
func testRace(t *testing.T, fixture Fixture) {
	const writers, rounds = 8, 10
	stores := make([]ledger.Store, writers)
	stores[0] = fixture.open(t)
	for i := range stores[1:] {
		stores[i+1] = fixture.share(t, stores[0])
	}
	for round := range rounds {
		id := idOf(t, fmt.Sprint(round))
		var group sync.WaitGroup
		found := make([]ledger.Snapshot, writers)
		for i, s := range stores {
			group.Go(func() {
				found[i], _ = s.Swap(context.Background(), id, ledger.Version{}, write(record(byte(i+1), ledger.StateReserved, "")))
			})
		}
		group.Wait()
		winners := 0
		for i, f := range found {
			if f.Version == version(byte(i+1)) {
				winners++
			}
			if f.Version != found[0].Version || f.State != ledger.StateReserved {
				t.Fatalf("round %d: writer %d saw %+v, writer 0 saw %+v", round, i, f, found[0])
			}
		}
		if winners != 1 {
			t.Fatalf("round %d: %d writers won", round, winners)
		}
	}
}

// testFailures checks that what fails says so in the ledger's words.
func testFailures(t *testing.T, fixture Fixture) {
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	closed := fixture.New(t)
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	running := fixture.open(t)
	for rule, c := range map[string]struct {
		ctx   context.Context
		store ledger.Store
	}{
		"a closed store": {context.Background(), closed},
		"an ended call":  {ended, running},
	} {
		t.Run(rule, func(t *testing.T) {
			id := idOf(t, "id")
			_, err := c.store.Swap(c.ctx, id, ledger.Version{}, write(record(1, ledger.StateReserved, "")))
			var failure *ledger.StoreError
			if !errors.As(err, &failure) || failure.Kind != ledger.StoreDown {
				t.Errorf("got %v", err)
			}
			if found := Peek(t, running, id); found.State != ledger.StateNone {
				t.Errorf("it was written all the same: %+v", found)
			}
		})
	}
}
