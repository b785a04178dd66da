package boltstore_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/bbolt"

	"github.com/umgateway/umgateway/internal/ledger"
	"github.com/umgateway/umgateway/internal/ledger/boltstore"
	"github.com/umgateway/umgateway/internal/ledger/ledgertest"
)

func open(t testing.TB, options boltstore.Options) *boltstore.Store {
	t.Helper()
	s, err := boltstore.Open(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func inTemp(t testing.TB) boltstore.Options {
	return boltstore.Options{Path: filepath.Join(t.TempDir(), "ledger.db"), LockTimeout: 10 * time.Millisecond}
}

func idOf(name string) ledger.ID { return sha256.Sum256([]byte(name)) }

// put makes a record from nothing. Its version is n.
func put(s ledger.Store, id ledger.ID, n byte, state ledger.State, size int) error {
	w := ledger.Write{Lease: time.Minute, Keep: time.Hour}
	w.Record = ledger.Record{State: state, Version: ledger.Version{n}, Result: make([]byte, size)}
	found, err := s.Swap(context.Background(), id, ledger.Version{}, w)
	if err == nil && !w.Made(found) {
		err = fmt.Errorf("there was %+v", found)
	}
	return err
}

func kindOf(err error) ledger.StoreKind {
	if failure := (*ledger.StoreError)(nil); errors.As(err, &failure) {
		return failure.Kind
	}
	return -1
}

func TestStoreConforms(t *testing.T) {
	t.Parallel()
	var clock ledgertest.Clock
	ledgertest.Run(t, ledgertest.Fixture{
		New: func(t *testing.T) ledger.Store {
			options := inTemp(t)
			options.Now = clock.Now
			return open(t, options)
		},
		Advance: clock.Advance,
		Runs:    60,
	})
}

func TestFileIsForItsOwnerAndOneProcessOnly(t *testing.T) {
	t.Parallel()
	options := inTemp(t)
	open(t, options)
	info, err := os.Stat(options.Path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if _, err := boltstore.Open(options); err == nil || !strings.Contains(err.Error(), "another process has the file open") {
		t.Errorf("a second opening: %v", err)
	}
}

func TestWhatIsNotALedgerIsRefusedAndLeftAlone(t *testing.T) {
	t.Parallel()
	write := func(content string) func(string) error {
		return func(path string) error { return os.WriteFile(path, []byte(content), 0o600) }
	}
	later := func(path string) error {
		db, err := bbolt.Open(path, 0o600, nil)
		if err != nil {
			return err
		}
		err = db.Update(func(tx *bbolt.Tx) error {
			meta, err := tx.CreateBucket([]byte("meta"))
			if err != nil {
				return err
			}
			return meta.Put([]byte("format"), []byte{0, 0, 0, 0, 0, 0, 0, 2})
		})
		return errors.Join(err, db.Close())
	}
	for rule, c := range map[string]struct {
		make func(path string) error
		want string
	}{
		"another kind of file": {write(strings.Repeat("no ledger ", 10_000)), "damaged or not a ledger"},
		"a later format":       {later, "format 2"},
		"a missing directory":  {os.RemoveAll, "no such file"},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			options := inTemp(t)
			if rule == "a missing directory" {
				options.Path = filepath.Join(options.Path, "deeper", "ledger.db")
			}
			if err := c.make(options.Path); err != nil {
				t.Fatal(err)
			}
			before, _ := os.ReadFile(options.Path)
			if _, err := boltstore.Open(options); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v", err)
			}
			if after, _ := os.ReadFile(options.Path); string(after) != string(before) && rule != "a later format" {
				t.Error("the file was changed")
			}
		})
	}
}

