//go:build interop

package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/umgateway/umgateway/internal/ledger"
	"github.com/umgateway/umgateway/internal/ledger/redisstore"
)

// gateway is one gateway's ledger over the server.
func gateway(t *testing.T, s *server, lease time.Duration, change ...func(*redisstore.Options)) *ledger.Ledger {
	t.Helper()
	l, err := ledger.Open(s.open(t, change...), ledger.Options{Lease: lease})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ended, cancel := context.WithCancel(context.Background())
		cancel()
		l.Close(ended)
	})
	return l
}

func keyOf(request string) (ledger.Key, ledger.Digest) {
	key := ledger.Key{Principal: "caller", Backend: "b", Identity: "i", RPC: "/dial", RequestID: request}
	return key, key.Digest([]byte("content"))
}

func begin(l *ledger.Ledger, request string) (*ledger.Entry, ledger.Answer, error) {
	key, content := keyOf(request)
	return l.TryBegin(context.Background(), key, content)
}

func mustBegin(t *testing.T, l *ledger.Ledger, request string) *ledger.Entry {
	t.Helper()
	entry, answer, err := begin(l, request)
	if entry == nil {
		t.Fatalf("%s: %+v, %v", request, answer, err)
	}
	return entry
}

func TestKilledServerKnowsEveryStateAfterItsRestart(t *testing.T) {
	t.Parallel()
	s := startServer(t, safe...)
	owner, other := gateway(t, s, time.Hour), gateway(t, s, time.Hour)
	ctx := context.Background()
	reserved, sent, accepted, abandoned := mustBegin(t, owner, "reserved"), mustBegin(t, owner, "sent"), mustBegin(t, owner, "accepted"), mustBegin(t, owner, "abandoned")
	if err := errors.Join(sent.Sent(ctx), accepted.Sent(ctx), accepted.Finish(ctx, ledger.Accepted([]byte("call"))), abandoned.Abandon(ctx)); err != nil {
		t.Fatal(err)
	}
	s.kill()
	var failure *ledger.StoreError
	if _, _, err := begin(other, "another"); !errors.As(err, &failure) || failure.Kind != ledger.StoreDown {
		t.Errorf("while it is down: %v", err)
	}
	if err := reserved.Sent(ctx); !errors.As(err, &failure) {
		t.Errorf("while it is down, a reservation may be sent: %v", err)
	}
	s.start()
	for _, request := range []string{"reserved", "sent"} {
		if _, _, err := begin(other, request); !errors.Is(err, ledger.ErrInFlight) {
			t.Errorf("%s: %v", request, err)
		}
	}
	if _, answer, err := begin(other, "accepted"); string(answer.Result) != "call" || err != nil {
		t.Errorf("accepted: %+v, %v", answer, err)
	}
	mustBegin(t, other, "abandoned")
	if err := errors.Join(reserved.Sent(ctx), sent.Finish(ctx, ledger.Accepted([]byte("call")))); err != nil {
		t.Errorf("the owners go on: %v", err)
	}
	if _, answer, err := begin(other, "sent"); string(answer.Result) != "call" || err != nil {
		t.Errorf("sent: %+v, %v", answer, err)
	}
}

func TestServerKilledBetweenSentAndItsReplyRemembersSent(t *testing.T) {
	t.Parallel()
	s := startServer(t, safe...)
	socket, swallow := mute(t, s.socket)
	cut := gateway(t, s, time.Hour, func(o *redisstore.Options) { o.Address, o.Timeout = socket, time.Second })
	other := s.open(t)
	entry := mustBegin(t, cut, "dial")
	swallow()
	passed := make(chan error, 1)
	go func() { passed <- entry.Sent(context.Background()) }()
	key, _ := keyOf("dial")
	id, _ := key.ID()
	peek := func() ledger.State {
		found, err := other.Swap(context.Background(), id, ledger.Version{1}, ledger.Write{})
		if err != nil {
			t.Fatal(err)
		}
		return found.State
	}
	for peek() != ledger.StateSent {
	}
	s.kill()
	var failure *ledger.StoreError
	if err := <-passed; !errors.As(err, &failure) || entry.WasSent() {
		t.Errorf("it may send: %v", err)
	}
	s.start()
	if state := peek(); state != ledger.StateSent {
		t.Errorf("after the restart: %v", state)
	}
}

func TestTwoGatewaysDialOnceWhileTheServerIsKilledAgainAndAgain(t *testing.T) {
	t.Parallel()
	const dials, callers = 300, 4
	s := startServer(t, safe...)
	gateways := []*ledger.Ledger{gateway(t, s, time.Second), gateway(t, s, time.Second)}
	var rang [dials]atomic.Int64
	var total atomic.Int64
	restarts := sync.WaitGroup{}
	restart := make(chan struct{}, dials)
	restarts.Go(func() {
		for range restart {
			s.kill()
			s.start()
		}
	})
	exchange := func(dial int) ledger.Exchange {
		return func(ctx context.Context, before func(context.Context) error) ledger.Outcome {
			if err := before(ctx); err != nil {
				return ledger.NotExecuted(err)
			}
			if rang[dial].Add(1) > 1 {
				t.Errorf("dial %d rang again", dial)
			}
			if total.Add(1)%60 == 30 {
				restart <- struct{}{}
			}
			return ledger.Accepted(fmt.Append(nil, dial))
		}
	}
	var group sync.WaitGroup
	work := make(chan int)
	var accepted, unknown atomic.Int64
	for worker := range 2 * callers {
		group.Go(func() {
			for dial := range work {
				key, content := keyOf(fmt.Sprint(dial))
				answer := persist(t, gateways[worker%2], key, content, exchange(dial))
				switch {
				case answer.State == ledger.StateAccepted && string(answer.Result) == fmt.Sprint(dial) && rang[dial].Load() == 1:
					accepted.Add(1)
				case answer.State == ledger.StateUnknown:
					unknown.Add(1)
				default:
					t.Errorf("dial %d, which rang %d times: %+v", dial, rang[dial].Load(), answer)
				}
			}
		})
	}
	for dial := range dials {
		for range callers {
			work <- dial
		}
	}
	close(work)
	group.Wait()
	close(restart)
	restarts.Wait()
	if accepted.Load() < dials || total.Load() < dials/2 {
		t.Errorf("%d rang, %d callers were told ACCEPTED, %d UNKNOWN", total.Load(), accepted.Load(), unknown.Load())
	}
	t.Logf("%d dials rang; of %d callers %d were told ACCEPTED and %d UNKNOWN", total.Load(), dials*callers, accepted.Load(), unknown.Load())
}

// persist asks until there is an answer, as a client that retries does.
func persist(t *testing.T, l *ledger.Ledger, key ledger.Key, content ledger.Digest, exchange ledger.Exchange) ledger.Answer {
	for {
		answer, err := l.Do(context.Background(), key, content, exchange)
		if err == nil {
			return answer
		}
		var failure *ledger.StoreError
		if !errors.As(err, &failure) && !errors.Is(err, ledger.ErrLost) {
			t.Errorf("%s: %v", key.RequestID, err)
			return ledger.Answer{}
		}
		time.Sleep(10 * time.Millisecond) // the client's back-off
	}
}
