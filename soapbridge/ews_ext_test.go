package soapbridge_test

import (
	"net/http"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/umgateway/umgateway/internal/exchange"
	"github.com/umgateway/umgateway/internal/vectors"
	"github.com/umgateway/umgateway/internal/xmltree"
	"github.com/umgateway/umgateway/soapbridge"
	"github.com/umgateway/umgateway/soapbridge/transport"
)

func newEWSBridge(t *testing.T, b *backend) *soapbridge.Bridge {
	t.Helper()
	dialect, err := exchange.DialectEWS("")
	if err != nil {
		t.Fatal(err)
	}
	bridge, err := soapbridge.New(dialect, b, exchange.Services())
	if err != nil {
		t.Fatal(err)
	}
	return bridge
}

// TestExchangeWebServicesEqualTheirVectors: requests, replies, errors in HTTP 200, and faults of the other dialect.
func TestExchangeWebServicesEqualTheirVectors(t *testing.T) {
	t.Parallel()
	operations, err := vectors.Load("ews")
	if err != nil || len(operations) != 3 {
		t.Fatalf("%d operations, %v; want 3", len(operations), err)
	}
	actions := map[string]string{
		"PlayOnPhone": "PlayOnPhone", "GetCallInfo": "GetPhoneCallInformation", "Disconnect": "DisconnectPhoneCall",
	}
	for _, operation := range operations {
		method := umMethod(t, operation.Name)
		for _, request := range operation.Requests {
			t.Run(operation.Name+"/request/"+request.Variant, func(t *testing.T) {
				t.Parallel()
				b := always(func() *transport.Reply { return xmlReply(http.StatusOK, "") })
				_, err := newEWSBridge(t, b).Invoke(t.Context(), method, messageOf(t, method.Input(), request.Message))
				if failure := failureOf(t, err); failure.Kind == soapbridge.KindRequest {
					t.Fatal(err)
				}
				if want := vectors.NamespaceHTTP + "/" + actions[operation.Name]; b.requests[0].action != want {
					t.Errorf("got SOAPAction %s, want %s", b.requests[0].action, want)
				}
				if d := xmltree.Diff([]byte(b.requests[0].body), request.HTTP); d != "" {
					t.Error(d)
				}
			})
		}
		first := operation.Requests[0].Message
		for _, reply := range operation.Replies {
			t.Run(operation.Name+"/reply/"+reply.Variant, func(t *testing.T) {
				t.Parallel()
				b := always(func() *transport.Reply { return xmlReply(http.StatusOK, string(reply.Envelope)) })
				got, err := newEWSBridge(t, b).Invoke(t.Context(), method, messageOf(t, method.Input(), first))
				if err != nil {
					t.Fatal(err)
				}
				if want := messageOf(t, method.Output(), reply.Message); !proto.Equal(got, want) {
					t.Errorf("got %v, want %v", got, want)
				}
			})
		}
		for _, fault := range operation.Faults {
			t.Run(operation.Name+"/fault/"+fault.Variant, func(t *testing.T) {
				t.Parallel()
				b := always(func() *transport.Reply { return xmlReply(http.StatusOK, string(fault.Envelope)) })
				_, err := newEWSBridge(t, b).Invoke(t.Context(), method, messageOf(t, method.Input(), first))
				checkFault(t, failureOf(t, err), fault.Want, http.StatusOK)
			})
		}
	}
}

// TestACallWithoutAnIDIsNoSuccess: the telephone may be ringing, and nobody could end the call.
func TestACallWithoutAnIDIsNoSuccess(t *testing.T) {
	t.Parallel()
	for name, id := range map[string]string{"empty": "", "blank": " \n", "of dropped characters": "&#0;"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := always(func() *transport.Reply {
				return xmlReply(http.StatusOK, `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>`+
					`<m:PlayOnPhoneResponse xmlns:m="`+vectors.NamespaceHTTP+`" ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>`+
					`<m:PhoneCallId Id="`+id+`"/></m:PlayOnPhoneResponse></soap:Body></soap:Envelope>`)
			})
			method := umMethod(t, "PlayOnPhone")
			got, err := newEWSBridge(t, b).Invoke(t.Context(), method, messageOf(t, method.Input(), []byte(`{"itemId":"AAMk","dialString":"1"}`)))
			if err == nil {
				t.Fatalf("got %v, want an error", got)
			}
			if failure := failureOf(t, err); failure.Kind != soapbridge.KindOutcomeUnknown || len(b.actions()) != 1 {
				t.Errorf("got %v after %d requests, want an unknown outcome after one", failure, len(b.actions()))
			}
		})
	}
}