func TestReopenedFileKeepsRecordsAndEndsTheirLeases(t *testing.T) {
	t.Parallel()
	options := inTemp(t)
	s := open(t, options)
	for n, state := range []ledger.State{ledger.StateReserved, ledger.StateSent, ledger.StateAccepted} {
		if err := put(s, idOf(state.String()), byte(n+1), state, n); err != nil {
			t.Fatal(err)
		}
	}
	if found := ledgertest.Peek(t, s, idOf("SENT")); found.Expired {
		t.Error("the lease has ended before its time")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, options)
	for n, state := range []ledger.State{ledger.StateReserved, ledger.StateSent, ledger.StateAccepted} {
		found := ledgertest.Peek(t, s, idOf(state.String()))
		if found.State != state || found.Version != (ledger.Version{byte(n + 1)}) || len(found.Result) != n || !found.Expired {
			t.Errorf("%v: got %+v", state, found)
		}
	}
}

// heldContext keeps whoever asks for its error until it is released.
type heldContext struct {
	context.Context
	release chan struct{}
}

func (c heldContext) Err() error {
	<-c.release
	return nil
}

func TestWritesThatWaitShareTheirWayToTheDisk(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, inTemp(t))
		const writers = 100
		var group sync.WaitGroup
		release := make(chan struct{})
		group.Go(func() {
			s.Swap(heldContext{context.Background(), release}, idOf("held"), ledger.Version{}, ledger.Write{})
		})
		synctest.Wait() // the writer is at work
		for w := range writers {
			group.Go(func() {
				if err := put(s, idOf(fmt.Sprint(w)), 1, ledger.StateSent, 0); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait() // all of them wait for it
		before := s.Commits()
		close(release)
		group.Wait()
		if commits := s.Commits() - before; commits != 1 {
			t.Errorf("%d writes took %d commits", writers, commits)
		}
		s.Close()
	})
}

func TestFullFileRefusesNewRecordsUntilOldOnesArePurged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		options := inTemp(t)
		options.MaxBytes = 1 << 20
		s := open(t, options)
		fill := func(round int) (n int, err error) {
			for err == nil && n < 1000 {
				err = put(s, idOf(fmt.Sprint(round, n)), 1, ledger.StateSent, 60_000)
				n++
			}
			return n, err
		}
		first, err := fill(1)
		if kindOf(err) != ledger.StoreFull || first < 10 {
			t.Fatalf("after %d records: %v", first, err)
		}
		outcome := ledger.Write{Keep: time.Hour}
		outcome.Record = ledger.Record{State: ledger.StateAccepted, Version: ledger.Version{2}, Result: make([]byte, 60_000)}
		if found, err := s.Swap(context.Background(), idOf(fmt.Sprint(1, 0)), ledger.Version{1}, outcome); err != nil || !outcome.Made(found) {
			t.Errorf("the outcome of what is in flight: %+v, %v", found, err)
		}
		time.Sleep(2 * time.Hour) // of the bubble's clock
		synctest.Wait()
		if left := s.Records(); left != 0 {
			t.Errorf("%d records are left after their retention", left)
		}
		if second, err := fill(2); second < first/2 || kindOf(err) != ledger.StoreFull {
			t.Errorf("room for %d records, before for %d: %v", second, first, err)
		}
		s.Close()
	})
}

func TestRecordThatWasWrittenAnewIsNotPurgedAtItsOldTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, inTemp(t))
		if err := put(s, idOf("dial"), 1, ledger.StateReserved, 0); err != nil {
			t.Fatal(err)
		}
		time.Sleep(30 * time.Minute) // of the bubble's clock
		sent := ledger.Write{Keep: time.Hour, Record: ledger.Record{State: ledger.StateSent, Version: ledger.Version{2}}}
		if _, err := s.Swap(context.Background(), idOf("dial"), ledger.Version{1}, sent); err != nil {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Minute)
		if found := ledgertest.Peek(t, s, idOf("dial")); found.State != ledger.StateSent {
			t.Errorf("50 minutes later: %v", found.State)
		}
		time.Sleep(20 * time.Minute)
		synctest.Wait()
		if n := s.Records(); n != 0 {
			t.Errorf("%d records after the retention", n)
		}
		s.Close()
	})
}
