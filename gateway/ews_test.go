package gateway_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/umgateway/umgateway/gateway"
	umv1 "github.com/umgateway/umgateway/gen/um/v1"
	"github.com/umgateway/umgateway/internal/exchange"
	"github.com/umgateway/umgateway/internal/exchangesim"
	"github.com/umgateway/umgateway/internal/xmltree"
	"github.com/umgateway/umgateway/soapbridge"
)

// newEWS starts a gateway before a simulator that is asked by Exchange Web Services.
func newEWS(t *testing.T, options ...soapbridge.Option) (*stand, *exchangesim.Server) {
	t.Helper()
	sim, err := exchangesim.New(exchangesim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	address := strings.TrimSuffix(serveSimulator(t, sim), exchangesim.ServicePath) + exchangesim.EWSPath
	return newStand(t, gateway.Config{Invoker: newEWSBridge(t, address, options...)}), sim
}

// dialects are the two generations of servers, with the one thing in which requests to them differ.
var dialects = map[string]struct {
	start   func(*testing.T) *stand
	message func(*umv1.PlayOnPhoneRequest)
	json    string
}{
	exchange.UMWS: {
		func(t *testing.T) *stand { s, _ := newSimulated(t, gateway.Config{}); return s },
		func(r *umv1.PlayOnPhoneRequest) { r.EntryId = "AAAA" }, `"entryId":"AAAA"`,
	},
	exchange.EWS: {
		func(t *testing.T) *stand { s, _ := newEWS(t); return s },
		func(r *umv1.PlayOnPhoneRequest) { r.ItemId = "AAAA" }, `"itemId":"AAAA"`,
	},
}

func TestTheSameClientWorksWithBothDialects(t *testing.T) {
	t.Parallel()
	for name, d := range dialects {
		t.Run(name+" by gRPC", func(t *testing.T) {
			t.Parallel()
			s := d.start(t)
			calls := umv1.NewCallServiceClient(s.grpc)
			request := &umv1.PlayOnPhoneRequest{DialString: "4255550100"}
			d.message(request)
			placed, err := calls.PlayOnPhone(t.Context(), request)
			if err != nil || placed.GetCallId() == "" {
				t.Fatalf("PlayOnPhone: %v, %v", placed, err)
			}
			info, err := calls.GetCallInfo(t.Context(), &umv1.GetCallInfoRequest{CallId: placed.GetCallId()})
			if err != nil || info.GetCallState() != umv1.CallState_CALL_STATE_CONNECTING || info.GetEventCause() != umv1.EventCause_EVENT_CAUSE_NONE {
				t.Errorf("GetCallInfo: %v, %v", info, err)
			}
			if _, err := calls.Disconnect(t.Context(), &umv1.DisconnectRequest{CallId: placed.GetCallId()}); err != nil {
				t.Errorf("Disconnect: %v", err)
			}
			info, err = calls.GetCallInfo(t.Context(), &umv1.GetCallInfoRequest{CallId: placed.GetCallId()})
			if err != nil || info.GetCallState() != umv1.CallState_CALL_STATE_DISCONNECTED {
				t.Errorf("GetCallInfo afterwards: %v, %v", info, err)
			}
		})
		t.Run(name+" by REST", func(t *testing.T) {
			t.Parallel()
			s := d.start(t)
			reply, body := s.rest(t.Context(), http.MethodPost, "/v1/calls:playOnPhone", "{"+d.json+`,"dialString":"4255550100"}`)
			placed := map[string]string{}
			if err := json.Unmarshal(body, &placed); err != nil || reply.StatusCode != http.StatusOK {
				t.Fatalf("%d %s", reply.StatusCode, body)
			}
			path := "/v1/calls/" + url.PathEscape(placed["callId"])
			if reply, body := s.rest(t.Context(), http.MethodPost, path+":disconnect", ""); reply.StatusCode != http.StatusOK {
				t.Errorf("disconnect: %d %s", reply.StatusCode, body)
			}
			if _, body := s.rest(t.Context(), http.MethodGet, path, ""); !strings.Contains(string(body), `"callState":"CALL_STATE_DISCONNECTED"`) {
				t.Errorf("afterwards: %s", body)
			}
		})
	}
}

func TestIDOfTheOtherDialectIsRefusedByName(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ dialect, body, field string }{
		"item_id for umws":        {exchange.UMWS, `{"itemId":"AAAA","dialString":"1"}`, "item_id"},
		"entry_id for ews":        {exchange.EWS, `{"entryId":"AAAA","dialString":"1"}`, "entry_id"},
		"both":                    {exchange.UMWS, `{"entryId":"AAAA","itemId":"AAAA","dialString":"1"}`, "entry_id"},
		"neither":                 {exchange.EWS, `{"dialString":"1"}`, "entry_id"},
		"a long request id":       {exchange.UMWS, `{"entryId":"AAAA","dialString":"1","requestId":"` + strings.Repeat("x", 129) + `"}`, "request_id"},
		"a spaced request id":     {exchange.UMWS, `{"entryId":"AAAA","dialString":"1","requestId":"a b"}`, "request_id"},
		"a lease without a limit": {exchange.UMWS, `{"entryId":"AAAA","dialString":"1","lease":{}}`, "lease"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reply, body := dialects[c.dialect].start(t).rest(t.Context(), http.MethodPost, "/v1/calls:playOnPhone", c.body)
			wantRefusal(t, outcomeOfREST(t, reply, body), c.field)
		})
	}
}

