package soapbridge_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/umgateway/umgateway/soapbridge"
	"github.com/umgateway/umgateway/soapbridge/transport"
)

// matrix says what each HTTP status and each body together mean for an operation that may be repeated. The body decides
// first: a whole envelope with a reply or a fault counts whatever the status is.
const matrix = `
status  reply  fault  fault12  empty         html          truncated     operation     envelopes
200     ok     fault  fault    empty         notsoap       notsoap       refused       refused
202     ok     fault  fault    empty         notsoap       notsoap       refused       refused
302     ok     fault  fault    redirect      redirect      redirect      refused       refused
400     ok     fault  fault    empty         notsoap       notsoap       refused       refused
401     ok     fault  fault    unauthorized  unauthorized  unauthorized  unauthorized  unauthorized
403     ok     fault  fault    forbidden     forbidden     forbidden     forbidden     forbidden
404     ok     fault  fault    empty         notsoap       notsoap       refused       refused
405     ok     fault  fault    empty         notsoap       notsoap       refused       refused
407     ok     fault  fault    proxyauth     proxyauth     proxyauth     proxyauth     proxyauth
413     ok     fault  fault    empty         notsoap       notsoap       refused       refused
429     ok     fault  fault    throttled     throttled     throttled     throttled     throttled
500     ok     fault  fault    empty         notsoap       notsoap       refused       refused
502     ok     fault  fault    unavailable   unavailable   unavailable   refused       refused
503     ok     fault  fault    unavailable   unavailable   unavailable   refused       refused
504     ok     fault  fault    unavailable   unavailable   unavailable   refused       refused
`

// An operation that must not be repeated may have been executed wherever the answer is neither a reply nor a fault and the
// status does not say that the request was turned away.
var turnedAway = map[string]bool{"unauthorized": true, "forbidden": true, "proxyauth": true, "throttled": true}

var matrixKinds = map[string]soapbridge.Kind{
	"fault": soapbridge.KindFault, "empty": soapbridge.KindEmpty, "notsoap": soapbridge.KindNotSOAP,
	"redirect": soapbridge.KindRedirect, "refused": soapbridge.KindReplyRefused, "unauthorized": soapbridge.KindUnauthorized,
	"forbidden": soapbridge.KindForbidden, "proxyauth": soapbridge.KindProxyAuth, "throttled": soapbridge.KindThrottled,
	"unavailable": soapbridge.KindUnavailable, "unknown": soapbridge.KindOutcomeUnknown,
}

// matrixBody writes the body of a column as an answer to an rpc.
func matrixBody(column, rpc string) (body, contentType string) {
	good := map[string]string{
		"GetCallInfo": `<m:GetCallInfoResponse><m:CallState>Idle</m:CallState><m:EventCause>None</m:EventCause></m:GetCallInfoResponse>`,
		"Disconnect":  `<m:DisconnectResponse/>`,
		"PlayOnPhone": `<m:PlayOnPhoneResponse>x</m:PlayOnPhoneResponse>`,
		"ResetPIN":    `<m:ResetPINResponse/>`,
	}[rpc]
	const text = "text/xml; charset=utf-8"
	switch column {
	case "reply":
		return envelope(good), text
	case "fault":
		return envelope(`<soap:Fault><faultcode>soap:Server</faultcode><faultstring>x</faultstring></soap:Fault>`), text
	case "fault12":
		return `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><s:Fault><s:Code><s:Value>s:Receiver</s:Value></s:Code>` +
			`<s:Reason><s:Text xml:lang="en">x</s:Text></s:Reason></s:Fault></s:Body></s:Envelope>`, "application/soap+xml"
	case "html":
		return `<!DOCTYPE html><html><head><title>Gateway</title></head><body>sorry<br></body></html>`, "text/html"
	case "truncated":
		return envelope(good)[:len(envelope(good))-30], text
	case "operation":
		return envelope(`<m:SetOofStatusResponse/>`), text
	case "envelopes":
		return envelope(good) + strings.TrimPrefix(envelope(good), `<?xml version="1.0" encoding="utf-8"?>`), text
	}
	return "", text
}

// TestStatusAndBody is the whole table: status × body × effect.
func TestStatusAndBody(t *testing.T) {
	t.Parallel()
	lines := strings.Split(strings.TrimSpace(matrix), "\n")
	columns := strings.Fields(lines[0])[1:]
	for _, line := range lines[1:] {
		cells := strings.Fields(line)
		status, err := strconv.Atoi(cells[0])
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range cells[1:] {
			for _, rpc := range []string{"GetCallInfo", "Disconnect", "PlayOnPhone", "ResetPIN"} {
				want := want
				once := rpc == "PlayOnPhone" || rpc == "ResetPIN"
				if once && want != "ok" && want != "fault" && !turnedAway[want] {
					want = "unknown"
				}
				t.Run(fmt.Sprintf("%d/%s/%s", status, columns[i], rpc), func(t *testing.T) {
					t.Parallel()
					body, contentType := matrixBody(columns[i], rpc)
					_, err := readUM(t, rpc, &transport.Reply{
						Status: status, Header: http.Header{"Content-Type": {contentType}}, Body: []byte(body),
					})
					checkCell(t, err, want, status)
				})
			}
		}
	}
}

