package gateway

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/umgateway/umgateway/soapbridge"
)

// log writes one line for each call when it has ended.
func (g *Gateway) log(ctx context.Context, call *Call, next Handler) error {
	start := time.Now()
	err := next(ctx, call)
	level := levelOf(err)
	if !g.config.Logger.Enabled(ctx, level) {
		return err
	}
	attributes := []slog.Attr{
		slog.String("request_id", call.RequestID),
		slog.String("rpc", strings.TrimPrefix(call.FullMethod, "/")),
		slog.String("protocol", string(call.Protocol)),
		slog.Duration("duration", time.Since(start)),
	}
	if call.Peer != nil {
		attributes = append(attributes, slog.String("peer", call.Peer.String()))
	}
	attributes = append(attributes, outcomeAttributes(call, err)...)
	g.config.Logger.LogAttrs(ctx, level, "call", attributes...)
	return err
}

// levelOf asks for an operator's attention only where one can do something.
func levelOf(err error) slog.Level {
	var e *Error
	switch {
	case err == nil:
		return slog.LevelInfo
	case !errors.As(err, &e):
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

// outcomeAttributes describes how a call ended. Text of the backend is included, with whatever the caller sent in
// confidence taken out of it: backends repeat ids and numbers in their faults.
func outcomeAttributes(call *Call, err error) []slog.Attr {
	if err == nil {
		return []slog.Attr{slog.String("code", codes.OK.String())}
	}
	var e *Error
	if !errors.As(err, &e) {
		return []slog.Attr{slog.String("code", codes.Unknown.String())}
	}
	hide := newRedactor(call.Request)
	attributes := []slog.Attr{slog.String("code", e.Code.String()), slog.String("reason", e.Reason)}
	if e.Cause != nil {
		attributes = append(attributes, slog.String("error", hide(e.Cause.Error())))
	} else {
		attributes = append(attributes, slog.String("error", hide(e.Message)))
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
// digits alone.
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
	return strings.NewReplacer(pairs...).Replace
}

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
