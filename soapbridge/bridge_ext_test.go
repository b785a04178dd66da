package soapbridge_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	soapbridgev1 "github.com/umgateway/umgateway/gen/soapbridge/v1"
	umv1 "github.com/umgateway/umgateway/gen/um/v1"
	"github.com/umgateway/umgateway/internal/xmltree"
	"github.com/umgateway/umgateway/soapbridge"
	"github.com/umgateway/umgateway/soapbridge/transport"
)

// TestMisuseIsAnErrorAndSendsNothing: of the bridge by its own program.
func TestMisuseIsAnErrorAndSendsNothing(t *testing.T) {
	t.Parallel()
	other := schema{
		messages: []messageSpec{message("In"), message("Out")},
		methods: []methodSpec{
			rpc("Known", "In", "Out", operation("d:Known", "d:KnownResponse", "")),
			rpc("Elsewhere", "In", "Out", &soapbridgev1.Operation{Dialect: "other", Request: "o:X", Response: "o:Y"}),
		},
	}.service(t)
	in := fromJSON(t, other.Methods().Get(0).Input(), `{}`)
	tests := map[string]struct {
		method protoreflect.MethodDescriptor
		in     proto.Message
		kind   soapbridge.Kind
		says   string
	}{
		"a method of another service": {umMethod(t, "Disconnect"), &umv1.DisconnectRequest{}, soapbridge.KindInternal, "not built for um.v1.CallService.Disconnect"},
		"another message":             {other.Methods().ByName("Known"), &umv1.DisconnectRequest{}, soapbridge.KindInternal, "another message"},
		"no message":                  {other.Methods().ByName("Known"), nil, soapbridge.KindInternal, "another message"},
		"another dialect":             {other.Methods().ByName("Elsewhere"), in, soapbridge.KindUnsupported, `Elsewhere: not an operation of this dialect (depot)`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := always(nil)
			bridge, err := soapbridge.New(depotDialect(), b, []protoreflect.ServiceDescriptor{other})
			if err != nil {
				t.Fatal(err)
			}
			_, err = bridge.Invoke(t.Context(), test.method, test.in)
			if failure := failureOf(t, err); failure.Kind != test.kind || !strings.Contains(failure.Error(), test.says) {
				t.Errorf("got %v, want %v and %q", failure, test.kind, test.says)
			}
			if len(b.requests) != 0 {
				t.Errorf("%d requests were sent", len(b.requests))
			}
		})
	}
}

// TestCallersGetTheTypesTheyKnow: generated messages, and the causes of errors.
func TestCallersGetTheTypesTheyKnow(t *testing.T) {
	t.Parallel()
	out, err := readDocument(t, "PlayOnPhone", envelope(`<m:PlayOnPhoneResponse>x</m:PlayOnPhoneResponse>`))
	if response, ok := out.(*umv1.PlayOnPhoneResponse); err != nil || !ok || response.GetCallId() != "x" {
		t.Errorf("got %T %v, %v", out, out, err)
	}
	lost := &transport.Error{Op: "read", Sent: transport.FullySent, Err: io.ErrUnexpectedEOF}
	b := &backend{answer: func(*transport.Request) (*transport.Reply, error) { return nil, lost }}
	_, err = newUMBridge(t, b).Invoke(t.Context(), umMethod(t, "PlayOnPhone"), requestOf(t, "PlayOnPhone"))
	if failureOf(t, err).Kind != soapbridge.KindOutcomeUnknown || !errors.Is(err, io.ErrUnexpectedEOF) || !errors.Is(err, lost) {
		t.Errorf("got %v, want an unknown outcome that wraps the transport's error", err)
	}
}

// TestErrorsDoNotRepeatTheRequest: it may hold what must not be logged.
func TestErrorsDoNotRepeatTheRequest(t *testing.T) {
	t.Parallel()
	const secret = "secret-dial-string"
	in := &umv1.PlayOnPhoneRequest{EntryId: secret, DialString: secret + "\x00"}
	bridge := newUMBridge(t, always(nil))
	_, err := bridge.Invoke(t.Context(), umMethod(t, "PlayOnPhone"), in)
	if failure := failureOf(t, err); failure.Field != "dial_string" || strings.Contains(err.Error(), secret) {
		t.Errorf("got %v in field %q", err, failure.Field)
	}
}

