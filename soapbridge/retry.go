package soapbridge

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// FaultRetry says what a fault means for sending its request again.
type FaultRetry int

const (
	// FaultOnce: the backend stumbled. A read may be sent again once.
	FaultOnce FaultRetry = iota
	// FaultFinal: the answer would be the same.
	FaultFinal
	// FaultUnavailable: a part of the backend is missing. A read may be sent again as if the backend were unavailable.
	FaultUnavailable
	// FaultThrottled: the backend was too busy and did not execute the operation. Unless it is EffectOnce it may be sent
	// again after the back-off that the fault names.
	FaultThrottled
)

// Retries says when the bridge sends a request again. Zero values stand for the defaults. Whatever it says:
//
//   - An operation with a new effect each time (EffectOnce) is sent again only after the proof that not one byte of it has
//     left, or that the backend was not asked to execute it.
//   - An operation that sets something is sent again after that proof too, or when the backend was too busy to execute it.
//     Otherwise it is not, unless AbsentMeansDone names it: sent again after its first sending was executed, it might undo
//     a change that somebody made in between.
//   - A read may be sent again once after any reply that makes no sense, and up to Max times when the backend is
//     unavailable.
//   - Nothing is sent again past the caller's deadline, or after a back-off of a second or more.
type Retries struct {
	// Max is how often a request is sent again at most, up to 10. Default 2.
	Max int
	// Wait is the longest wait before the first repetition; it doubles with each further one. The actual wait is random,
	// and comes on top of a back-off that the backend asked for. At most a minute; default 50 ms.
	Wait time.Duration
	// BudgetRatio is how many repetitions there may be for each call, on average: when everything fails, repeating it
	// makes matters worse. Default 0.1.
	BudgetRatio float64
	// BudgetBurst is how many repetitions may be saved up. Default 10.
	BudgetBurst int
	// Faults tells what faults mean, by their names; of a fault's Names, the first in this table counts. A fault that is
	// not in the table is FaultFinal if its code says that the request was wrong ("Client", "Sender"), else FaultOnce.
	Faults map[string]FaultRetry
	// AbsentMeansDone lists operations that end something, with the names of the faults that say that it does not exist.
	// Such an operation may be sent again after it may have been executed, and if its repetition then finds nothing to end,
	// that is success. The rpc must be declared IDEMPOTENT and have a response without fields.
	AbsentMeansDone map[protoreflect.FullName][]string
	// Jitter picks the actual wait, from 0 to the longest. Default: at random, evenly.
	Jitter func(longest time.Duration) time.Duration
}

// WithRetries has the bridge send requests again. By default it sends each once.
func WithRetries(retries Retries) Option {
	return func(b *Bridge) error {
		if retries.Max < 0 || retries.Wait < 0 || retries.BudgetRatio < 0 || retries.BudgetBurst < 0 {
			return errors.New("retries: a limit must not be negative")
		}
		if retries.Max > 10 || retries.Wait > time.Minute {
			return errors.New("retries: at most 10 times, the first time after a minute at most")
		}
		r := &retrier{Retries: retries, absent: map[*plan][]string{}}
		r.setDefaults()
		for _, method := range slices.Sorted(maps.Keys(retries.AbsentMeansDone)) {
			p, built := b.plans[method]
			switch {
			case !built:
				return fmt.Errorf("retries: %s is not a method of these services", method)
			case p == nil:
				continue // another dialect has it
			case p.effect != EffectRepeatable || p.output.Descriptor().Fields().Len() > 0:
				return fmt.Errorf("retries: %s must be IDEMPOTENT and have a response without fields", method)
			}
			r.absent[p] = retries.AbsentMeansDone[method]
		}
		b.retries = r
		return nil
	}
}

// retrier decides about repetitions.
type retrier struct {
	Retries
	absent map[*plan][]string
	budget *budget
}

func (r *retrier) setDefaults() {
	if r.Max == 0 {
		r.Max = 2
	}
	if r.Wait == 0 {
		r.Wait = 50 * time.Millisecond
	}
	if r.BudgetRatio == 0 {
		r.BudgetRatio = 0.1
	}
	if r.BudgetBurst == 0 {
		r.BudgetBurst = 10
	}
	if r.Jitter == nil {
		r.Jitter = func(longest time.Duration) time.Duration { return rand.N(longest + 1) }
	}
	r.budget = newBudget(r.BudgetRatio, r.BudgetBurst)
}
