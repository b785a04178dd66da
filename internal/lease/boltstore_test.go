package lease

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"
)

func TestForgettingWhatHasNoLeaseWritesNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "leases")
	s, err := OpenBolt(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Grant(t.Context(), "leased", Terms{Longest: time.Hour}), s.Close()); err != nil {
		t.Fatal(err)
	}
	// What an earlier process leased is known as well.
	if s, err = OpenBolt(path); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	stats := s.db.Stats()
	before := stats.TxStats.GetWrite()
	if err := s.Delete(t.Context(), "unleased"); err != nil {
		t.Fatal(err)
	}
	if stats = s.db.Stats(); stats.TxStats.GetWrite() != before {
		t.Errorf("%d pages were written", stats.TxStats.GetWrite()-before)
	}
	if err := s.Delete(t.Context(), "leased"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(t.Context(), "leased"); !errors.Is(err, ErrNotFound) {
		t.Errorf("the lease is still there: %v", err)
	}
}

func TestALeaseThatIsRenewedWhileItIsForgottenCanBeForgottenLater(t *testing.T) {
	t.Parallel()
	s, err := OpenBolt(filepath.Join(t.TempDir(), "leases"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for range 20 {
		var both sync.WaitGroup
		both.Go(func() { _ = s.Grant(context.Background(), "a", Terms{Longest: time.Hour}) })
		both.Go(func() { _ = s.Delete(context.Background(), "a") })
		both.Wait()
		if err := s.Delete(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		if left, err := s.All(t.Context()); err != nil || len(left) > 0 || s.marked("a") != 0 {
			t.Fatalf("%v is left: %v", left, err)
		}
	}
}

func TestDamagedFileOfLeasesIsRefusedByNameWithWhatToDo(t *testing.T) {
	t.Parallel()
	for damage, do := range map[string]func(path string) error{
		"emptied": func(path string) error { return os.Truncate(path, 0) },
		"cut off": func(path string) error { return os.Truncate(path, 10_000) },
		"no file of leases": func(path string) error {
			return change(path, func(tx *bolt.Tx) error { return tx.DeleteBucket(bucket) })
		},
		"a lease that is none": func(path string) error {
			return change(path, func(tx *bolt.Tx) error { return tx.Bucket(bucket).Put([]byte("call"), []byte("{")) })
		},
	} {
		t.Run(damage, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "leases")
			s, err := OpenBolt(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(s.Grant(t.Context(), "call", Terms{Longest: time.Hour}), s.Close(), do(path)); err != nil {
				t.Fatal(err)
			}
			if _, err := OpenBolt(path); err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "move it away to accept that") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func change(path string, update func(tx *bolt.Tx) error) error {
	db, err := bolt.Open(path, 0o600, nil)
	if err != nil {
		return err
	}
	return errors.Join(db.Update(update), db.Close())
}
