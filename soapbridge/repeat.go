package soapbridge

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/umgateway/umgateway/soapbridge/transport"
)

// send sends the request, and sends it again where that is allowed.
func (b *Bridge) send(ctx context.Context, p *plan, d *draft) (proto.Message, error) {
	if b.retries == nil {
		return b.attempt(ctx, p, d, 0)
	}
	b.retries.budget.deposit()
	mayHaveRun := false
	var sent *Error // what came of the last request of those that left the most
	for repetitions := 0; ; repetitions++ {
		out, err := b.attempt(ctx, p, d, repetitions)
		if err == nil {
			return out, nil
		}
		var failure *Error
		if !errors.As(err, &failure) {
			return nil, err
		}
		if mayHaveRun && b.retries.foundNothing(p, failure) {
			return p.output.New().Interface(), nil
		}
		if failure.Sent != transport.NothingSent && (sent == nil || failure.Sent >= sent.Sent) {
			sent = failure
		}
		if !b.retries.allow(p, failure, repetitions) || !b.retries.pause(ctx, failure, repetitions) {
			return nil, tellingMost(sent, failure)
		}
		mayHaveRun = mayHaveRun || failure.Kind == KindUnavailable && failure.Sent == transport.FullySent
		d.request.Avoid = d.report.Endpoint
	}
}

// tellingMost picks the failure to report. A repetition that was not let out – the endpoint is left alone, too much waits, the
// caller has no more time – tells nothing about the call: what the backend said before does, and a request that has left
// stays sent.
func tellingMost(sent, last *Error) error {
	if sent == nil || last.Sent >= sent.Sent {
		return last
	}
	switch last.Kind {
	case KindUnavailable, KindOverloaded, KindThrottled, KindHeldOff, KindDeadline, KindCanceled:
		return sent
	}
	return last
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
