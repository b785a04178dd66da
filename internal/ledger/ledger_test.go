package ledger_test

import (
	"context"
	"encoding/hex"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/umgateway/umgateway/internal/ledger"
	"github.com/umgateway/umgateway/internal/ledger/memstore"
)

// The values were computed with another implementation (Python's hashlib and hmac) from the layout that key.go describes. If
// they change, replicas of two versions do not see each other's dials.
func TestIDsAndDigestsStayTheSameFromVersionToVersion(t *testing.T) {
	t.Parallel()
	id, err := key.ID()
	if got := hex.EncodeToString(id[:]); err != nil || got != "6bb3df8ae45411fd18bdc5d5c7fb40f5fe95e0fe8bccb851bf76ba6fdeda1422" {
		t.Errorf("id %s, %v", got, err)
	}
	digest := content("content")
	if got := hex.EncodeToString(digest[:]); got != "61458c474f8fcbba3e6768e93b4ef6ba5fd875d34698f3af705ca01ca0618598" {
		t.Errorf("digest %s", got)
	}
}

func TestRepeatGetsTheRecordedAnswer(t *testing.T) {
	t.Parallel()
	for rule, outcome := range map[string]ledger.Outcome{
		"accepted": ledger.Accepted([]byte("call")), "rejected": ledger.Rejected([]byte("no")), "unknown": ledger.Unknown([]byte("who knows")),
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			all := replicas(t, 2)
			entry := mustBegin(t, all[0])
			mustSend(t, entry)
			if err := entry.Finish(context.Background(), outcome); err != nil {
				t.Fatal(err)
			}
			for _, r := range all {
				expect(t, r, outcome.State, string(outcome.Result))
				if r.events.of(ledger.EventReplayed) != 1 {
					t.Error("the replay was not observed")
				}
			}
		})
	}
}

func TestSentIsWrittenBeforeItReturns(t *testing.T) {
	t.Parallel()
	r := replicas(t, 1)[0]
	entry := mustBegin(t, r)
	mustSend(t, entry)
	if got := r.store.written(); len(got) != 2 || got[0] != ledger.StateReserved || got[1] != ledger.StateSent {
		t.Errorf("written: %v", got)
	}
}

func TestSameIDWithOtherContentIsRefusedInEveryState(t *testing.T) {
	t.Parallel()
	all := replicas(t, 2)
	refused := func(when string) {
		t.Helper()
		for i, r := range all {
			if entry, _, err := r.Begin(context.Background(), key, content("another dial")); entry != nil || !errors.Is(err, ledger.ErrReused) {
				t.Errorf("%s, replica %d: %v", when, i, err)
			}
		}
	}
	entry := mustBegin(t, all[0])
	refused("reserved")
	mustSend(t, entry)
	refused("sent")
	if err := entry.Finish(context.Background(), ledger.Accepted(nil)); err != nil {
		t.Fatal(err)
	}
	refused("accepted")
	if all[0].events.of(ledger.EventReused) != 3 {
		t.Error("the refusals were not observed")
	}
}

// A caller with the wrong content must not make the gateway refuse one with the right content.
func TestWrongContentDoesNotGetTheRightOneRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		all := replicas(t, 2)
		owner := mustBegin(t, all[0])
		release := all[1].store.holdReplies()
		errs := make(chan error, 1)
		go func() {
			_, _, err := all[1].Begin(context.Background(), key, content("wrong"))
			errs <- err
		}()
		synctest.Wait() // the wrong one waits for the store
		answers := make(chan ledger.Answer, 1)
		go func() {
			_, answer, _ := all[1].Begin(context.Background(), key, content("dial"))
			answers <- answer
		}()
		synctest.Wait() // the right one has seen it
		release()
		if err := <-errs; !errors.Is(err, ledger.ErrReused) {
			t.Errorf("wrong content: %v", err)
		}
		mustSend(t, owner)
		owner.Finish(context.Background(), ledger.Accepted([]byte("call")))
		if answer := <-answers; string(answer.Result) != "call" {
			t.Errorf("right content: %+v", answer)
		}
	})
}

