package gateway_test

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/umgateway/umgateway/gateway"
	umv1 "github.com/umgateway/umgateway/gen/um/v1"
	"github.com/umgateway/umgateway/soapbridge"
)

// failing is a gateway whose backend fails as the test says.
type failing struct {
	*stand
	failure error
}

func newFailing(t *testing.T, config gateway.Config) *failing {
	t.Helper()
	f := &failing{}
	config.Invoker = invoker(func(context.Context, protoreflect.MethodDescriptor, proto.Message) (proto.Message, error) {
		return nil, f.failure
	})
	f.stand = newStand(t, config)
	return f
}

// answered is what the table below expects.
type answered struct {
	code       codes.Code
	reason     string
	httpStatus int
}

// signals is the table of what a backend's signals mean, from the published names of its faults.
var signals = map[string]struct {
	failure *soapbridge.Error
	want    answered
	retry   bool // RetryInfo and Retry-After are there
}{
	"InvalidCallIdException":               {exception("InvalidCallIdException"), answered{codes.NotFound, "CALL_NOT_FOUND", 404}, false},
	"InvalidObjectIdException":             {exception("InvalidObjectIdException"), answered{codes.InvalidArgument, "ITEM_ID_INVALID", 400}, false},
	"DialingRulesException":                {exception("DialingRulesException"), answered{codes.FailedPrecondition, "DIALING_RULES_FORBID", 400}, false},
	"ErrorInvalidPhoneCallId":              {response("ErrorInvalidPhoneCallId"), answered{codes.NotFound, "CALL_NOT_FOUND", 404}, false},
	"ErrorInvalidId":                       {response("ErrorInvalidId"), answered{codes.InvalidArgument, "ITEM_ID_INVALID", 400}, false},
	"ErrorInvalidIdMalformed":              {response("ErrorInvalidIdMalformed"), answered{codes.InvalidArgument, "ITEM_ID_INVALID", 400}, false},
	"ErrorItemNotFound":                    {response("ErrorItemNotFound"), answered{codes.NotFound, "ITEM_NOT_FOUND", 404}, false},
	"ErrorInvalidPhoneNumber":              {response("ErrorInvalidPhoneNumber"), answered{codes.InvalidArgument, "DIAL_STRING_INVALID", 400}, false},
	"ErrorInvalidSIPUri":                   {response("ErrorInvalidSIPUri"), answered{codes.InvalidArgument, "DIAL_STRING_INVALID", 400}, false},
	"ErrorPhoneNumberNotDialable":          {response("ErrorPhoneNumberNotDialable"), answered{codes.FailedPrecondition, "DIALING_RULES_FORBID", 400}, false},
	"ErrorUserNotUnifiedMessagingEnabled":  {response("ErrorUserNotUnifiedMessagingEnabled"), answered{codes.FailedPrecondition, "USER_NOT_UM_ENABLED", 400}, false},
	"ErrorIPGatewayNotFound":               {response("ErrorIPGatewayNotFound"), answered{codes.FailedPrecondition, "UM_NOT_CONFIGURED", 400}, false},
	"ErrorUnifiedMessagingDialPlan":        {response("ErrorUnifiedMessagingDialPlanNotFound"), answered{codes.FailedPrecondition, "UM_NOT_CONFIGURED", 400}, false},
	"ErrorUnifiedMessagingServerNotFound":  {response("ErrorUnifiedMessagingServerNotFound"), answered{codes.Unavailable, "BACKEND_UNAVAILABLE", 503}, false},
	"ErrorServerBusy":                      {busy(1500 * time.Millisecond), answered{codes.ResourceExhausted, "BACKEND_THROTTLED", 429}, true},
	"ErrorServerBusy without a back-off":   {busy(0), answered{codes.ResourceExhausted, "BACKEND_THROTTLED", 429}, true},
	"ErrorInvalidRequest":                  {response("ErrorInvalidRequest"), answered{codes.Internal, "BACKEND_CONTRACT_MISMATCH", 500}, false},
	"ErrorSchemaValidation":                {response("ErrorSchemaValidation"), answered{codes.Internal, "BACKEND_CONTRACT_MISMATCH", 500}, false},
	"ErrorUnifiedMessagingRequestFailed":   {response("ErrorUnifiedMessagingRequestFailed"), answered{codes.Internal, "BACKEND_FAULT", 500}, false},
	"ErrorAccessDenied":                    {response("ErrorAccessDenied"), answered{codes.PermissionDenied, "BACKEND_FORBIDDEN", 403}, false},
	"ErrorImpersonateUserDenied":           {response("ErrorImpersonateUserDenied"), answered{codes.PermissionDenied, "IMPERSONATION_DENIED", 403}, false},
	"ErrorImpersonationDenied":             {response("ErrorImpersonationDenied"), answered{codes.PermissionDenied, "IMPERSONATION_DENIED", 403}, false},
	"a Client fault":                       {fault(soapbridge.Fault{Codes: []string{"Client"}}), answered{codes.Internal, "BACKEND_CONTRACT_MISMATCH", 500}, false},
	"a Sender fault":                       {fault(soapbridge.Fault{Codes: []string{"Sender"}}), answered{codes.Internal, "BACKEND_CONTRACT_MISMATCH", 500}, false},
	"a Server fault":                       {fault(soapbridge.Fault{Codes: []string{"Server"}}), answered{codes.Unknown, "BACKEND_FAULT", 500}, false},
	"an unknown exception":                 {exception("SomethingNewException"), answered{codes.Unknown, "BACKEND_FAULT", 500}, false},
	"an unknown exception by the client":   {fault(soapbridge.Fault{Codes: []string{"Client"}, ExceptionType: "SomethingNewException", HasDetail: true}), answered{codes.Unknown, "BACKEND_FAULT", 500}, false},
	"the innermost known name of SOAP 1.2": {fault(soapbridge.Fault{Codes: []string{"Sender", "InvalidCallIdException", "Whatever"}}), answered{codes.NotFound, "CALL_NOT_FOUND", 404}, false},
	"not dispatched":                       {kind(soapbridge.KindNotDispatched), answered{codes.Unimplemented, "BACKEND_CONTRACT_MISMATCH", 501}, false},
	"unsupported":                          {&soapbridge.Error{Kind: soapbridge.KindUnsupported, Cause: "ews"}, answered{codes.Unimplemented, "OPERATION_UNSUPPORTED", 501}, false},
	"refused":                              {&soapbridge.Error{Kind: soapbridge.KindReplyRefused, Cause: soapbridge.CauseDTD}, answered{codes.Internal, "BACKEND_REPLY_REFUSED", 500}, false},
	"not SOAP in 200":                      {replied(soapbridge.KindNotSOAP, 200), answered{codes.Internal, "BACKEND_NOT_SOAP", 500}, false},
	"not SOAP in 404":                      {replied(soapbridge.KindNotSOAP, 404), answered{codes.Internal, "BACKEND_NOT_SOAP", 500}, false},
	"not SOAP in 500":                      {replied(soapbridge.KindNotSOAP, 500), answered{codes.Unavailable, "BACKEND_NOT_SOAP", 503}, false},
	"empty in 200":                         {replied(soapbridge.KindEmpty, 200), answered{codes.Internal, "BACKEND_EMPTY", 500}, false},
	"empty in 500":                         {replied(soapbridge.KindEmpty, 500), answered{codes.Unavailable, "BACKEND_EMPTY", 503}, false},
	"redirect":                             {replied(soapbridge.KindRedirect, 302), answered{codes.Internal, "BACKEND_REDIRECT", 500}, false},
	"unavailable":                          {kind(soapbridge.KindUnavailable), answered{codes.Unavailable, "BACKEND_UNAVAILABLE", 503}, false},
	"unavailable for a while":              {&soapbridge.Error{Kind: soapbridge.KindUnavailable, RetryAfter: time.Second}, answered{codes.Unavailable, "BACKEND_UNAVAILABLE", 503}, true},
	"throttled":                            {replied(soapbridge.KindThrottled, 429), answered{codes.ResourceExhausted, "BACKEND_THROTTLED", 429}, true},
	"unauthorized":                         {replied(soapbridge.KindUnauthorized, 401), answered{codes.Internal, "BACKEND_AUTH_FAILED", 500}, false},
	"held off":                             {kind(soapbridge.KindHeldOff), answered{codes.Internal, "BACKEND_AUTH_FAILED", 500}, false},
	"unauthorized, then held off":          {&soapbridge.Error{Kind: soapbridge.KindUnauthorized, HTTPStatus: 401, RetryAfter: 5 * time.Minute}, answered{codes.Internal, "BACKEND_AUTH_FAILED", 500}, false},
	"held off for a while":                 {&soapbridge.Error{Kind: soapbridge.KindHeldOff, RetryAfter: 5 * time.Minute}, answered{codes.Internal, "BACKEND_AUTH_FAILED", 500}, false},
	"a page that says when to come again":  {&soapbridge.Error{Kind: soapbridge.KindNotSOAP, HTTPStatus: 404, RetryAfter: time.Minute}, answered{codes.Internal, "BACKEND_NOT_SOAP", 500}, false},
	"forbidden":                            {replied(soapbridge.KindForbidden, 403), answered{codes.PermissionDenied, "BACKEND_FORBIDDEN", 403}, false},
	"proxy":                                {replied(soapbridge.KindProxyAuth, 407), answered{codes.Internal, "BACKEND_PROXY_AUTH", 500}, false},
	"overloaded":                           {kind(soapbridge.KindOverloaded), answered{codes.ResourceExhausted, "OVERLOADED", 429}, true},
	"outcome unknown":                      {replied(soapbridge.KindOutcomeUnknown, 502), answered{codes.Unknown, "OUTCOME_UNKNOWN", 500}, false},
	"deadline":                             {kind(soapbridge.KindDeadline), answered{codes.DeadlineExceeded, "DEADLINE", 504}, false},
	"canceled":                             {kind(soapbridge.KindCanceled), answered{codes.Canceled, "CANCELED", 499}, false},
	"request":                              {&soapbridge.Error{Kind: soapbridge.KindRequest, Field: "entry_id"}, answered{codes.InvalidArgument, "REQUEST_INVALID", 400}, false},
	"stopped":                              {kind(soapbridge.KindStopped), answered{codes.Internal, "INTERNAL", 500}, false},
	"defect":                               {kind(soapbridge.KindInternal), answered{codes.Internal, "INTERNAL", 500}, false},
}

