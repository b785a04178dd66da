package ledgersoap_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/umgateway/umgateway/internal/ledger/ledgerrpc"
	"github.com/umgateway/umgateway/internal/ledger/ledgersoap"
	"github.com/umgateway/umgateway/soapbridge"
	"github.com/umgateway/umgateway/soapbridge/transport"
)

const (
	none        = ledgerrpc.ProofNone
	rejected    = ledgerrpc.ProofRejected
	notExecuted = ledgerrpc.ProofNotExecuted
)

// The rows follow the contract: what proves that an operation did not run, and what is a doubt about a phone that may ring.
func TestOnlyAProofCountsAsNotExecuted(t *testing.T) {
	t.Parallel()
	judge := ledgersoap.Judge(map[string]soapbridge.FaultRetry{
		"ErrorServerBusy": soapbridge.FaultThrottled, "ErrorInvalidPhoneNumber": soapbridge.FaultFinal,
		"ErrorUnifiedMessagingServerNotFound": soapbridge.FaultUnavailable, "Server": soapbridge.FaultThrottled,
	})
	sent := func(kind soapbridge.Kind, sent transport.Sent) *soapbridge.Error {
		return &soapbridge.Error{Kind: kind, Sent: sent}
	}
	full := func(kind soapbridge.Kind) *soapbridge.Error { return sent(kind, transport.FullySent) }
	fault := func(response string, codes ...string) *soapbridge.Error {
		return &soapbridge.Error{Kind: soapbridge.KindFault, Sent: transport.FullySent, Fault: &soapbridge.Fault{ResponseCode: response, Codes: codes}}
	}
	for rule, c := range map[string]struct {
		err  error
		want ledgerrpc.Proof
	}{
		"the request has no SOAP form":                {sent(soapbridge.KindRequest, 0), notExecuted},
		"the dialect has no such operation":           {sent(soapbridge.KindUnsupported, 0), notExecuted},
		"the credential is held off":                  {sent(soapbridge.KindHeldOff, 0), notExecuted},
		"too many wait":                               {sent(soapbridge.KindOverloaded, 0), notExecuted},
		"stopped before the first byte":               {sent(soapbridge.KindStopped, 0), notExecuted},
		"not dispatched":                              {full(soapbridge.KindNotDispatched), notExecuted},
		"HTTP 429":                                    {full(soapbridge.KindThrottled), notExecuted},
		"HTTP 401":                                    {full(soapbridge.KindUnauthorized), notExecuted},
		"HTTP 403":                                    {full(soapbridge.KindForbidden), rejected},
		"HTTP 403 to a leg of authentication":         {sent(soapbridge.KindForbidden, transport.NothingSent), notExecuted},
		"HTTP 407":                                    {full(soapbridge.KindProxyAuth), rejected},
		"no connection":                               {sent(soapbridge.KindUnavailable, transport.NothingSent), notExecuted},
		"lost in the middle of the request":           {sent(soapbridge.KindUnavailable, transport.PartlySent), notExecuted},
		"lost after the request":                      {full(soapbridge.KindUnavailable), none},
		"deadline before the request":                 {sent(soapbridge.KindDeadline, transport.NothingSent), notExecuted},
		"deadline after the request":                  {full(soapbridge.KindDeadline), none},
		"left before the request":                     {sent(soapbridge.KindCanceled, transport.PartlySent), notExecuted},
		"left after the request":                      {full(soapbridge.KindCanceled), none},
		"outcome unknown":                             {full(soapbridge.KindOutcomeUnknown), none},
		"outcome unknown, whatever was sent":          {sent(soapbridge.KindOutcomeUnknown, transport.NothingSent), none},
		"HTML in reply to the request":                {full(soapbridge.KindNotSOAP), none},
		"HTML in reply to a leg of authentication":    {sent(soapbridge.KindNotSOAP, transport.NothingSent), notExecuted},
		"an empty reply":                              {full(soapbridge.KindEmpty), none},
		"a redirect":                                  {full(soapbridge.KindRedirect), none},
		"a reply that must be refused":                {full(soapbridge.KindReplyRefused), none},
		"a defect of the bridge":                      {full(soapbridge.KindInternal), none},
		"the number is wrong":                         {fault("ErrorInvalidPhoneNumber", "Client"), rejected},
		"the backend is busy":                         {fault("ErrorServerBusy", "Client"), notExecuted},
		"the backend has lost a part":                 {fault("ErrorUnifiedMessagingServerNotFound"), rejected},
		"the first name in the table counts":          {fault("ErrorInvalidPhoneNumber", "Server"), rejected},
		"a fault that nobody knows":                   {fault("ErrorOfTheFuture", "Client"), rejected},
		"a fault that was not kept":                   {full(soapbridge.KindFault), none},
		"wrapped":                                     {fmt.Errorf("invoke: %w", fault("ErrorServerBusy")), notExecuted},
		"an error of somebody else after it was sent": {context.DeadlineExceeded, none},
	} {
		if got := judge(c.err, true); got != c.want {
			t.Errorf("%s: proof %d, want %d", rule, got, c.want)
		}
	}
}

func TestWhatWasNotAnnouncedDidNotRunUnlessTheBackendSaysSo(t *testing.T) {
	t.Parallel()
	judge := ledgersoap.Judge(nil)
	for rule, c := range map[string]struct {
		err  error
		want ledgerrpc.Proof
	}{
		"an error of somebody else":                   {errors.New("no backend is configured"), notExecuted},
		"a defect of the bridge":                      {&soapbridge.Error{Kind: soapbridge.KindInternal}, notExecuted},
		"a reply that was lost although nobody asked": {&soapbridge.Error{Kind: soapbridge.KindOutcomeUnknown}, none},
	} {
		if got := judge(c.err, false); got != c.want {
			t.Errorf("%s: proof %d, want %d", rule, got, c.want)
		}
	}
}
