package gateway_test

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/umgateway/umgateway/gateway"
	soapbridgev1 "github.com/umgateway/umgateway/gen/soapbridge/v1"
	"github.com/umgateway/umgateway/internal/exchange"
	"github.com/umgateway/umgateway/internal/exchangesim"
)

// invalidCallID is a fault as ASP.NET writes it, by hand from the published description.
const invalidCallID = `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">` +
	`<soap:Body><soap:Fault><faultcode xmlns:q0="http://schemas.microsoft.com/exchange/services/2006/messages">q0:InvalidCallIdException</faultcode>` +
	"<faultstring>Microsoft.Exchange.UM.ClientAccess.InvalidCallIdException: The call is gone.\n   at Microsoft.Exchange.UM.Get()</faultstring>" +
	`<detail><ExceptionType xmlns="http://schemas.microsoft.com/exchange/services/2006/messages">InvalidCallIdException</ExceptionType></detail>` +
	`</soap:Fault></soap:Body></soap:Envelope>`

// weather is what the backend does to a call.
type weather struct {
	name    string
	prepare func(*exchangesim.Server)
	refused bool // nothing listens at the backend's address
	waits   bool // calls take their time, and are all made at once
	config  gateway.Config
	// want and wantOnce are the expectation for rpcs that may be repeated, and for those that must not.
	want, wantOnce expectation
}

type expectation struct {
	code       codes.Code
	reason     string
	httpStatus int
}

var weathers = []weather{
	{
		name: "ok", want: expectation{codes.OK, "", http.StatusOK}, wantOnce: expectation{codes.OK, "", http.StatusOK},
	},
	{
		name: "fault",
		prepare: func(s *exchangesim.Server) {
			body := invalidCallID
			s.Misbehave(exchangesim.Misbehaviour{Unexecuted: true, Status: http.StatusInternalServerError, Body: &body})
		},
		want:     expectation{codes.NotFound, "CALL_NOT_FOUND", http.StatusNotFound},
		wantOnce: expectation{codes.NotFound, "CALL_NOT_FOUND", http.StatusNotFound},
	},
	{
		// Half of this is enough for a connection, even on a machine that has much else to do.
		name: "timeout", config: gateway.Config{DefaultTimeout: 4 * time.Second}, waits: true,
		prepare: func(s *exchangesim.Server) {
			s.Misbehave(exchangesim.Misbehaviour{Wait: func(r *http.Request) { <-r.Context().Done() }})
		},
		want:     expectation{codes.DeadlineExceeded, "DEADLINE", http.StatusGatewayTimeout},
		wantOnce: expectation{codes.DeadlineExceeded, "DEADLINE", http.StatusGatewayTimeout},
	},
	{
		name: "HTML page", prepare: func(s *exchangesim.Server) { s.Misbehave(exchangesim.HTMLPage(http.StatusOK)) },
		want:     expectation{codes.Internal, "BACKEND_NOT_SOAP", http.StatusInternalServerError},
		wantOnce: expectation{codes.Unknown, "OUTCOME_UNKNOWN", http.StatusInternalServerError},
	},
	{
		name: "HTML page with 502", prepare: func(s *exchangesim.Server) { s.Misbehave(exchangesim.HTMLPage(http.StatusBadGateway)) },
		want:     expectation{codes.Unavailable, "BACKEND_UNAVAILABLE", http.StatusServiceUnavailable},
		wantOnce: expectation{codes.Unknown, "OUTCOME_UNKNOWN", http.StatusInternalServerError},
	},
	{
		name: "unauthorized", prepare: func(s *exchangesim.Server) { s.Misbehave(exchangesim.Empty(http.StatusUnauthorized)) },
		want:     expectation{codes.Internal, "BACKEND_AUTH_FAILED", http.StatusInternalServerError},
		wantOnce: expectation{codes.Internal, "BACKEND_AUTH_FAILED", http.StatusInternalServerError},
	},
	{
		name: "refused connection", refused: true,
		want:     expectation{codes.Unavailable, "BACKEND_UNAVAILABLE", http.StatusServiceUnavailable},
		wantOnce: expectation{codes.Unavailable, "BACKEND_UNAVAILABLE", http.StatusServiceUnavailable},
	},
}

func TestMatrix(t *testing.T) {
	t.Parallel()
	for _, w := range weathers {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			var cells sync.WaitGroup
			defer cells.Wait()
			for _, op := range operations {
				s := newWeather(t, w)
				for _, f := range fronts {
					cell := func() { t.Run(f.name+" "+op.name, func(t *testing.T) { checkCell(t, s, w, f, op) }) }
					if w.waits {
						cells.Go(cell)
					} else {
						cell()
					}
				}
			}
		})
	}
}

// newWeather starts a gateway before a backend that does what the weather says.
func newWeather(t *testing.T, w weather) *stand {
	t.Helper()
	if w.refused {
		// A port that was free a moment ago may be another test's by now; nothing listens on this one.
		return newStand(t, gateway.Config{Invoker: newBridge(t, "http://127.0.0.1:1", exchange.NamespaceAuto)})
	}
	s, sim := newSimulated(t, w.config)
	if w.prepare != nil {
		w.prepare(sim)
	}
	return s
}

func checkCell(t *testing.T, s *stand, w weather, f front, op operation) {
	want := w.want
	if op.once {
		want = w.wantOnce
	}
	got, response := f.ask(t.Context(), t, s, op)
	if got.code != want.code {
		t.Errorf("the code is %v, want %v: %s", got.code, want.code, got.message)
	}
	if got.reason != want.reason {
		t.Errorf("the reason is %q, want %q", got.reason, want.reason)
	}
	if f.name == "REST" && got.httpStatus != want.httpStatus {
		t.Errorf("the HTTP status is %d, want %d", got.httpStatus, want.httpStatus)
	}
	if want.code == codes.OK && op.want != "" {
		wantJSON(t, op, response)
	}
}

// wantJSON compares a response with what is wanted. The fields of calls that go on are not compared.
func wantJSON(t *testing.T, op operation, response string) {
	t.Helper()
	want := proto.Clone(op.response)
	got := proto.Clone(op.response)
	if err := protojson.Unmarshal([]byte(op.want), want); err != nil {
		t.Fatal(err)
	}
	if err := protojson.Unmarshal([]byte(response), got); err != nil {
		t.Fatalf("%v: %s", err, response)
	}
	if !proto.Equal(got, want) {
		t.Errorf("the response is %s, want %s", response, op.want)
	}
}

func TestEveryRPCIsInTheMatrix(t *testing.T) {
	t.Parallel()
	listed := map[string]bool{}
	for _, op := range operations {
		listed[op.service+"."+op.name] = true
	}
	count := 0
	for _, service := range exchange.Services() {
		for i := range service.Methods().Len() {
			if local, _ := proto.GetExtension(service.Methods().Get(i).Options(), soapbridgev1.E_NoOperation).(bool); local {
				continue // no backend is asked for it
			}
			count++
			if name := string(service.Methods().Get(i).FullName()); !listed[name] {
				t.Errorf("%s is not in the table of operations", name)
			}
		}
	}
	if len(listed) != count || count == 0 {
		t.Errorf("%d operations are listed, the schema has %d", len(listed), count)
	}
}
