package lease_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/umgateway/umgateway/internal/lease"
)

func TestKeysNameTheBackend(t *testing.T) {
	t.Parallel()
	const id = "N2I0NjUxMWIt/+=="
	if key := lease.Key(lease.DefaultBackend, id); key != id {
		t.Errorf("the key of the default backend is %q: leases of before are not found", key)
	}
	seen := map[string]bool{}
	for _, backend := range []string{lease.DefaultBackend, "new", "new-2"} {
		for _, callID := range []string{id, "new", "", "new-2" + id} {
			key := lease.Key(backend, callID)
			if seen[key] {
				t.Errorf("two calls have the key %q", key)
			}
			seen[key] = true
			if b, c := lease.SplitKey(key); b != backend || c != callID {
				t.Errorf("%q is split into %q and %q", key, b, c)
			}
		}
	}
}

// TestLeasesOfOtherBackendsAreLeftAlone: another gateway may have the backend, and hang up.
func TestLeasesOfOtherBackendsAreLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, l := lease.NewMemStore(), newLine()
		mine, other := lease.Key("mine", "a"), lease.Key("other", "a")
		for _, key := range []string{mine, other} {
			if err := store.Grant(t.Context(), key, lease.Terms{Longest: time.Minute}); err != nil {
				t.Fatal(err)
			}
		}
		k := open(t, store, lease.Config{HangUp: l.hangUp, Serves: func(key string) bool { backend, _ := lease.SplitKey(key); return backend == "mine" }})
		time.Sleep(3 * time.Hour)
		if l.endedAt(mine) == 0 || l.endedAt(other) != 0 {
			t.Errorf("the calls ended after %v and %v, want a minute and never", l.endedAt(mine), l.endedAt(other))
		}
		if all, err := store.All(t.Context()); err != nil || len(all) != 1 || all[0] != other {
			t.Errorf("the leases left are %q, %v", all, err)
		}
		if err := k.Close(); err != nil {
			t.Error(err)
		}
	})
}

// slowStore answers its first question after a while.
type slowStore struct {
	lease.Store
	answer chan struct{}
}

func (s slowStore) All(ctx context.Context) ([]string, error) {
	<-s.answer
	return s.Store.All(ctx)
}

func TestLeasesOfBeforeTheStartAreKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := slowStore{lease.NewMemStore(), make(chan struct{})}
		if err := store.Grant(t.Context(), "a", lease.Terms{Longest: time.Hour}); err != nil {
			t.Fatal(err)
		}
		k := open(t, store, lease.Config{HangUp: newLine().hangUp})
		impatient, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if k.Has(impatient, "a") {
			t.Error("a lease is known before the store was read")
		}
		known := make(chan bool)
		go func() { known <- k.Has(t.Context(), "a") }()
		synctest.Wait()
		close(store.answer)
		if !<-known {
			t.Error("a lease of before is not known")
		}
		if k.Has(t.Context(), "b") {
			t.Error("a lease is known that nobody has granted")
		}
		if err := k.Grant(t.Context(), "b", 0, time.Hour); err != nil || !k.Has(t.Context(), "b") {
			t.Errorf("a lease that was granted is not known: %v", err)
		}
		if err := k.Close(); err != nil {
			t.Error(err)
		}
	})
}
