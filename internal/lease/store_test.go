package lease_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/umgateway/umgateway/internal/lease"
)

// stores are the stores that need Go alone.
var stores = map[string]func(t *testing.T) lease.Store{
	"memory": func(*testing.T) lease.Store { return lease.NewMemStore() },
	"file": func(t *testing.T) lease.Store {
		s, err := lease.OpenBolt(filepath.Join(t.TempDir(), "leases"))
		if err != nil {
			t.Fatal(err)
		}
		return s
	},
}

func TestStoresConform(t *testing.T) {
	t.Parallel()
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conforms(t, open)
		})
	}
}

// conforms holds a store to the promises of lease.Store.
func conforms(t *testing.T, open func(t *testing.T) lease.Store) {
	t.Helper()
	for rule, check := range map[string]func(*testing.T, lease.Store){
		"a lease tells how long it lasts":           lasts,
		"the limit that comes first counts":         firstLimit,
		"a sign of long ago changes nothing":        oldSign,
		"only a claim keeps a lease from renewal":   claimed,
		"a lease that has not run out is unclaimed": tooEarly,
		"what is forgotten is not found":            forgotten,
		"leases are listed, and granted anew":       listed,
		"a call without a lease has nothing":        nothing,
		"two backends may give one id":              keyed,
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			defer s.Close()
			check(t, s)
		})
	}
}

// grant begins a lease.
func grant(t *testing.T, s lease.Store, callID string, terms lease.Terms) {
	t.Helper()
	if err := s.Grant(t.Context(), callID, terms); err != nil {
		t.Fatal(err)
	}
}

// near tells whether a time is left of a total that began a moment ago.
func near(left, total time.Duration) bool { return left <= total && left > total-time.Minute }

func lasts(t *testing.T, s lease.Store) {
	grant(t, s, "x", lease.Terms{Unattended: time.Hour})
	for name, read := range map[string]func() (lease.Lease, error){
		"Get":   func() (lease.Lease, error) { return s.Get(t.Context(), "x") },
		"Renew": func() (lease.Lease, error) { return s.Renew(t.Context(), "x", 0) },
		"Claim": func() (lease.Lease, error) { return s.Claim(t.Context(), "x") },
	} {
		l, err := read()
		if err != nil || !near(l.Left, time.Hour) || l.Unattended != time.Hour || l.Longest != lease.Endless {
			t.Errorf("%s: %+v, %v", name, l, err)
		}
	}
}

func firstLimit(t *testing.T, s lease.Store) {
	grant(t, s, "longest", lease.Terms{Unattended: 2 * time.Hour, Longest: time.Hour})
	grant(t, s, "unattended", lease.Terms{Unattended: time.Hour, Longest: 2 * time.Hour})
	grant(t, s, "no other", lease.Terms{Longest: time.Hour})
	for _, callID := range []string{"longest", "unattended", "no other"} {
		if l, err := s.Renew(t.Context(), callID, 0); err != nil || !near(l.Left, time.Hour) {
			t.Errorf("%s: %+v, %v", callID, l, err)
		}
	}
	if l, err := s.Get(t.Context(), "unattended"); err != nil || !near(l.Longest, 2*time.Hour) {
		t.Errorf("the longest is %v, %v", l.Longest, err)
	}
}

func oldSign(t *testing.T, s lease.Store) {
	grant(t, s, "x", lease.Terms{Unattended: time.Hour})
	if l, err := s.Renew(t.Context(), "x", 50*time.Minute); err != nil || !near(l.Left, time.Hour) {
		t.Errorf("%+v, %v", l, err)
	}
}

func claimed(t *testing.T, s lease.Store) {
	grant(t, s, "x", lease.Terms{Unattended: time.Millisecond})
	for l, err := s.Get(t.Context(), "x"); l.Left > 0; l, err = s.Get(t.Context(), "x") {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Renew(t.Context(), "x", 0); err != nil {
		t.Errorf("before it was claimed, renewing gets %v", err)
	}
	for l, err := s.Claim(t.Context(), "x"); l.Left > 0; l, err = s.Claim(t.Context(), "x") {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Renew(t.Context(), "x", 0); !errors.Is(err, lease.ErrNotFound) {
		t.Errorf("after it was claimed, renewing gets %v, want ErrNotFound", err)
	}
	for name, read := range map[string]func(context.Context, string) (lease.Lease, error){"Get": s.Get, "Claim": s.Claim} {
		if l, err := read(t.Context(), "x"); err != nil || l.Left != 0 {
			t.Errorf("after it was claimed, %s gets %+v, %v", name, l, err)
		}
	}
}

func tooEarly(t *testing.T, s lease.Store) {
	grant(t, s, "x", lease.Terms{Unattended: time.Hour})
	if _, err := s.Claim(t.Context(), "x"); err != nil {
		t.Error(err)
	}
	if _, err := s.Renew(t.Context(), "x", 0); err != nil {
		t.Errorf("renewing gets %v", err)
	}
}

func forgotten(t *testing.T, s lease.Store) {
	grant(t, s, "x", lease.Terms{Longest: time.Hour})
	if err := errors.Join(s.Delete(t.Context(), "x"), s.Delete(t.Context(), "x")); err != nil {
		t.Error(err)
	}
	if _, err := s.Get(t.Context(), "x"); !errors.Is(err, lease.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

func listed(t *testing.T, s lease.Store) {
	want := []string{"a/b+c==", "x", "é"}
	for _, callID := range want {
		grant(t, s, callID, lease.Terms{Unattended: time.Hour})
	}
	grant(t, s, "x", lease.Terms{Longest: 2 * time.Hour})
	got, err := s.All(t.Context())
	if slices.Sort(got); err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
	if l, err := s.Get(t.Context(), "x"); err != nil || !near(l.Left, 2*time.Hour) || l.Unattended != 0 {
		t.Errorf("granted anew: %+v, %v", l, err)
	}
}

func nothing(t *testing.T, s lease.Store) {
	_, get := s.Get(t.Context(), "x")
	_, renew := s.Renew(t.Context(), "x", 0)
	_, claim := s.Claim(t.Context(), "x")
	for _, err := range []error{get, renew, claim} {
		if !errors.Is(err, lease.ErrNotFound) {
			t.Errorf("got %v", err)
		}
	}
	if all, err := s.All(t.Context()); err != nil || len(all) > 0 {
		t.Errorf("%q, %v", all, err)
	}
}

func keyed(t *testing.T, s lease.Store) {
	old, other := lease.Key(lease.DefaultBackend, "a+/="), lease.Key("new", "a+/=")
	grant(t, s, old, lease.Terms{Longest: time.Hour})
	grant(t, s, other, lease.Terms{Longest: time.Minute})
	if l, err := s.Get(t.Context(), other); err != nil || l.Left > time.Minute {
		t.Errorf("the lease of the other call is %v, %v", l, err)
	}
	if err := s.Delete(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	if all, err := s.All(t.Context()); err != nil || len(all) != 1 || all[0] != other {
		t.Errorf("the calls left are %q, %v", all, err)
	}
}
