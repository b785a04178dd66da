package lease

import (
	"errors"
	"path/filepath"
	"testing"
)

func TestForgettingWhatHasNoLeaseWritesNothing(t *testing.T) {
	t.Parallel()
	s, err := OpenBolt(filepath.Join(t.TempDir(), "leases"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Put(t.Context(), Lease{CallID: "leased"}); err != nil {
		t.Fatal(err)
	}
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
