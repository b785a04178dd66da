package soapbridge_test

import (
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/umgateway/umgateway/internal/vectors"
	"github.com/umgateway/umgateway/internal/xmltree"
	"github.com/umgateway/umgateway/soapbridge"
	"github.com/umgateway/umgateway/soapbridge/transport"
)

func loadVectors(t testing.TB) []vectors.Operation {
	t.Helper()
	operations, err := vectors.Load("umws")
	if err != nil {
		t.Fatal(err)
	}
	if len(operations) == 0 { // internal/vectors checks that none is missing
		t.Fatal("there are no vectors")
	}
	return operations
}

// messageOf reads the JSON form of a message.
func messageOf(t testing.TB, message protoreflect.MessageDescriptor, text []byte) proto.Message {
	t.Helper()
	mt, err := protoregistry.GlobalTypes.FindMessageByName(message.FullName())
	if err != nil {
		t.Fatal(err)
	}
	m := mt.New().Interface()
	if err := protojson.Unmarshal(text, m); err != nil {
		t.Fatal(err)
	}
	return m
}

// TestRequestsEqualTheirVectors: in each namespace form, what goes out is the golden request as a tree, and the SOAPAction
// is the namespace of that form, a slash, and the operation.
func TestRequestsEqualTheirVectors(t *testing.T) {
	t.Parallel()
	for _, operation := range loadVectors(t) {
		for _, request := range operation.Requests {
			for _, form := range []struct {
				name, namespace string
				envelope        []byte
			}{
				{"https", vectors.NamespaceHTTPS, request.HTTPS},
				{"http", vectors.NamespaceHTTP, request.HTTP},
			} {
				t.Run(operation.Name+"/"+request.Variant+"/"+form.name, func(t *testing.T) {
					t.Parallel()
					method := umMethod(t, operation.Name)
					b := always(func() *transport.Reply { return xmlReply(http.StatusOK, "") })
					_, err := newUMBridge(t, b, soapbridge.WithForm(form.name)).
						Invoke(t.Context(), method, messageOf(t, method.Input(), request.Message))
					if failure := failureOf(t, err); failure.Kind == soapbridge.KindRequest {
						t.Fatal(err)
					}
					if len(b.requests) != 1 {
						t.Fatalf("got %d requests, want 1", len(b.requests))
					}
					if want := form.namespace + "/" + operation.Name; b.requests[0].action != want {
						t.Errorf("got SOAPAction %s, want %s", b.requests[0].action, want)
					}
					if d := xmltree.Diff([]byte(b.requests[0].body), form.envelope); d != "" {
						t.Error(d)
					}
				})
			}
		}
	}
}

// TestRepliesBecomeTheirVectors: each golden reply is read as its message, whichever form was sent.
func TestRepliesBecomeTheirVectors(t *testing.T) {
	t.Parallel()
	for _, operation := range loadVectors(t) {
		for _, reply := range operation.Replies {
			for _, form := range []string{"https", "http"} {
				t.Run(operation.Name+"/"+reply.Variant+"/"+form, func(t *testing.T) {
					t.Parallel()
					method := umMethod(t, operation.Name)
					b := always(func() *transport.Reply { return xmlReply(http.StatusOK, string(reply.Envelope)) })
					got, err := newUMBridge(t, b, soapbridge.WithForm(form)).
						Invoke(t.Context(), method, messageOf(t, method.Input(), operation.Requests[0].Message))
					if err != nil {
						t.Fatal(err)
					}
					if want := messageOf(t, method.Output(), reply.Message); !proto.Equal(got, want) {
						t.Errorf("got %v, want %v", got, want)
					}
				})
			}
		}
	}
}

// TestFaultsBecomeTheirVectors: each golden fault is read, whatever the operation is and whatever HTTP status it has.
func TestFaultsBecomeTheirVectors(t *testing.T) {
	t.Parallel()
	for _, operation := range loadVectors(t) {
		for _, fault := range operation.Faults {
			for _, status := range []int{http.StatusInternalServerError, http.StatusOK} {
				t.Run(operation.Name+"/"+fault.Variant+"/"+http.StatusText(status), func(t *testing.T) {
					t.Parallel()
					method := umMethod(t, operation.Name)
					b := always(func() *transport.Reply { return xmlReply(status, string(fault.Envelope)) })
					_, err := newUMBridge(t, b, soapbridge.WithForm("https")).
						Invoke(t.Context(), method, messageOf(t, method.Input(), operation.Requests[0].Message))
					checkFault(t, failureOf(t, err), fault.Want, status)
				})
			}
		}
	}
}

func checkFault(t *testing.T, failure *soapbridge.Error, want vectors.Want, status int) {
	t.Helper()
	kind := soapbridge.KindFault
	if want.NotDispatched {
		kind = soapbridge.KindNotDispatched
	}
	if failure.Kind != kind || failure.HTTPStatus != status {
		t.Errorf("got %v with status %d, want %v with %d", failure.Kind, failure.HTTPStatus, kind, status)
	}
	var fault *soapbridge.Fault
	if !errors.As(failure, &fault) {
		t.Fatal("the error holds no fault")
	}
	if got := fault.Names(); !slices.Equal(got, want.Names) {
		t.Errorf("got names %q, want %q", got, want.Names)
	}
	if got := fault.Message(); got != want.Message {
		t.Errorf("got message %q, want %q", got, want.Message)
	}
	if fault.HasDetail != want.HasDetail {
		t.Errorf("got a detail: %t, want %t", fault.HasDetail, want.HasDetail)
	}
	var backOff time.Duration
	if want.BackOff != "" {
		var err error
		if backOff, err = time.ParseDuration(want.BackOff); err != nil {
			t.Fatal(err)
		}
	}
	if fault.BackOff != backOff || failure.RetryAfter != backOff {
		t.Errorf("got a back-off of %v, and %v in the error, want %v", fault.BackOff, failure.RetryAfter, backOff)
	}
}
