package soapbridge

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/umgateway/umgateway/soapbridge/transport"
)

// Transport carries one request to the backend and brings the reply back. *transport.Client is one. A Transport that also
// has a method
//
//	HoldOff(ctx context.Context, request *transport.Request, d time.Duration)
//
// is told when a fault asks to send fewer requests of the request's identity for that long.
type Transport interface {
	// RoundTrip sends the request once. Its errors are *transport.Error, or the context's. The request is not kept after it
	// returns.
	RoundTrip(ctx context.Context, request *transport.Request) (*transport.Reply, error)
}

// Limits bound what a reply may be.
type Limits struct {
	// ReplyBytes is the largest reply after decompression and conversion to UTF-8. Default 1 MiB.
	ReplyBytes int
	// Depth is how deep elements may be nested. Default 64.
	Depth int
}

// Bridge carries out rpcs as SOAP operations at one backend. It is safe for concurrent use.
type Bridge struct {
	dialect    Dialect
	transport  Transport
	plans      map[protoreflect.FullName]*plan
	known      []knownNamespace
	limits     Limits
	header     func(context.Context) ([]HeaderElement, error)
	observe    Observer
	fixed      bool
	choice     formChoice
	retries    *retrier // nil for none
	priorities map[*plan]transport.Priority
	now        func() time.Time
	decoders   sync.Pool
	drafts     sync.Pool
}

// draft is memory for a request and what is reported of it. It serves another once this one is answered.
type draft struct {
	form    int
	body    []byte
	request transport.Request
	report  Exchange // of the last attempt
}

// discard gives the memory back.
func (b *Bridge) discard(d *draft) {
	d.request, d.report = transport.Request{}, Exchange{}
	b.drafts.Put(d)
}

// Option changes a default of New.
type Option func(*Bridge) error

// WithForm makes the bridge send the named namespace form of the dialect only. By default it finds out which form the
// backend accepts.
func WithForm(name string) Option {
	return func(b *Bridge) error {
		for i, form := range b.dialect.Forms {
			if form.Name == name {
				b.fixed = true
				b.choice.learn(i)
				return nil
			}
		}
		return fmt.Errorf("dialect %q has no namespace form %q", b.dialect.Name, name)
	}
}

// WithLimits replaces the limits that are not zero.
func WithLimits(limits Limits) Option {
	return func(b *Bridge) error {
		if limits.ReplyBytes < 0 || limits.Depth < 0 {
			return errors.New("limits must not be negative")
		}
		if limits.ReplyBytes > 0 {
			b.limits.ReplyBytes = limits.ReplyBytes
		}
		if limits.Depth > 0 {
			b.limits.Depth = limits.Depth
		}
		return nil
	}
}

// WithObserver has the observer told about each exchange. By default nobody is.
func WithObserver(observe Observer) Option {
	return func(b *Bridge) error {
		if observe == nil {
			return errors.New("the observer is missing")
		}
		b.observe = observe
		return nil
	}
}

// New compiles the services' annotations for the dialect. Every mistake in them is reported in the one error.
func New(dialect Dialect, t Transport, services []protoreflect.ServiceDescriptor, options ...Option) (*Bridge, error) {
	if t == nil {
		return nil, errors.New("soapbridge: the transport is missing")
	}
	plans, err := compile(dialect, services)
	if err != nil {
		return nil, fmt.Errorf("soapbridge: %w", err)
	}
	b := &Bridge{
		dialect: dialect, transport: t, plans: plans, known: dialect.knownNamespaces(),
		limits:  Limits{ReplyBytes: 1 << 20, Depth: 64},
		observe: func(context.Context, Exchange) {},
		now:     time.Now,
	}
	b.decoders.New = func() any { return new(decoder) }
	b.drafts.New = func() any { return new(draft) }
	for _, apply := range options {
		if err := apply(b); err != nil {
			return nil, fmt.Errorf("soapbridge: %w", err)
		}
	}
	return b, nil
}

// Invoke carries out the method and returns its response. Its errors are *Error. The message in must be of the method's
// input type. It is not changed or kept.
func (b *Bridge) Invoke(ctx context.Context, method protoreflect.MethodDescriptor, in proto.Message) (proto.Message, error) {
	p, built := b.plans[method.FullName()]
	switch {
	case !built:
		return nil, &Error{Kind: KindInternal, Err: fmt.Errorf("the bridge was not built for %s", method.FullName())}
	case p == nil:
		err := fmt.Errorf("%s has no operation in dialect %q", method.FullName(), b.dialect.Name)
		return nil, &Error{Operation: string(method.Name()), Kind: KindUnsupported, Cause: b.dialect.Name, Err: err}
	case in == nil || in.ProtoReflect().Descriptor() != p.input.Descriptor():
		return nil, &Error{Kind: KindInternal, Err: fmt.Errorf("%s was given another message", method.FullName())}
	}
	return b.invoke(ctx, p, in)
}

// exchange sends the request in the given form and reads the answer.
func (b *Bridge) exchange(ctx context.Context, p *plan, form int, in proto.Message) (proto.Message, error) {
	d := b.drafts.Get().(*draft)
	defer b.discard(d)
	header, err := b.headerOf(ctx, p, form)
	if err != nil {
		return nil, err
	}
	d.body, err = p.appendRequest(d.body[:0], form, header, in)
	if err != nil {
		failure := &Error{Operation: p.operation, Kind: KindRequest, Err: err}
		if bad := (*requestError)(nil); errors.As(err, &bad) {
			failure.Field = string(bad.field.Name())
		}
		return nil, failure
	}
	d.form = form
	d.request.Action, d.request.Body = p.forms[form].action, d.body
	d.request.Priority, d.request.Repeatable = b.priorities[p], p.effect != EffectOnce
	return b.send(ctx, p, d)
}

// attempt sends the request once and reports how that went.
func (b *Bridge) attempt(ctx context.Context, p *plan, d *draft, repetition int) (proto.Message, error) {
	d.report = Exchange{Operation: p.operation, Form: b.dialect.Forms[d.form].Name, Repetition: repetition, RequestBytes: len(d.body)}
	start := b.now()
	out, err := b.roundTrip(ctx, p, &d.request, &d.report)
	d.report.Duration, d.report.Err = b.now().Sub(start), err
	b.observe(ctx, d.report)
	return out, err
}

func (b *Bridge) roundTrip(ctx context.Context, p *plan, request *transport.Request, report *Exchange) (proto.Message, error) {
	reply, err := b.transport.RoundTrip(ctx, request)
	if err != nil {
		return nil, p.interpretError(ctx, err, report)
	}
	defer reply.Release()
	report.Status, report.ReplyBytes, report.Endpoint = reply.Status, len(reply.Body), reply.Endpoint
	out := p.output.New().Interface()
	if err := b.interpret(p, reply, out, report); err != nil {
		b.holdOff(ctx, request, err)
		return nil, err
	}
	return out, nil
}

// holdOff passes on the back-off that a fault asks for; the transport has read the reply's header by itself.
func (b *Bridge) holdOff(ctx context.Context, request *transport.Request, err error) {
	var fault *Fault
	if !errors.As(err, &fault) || fault.BackOff <= 0 {
		return
	}
	if t, able := b.transport.(interface {
		HoldOff(ctx context.Context, request *transport.Request, d time.Duration)
	}); able {
		t.HoldOff(ctx, request, fault.BackOff)
	}
}