func kind(k soapbridge.Kind) *soapbridge.Error { return &soapbridge.Error{Kind: k} }

func replied(k soapbridge.Kind, httpStatus int) *soapbridge.Error {
	return &soapbridge.Error{Kind: k, HTTPStatus: httpStatus}
}

func fault(f soapbridge.Fault) *soapbridge.Error {
	return &soapbridge.Error{Operation: "PlayOnPhone", Kind: soapbridge.KindFault, HTTPStatus: 500, Fault: &f}
}

func exception(name string) *soapbridge.Error {
	return fault(soapbridge.Fault{Codes: []string{name}, ExceptionType: name, HasDetail: true})
}

func response(code string) *soapbridge.Error {
	return fault(soapbridge.Fault{Codes: []string{"Client"}, ResponseCode: code, HasDetail: true})
}

func busy(backOff time.Duration) *soapbridge.Error {
	failure := response("ErrorServerBusy")
	failure.RetryAfter = backOff
	return failure
}

func TestSignalsOfTheBackend(t *testing.T) {
	t.Parallel()
	s := newFailing(t, gateway.Config{})
	for _, name := range slices.Sorted(maps.Keys(signals)) {
		c := signals[name]
		t.Run(name, func(t *testing.T) {
			s.failure = c.failure
			for _, f := range fronts {
				got, _ := f.ask(t.Context(), t, s.stand, isUMEnabled)
				if got.code != c.want.code || got.reason != c.want.reason {
					t.Errorf("%s answers %v %s, want %v %s", f.name, got.code, got.reason, c.want.code, c.want.reason)
				}
				if f.name == "REST" && got.httpStatus != c.want.httpStatus {
					t.Errorf("the HTTP status is %d, want %d", got.httpStatus, c.want.httpStatus)
				}
				if info := detail[*errdetails.RetryInfo](got); (info != nil) != c.retry {
					t.Errorf("%s: RetryInfo is %v, want one: %v", f.name, info, c.retry)
				}
			}
		})
	}
}

