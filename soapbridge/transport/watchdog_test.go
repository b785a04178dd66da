package transport

import (
	"context"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// interrupted is a stream that knows whether it was interrupted.
type interrupted struct {
	net.Conn // nil
	atomic.Bool
}

func (i *interrupted) SetDeadline(deadline time.Time) error {
	if deadline.Equal(time.Unix(1, 0)) {
		i.Store(true)
	}
	return nil
}

// TestConnectionThatWasLeftAloneIsNotInterruptedLater ends exchanges at the moment at which they are found to last and are
// cancelled.
func TestConnectionThatWasLeftAloneIsNotInterruptedLater(t *testing.T) {
	t.Parallel()
	dog, left := newWatchdog(), 0
	stream := &interrupted{}
	w := dog.watch(stream)
	for turn := range 20_000 {
		ctx, cancel := context.WithCancel(t.Context())
		w.begin(ctx)
		w.look()
		var both sync.WaitGroup
		both.Go(func() { w.look() })
		both.Go(cancel)
		for range turn % 4 {
			runtime.Gosched()
		}
		alone := w.end()
		if alone && stream.Load() {
			t.Fatal("a connection was interrupted that had been left alone")
		}
		both.Wait()
		if alone {
			left++
			continue
		}
		dog.forget(w)
		stream = &interrupted{}
		w = dog.watch(stream)
	}
	if len(dog.watches) != 1 {
		t.Errorf("%d connections are watched", len(dog.watches))
	}
	t.Logf("%d exchanges of 20000 were left alone", left)
}

func TestWatchdogLooksOnlyWhileExchangesAreUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // so that its own looks do not come in between
		dog := newWatchdog()
		w := dog.watch(&interrupted{})
		dog.look()
		if dog.running.Load() {
			t.Error("it looks with nothing to look at")
		}
		w.begin(t.Context())
		if !dog.running.Load() {
			t.Error("an exchange did not wake it")
		}
		dog.look()
		w.end()
		w.begin(t.Context())
		if dog.look(); w.closely || !dog.running.Load() {
			t.Error("an exchange was taken for the one before")
		}
		if dog.look(); !w.closely || dog.running.Load() {
			t.Error("an exchange that lasts was not found, or is looked at again")
		}
		w.end()
	})
}

func TestClosedConnectionsAreWatchedNoLonger(t *testing.T) {
	t.Parallel()
	client, err := New(Config{URL: "http://backend.example.com/", Dial: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		return ours, theirs.Close()
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if _, err := client.RoundTrip(t.Context(), &Request{}); err == nil {
		t.Error("a closed connection brought a reply")
	}
	if n := len(client.endpoint.dog.watches); n != 0 {
		t.Errorf("%d connections are watched", n)
	}
}