func TestCallersJoinWhatIsInFlightHereAndElsewhere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		all := replicas(t, 3)
		owner := mustBegin(t, all[0])
		mustSend(t, owner)
		const each = 5
		answers := make(chan ledger.Answer, len(all)*each)
		for _, r := range all {
			for range each {
				go func() {
					_, answer, err := r.Begin(context.Background(), key, content("dial"))
					if err != nil {
						t.Error(err)
					}
					answers <- answer
				}()
			}
			if _, _, err := r.TryBegin(context.Background(), key, content("dial")); !errors.Is(err, ledger.ErrInFlight) {
				t.Errorf("without waiting: %v", err)
			}
		}
		time.Sleep(3 * time.Second)
		if len(answers) > 0 {
			t.Fatal("somebody did not wait")
		}
		for i, r := range all {
			if _, _, err := r.Begin(within(t, time.Second), key, content("another dial")); !errors.Is(err, ledger.ErrReused) {
				t.Errorf("other content meanwhile, at replica %d: %v", i, err)
			}
		}
		owner.Finish(context.Background(), ledger.Accepted([]byte("call")))
		for range cap(answers) {
			if answer := <-answers; answer.State != ledger.StateAccepted || string(answer.Result) != "call" || answer.Source != ledger.SourceJoined {
				t.Errorf("got %+v", answer)
			}
		}
		for i, r := range all {
			if n := r.events.of(ledger.EventJoined); n != each {
				t.Errorf("replica %d observed %d joiners", i, n)
			}
		}
	})
}

func TestJoinerWaitsNoLongerThanItsOwnDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		all := replicas(t, 2)
		owner := mustBegin(t, all[0])
		mustSend(t, owner)
		for i, r := range all {
			start := time.Now()
			entry, _, err := r.Begin(within(t, 2*time.Second), key, content("dial"))
			var interrupted *ledger.InterruptedError
			if entry != nil || !errors.Is(err, context.DeadlineExceeded) || !errors.As(err, &interrupted) || !interrupted.Sent || time.Since(start) != 2*time.Second {
				t.Errorf("replica %d: %v after %v", i, err, time.Since(start))
			}
		}
		if err := owner.Finish(context.Background(), ledger.Accepted([]byte("call"))); err != nil {
			t.Error(err)
		}
		expect(t, all[1], ledger.StateAccepted, "call")
	})
}

func TestAbandonedOperationGoesToOneOfThoseWhoWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		all := replicas(t, 2)
		owner := mustBegin(t, all[0])
		const waiting = 6
		executed := make(chan int, waiting)
		answers := make(chan ledger.Answer, waiting)
		for i := range waiting {
			go func() {
				entry, answer, err := all[i%2].Begin(context.Background(), key, content("dial"))
				if err != nil {
					t.Error(err)
				}
				if entry != nil {
					executed <- i
					time.Sleep(time.Second)
					entry.Sent(context.Background())
					entry.Finish(context.Background(), ledger.Accepted([]byte("call")))
					answer = ledger.Answer{State: ledger.StateAccepted, Result: []byte("call")}
				}
				answers <- answer
			}()
		}
		synctest.Wait()
		if err := owner.Abandon(context.Background()); err != nil {
			t.Error(err)
		}
		for range waiting {
			if answer := <-answers; string(answer.Result) != "call" {
				t.Errorf("got %+v", answer)
			}
		}
		if len(executed) != 1 {
			t.Errorf("%d of them carried it out", len(executed))
		}
	})
}

func TestOptionsThatContradictThemselvesAreRefused(t *testing.T) {
	t.Parallel()
	store := memstore.New(memstore.Options{})
	for rule, options := range map[string]ledger.Options{
		"negative":                              {Lease: -1},
		"forgotten before the exchange is over": {Retention: time.Minute, MaxExchange: time.Minute},
	} {
		if _, err := ledger.Open(store, options); err == nil {
			t.Errorf("%s: no error", rule)
		}
	}
	if _, err := ledger.Open(nil, ledger.Options{}); err == nil {
		t.Error("no store: no error")
	}
}

func TestClosedLedgerGivesNothingOutAndWaitsForWhatItGaveOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := replicas(t, 1)[0]
		entry := mustBegin(t, r)
		closed := make(chan error, 1)
		go func() { closed <- r.Close(context.Background()) }()
		synctest.Wait()
		if len(closed) > 0 {
			t.Error("it did not wait")
		}
		if _, _, err := r.Begin(context.Background(), ledger.Key{RPC: "r", RequestID: "1"}, ledger.Digest{}); !errors.Is(err, ledger.ErrClosed) {
			t.Errorf("another operation: %v", err)
		}
		mustSend(t, entry)
		entry.Finish(context.Background(), ledger.Accepted(nil))
		if err := <-closed; err != nil {
			t.Error(err)
		}
	})
}

func TestCloseTellsWhatItLeftBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := replicas(t, 1)[0]
		mustBegin(t, r)
		if err := r.Close(within(t, time.Second)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}
