package transport

import (
	"context"
	"errors"
	"net"
	"testing"
)

// A call that gives up may be handed a place, or a connection, at the same moment: both ends of the choice are ready then, and
// either may be taken.
func TestWhatIsHandedToACallThatLeavesIsPassedOn(t *testing.T) {
	t.Parallel()
	client, err := New(Config{URL: "http://backend.example.com/", Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("refused")
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	p, s := client.pool, &session{}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for range 100 {
		w := &waiter{session: s, turn: make(chan *conn, 1)}
		p.open = 1
		w.turn <- nil
		if _, err := p.wait(gone, w); err == nil || p.open != 0 {
			t.Fatalf("error %v, %d places are taken", err, p.open)
		}
	}
	for range 100 {
		w, c := &waiter{session: s, turn: make(chan *conn, 1)}, &conn{session: s, reusable: true}
		p.open = 1
		w.turn <- c
		got, err := p.wait(gone, w)
		if err != nil {
			got, _, err = p.take(s)
		}
		if err != nil || got != c || p.open != 1 {
			t.Fatalf("got %v, error %v, %d places are taken", got, err, p.open)
		}
	}
}
