package ledger_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/umgateway/umgateway/internal/ledger"
)

func isStoreError(err error) bool {
	var failure *ledger.StoreError
	return errors.As(err, &failure)
}

func TestNothingIsGivenOutOrSentWhenTheStoreIsDown(t *testing.T) {
	t.Parallel()
	r := replicas(t, 1)[0]
	r.store.set(true, false)
	if entry, _, err := r.Begin(context.Background(), key, content("dial")); entry != nil || !isStoreError(err) {
		t.Fatalf("begin: %v", err)
	}
	if err := r.Check(context.Background()); !isStoreError(err) {
		t.Errorf("check, while it is down: %v", err)
	}
	r.store.set(false, false)
	if err := r.Check(context.Background()); err != nil {
		t.Errorf("check, when it is up again: %v", err)
	}
	entry := mustBegin(t, r)
	r.store.set(true, false)
	if err := entry.Sent(context.Background()); !isStoreError(err) || entry.WasSent() {
		t.Errorf("sent: %v", err)
	}
	if r.events.of(ledger.EventStoreFailed) != 2 {
		t.Error("the failures were not observed")
	}
	r.store.set(false, false)
	mustSend(t, entry)
	entry.Abandon(context.Background())
	expectFree(t, r)
}

func TestLostReplyOfTheStoreIsNoLeaveToSend(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := replicas(t, 1)[0]
		r.store.set(false, true)
		if entry, _, err := r.Begin(context.Background(), key, content("dial")); entry != nil || !isStoreError(err) {
			t.Fatalf("begin: %v", err)
		}
		synctest.Wait()
		r.store.set(false, false)
		entry := mustBegin(t, r) // the claim was retracted
		r.store.set(false, true)
		if err := entry.Sent(context.Background()); !isStoreError(err) || entry.WasSent() {
			t.Fatalf("sent: %v", err)
		}
		r.store.set(false, false)
		if err := entry.Abandon(context.Background()); err != nil {
			t.Error(err)
		}
		expectFree(t, r) // though SENT was written
	})
}

func TestConfiguredToProceedItSendsUnrecorded(t *testing.T) {
	t.Parallel()
	r := replicas(t, 1, func(o *ledger.Options) { o.ProceedWithoutStore = true })[0]
	r.store.set(true, false)
	entry := mustBegin(t, r)
	mustSend(t, entry)
	if err := entry.Finish(context.Background(), ledger.Accepted(nil)); err != nil {
		t.Error(err)
	}
	r.store.set(false, false)
	entry = mustBegin(t, r)
	r.store.set(true, false)
	mustSend(t, entry)
	r.store.set(false, false)
	if err := entry.Finish(context.Background(), ledger.Accepted([]byte("call"))); err != nil {
		t.Error(err)
	}
	expect(t, r, ledger.StateAccepted, "call")
}

func TestConfiguredToProceedALostReservationIsStillRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		all := replicas(t, 2, func(o *ledger.Options) { o.ProceedWithoutStore = true })
		stalled := mustBegin(t, all[0])
		all[0].kill()
		time.Sleep(lease + time.Second)
		mustBegin(t, all[1])
		all[0].revive()
		if err := stalled.Sent(context.Background()); !errors.Is(err, ledger.ErrLost) {
			t.Errorf("got %v", err)
		}
		stalled.Abandon(context.Background())
	})
}

func TestOutcomeIsToldAtOnceAndRecordedWhenTheStoreIsBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		all := replicas(t, 2)
		entry := mustBegin(t, all[0])
		mustSend(t, entry)
		joined := make(chan ledger.Answer, 1)
		go func() {
			_, answer, _ := all[0].Begin(context.Background(), key, content("dial"))
			joined <- answer
		}()
		synctest.Wait()
		all[0].kill()
		if err := entry.Finish(context.Background(), ledger.Accepted([]byte("call"))); !isStoreError(err) {
			t.Errorf("finish: %v", err)
		}
		if answer := <-joined; string(answer.Result) != "call" {
			t.Errorf("who waited here got %+v", answer)
		}
		time.Sleep(time.Minute)
		expect(t, all[1], ledger.StateUnknown, "")
		closed := make(chan error, 1)
		go func() { closed <- all[0].Close(context.Background()) }()
		synctest.Wait()
		if len(closed) > 0 {
			t.Error("close does not wait for what is to be recorded")
		}
		all[0].revive()
		if err := <-closed; err != nil {
			t.Error(err)
		}
		expect(t, all[1], ledger.StateAccepted, "call")
		if all[0].events.of(ledger.EventUnrecorded) != 1 || all[0].events.of(ledger.EventRecorded) != 1 {
			t.Error("it was not observed")
		}
	})
}

func TestAbandonedOperationIsFreedWhenTheStoreIsBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		all := replicas(t, 2)
		entry := mustBegin(t, all[0])
		mustSend(t, entry)
		all[0].kill()
		if err := entry.Abandon(context.Background()); !isStoreError(err) {
			t.Errorf("abandon: %v", err)
		}
		all[0].revive()
		time.Sleep(lease / 3)
		expectFree(t, all[1])
	})
}

func TestResultThatIsTooLargeIsRecordedAsUnknown(t *testing.T) {
	t.Parallel()
	r := replicas(t, 1, func(o *ledger.Options) { o.MaxResult = 4 })[0]
	entry := mustBegin(t, r)
	mustSend(t, entry)
	if err := entry.Finish(context.Background(), ledger.Accepted([]byte("12345"))); !errors.Is(err, ledger.ErrResultSize) {
		t.Errorf("got %v", err)
	}
	expect(t, r, ledger.StateUnknown, "")
}

func TestEntryEndsOnce(t *testing.T) {
	t.Parallel()
	r := replicas(t, 1)[0]
	entry := mustBegin(t, r)
	if err := entry.Finish(context.Background(), ledger.NotExecuted(nil)); err == nil {
		t.Error("it was finished without an outcome")
	}
	mustSend(t, entry)
	if err := entry.Sent(context.Background()); err != nil {
		t.Errorf("another attempt after a proof: %v", err)
	}
	if err := entry.Finish(context.Background(), ledger.Rejected([]byte("no"))); err != nil {
		t.Error(err)
	}
	if entry.Finish(context.Background(), ledger.Accepted(nil)) == nil || entry.Abandon(context.Background()) == nil {
		t.Error("it was ended twice")
	}
	if err := entry.Sent(context.Background()); err == nil {
		t.Error("it was sent after its end")
	}
	expect(t, r, ledger.StateRejected, "no")
}