func TestOperationsThatEWSLacksAreNamedAsSuch(t *testing.T) {
	t.Parallel()
	s, sim := newEWS(t)
	for _, op := range operations {
		if op.service == "um.v1.CallService" && op.name != "PlayOnPhoneGreeting" {
			continue
		}
		for _, f := range fronts {
			got, _ := f.ask(t.Context(), t, s, op)
			if got.code != codes.Unimplemented || got.reason != "OPERATION_UNSUPPORTED" || !strings.Contains(got.message, exchange.EWS) {
				t.Errorf("%s %s answers %v %s %q", f.name, op.name, got.code, got.reason, got.message)
			}
		}
	}
	if n := sim.Posts(); n != 0 {
		t.Errorf("the backend saw %d requests, want none", n)
	}
}

func TestErrorOfEWSInHTTP200IsAnError(t *testing.T) {
	t.Parallel()
	s, sim := newEWS(t)
	for name, c := range map[string]struct {
		fail string // ResponseCode
		want answered
	}{
		"unknown call":  {"ErrorInvalidPhoneCallId", answered{codes.NotFound, "CALL_NOT_FOUND", 404}},
		"no dial plan":  {"ErrorUnifiedMessagingDialPlanNotFound", answered{codes.FailedPrecondition, "UM_NOT_CONFIGURED", 400}},
		"access denied": {"ErrorAccessDenied", answered{codes.PermissionDenied, "BACKEND_FORBIDDEN", 403}},
		"unknown":       {"ErrorSomethingNew", answered{codes.Unknown, "BACKEND_FAULT", 500}},
	} {
		t.Run(name, func(t *testing.T) {
			sim.Behave()
			sim.Misbehave(exchangesim.Misbehaviour{Dialect: exchangesim.EWS, Fail: c.fail, Unexecuted: true})
			for _, f := range fronts {
				got, _ := f.ask(t.Context(), t, s, operation{
					name: "Disconnect", service: "um.v1.CallService", verb: http.MethodPost, path: "/v1/calls/x:disconnect",
					request: &umv1.DisconnectRequest{CallId: "x"}, response: &umv1.DisconnectResponse{},
				})
				if got.code != c.want.code || got.reason != c.want.reason {
					t.Errorf("%s answers %v %s, want %v", f.name, got.code, got.reason, c.want)
				}
				fault := detail[*umv1.SoapFault](got)
				if fault.GetResponseCode() != c.fail || fault.GetHttpStatus() != http.StatusOK {
					t.Errorf("%s: the fault is %v", f.name, fault)
				}
			}
		})
	}
}

func TestSIPResponseIsReported(t *testing.T) {
	t.Parallel()
	s, sim := newEWS(t)
	body := strings.ReplaceAll(`<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>
<m:GetPhoneCallInformationResponse ResponseClass="Success" xmlns:m="NSmessages" xmlns:t="NStypes"><m:ResponseCode>NoError</m:ResponseCode>
<m:PhoneCallInformation><t:PhoneCallState>Disconnected</t:PhoneCallState><t:ConnectionFailureCause>UserBusy</t:ConnectionFailureCause>
<t:SIPResponseText>Busy Here</t:SIPResponseText><t:SIPResponseCode>486</t:SIPResponseCode></m:PhoneCallInformation>
</m:GetPhoneCallInformationResponse></s:Body></s:Envelope>`, "NS", "http://schemas.microsoft.com/exchange/services/2006/")
	sim.Misbehave(exchangesim.Misbehaviour{Body: &body})
	_, got := s.rest(t.Context(), http.MethodGet, "/v1/calls/x", "")
	const want = `{"callState":"CALL_STATE_DISCONNECTED","eventCause":"EVENT_CAUSE_USER_BUSY","sipResponseCode":486,"sipResponseText":"Busy Here"}`
	if string(got) != want {
		t.Errorf("the answer is %s, want %s", got, want)
	}
}

// impersonated is DisconnectPhoneCall on behalf of a mailbox, by hand from the published schema.
const impersonated = `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"
 xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types" xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages">
<soap:Header><t:RequestServerVersion Version="Exchange2010"/><t:ExchangeImpersonation><t:ConnectingSID>
<t:PrimarySmtpAddress>a&amp;b@contoso.com</t:PrimarySmtpAddress></t:ConnectingSID></t:ExchangeImpersonation></soap:Header>
<soap:Body><m:DisconnectPhoneCall><m:PhoneCallId Id="x&quot;&lt;"/></m:DisconnectPhoneCall></soap:Body></soap:Envelope>`

func TestImpersonationStandsInTheHeader(t *testing.T) {
	t.Parallel()
	s, sim := newEWS(t, soapbridge.WithHeader(func(context.Context) ([]soapbridge.HeaderElement, error) {
		return []soapbridge.HeaderElement{exchange.Impersonation("a&b@contoso.com", false)}, nil
	}))
	_, _ = umv1.NewCallServiceClient(s.grpc).Disconnect(t.Context(), &umv1.DisconnectRequest{CallId: `x"<`})
	exchanges := sim.Exchanges()
	if len(exchanges) == 0 {
		t.Fatal("the backend saw nothing")
	}
	if diff := xmltree.Diff([]byte(exchanges[0].Request), []byte(impersonated)); diff != "" {
		t.Error(diff)
	}
}