func checkCell(t *testing.T, err error, want string, status int) {
	t.Helper()
	if want == "ok" {
		if err != nil {
			t.Errorf("got %v, want a result", err)
		}
		return
	}
	failure := failureOf(t, err)
	if failure.Kind != matrixKinds[want] || failure.HTTPStatus != status {
		t.Errorf("got %v with status %d, want %v with %d", failure, failure.HTTPStatus, matrixKinds[want], status)
	}
	if (failure.Fault != nil) != (want == "fault") || (failure.Cause != "") != (want == "refused") {
		t.Errorf("got fault %v and cause %q", failure.Fault, failure.Cause)
	}
}

// TestLostExchangesSayWhatMayHaveHappened: what the transport proves decides whether an operation that must not be repeated
// is reported as unavailable or with an unknown outcome.
func TestLostExchangesSayWhatMayHaveHappened(t *testing.T) {
	t.Parallel()
	const nothing, partly, fully = transport.NothingSent, transport.PartlySent, transport.FullySent
	tests := []struct {
		kind      transport.Kind
		sent      transport.Sent
		want      soapbridge.Kind // for an operation that may be repeated
		wantOnce  soapbridge.Kind // for one that may not
		wantCause string          // for an operation that may be repeated
	}{
		{transport.KindUnavailable, nothing, soapbridge.KindUnavailable, soapbridge.KindUnavailable, ""},
		{transport.KindUnavailable, partly, soapbridge.KindUnavailable, soapbridge.KindUnavailable, ""},
		{transport.KindUnavailable, fully, soapbridge.KindUnavailable, soapbridge.KindOutcomeUnknown, ""},
		{transport.KindTLS, nothing, soapbridge.KindUnavailable, soapbridge.KindUnavailable, ""},
		{transport.KindClosed, nothing, soapbridge.KindUnavailable, soapbridge.KindUnavailable, ""},
		{transport.KindDeadline, nothing, soapbridge.KindDeadline, soapbridge.KindDeadline, ""},
		{transport.KindDeadline, fully, soapbridge.KindDeadline, soapbridge.KindDeadline, ""},
		{transport.KindCanceled, fully, soapbridge.KindCanceled, soapbridge.KindCanceled, ""},
		{transport.KindReplyTooLarge, fully, soapbridge.KindReplyRefused, soapbridge.KindOutcomeUnknown, soapbridge.CauseSize},
		{transport.KindHeaderTooLarge, fully, soapbridge.KindReplyRefused, soapbridge.KindOutcomeUnknown, soapbridge.CauseHeaders},
		{transport.KindMalformedReply, fully, soapbridge.KindNotSOAP, soapbridge.KindOutcomeUnknown, ""},
		{transport.KindTruncated, fully, soapbridge.KindNotSOAP, soapbridge.KindOutcomeUnknown, ""},
		{transport.KindUnauthorized, nothing, soapbridge.KindUnauthorized, soapbridge.KindUnauthorized, ""},
		{transport.KindUnauthorized, fully, soapbridge.KindUnauthorized, soapbridge.KindUnauthorized, ""},
		{transport.KindHeldOff, nothing, soapbridge.KindHeldOff, soapbridge.KindHeldOff, ""},
		{transport.KindOverloaded, nothing, soapbridge.KindOverloaded, soapbridge.KindOverloaded, ""},
		{transport.KindThrottled, nothing, soapbridge.KindThrottled, soapbridge.KindThrottled, ""},
	}
	for _, test := range tests {
		for rpc, want := range map[string]soapbridge.Kind{
			"GetCallInfo": test.want, "Disconnect": test.want, "PlayOnPhone": test.wantOnce, "ResetPIN": test.wantOnce,
		} {
			t.Run(fmt.Sprintf("%d/%d/%s", test.kind, test.sent, rpc), func(t *testing.T) {
				t.Parallel()
				b := &backend{answer: func(*transport.Request) (*transport.Reply, error) {
					return nil, &transport.Error{Op: "read", Kind: test.kind, Sent: test.sent, Err: http.ErrHandlerTimeout}
				}}
				_, err := newUMBridge(t, b, soapbridge.WithForm("https")).Invoke(t.Context(), umMethod(t, rpc), requestOf(t, rpc))
				failure := failureOf(t, err)
				mayHaveRun := test.sent == fully && (want == soapbridge.KindDeadline || want == soapbridge.KindCanceled || want == soapbridge.KindOutcomeUnknown)
				if once := rpc == "PlayOnPhone" || rpc == "ResetPIN"; failure.MayHaveRun != (once && mayHaveRun) {
					t.Errorf("that it may have run is %t", failure.MayHaveRun)
				}
				if failure.Kind != want || want == test.want && failure.Cause != test.wantCause {
					t.Errorf("got %v (%s), want %v (%s)", failure.Kind, failure.Cause, want, test.wantCause)
				}
			})
		}
	}
}
