package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/umgateway/umgateway/internal/ledger"
)

type beforeSend = func(context.Context) error

func do(ctx context.Context, r *replica, exchange ledger.Exchange) (ledger.Answer, error) {
	return r.Do(ctx, key, content("dial"), exchange)
}

// dialer is an exchange that takes a second to connect and a second to get its answer.
func dialer(rang *atomic.Int64) ledger.Exchange {
	return func(ctx context.Context, before beforeSend) ledger.Outcome {
		wait := func() error {
			select {
			case <-time.After(time.Second):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if err := wait(); err != nil {
			return ledger.NotExecuted(err)
		}
		if err := before(ctx); err != nil {
			return ledger.NotExecuted(err)
		}
		rang.Add(1)
		if err := wait(); err != nil {
			return ledger.Unknown(nil)
		}
		return ledger.Accepted(fmt.Appendf(nil, "call %d", rang.Load()))
	}
}

func TestDoExecutesOnceHoweverOftenItIsAsked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		all := replicas(t, 2)
		var rang atomic.Int64
		var group sync.WaitGroup
		for i := range 20 {
			group.Go(func() {
				answer, err := do(context.Background(), all[i%2], dialer(&rang))
				if err != nil || answer.State != ledger.StateAccepted || string(answer.Result) != "call 1" {
					t.Errorf("got %+v, %v", answer, err)
				}
			})
		}
		group.Wait()
		answer, err := do(context.Background(), all[1], dialer(&rang))
		if err != nil || string(answer.Result) != "call 1" || answer.Source != ledger.SourceReplayed || rang.Load() != 1 {
			t.Errorf("afterwards: %+v, %v; it rang %d times", answer, err, rang.Load())
		}
	})
}

func TestCallerWhoLeavesBeforeTheFirstByteStopsTheExchange(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := replicas(t, 1)[0]
		var rang atomic.Int64
		_, err := do(within(t, time.Second/2), r, dialer(&rang))
		var interrupted *ledger.InterruptedError
		if !errors.As(err, &interrupted) || interrupted.Sent || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		time.Sleep(time.Minute)
		if rang.Load() != 0 {
			t.Error("it rang without its caller")
		}
		expectFree(t, r)
	})
}

func TestCallerWhoLeavesAfterTheFirstByteFindsTheAnswerLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		all := replicas(t, 2)
		var rang atomic.Int64
		_, err := do(within(t, 3*time.Second/2), all[0], dialer(&rang))
		var interrupted *ledger.InterruptedError
		if !errors.As(err, &interrupted) || !interrupted.Sent {
			t.Errorf("got %v", err)
		}
		answer, err := do(context.Background(), all[1], dialer(&rang))
		if err != nil || string(answer.Result) != "call 1" || answer.Source != ledger.SourceJoined || rang.Load() != 1 {
			t.Errorf("the repeat: %+v, %v; it rang %d times", answer, err, rang.Load())
		}
	})
}

func TestCallerWhoLeavesWhileSentIsWrittenStopsTheExchange(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := replicas(t, 1)[0]
		ctx, leave := context.WithCancel(context.Background())
		passed := make(chan error, 1)
		var release func()
		result := make(chan error, 1)
		go func() {
			_, err := do(ctx, r, func(ctx context.Context, before beforeSend) ledger.Outcome {
				release = r.store.holdReplies()
				err := before(context.WithoutCancel(ctx))
				passed <- err
				return ledger.NotExecuted(err)
			})
			result <- err
		}()
		synctest.Wait() // SENT is written, but the store has not answered
		leave()
		var interrupted *ledger.InterruptedError
		if err := <-result; !errors.As(err, &interrupted) || interrupted.Sent {
			t.Errorf("got %v", err)
		}
		release()
		if err := <-passed; !errors.Is(err, context.Canceled) {
			t.Errorf("it may send without its caller: %v", err)
		}
		synctest.Wait()
		expectFree(t, r)
	})
}

func TestExchangeHasItsCallersDeadlineUntilTheFirstByte(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := replicas(t, 1, func(o *ledger.Options) { o.MaxExchange = time.Minute })[0]
		type valueKey struct{}
		start := time.Now()
		parent, cancel := context.WithTimeout(context.WithValue(context.Background(), valueKey{}, "value"), 5*time.Second)
		defer cancel()
		ended := make(chan error, 1)
		do(parent, r, func(ctx context.Context, before beforeSend) ledger.Outcome {
			child, cancel := context.WithCancel(ctx)
			defer cancel()
			for _, c := range []context.Context{ctx, child} {
				if deadline, _ := c.Deadline(); deadline.Sub(start) != 5*time.Second {
					t.Errorf("before: %v", deadline.Sub(start))
				}
			}
			before(ctx)
			for _, c := range []context.Context{ctx, child} {
				if deadline, _ := c.Deadline(); deadline.Sub(start) != time.Minute || c.Value(valueKey{}) != "value" {
					t.Errorf("after: %v, %v", deadline.Sub(start), c.Value(valueKey{}))
				}
			}
			<-child.Done()
			if time.Since(start) != time.Minute {
				t.Errorf("it ended after %v", time.Since(start))
			}
			ended <- ctx.Err()
			return ledger.Unknown(nil)
		})
		if err := <-ended; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("ended with %v", err)
		}
		synctest.Wait()
		expect(t, r, ledger.StateUnknown, "")
	})
}

func TestExchangeIsToldWhyItsCallerLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := replicas(t, 1)[0]
		for want, end := range map[error]func() (context.Context, context.CancelFunc){
			context.DeadlineExceeded: func() (context.Context, context.CancelFunc) {
				return context.WithTimeout(context.Background(), time.Second)
			},
			context.Canceled: func() (context.Context, context.CancelFunc) {
				ctx, cancel := context.WithCancel(context.Background())
				time.AfterFunc(time.Second, cancel)
				return ctx, cancel
			},
		} {
			parent, cancel := end()
			seen := make(chan error, 1)
			do(parent, r, func(ctx context.Context, _ beforeSend) ledger.Outcome {
				<-ctx.Done()
				seen <- ctx.Err()
				return ledger.NotExecuted(ctx.Err())
			})
			if err := <-seen; err != want {
				t.Errorf("got %v, want %v", err, want)
			}
			cancel()
			synctest.Wait()
		}
	})
}

func TestOperationThatDidNotRunIsTriedAnewByARepeat(t *testing.T) {
	t.Parallel()
	r := replicas(t, 1)[0]
	throttled := errors.New("throttled")
	_, err := do(context.Background(), r, func(ctx context.Context, before beforeSend) ledger.Outcome {
		if err := before(ctx); err != nil {
			t.Error(err)
		}
		return ledger.NotExecuted(throttled)
	})
	if !errors.Is(err, throttled) {
		t.Errorf("got %v", err)
	}
	answer, err := do(context.Background(), r, func(ctx context.Context, before beforeSend) ledger.Outcome {
		return ledger.Accepted([]byte("call"))
	})
	if err != nil || string(answer.Result) != "call" || answer.Source != ledger.SourceExecuted {
		t.Errorf("the repeat: %+v, %v", answer, err)
	}
}

func TestExecutionThatWasNotAnnouncedIsObservedAndRecorded(t *testing.T) {
	t.Parallel()
	r := replicas(t, 1)[0]
	for range 2 {
		answer, err := do(context.Background(), r, func(context.Context, beforeSend) ledger.Outcome { return ledger.Accepted([]byte("call")) })
		if err != nil || string(answer.Result) != "call" || r.events.of(ledger.EventUnannounced) != 1 {
			t.Errorf("got %+v, %v; observed %d times", answer, err, r.events.of(ledger.EventUnannounced))
		}
	}
}

func TestRefusalToSendReachesTheCallerAsItIs(t *testing.T) {
	t.Parallel()
	r := replicas(t, 1)[0]
	_, err := do(context.Background(), r, func(ctx context.Context, before beforeSend) ledger.Outcome {
		r.store.set(true, false)
		defer r.store.set(false, false)
		return ledger.NotExecuted(fmt.Errorf("transport: stopped, cause lost: %v", before(ctx)))
	})
	if !isStoreError(err) {
		t.Errorf("got %v", err)
	}
}

func TestPanicOfAnExchangeLeavesNoEntryBehind(t *testing.T) {
	t.Parallel()
	r := replicas(t, 1)[0]
	_, err := do(context.Background(), r, func(context.Context, beforeSend) ledger.Outcome { panic("before") })
	var panicked *ledger.PanicError
	if !errors.As(err, &panicked) || panicked.Reason != "before" || len(panicked.Stack) == 0 {
		t.Errorf("before it was sent: %v", err)
	}
	answer, err := do(context.Background(), r, func(ctx context.Context, before beforeSend) ledger.Outcome {
		before(ctx)
		panic("after")
	})
	if err != nil || answer.State != ledger.StateUnknown {
		t.Errorf("after it was sent: %+v, %v", answer, err)
	}
	expect(t, r, ledger.StateUnknown, "")
	if r.events.of(ledger.EventPanicked) != 2 {
		t.Error("the panics were not observed")
	}
}

// TestManyCallersOfManyReplicas runs on real time, for the race detector. Callers leave, exchanges fail, and everybody who
// gets an answer gets the same.
func TestManyCallersOfManyReplicasExecuteEachDialOnce(t *testing.T) {
	t.Parallel()
	const dials, callers = 40, 12
	all := replicas(t, 3)
	var rang [dials]atomic.Int64
	var group sync.WaitGroup
	for dial := range dials {
		key := key
		key.RequestID = fmt.Sprint(dial)
		for caller := range callers {
			group.Go(func() {
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				if caller%3 == 0 {
					time.AfterFunc(time.Duration(rand.IntN(2000))*time.Microsecond, cancel)
				}
				answer, err := all[caller%len(all)].Do(ctx, key, key.Digest(nil), func(ctx context.Context, before beforeSend) ledger.Outcome {
					if rand.IntN(4) == 0 {
						return ledger.NotExecuted(errDown)
					}
					if err := before(ctx); err != nil {
						return ledger.NotExecuted(err)
					}
					if n := rang[dial].Add(1); n > 1 {
						t.Errorf("dial %d rang %d times", dial, n)
					}
					time.Sleep(time.Millisecond)
					return ledger.Accepted([]byte(key.RequestID))
				})
				switch {
				case err == nil && (answer.State != ledger.StateAccepted || string(answer.Result) != key.RequestID):
					t.Errorf("dial %d: %+v", dial, answer)
				case err != nil && !errors.Is(err, errDown) && !errors.Is(err, context.Canceled):
					t.Errorf("dial %d: %v", dial, err)
				}
			})
		}
	}
	group.Wait()
}
