package transport

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

func reject(t *testing.T, g *Guard, account, secret string) {
	t.Helper()
	one, err := g.enter(t.Context(), credentialOf(account, secret))
	if err != nil {
		t.Fatal(err)
	}
	one.rejected()
}

func TestGuardForgetsWhatNoLongerMatters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGuard(GuardConfig{})
		reject(t, g, "Alice", "wrong")
		accepted, err := g.enter(t.Context(), credentialOf("bob", "right"))
		if err != nil {
			t.Fatal(err)
		}
		accepted.accepted()
		unused, err := g.enter(t.Context(), credentialOf("carol", "unused"))
		if err != nil {
			t.Fatal(err)
		}
		unused.end()
		for _, test := range []struct {
			after time.Duration
			left  int // of the three
		}{{10 * time.Minute, 2}, {10 * time.Minute, 1}, {time.Hour, 0}} {
			time.Sleep(test.after)
			reject(t, g, fmt.Sprint("newcomer after ", test.after, test.left), "wrong")
			left := 0
			for _, name := range []string{"alice", "bob", "carol"} {
				if g.accounts[name] != nil {
					left++
				}
			}
			if left != test.left {
				t.Errorf("after %v more: %d of three are remembered, want %d", test.after, left, test.left)
			}
		}
	})
}

func TestGuardIsBoundedInMemory(t *testing.T) {
	t.Parallel()
	g := NewGuard(GuardConfig{})
	for i := range 2 * maxAccounts {
		reject(t, g, fmt.Sprint("account", i), "wrong")
	}
	if n := len(g.accounts); n > maxAccounts {
		t.Errorf("%d accounts are remembered", n)
	}
	for i := range 100 {
		one, err := g.enter(t.Context(), credentialOf("alice", fmt.Sprint("guess ", i)))
		if err == nil {
			one.rejected()
		}
	}
	if n := len(g.accounts["alice"].standings); n != maxRejected {
		t.Errorf("%d guesses are remembered", n)
	}
}

func TestSessionsAreBounded(t *testing.T) {
	t.Parallel()
	client, err := New(Config{URL: "http://backend.example.com/"})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for i := range maxSessions + 100 {
		if _, err := client.session(&Identity{Username: fmt.Sprint("user", i)}); err != nil {
			t.Fatal(err)
		}
	}
	if n := client.Stats().Sessions; n > maxSessions {
		t.Errorf("%d sessions are kept", n)
	}
}
