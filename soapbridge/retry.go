package soapbridge

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/umgateway/umgateway/soapbridge/transport"
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
	// Max is how often a request is sent again at most. Default 2.
	Max int
	// Wait is the longest wait before the first repetition; it doubles with each further one. The actual wait is random,
	// and comes on top of a back-off that the backend asked for. Default 50 ms.
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

// send sends the request, and sends it again where that is allowed.
func (b *Bridge) send(ctx context.Context, p *plan, request *transport.Request, report Exchange) (proto.Message, error) {
	if b.retries == nil {
		return b.attempt(ctx, p, request, &report)
	}
	b.retries.budget.deposit()
	mayHaveRun := false
	for repetitions := 0; ; repetitions++ {
		this := report
		this.Repetition = repetitions
		out, err := b.attempt(ctx, p, request, &this)
		var failure *Error
		if !errors.As(err, &failure) {
			return out, err
		}
		if mayHaveRun && b.retries.foundNothing(p, failure) {
			return p.output.New().Interface(), nil
		}
		if !b.retries.allow(p, failure, repetitions) || !b.retries.pause(ctx, failure, repetitions) {
			return nil, err
		}
		mayHaveRun = mayHaveRun || failure.Kind == KindUnavailable && failure.Sent == transport.FullySent
		request.Avoid = this.Endpoint
	}
}

// allow tells whether a request that failed so, and was sent again that often already, may be sent again.
func (r *retrier) allow(p *plan, failure *Error, repetitions int) bool {
	isRead, untouched := p.effect == EffectRead, failure.Sent == transport.NothingSent
	switch failure.Kind {
	case KindUnavailable:
		return repetitions < r.Max && !isClosed(failure) && (isRead || untouched || r.absent[p] != nil)
	case KindThrottled:
		return repetitions < r.Max && failure.RetryAfter > 0 && (p.effect != EffectOnce || untouched)
	case KindReplyRefused, KindNotSOAP, KindEmpty, KindRedirect:
		return repetitions == 0 && isRead && !refusesRequest(failure.HTTPStatus)
	case KindFault:
		switch r.meaning(failure.Fault) {
		case FaultThrottled:
			return repetitions < r.Max && failure.RetryAfter > 0 && p.effect != EffectOnce
		case FaultUnavailable:
			return repetitions < r.Max && isRead
		case FaultOnce:
			return repetitions == 0 && isRead
		}
	}
	return false
}

// isClosed tells whether the transport was closed for good.
func isClosed(failure *Error) bool {
	var lost *transport.Error
	return errors.As(failure.Err, &lost) && lost.Kind == transport.KindClosed
}

// refusesRequest tells whether a status says that the same request will be refused again.
func refusesRequest(status int) bool {
	switch status {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed,
		http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType:
		return true
	}
	return false
}

func (r *retrier) meaning(fault *Fault) FaultRetry {
	for _, name := range fault.Names() {
		if meaning, found := r.Faults[name]; found {
			return meaning
		}
	}
	if code := fault.OutermostCode(); code == "Client" || code == "Sender" {
		return FaultFinal
	}
	return FaultOnce
}

// foundNothing tells whether a fault says that what the operation ends does not exist.
func (r *retrier) foundNothing(p *plan, failure *Error) bool {
	if failure.Kind != KindFault {
		return false
	}
	for _, name := range failure.Fault.Names() {
		if slices.Contains(r.absent[p], name) {
			return true
		}
	}
	return false
}

// unwaited is the shortest back-off that is not waited out.
const unwaited = time.Second

// pause waits before a repetition. It returns false, without having waited, if there is no time or no budget for one.
func (r *retrier) pause(ctx context.Context, failure *Error, repetitions int) bool {
	wait := failure.RetryAfter + r.Jitter(r.Wait<<repetitions)
	deadline, bounded := ctx.Deadline()
	if failure.RetryAfter >= unwaited || bounded && time.Until(deadline) <= wait || !r.budget.withdraw() {
		return false
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
