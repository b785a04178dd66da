package soapbridge

import (
	"context"
	"errors"

	"google.golang.org/protobuf/proto"
)

// invoke carries out a plan in the namespace form that the backend accepts, and finds out which one that is. Only an
// answer which proves that the operation did not run leads to a second exchange.
func (b *Bridge) invoke(ctx context.Context, p *plan, in proto.Message) (proto.Message, error) {
	form, known := b.choice.current()
	if b.fixed || len(b.dialect.Forms) == 1 {
		return b.exchange(ctx, p, form, in)
	}
	if known {
		return b.try(ctx, p, form, known, in)
	}
	leave, err := b.choice.enter(ctx)
	if err != nil {
		kind, _ := kindOfContext(ctx, err)
		return nil, &Error{Operation: p.operation, Kind: kind, Err: err}
	}
	defer leave()
	form, known = b.choice.current()
	return b.try(ctx, p, form, known, in)
}

// try sends the request in a form, and finds out about the others if the backend refuses that.
func (b *Bridge) try(ctx context.Context, p *plan, form int, known bool, in proto.Message) (proto.Message, error) {
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
// detail that does not blame the request, which only the operation itself writes.
func (b *Bridge) accepted(err error) bool {
	if err == nil {
		return true
	}
	var failure *Error
	return errors.As(err, &failure) && failure.Kind == KindFault && failure.Fault.HasDetail && !failure.Fault.blamesRequest()
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

// probe decides an ambiguous fault by the dialect's probe, which only reads. Another form is learned if the probe succeeds
// in it. A read is then sent in that form. Anything else might have been executed, and a backend that accepts both forms
// meant its fault: it is sent again only after the backend refused the probe, too, in the form that was tried.
func (b *Bridge) probe(ctx context.Context, p *plan, tried int, in proto.Message, ambiguous error) (proto.Message, error) {
	probe := b.plans[b.dialect.Probe]
	if probe == nil {
		return nil, ambiguous
	}
	for form := range b.dialect.Forms {
		if form == tried {
			continue
		}
		out, err := b.ask(ctx, probe, form)
		switch {
		case !b.accepted(err):
			continue
		case p == probe:
			b.choice.learn(form)
			return out, err
		case p.effect != EffectRead && !b.refuses(ctx, probe, tried, form):
			return nil, ambiguous
		}
		b.choice.learn(form)
		return b.exchange(ctx, p, form, in)
	}
	return nil, ambiguous
}

// refuses tells whether the backend refuses the probe in the form that was tried, after it accepted the probe in the other
// form, and learns which of them to use. That the exchange failed in another way is no refusal.
func (b *Bridge) refuses(ctx context.Context, probe *plan, tried, other int) bool {
	_, err := b.ask(ctx, probe, tried)
	if b.accepted(err) {
		b.choice.learn(tried)
		return false
	}
	b.choice.learn(other)
	return isNotDispatched(err) || isAmbiguous(err)
}

// ask sends the probe in a form.
func (b *Bridge) ask(ctx context.Context, probe *plan, form int) (proto.Message, error) {
	return b.exchange(ctx, probe, form, probe.input.New().Interface())
}
