package ledger_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/umgateway/umgateway/internal/ledger"
)

const lease = 10 * time.Second // the default

// kill makes a replica as good as dead: its store does not hear it any more.
func (r *replica) kill() { r.store.set(true, false) }

func (r *replica) revive() { r.store.set(false, false) }

func TestReservationOfADeadOwnerIsTakenOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		all := replicas(t, 2)
		dead := mustBegin(t, all[0])
		all[0].kill()
		start := time.Now()
		heir, _, err := all[1].Begin(within(t, time.Minute), key, content("dial"))
		if heir == nil {
			t.Fatalf("not taken over: %v", err)
		}
		if waited := time.Since(start); waited <= lease || waited > lease+time.Second {
			t.Errorf("taken over after %v", waited)
		}
		if all[1].events.of(ledger.EventTakenOver) != 1 {
			t.Error("it was not observed")
		}
		all[0].revive()
		if err := dead.Sent(context.Background()); !errors.Is(err, ledger.ErrLost) {
			t.Errorf("the stalled owner may send: %v", err)
		}
		if err := dead.Abandon(context.Background()); !errors.Is(err, ledger.ErrLost) {
			t.Errorf("the stalled owner may abandon: %v", err)
		}
		mustSend(t, heir)
		if err := heir.Finish(context.Background(), ledger.Accepted([]byte("call"))); err != nil {
			t.Error(err)
		}
		expect(t, all[0], ledger.StateAccepted, "call")
	})
}

func TestLostReservationEndsTheExchange(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		all := replicas(t, 2)
		stalled := mustBegin(t, all[0])
		ctx, cancel := stalled.Context(context.Background())
		defer cancel()
		all[0].kill()
		time.Sleep(lease + time.Second)
		mustBegin(t, all[1])
		all[0].revive()
		time.Sleep(lease)
		if !errors.Is(context.Cause(ctx), ledger.ErrLost) {
			t.Errorf("the context of the exchange: %v", context.Cause(ctx))
		}
		stalled.Abandon(context.Background())
	})
}

func TestSentOperationOfADeadOwnerIsUnknownAndNeverGivenOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		all := replicas(t, 2)
		mustSend(t, mustBegin(t, all[0]))
		all[0].kill()
		start := time.Now()
		entry, answer, err := all[1].Begin(within(t, time.Minute), key, content("dial"))
		if entry != nil || answer.State != ledger.StateUnknown || err != nil || time.Since(start) <= lease {
			t.Fatalf("entry %v, %+v, %v after %v", entry != nil, answer, err, time.Since(start))
		}
		if all[1].events.of(ledger.EventDeclared) != 1 {
			t.Error("it was not observed")
		}
		time.Sleep(time.Hour)
		expect(t, all[1], ledger.StateUnknown, "")
	})
}

func TestSlowSenderMayHandInTheAnswerButNotSendAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		all := replicas(t, 2)
		slow := mustBegin(t, all[0])
		mustSend(t, slow)
		all[0].kill()
		time.Sleep(lease + time.Second)
		expect(t, all[1], ledger.StateUnknown, "")
		all[0].revive()
		if err := slow.Sent(context.Background()); !errors.Is(err, ledger.ErrLost) {
			t.Errorf("it may send again: %v", err)
		}
		if err := slow.Finish(context.Background(), ledger.Accepted([]byte("call"))); err != nil {
			t.Error(err)
		}
		expect(t, all[1], ledger.StateAccepted, "call")
	})
}

func TestWhatWasToldUnknownIsNotGivenOutByALateAbandon(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		all := replicas(t, 2)
		slow := mustBegin(t, all[0])
		mustSend(t, slow)
		all[0].kill()
		time.Sleep(lease + time.Second)
		expect(t, all[1], ledger.StateUnknown, "")
		all[0].revive()
		if err := slow.Abandon(context.Background()); err != nil {
			t.Error(err)
		}
		expect(t, all[1], ledger.StateUnknown, "")
	})
}

func TestLiveOwnerKeepsItsLeaseForTheLongestExchange(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		all := replicas(t, 2, func(o *ledger.Options) { o.MaxExchange = 100 * time.Second })
		entry := mustBegin(t, all[0])
		inFlight := func() bool {
			_, _, err := all[1].TryBegin(context.Background(), key, content("dial"))
			return errors.Is(err, ledger.ErrInFlight)
		}
		for range 4 {
			time.Sleep(lease)
			if !inFlight() {
				t.Fatal("a live owner lost its reservation")
			}
		}
		mustSend(t, entry)
		for range 5 {
			time.Sleep(lease)
			if !inFlight() {
				t.Fatal("a live sender lost its lease")
			}
		}
		time.Sleep(4 * lease)
		expect(t, all[1], ledger.StateUnknown, "")
		if err := entry.Finish(context.Background(), ledger.Accepted([]byte("call"))); err != nil {
			t.Error(err)
		}
	})
}

func TestShortFailureOfTheStoreDoesNotLoseTheLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		all := replicas(t, 2)
		entry := mustBegin(t, all[0])
		time.Sleep(lease / 6)
		all[0].kill()
		time.Sleep(lease / 3) // one renewal fails
		all[0].revive()
		time.Sleep(5 * lease)
		mustSend(t, entry)
		entry.Abandon(context.Background())
		expectFree(t, all[1])
	})
}

func TestRecordIsForgottenAfterItsRetention(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := replicas(t, 1, func(o *ledger.Options) { o.Retention = time.Hour })[0]
		entry := mustBegin(t, r)
		mustSend(t, entry)
		entry.Finish(context.Background(), ledger.Accepted([]byte("call")))
		time.Sleep(time.Hour - time.Second)
		expect(t, r, ledger.StateAccepted, "call")
		time.Sleep(2 * time.Second)
		expectFree(t, r)
	})
}
