package lease

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"
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