func TestEveryKindOfFailureIsInTheTable(t *testing.T) {
	t.Parallel()
	listed := map[soapbridge.Kind]bool{}
	for _, c := range signals {
		listed[c.failure.Kind] = true
	}
	for k := soapbridge.KindInternal; k <= soapbridge.KindCanceled; k++ {
		if !listed[k] {
			t.Errorf("no row has the kind %v", k)
		}
	}
}

func TestTheCauseIsTheNameThatDecided(t *testing.T) {
	t.Parallel()
	s := newFailing(t, gateway.Config{})
	for cause, f := range map[string]soapbridge.Fault{
		"InvalidCallIdException": {Codes: []string{"Sender", "InvalidCallIdException", "Whatever"}},
		"SomethingNewException":  {Codes: []string{"Server"}, ExceptionType: "SomethingNewException"},
		"Server":                 {Codes: []string{"Server"}},
		"":                       {},
	} {
		s.failure = fault(f)
		for _, front := range fronts {
			got, _ := front.ask(t.Context(), t, s.stand, isUMEnabled)
			if named := detail[*errdetails.ErrorInfo](got).GetMetadata()["cause"]; named != cause {
				t.Errorf("%s: the cause is %q, want %q", front.name, named, cause)
			}
		}
	}
}

// detail finds a detail of a type in a status; nil if there is none.
func detail[T proto.Message](o outcome) (found T) {
	for _, d := range o.status.Details() {
		if d, is := d.(T); is {
			found = d
		}
	}
	return found
}

