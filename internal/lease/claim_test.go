package lease_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/umgateway/umgateway/internal/lease"
)

func TestWhoRenewsTooLateIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine()
		l.fail = func(time.Duration) error { return errors.New("unavailable") }
		k := open(t, lease.NewMemStore(), lease.Config{HangUp: l.hangUp})
		defer k.Close()
		if err := k.Grant(t.Context(), "x", time.Second, 0); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		if _, err := k.Renew(t.Context(), "x"); !errors.Is(err, lease.ErrNotFound) {
			t.Errorf("while the call is being hung up, renewing gets %v", err)
		}
	})
}

// TestACallIsHungUpThoughWhoClaimedItHasDied: also if somebody watches it at the gateway that is left.
func TestACallIsHungUpThoughWhoClaimedItHasDied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, store := newLine(), lease.NewMemStore()
		if err := store.Grant(t.Context(), "x", lease.Terms{Unattended: time.Second}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if _, err := store.Claim(t.Context(), "x"); err != nil {
			t.Fatal(err)
		}
		k := open(t, store, lease.Config{HangUp: l.hangUp, Attended: func(string) bool { return true }})
		defer k.Close()
		synctest.Wait()
		if got := l.endedAt("x"); got != time.Second {
			t.Errorf("the call was hung up after %v", got)
		}
	})
}

func TestACallThatCannotBeHungUpIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, store := newLine(), lease.NewMemStore()
		l.fail = func(elapsed time.Duration) error {
			if elapsed > 2*time.Hour {
				t.Errorf("it is still tried after %v", elapsed)
			}
			return errors.New("unavailable")
		}
		// It ran out long ago, when no gateway was there.
		if err := store.Grant(t.Context(), "x", lease.Terms{Unattended: time.Second}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(90 * time.Minute)
		k := open(t, store, lease.Config{HangUp: l.hangUp, GiveUp: 20 * time.Minute})
		defer k.Close()
		time.Sleep(10 * time.Minute)
		if all, _ := store.All(t.Context()); len(all) != 1 {
			t.Error("it was given up too early")
		}
		time.Sleep(time.Hour)
		if all, _ := store.All(t.Context()); len(all) != 0 {
			t.Error("it was not given up")
		}
	})
}
