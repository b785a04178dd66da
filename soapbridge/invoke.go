package soapbridge

import (
	"context"
	"errors"

	"google.golang.org/protobuf/proto"
)

// invoke carries out a plan in the namespace form that the backend accepts, and finds out which one that is. Only an
// answer which proves that the operation did not run leads to a second exchange.
func (b *Bridge) invoke(ctx context.Context, p *plan, in proto.Message) (proto.Message, error) {
	if b.fixed || len(b.dialect.Forms) == 1 {
		form, _ := b.choice.current()
		return b.exchange(ctx, p, form, in)
	}
	leave, err := b.choice.enter(ctx)
	if err != nil {
		kind, _ := kindOfContext(ctx, err)
		return nil, &Error{Operation: p.operation, Kind: kind, Err: err}
	}
	defer leave()
	form, known := b.choice.current()
	out, err := b.exchange(ctx, p, form, in)
	if b.accepted(err) {
		if !known {
			b.choice.learn(form)
		}
		return out, err
	}
	if isNotDispatched(err) {
		return b.tryOthers(ctx, p, form, in, err)
	}
	if !known && isAmbiguous(err) {
		return b.probe(ctx, p, form, in, err)
	}
	return out, err
}

// accepted tells whether the outcome of an exchange proves that the backend knows the form: a result, or a fault with a
// detail, which only the operation itself writes.
func (b *Bridge) accepted(err error) bool {
	var failure *Error
	if !errors.As(err, &failure) {
		return err == nil
	}
	return failure.Kind == KindFault && failure.Fault.HasDetail
}

func isNotDispatched(err error) bool {
	var failure *Error
	return errors.As(err, &failure) && failure.Kind == KindNotDispatched
}

// isAmbiguous tells whether a fault may mean "not dispatched" in a language that the bridge does not read.
func isAmbiguous(err error) bool {
	var failure *Error
	return errors.As(err, &failure) && failure.Kind == KindFault && failure.Fault.maybeNotDispatched()
}

// tryOthers sends the request in the other forms, each once, after refused said that the operation did not run in this
// one. The last refusal is the answer if all are refused.
func (b *Bridge) tryOthers(ctx context.Context, p *plan, tried int, in proto.Message, refused error) (proto.Message, error) {
	for form := range b.dialect.Forms {
		if form == tried {
			continue
		}
		out, err := b.exchange(ctx, p, form, in)
		if !isNotDispatched(err) {
			if b.accepted(err) {
				b.choice.learn(form)
			}
			return out, err
		}
		refused = err
	}
	return nil, refused
}

// probe decides an ambiguous fault: another form is learned if the dialect's probe, which only reads, succeeds in it. The
// caller's own operation is then sent in that form; but if it is not a read, only after the probe was refused in the
// first form, since a backend that accepts both meant its fault.
func (b *Bridge) probe(ctx context.Context, p *plan, tried int, in proto.Message, ambiguous error) (proto.Message, error) {
	probe := b.plans[b.dialect.Probe]
	if probe == nil {
		return nil, ambiguous
	}
	for form := range b.dialect.Forms {
		if form == tried || !b.answers(ctx, probe, form) {
			continue
		}
		if p.effect != EffectRead && b.answers(ctx, probe, tried) {
			b.choice.learn(tried)
			return nil, ambiguous
		}
		b.choice.learn(form)
		return b.exchange(ctx, p, form, in)
	}
	return nil, ambiguous
}

// answers tells whether the backend accepts the probe in a form.
func (b *Bridge) answers(ctx context.Context, probe *plan, form int) bool {
	_, err := b.exchange(ctx, probe, form, probe.input.New().Interface())
	return b.accepted(err)
}
