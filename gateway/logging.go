package gateway

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"regexp"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/umgateway/umgateway/soapbridge"
)

// lines writes the lines of one rpc. What all of them say is formatted once.
type lines struct{ failed, succeeded slog.Handler }

// prepareLines prepares those of all methods.
func prepareLines(logger *slog.Logger, methods map[string]*method) {
	for full, m := range methods {
		m.lines.failed = logger.Handler().WithAttrs([]slog.Attr{slog.String("rpc", strings.TrimPrefix(full, "/"))})
		m.lines.succeeded = m.lines.failed.WithAttrs([]slog.Attr{slog.String("code", codes.OK.String())})
	}
}

// log writes one line for each call when it has ended.
func (g *Gateway) log(ctx context.Context, call *Call, next Handler) error {
	start := time.Now()
	err := next(ctx, call)
	g.writeLine(ctx, call, start, err)
	return err
}

// writeLine has memory of its own for the line, which the stack of a call that is under way is spared.
func (g *Gateway) writeLine(ctx context.Context, call *Call, start time.Time, err error) {
	handler, level := call.rpc.lines.succeeded, slog.LevelInfo
	if err != nil {
		handler, level = call.rpc.lines.failed, levelOf(err)
	}
	if !handler.Enabled(ctx, level) {
		return
	}
	now := time.Now()
	// A record holds five attributes without memory of their own. Where in the code it comes from is of no interest.
	record := slog.NewRecord(now, level, "call", 0)
	record.AddAttrs(
		slog.String("request_id", call.RequestID),
		slog.String("protocol", string(call.Protocol)),
		slog.Duration("duration", now.Sub(start)))
	if g.config.Route != nil {
		record.AddAttrs(slog.String("backend", call.Backend))
	}
	if call.Peer != nil {
		record.AddAttrs(slog.String("peer", addressOf(call.Peer)))
	}
	if err != nil {
		record.AddAttrs(outcomeOf(call, err)...)
	}
	_ = handler.Handle(ctx, record) // as a slog.Logger has it: a call does not fail with its line
}

// addressOf is what the String method returns, at less cost for the usual kind of address.
func addressOf(peer net.Addr) string {
	tcp, ok := peer.(*net.TCPAddr)
	if !ok || len(tcp.IP) == 0 {
		return peer.String()
	}
	address := tcp.AddrPort()
	var buffer [len("[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%interface-name]:65535")]byte
	return string(netip.AddrPortFrom(address.Addr().Unmap(), address.Port()).AppendTo(buffer[:0]))
}

// levelOf asks for an operator's attention only where one can do something.
func levelOf(err error) slog.Level {
	var e *Error
	if !errors.As(err, &e) {
		return slog.LevelError
	}
	switch e.Code {
	case codes.Internal, codes.Unknown:
		return slog.LevelError
	case codes.Unavailable, codes.ResourceExhausted, codes.DeadlineExceeded, codes.Unimplemented:
		return slog.LevelWarn
	}
	return slog.LevelInfo
}

// outcomeOf describes how a call failed. Text of the backend is included, with whatever the caller sent in confidence taken
// out of it: backends repeat ids and numbers in their faults.
func outcomeOf(call *Call, err error) []slog.Attr {
	var e *Error
	if !errors.As(err, &e) {
		return []slog.Attr{slog.String("code", codes.Unknown.String())}
	}
	redact := newRedactor(call.Request)
	hide := func(text string) string { return withoutPIN(string(call.Method.Name()), redact(text)) }
	text := e.Message
	if e.Cause != nil {
		text = e.Cause.Error()
	}
	attributes := []slog.Attr{
		slog.String("code", e.Code.String()), slog.String("reason", e.Reason), slog.String("error", hide(text)),
	}
	var failure *soapbridge.Error
	if errors.As(err, &failure) && failure.Fault != nil && failure.Fault.Text != "" {
		attributes = append(attributes, slog.String("fault_text", hide(shorten(failure.Fault.Text))))
	}
	return attributes
}

const maxLoggedText = 4 << 10

func shorten(text string) string {
	if len(text) <= maxLoggedText {
		return text
	}
	return strings.ToValidUTF8(text[:maxLoggedText], "") + "…"
}

const redacted = "[redacted]"

// newRedactor returns a function that takes the request's confidential values out of a text: those of fields with the
// option debug_redact, as they were sent, and as backends repeat them: without the space around them, and numbers by their
// digits alone. It takes out what looks like an id, too, since backends name calls and items that the caller did not.
func newRedactor(request proto.Message) func(string) string {
	var pairs []string
	request.ProtoReflect().Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		options, _ := field.Options().(*descriptorpb.FieldOptions)
		if options.GetDebugRedact() && field.Kind() == protoreflect.StringKind && !field.IsList() && value.String() != "" {
			for _, form := range formsOf(value.String()) {
				pairs = append(pairs, form, redacted)
			}
		}
		return true
	})
	replacer := strings.NewReplacer(pairs...)
	return func(text string) string { return likeAnID.ReplaceAllLiteralString(replacer.Replace(text), redacted) }
}

// likeAnID finds long base64 that ends as such: the ids of Exchange do, and hardly anything else.
var likeAnID = regexp.MustCompile(`[A-Za-z0-9+/]{16,}={1,2}`)

// withoutPIN hides what may be a PIN in what a server says about the PIN that it has made: nobody here knows it.
func withoutPIN(rpc, text string) string {
	if rpc != "ResetPIN" {
		return text
	}
	return pins.ReplaceAllString(text, redacted)
}

// pins are numbers of four digits or more, as Exchange asks for in PINs (MinPINLength of a UM mailbox policy).
var pins = regexp.MustCompile(`[0-9]{4,}`)

// minDigits is how many digits make a number that is worth hiding; fewer stand in any text.
const minDigits = 4

// formsOf lists the ways in which a value may be repeated, the longest first.
func formsOf(value string) []string {
	forms := []string{value}
	if trimmed := strings.TrimSpace(value); trimmed != value && trimmed != "" {
		forms = append(forms, trimmed)
	}
	digits := strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, value)
	if len(digits) >= minDigits && len(digits) < len(value) {
		forms = append(forms, digits)
	}
	return forms
}