func TestRetryAfterIsRoundedUp(t *testing.T) {
	t.Parallel()
	s := newFailing(t, gateway.Config{})
	s.failure = busy(1500 * time.Millisecond)
	reply, body := s.rest(t.Context(), isUMEnabled.verb, isUMEnabled.path, "")
	if got := reply.Header.Get("Retry-After"); got != "2" {
		t.Errorf("Retry-After is %q, want 2", got)
	}
	if delay := detail[*errdetails.RetryInfo](outcomeOfREST(t, reply, body)).GetRetryDelay().AsDuration(); delay != 1500*time.Millisecond {
		t.Errorf("RetryInfo says %v, want 1.5s", delay)
	}
}

func TestFaultIsADetailWithoutItsStackTrace(t *testing.T) {
	t.Parallel()
	s := newFailing(t, gateway.Config{})
	s.failure = fault(soapbridge.Fault{
		Codes: []string{"InvalidCallIdException"}, ExceptionType: "InvalidCallIdException", HasDetail: true,
		Text: "Microsoft.Exchange.UM.InvalidCallIdException: The call is gone.\n   at Microsoft.Exchange.UM.Secret.Path()",
	})
	want := &umv1.SoapFault{
		FaultCode: "InvalidCallIdException", ExceptionType: "InvalidCallIdException", HttpStatus: 500, FaultString: "The call is gone.",
	}
	for _, f := range fronts {
		got, _ := f.ask(t.Context(), t, s.stand, isUMEnabled)
		if fault := detail[*umv1.SoapFault](got); !proto.Equal(fault, want) {
			t.Errorf("%s: the fault is %v, want %v", f.name, fault, want)
		}
	}
}

func TestRejectedCredentialOfTheCallerIsTheCallersToMend(t *testing.T) {
	t.Parallel()
	s := newFailing(t, gateway.Config{CallerCredentials: true})
	s.failure = replied(soapbridge.KindUnauthorized, http.StatusUnauthorized)
	for _, f := range fronts {
		got, _ := f.ask(t.Context(), t, s.stand, isUMEnabled)
		if got.code != codes.Unauthenticated || got.reason != "CREDENTIALS_REJECTED" {
			t.Errorf("%s answers %v %s", f.name, got.code, got.reason)
		}
	}
}

func TestErrorsNameTheRequest(t *testing.T) {
	t.Parallel()
	s := newFailing(t, gateway.Config{})
	s.failure = kind(soapbridge.KindUnavailable)
	reply, body := s.rest(t.Context(), isUMEnabled.verb, isUMEnabled.path, "", "X-Request-Id", "abc")
	if id := detail[*errdetails.RequestInfo](outcomeOfREST(t, reply, body)).GetRequestId(); id != "abc" {
		t.Errorf("the error names the request %q, want abc", id)
	}
}

func TestADeadlineWarnsOfRepeatingWhatMayHaveRun(t *testing.T) {
	t.Parallel()
	s := newFailing(t, gateway.Config{})
	for _, mayHaveRun := range []bool{false, true} {
		s.failure = &soapbridge.Error{Operation: "PlayOnPhone", Kind: soapbridge.KindDeadline, MayHaveRun: mayHaveRun}
		for _, f := range fronts {
			got, _ := f.ask(t.Context(), t, s.stand, isUMEnabled)
			if got.code != codes.DeadlineExceeded || strings.Contains(got.message, "may have executed the call: do not repeat it") != mayHaveRun {
				t.Errorf("%s: may have run %t, the answer is %v %q", f.name, mayHaveRun, got.code, got.message)
			}
		}
	}
}
