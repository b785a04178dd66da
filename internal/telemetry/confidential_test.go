package telemetry_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/umgateway/umgateway/gateway"
	"github.com/umgateway/umgateway/internal/exchange"
	"github.com/umgateway/umgateway/internal/exchangesim"
)

// mark stands for whatever a caller or a backend may write in confidence: it is a telephone number, an id in base64, and the
// name of a header's value.
const mark = "4255559876431234"

// markedFault is a fault as ASP.NET writes it, whose every text is marked.
var markedFault = fmt.Sprintf(`<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">`+
	`<soap:Body><soap:Fault><faultcode>soap:Server%[1]s</faultcode><faultstring>Call %[1]s failed.</faultstring>`+
	`<detail><ExceptionType>Ex%[1]sException</ExceptionType></detail></soap:Fault></soap:Body></soap:Envelope>`, mark)

// ask calls every rpc with marks in all texts and in the metadata. How that ends does not matter.
func ask(t *testing.T, s *stand) (calls int) {
	t.Helper()
	ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+mark, "x-request-id", mark,
		"traceparent", traceparent, "baggage", "id="+mark, "user-agent", mark)
	for _, service := range exchange.Services() {
		for i := range service.Methods().Len() {
			method := service.Methods().Get(i)
			if method.IsStreamingServer() {
				continue
			}
			name := fmt.Sprintf("/%s/%s", service.FullName(), method.Name())
			_ = s.grpc.Invoke(ctx, name, marked(t, method.Input()), message(t, method.Output()).Interface())
			calls++
		}
	}
	for _, path := range []string{"/v1/calls/" + mark + ":disconnect", "/v1/calls:disconnect?" + mark + "=" + mark, "/v1/" + mark} {
		s.post(t, path, `{"callId":"`+mark+`"}`, "X-Request-Id", mark, "Idempotency-Key", mark, "Authorization", "Basic "+mark)
	}
	return calls + 2 // a path that leads nowhere is no call
}

func message(t *testing.T, descriptor protoreflect.MessageDescriptor) protoreflect.Message {
	t.Helper()
	kind, err := protoregistry.GlobalTypes.FindMessageByName(descriptor.FullName())
	if err != nil {
		t.Fatal(err)
	}
	return kind.New()
}

// marked returns a request with the mark in every text.
func marked(t *testing.T, descriptor protoreflect.MessageDescriptor) proto.Message {
	t.Helper()
	m := message(t, descriptor)
	for i := range descriptor.Fields().Len() {
		switch field := descriptor.Fields().Get(i); {
		case field.IsList() || field.Message() != nil:
		case field.Name() == "request_id": // would have to be a UUID
		case field.Kind() == protoreflect.StringKind:
			m.Set(field, protoreflect.ValueOfString(mark))
		case field.Kind() == protoreflect.EnumKind:
			m.Set(field, protoreflect.ValueOfEnum(1))
		case field.Kind() == protoreflect.BoolKind:
			m.Set(field, protoreflect.ValueOfBool(true))
		}
	}
	return m.Interface()
}

func TestNothingConfidentialIsInALabelOrASpan(t *testing.T) {
	for name, prepare := range map[string]func(*exchangesim.Server){
		"answers": func(*exchangesim.Server) {},
		"faults": func(s *exchangesim.Server) {
			s.Misbehave(exchangesim.Misbehaviour{Unexecuted: true, Status: http.StatusInternalServerError, Body: &markedFault})
		},
		"panics": nil,
	} {
		t.Run(name, func(t *testing.T) {
			c := &collector{}
			tracing := openTracing(t, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": c.serveHTTP(t)})
			config := gateway.Config{}
			if prepare == nil {
				config.Invoker = invoker(func(context.Context) (proto.Message, error) { panic(mark) })
			}
			s := newStand(t, config, tracing)
			if prepare != nil {
				prepare(s.sim)
			}
			calls := ask(t, s)
			if err := tracing.Close(t.Context()); err != nil {
				t.Error(err)
			}
			if spans := c.spans(); len(spans) < calls {
				t.Errorf("%d spans for %d calls", len(spans), calls)
			}
			if all := c.texts(); strings.Contains(all, mark) {
				t.Errorf("a trace holds the mark: %s", all)
			}
			for name, family := range scrape(t, s.metrics) {
				if strings.Contains(family.String(), mark) {
					t.Errorf("%s holds the mark: %v", name, family)
				}
			}
			if got := scrape(t, s.metrics).sum("umgateway_soap_exchanges_total"); prepare != nil && got < 8 {
				t.Errorf("%v requests only reached the backend", got)
			}
			if got := scrape(t, s.metrics).sum(duration); got != float64(calls) {
				t.Errorf("%v calls are measured, want %d", got, calls)
			}
		})
	}
}
