package soapbridge

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/umgateway/umgateway/soapbridge/transport"
)

// interpret reads a reply into out. The body decides first, the status second: a SOAP fault comes with HTTP 500, but
// servers also send faults with 200 and proxies send pages with anything.
func (b *Bridge) interpret(p *plan, reply *transport.Reply, out proto.Message, report *Exchange) error {
	body, err := plainText(reply.Header, reply.Body, b.limits.ReplyBytes)
	if err == nil && !reply.Unsent && p.recognise(body, out) {
		return nil
	}
	d := b.decoders.Get().(*decoder)
	defer b.decoders.Put(d)
	if err == nil {
		err = checkUTF8(body)
	}
	var fault *Fault
	d.begin(body, b.limits.Depth, b.known)
	if err == nil {
		fault, err = d.reply(p, out.ProtoReflect())
		report.Dropped, report.Unknown = d.dropped, d.unknown
	}
	if err == nil && fault == nil && !reply.Unsent {
		// An envelope says itself where it ends: one that is whole counts, even if more bytes were announced.
		p.learn(d, out)
		return nil
	}
	failure := &Error{Operation: p.operation, HTTPStatus: reply.Status, RetryAfter: transport.RetryAfter(reply.Header, b.now()), Err: err}
	if !reply.Unsent {
		failure.Sent = transport.FullySent
	}
	switch {
	case fault != nil:
		failure.Kind, failure.Fault = KindFault, fault
		if fault.notDispatched() {
			failure.Kind = KindNotDispatched
		}
		if fault.BackOff > 0 {
			failure.RetryAfter = fault.BackOff
		}
		return failure
	case err == nil:
		failure.Err = errUnasked
	}
	failure.Kind, failure.Cause, failure.Field = kindOfReply(reply, failure.Err, d.inEnvelope)
	return p.settle(failure)
}

// errUnasked reports an envelope in the answer to a request that does not carry the operation.
var errUnasked = errors.New("the server answered an operation that it was not sent")

// errEmpty reports a reply without a body, or with nothing but white space in it.
var errEmpty = errors.New("the reply has no body")

// kindOfReply decides by the status what a reply is that holds no readable SOAP, and by the refusal what one is that
// holds SOAP which must not be accepted. What was refused before an envelope was seen may yet be no SOAP at all, and what
// was refused in a truncated reply may be the cut.
func kindOfReply(reply *transport.Reply, err error, inEnvelope bool) (kind Kind, cause, field string) {
	var refused *refusal
	isSOAP := errors.As(err, &refused) && !reply.Truncated && (inEnvelope || !isHTML(reply) && !fromProxy(reply.Status))
	switch status := reply.Status; {
	case status == http.StatusUnauthorized:
		return KindUnauthorized, "", ""
	case status == http.StatusForbidden:
		return KindForbidden, "", ""
	case status == http.StatusProxyAuthRequired:
		return KindProxyAuth, "", ""
	case status == http.StatusTooManyRequests:
		return KindThrottled, "", ""
	case isSOAP:
		return KindReplyRefused, refused.cause, refused.field
	case status >= 300 && status < 400:
		return KindRedirect, "", ""
	case fromProxy(status):
		return KindUnavailable, "", ""
	case errors.Is(err, errEmpty) && !reply.Truncated:
		return KindEmpty, "", ""
	}
	return KindNotSOAP, "", ""
}

// fromProxy tells whether a status is one that proxies and web servers send for want of a working server behind them. A
// body that cannot be read is then their page, unless an envelope was seen.
func fromProxy(status int) bool {
	return status == http.StatusBadGateway || status == http.StatusServiceUnavailable || status == http.StatusGatewayTimeout
}

// isHTML tells whether a reply calls itself, or begins like, an HTML page: what it lacks to be SOAP is then not the point.
func isHTML(reply *transport.Reply) bool {
	if strings.HasPrefix(strings.ToLower(reply.Header.Get("Content-Type")), "text/html") {
		return true
	}
	start := strings.ToLower(string(reply.Body[:min(len(reply.Body), 512)]))
	start = strings.TrimLeft(start, "\ufeff \t\r\n")
	return strings.HasPrefix(start, "<html") || strings.HasPrefix(start, "<!doctype html")
}

// interpretError turns what the transport reports into an Error.
func (p *plan) interpretError(ctx context.Context, err error, report *Exchange) error {
	failure := &Error{Operation: p.operation, Err: err, Kind: KindInternal, Sent: transport.FullySent}
	var lost *transport.Error
	if !errors.As(err, &lost) {
		if kind, ended := kindOfContext(ctx, err); ended {
			failure.Kind = kind
		}
		return p.settle(failure)
	}
	failure.RetryAfter, failure.Sent, report.Endpoint = lost.RetryAfter, lost.Sent, lost.Endpoint
	switch lost.Kind {
	case transport.KindDeadline:
		failure.Kind = KindDeadline
	case transport.KindCanceled:
		failure.Kind = KindCanceled
	case transport.KindReplyTooLarge:
		failure.Kind, failure.Cause = KindReplyRefused, CauseSize
	case transport.KindHeaderTooLarge:
		failure.Kind, failure.Cause = KindReplyRefused, CauseHeaders
	case transport.KindMalformedReply, transport.KindTruncated:
		failure.Kind = KindNotSOAP
	case transport.KindUnauthorized:
		failure.Kind, failure.HTTPStatus = KindUnauthorized, http.StatusUnauthorized
	case transport.KindHeldOff:
		failure.Kind = KindHeldOff
	case transport.KindOverloaded:
		failure.Kind = KindOverloaded
	case transport.KindThrottled:
		failure.Kind = KindThrottled
	case transport.KindStopped:
		failure.Kind = KindStopped
	default:
		failure.Kind = KindUnavailable
	}
	return p.settle(failure)
}

func kindOfContext(ctx context.Context, err error) (Kind, bool) {
	switch {
	case errors.Is(err, context.DeadlineExceeded) || errors.Is(ctx.Err(), context.DeadlineExceeded):
		return KindDeadline, true
	case errors.Is(err, context.Canceled) || errors.Is(ctx.Err(), context.Canceled):
		return KindCanceled, true
	}
	return 0, false
}

// settle makes the outcome of an operation that must not be repeated unknown, where its request was sent in full and what
// came back does not tell whether it was executed. A refusal by authentication or throttling does tell. The
// caller's own deadline keeps its kind: it promises nothing.
func (p *plan) settle(failure *Error) error {
	if p.effect != EffectOnce || failure.Sent != transport.FullySent {
		return failure
	}
	switch failure.Kind {
	case KindDeadline, KindCanceled:
		failure.MayHaveRun = true
	case KindReplyRefused, KindNotSOAP, KindEmpty, KindRedirect, KindUnavailable:
		failure.Err = &Error{Operation: p.operation, Kind: failure.Kind, Cause: failure.Cause, HTTPStatus: failure.HTTPStatus, Err: failure.Err}
		failure.Kind, failure.Cause, failure.Field, failure.RetryAfter = KindOutcomeUnknown, "", "", 0
		failure.MayHaveRun = true
	}
	return failure
}
