package soapbridge_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
	"github.com/umgateway/umgateway/internal/vectors"
	"github.com/umgateway/umgateway/soapbridge"
	"github.com/umgateway/umgateway/soapbridge/transport"
)

// umDialect is the dialect of the Exchange Unified Messaging web service.
func umDialect() soapbridge.Dialect {
	return soapbridge.Dialect{
		Name: "umws",
		Forms: []soapbridge.Form{
			{Name: "https", Namespaces: map[string]string{"m": vectors.NamespaceHTTPS}},
			{Name: "http", Namespaces: map[string]string{"m": vectors.NamespaceHTTP}},
		},
		Probe: "um.v1.MailboxService.IsUMEnabled",
	}
}

func umServices() []protoreflect.ServiceDescriptor {
	return []protoreflect.ServiceDescriptor{
		umv1.File_um_v1_call_service_proto.Services().ByName("CallService"),
		umv1.File_um_v1_mailbox_service_proto.Services().ByName("MailboxService"),
	}
}

// umMethod finds an rpc by its name.
func umMethod(t testing.TB, name string) protoreflect.MethodDescriptor {
	t.Helper()
	for _, service := range umServices() {
		if method := service.Methods().ByName(protoreflect.Name(name)); method != nil {
			return method
		}
	}
	t.Fatalf("no rpc %s", name)
	return nil
}

// backend answers requests in a test, and keeps them.
type backend struct {
	answer func(*transport.Request) (*transport.Reply, error)

	mu       sync.Mutex
	requests []sent
}

// sent is a request that a backend has seen.
type sent struct{ action, body string }

func (b *backend) RoundTrip(_ context.Context, request *transport.Request) (*transport.Reply, error) {
	b.mu.Lock()
	b.requests = append(b.requests, sent{request.Action, string(request.Body)})
	b.mu.Unlock()
	return b.answer(request)
}

// actions lists the SOAPActions of the requests so far.
func (b *backend) actions() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	actions := make([]string, len(b.requests))
	for i, request := range b.requests {
		actions[i] = request.action
	}
	return actions
}

// xmlReply is a reply as a SOAP server sends it.
func xmlReply(status int, body string) *transport.Reply {
	return &transport.Reply{
		Status: status,
		Header: http.Header{"Content-Type": {"text/xml; charset=utf-8"}},
		Body:   []byte(body),
	}
}

// always answers every request with the same reply.
func always(reply func() *transport.Reply) *backend {
	return &backend{answer: func(*transport.Request) (*transport.Reply, error) { return reply(), nil }}
}

func newUMBridge(t testing.TB, b soapbridge.Transport, options ...soapbridge.Option) *soapbridge.Bridge {
	t.Helper()
	bridge, err := soapbridge.New(umDialect(), b, umServices(), options...)
	if err != nil {
		t.Fatal(err)
	}
	return bridge
}

// failureOf returns the *soapbridge.Error in err; the test fails if there is none.
func failureOf(t testing.TB, err error) *soapbridge.Error {
	t.Helper()
	var failure *soapbridge.Error
	if !errors.As(err, &failure) {
		t.Fatalf("got error %v, want a *soapbridge.Error", err)
	}
	return failure
}

// readUM has an rpc read one reply. Its request is empty.
func readUM(t testing.TB, rpc string, reply *transport.Reply, options ...soapbridge.Option) (proto.Message, error) {
	t.Helper()
	b := always(func() *transport.Reply { return reply })
	bridge := newUMBridge(t, b, append([]soapbridge.Option{soapbridge.WithForm("https")}, options...)...)
	return bridge.Invoke(t.Context(), umMethod(t, rpc), requestOf(t, rpc))
}

// requestOf makes a request with every field set to something that can be sent.
func requestOf(t testing.TB, rpc string) proto.Message {
	t.Helper()
	switch rpc {
	case "PlayOnPhone":
		return &umv1.PlayOnPhoneRequest{EntryId: "bWVzc2FnZQ==", DialString: "4255550123"}
	case "PlayOnPhoneGreeting":
		return &umv1.PlayOnPhoneGreetingRequest{GreetingType: umv1.GreetingType_GREETING_TYPE_NORMAL_CUSTOM, DialString: "4255550123"}
	case "GetCallInfo":
		return &umv1.GetCallInfoRequest{CallId: "Y2FsbA=="}
	case "Disconnect":
		return &umv1.DisconnectRequest{CallId: "Y2FsbA=="}
	case "GetUMProperties":
		return &umv1.GetUMPropertiesRequest{}
	case "IsUMEnabled":
		return &umv1.IsUMEnabledRequest{}
	case "ResetPIN":
		return &umv1.ResetPINRequest{}
	case "SetOofStatus":
		return &umv1.SetOofStatusRequest{Enabled: proto.Bool(false)}
	}
	t.Fatalf("no request for %s", rpc)
	return nil
}

// envelope puts the content of a Body into a SOAP 1.1 envelope whose m prefix is the https form.
func envelope(body string) string {
	return `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"` +
		` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:m="` + vectors.NamespaceHTTPS + `"><soap:Body>` +
		body + `</soap:Body></soap:Envelope>`
}