// TestTheTransportGetsTheCallersContext: its deadline is the call's.
func TestTheTransportGetsTheCallersContext(t *testing.T) {
	t.Parallel()
	type key struct{}
	var got any
	bridge := newUMBridge(t, transportFunc(func(ctx context.Context, _ *transport.Request) (*transport.Reply, error) {
		got = ctx.Value(key{})
		return nil, context.DeadlineExceeded
	}))
	_, err := bridge.Invoke(context.WithValue(t.Context(), key{}, "mine"), umMethod(t, "ResetPIN"), &umv1.ResetPINRequest{})
	if got != "mine" {
		t.Errorf("got the value %v", got)
	}
	if failure := failureOf(t, err); failure.Kind != soapbridge.KindDeadline {
		t.Errorf("got %v, want the deadline", failure)
	}
}

// TestErrorsOfOtherTransportsAreTold: the context's by themselves, anything else as a defect.
func TestErrorsOfOtherTransportsAreTold(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err  error
		want soapbridge.Kind
	}{
		"deadline": {fmt.Errorf("wait: %w", context.DeadlineExceeded), soapbridge.KindDeadline},
		"canceled": {fmt.Errorf("wait: %w", context.Canceled), soapbridge.KindCanceled},
		"other":    {io.ErrClosedPipe, soapbridge.KindInternal},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := &backend{answer: func(*transport.Request) (*transport.Reply, error) { return nil, test.err }}
			_, err := newUMBridge(t, b).Invoke(t.Context(), umMethod(t, "ResetPIN"), &umv1.ResetPINRequest{})
			if failure := failureOf(t, err); failure.Kind != test.want || !errors.Is(err, test.err) {
				t.Errorf("got %v, want %v", failure, test.want)
			}
		})
	}
}

type transportFunc func(context.Context, *transport.Request) (*transport.Reply, error)

func (f transportFunc) RoundTrip(ctx context.Context, request *transport.Request) (*transport.Reply, error) {
	return f(ctx, request)
}

// TestCallsAtOnceDoNotMix: each gets what it asked for, though buffers and decoders are used again.
func TestCallsAtOnceDoNotMix(t *testing.T) {
	t.Parallel()
	bridge := newUMBridge(t, transportFunc(echo), soapbridge.WithForm("http"))
	var wg sync.WaitGroup
	for i := range 32 {
		wg.Go(func() {
			for j := range 20 {
				want := strings.Repeat(fmt.Sprintf("%d&%d;", i, j), 1+(i*j)%200)
				in := &umv1.PlayOnPhoneRequest{EntryId: "x", DialString: want}
				out, err := bridge.Invoke(t.Context(), umMethod(t, "PlayOnPhone"), in)
				if err != nil {
					t.Error(err)
					return
				}
				if got := out.(*umv1.PlayOnPhoneResponse).GetCallId(); got != want {
					t.Errorf("got %.50q, want %.50q", got, want)
				}
				if in.GetDialString() != want {
					t.Error("the request was changed")
				}
			}
		})
	}
	wg.Wait()
}

// echo answers PlayOnPhone with its dial string.
func echo(_ context.Context, request *transport.Request) (*transport.Reply, error) {
	root, err := xmltree.Parse(request.Body)
	if err != nil {
		return nil, err
	}
	dialed := root.Find("Body", "PlayOnPhone", "DialString").Text
	escaped := strings.NewReplacer("&", "&amp;", "<", "&lt;", "\r", "&#13;").Replace(dialed)
	body := envelope(`<m:PlayOnPhoneResponse><m:PlayOnPhoneResponse>` + escaped + `</m:PlayOnPhoneResponse></m:PlayOnPhoneResponse>`)
	return xmlReply(http.StatusOK, body), nil
}
