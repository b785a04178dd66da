package gateway

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
	"github.com/umgateway/umgateway/soapbridge"
)

// kindMeaning is what a kind of failure means to callers.
type kindMeaning struct {
	code    codes.Code
	reason  string
	message string
}

var kindMeanings = map[soapbridge.Kind]kindMeaning{
	soapbridge.KindInternal:       {codes.Internal, reasonInternal, "the gateway failed"},
	soapbridge.KindUnsupported:    {codes.Unimplemented, reasonOperationUnsupported, "the backend has no such operation"},
	soapbridge.KindNotDispatched:  {codes.Unimplemented, reasonContractMismatch, "the backend does not know the operation: is its address right?"},
	soapbridge.KindReplyRefused:   {codes.Internal, reasonReplyRefused, "the backend's reply must not be accepted"},
	soapbridge.KindNotSOAP:        {codes.Internal, reasonNotSOAP, "the backend's reply is not SOAP"},
	soapbridge.KindEmpty:          {codes.Internal, reasonEmpty, "the backend's reply is empty"},
	soapbridge.KindRedirect:       {codes.Internal, reasonRedirect, "the backend answers with a redirect, which is not followed"},
	soapbridge.KindUnavailable:    {codes.Unavailable, reasonUnavailable, "the backend is unavailable"},
	soapbridge.KindThrottled:      {codes.ResourceExhausted, reasonThrottled, "the backend asks for fewer calls and did not execute this one"},
	soapbridge.KindUnauthorized:   {codes.Internal, reasonAuthFailed, "the backend rejected the gateway's account: an operator must act"},
	soapbridge.KindHeldOff:        {codes.Internal, reasonAuthFailed, "the backend rejected the gateway's account before, which is held off now: an operator must act"},
	soapbridge.KindForbidden:      {codes.PermissionDenied, reasonForbidden, "the backend denies access"},
	soapbridge.KindProxyAuth:      {codes.Internal, reasonProxyAuth, "a proxy before the backend asks for a credential"},
	soapbridge.KindStopped:        {codes.Internal, reasonInternal, "the gateway stopped the request before its first byte"},
	soapbridge.KindOverloaded:     {codes.ResourceExhausted, reasonOverloaded, "too many calls wait for the backend"},
	soapbridge.KindOutcomeUnknown: {codes.Unknown, reasonOutcomeUnknown, "the backend may or may not have executed the call: do not repeat it"},
}

// backendError explains an error of the bridge in a call of the rpc; nil if it is none.
func backendError(rpc string, err error, callerCredentials bool) *Error {
	var failure *soapbridge.Error
	if !errors.As(err, &failure) {
		return nil
	}
	switch failure.Kind {
	case soapbridge.KindDeadline:
		e := deadlineError(rpc, err)
		if failure.MayHaveRun {
			e.Message += ", which may have executed the call: do not repeat it"
		}
		return e
	case soapbridge.KindCanceled:
		return canceledError(rpc, err)
	case soapbridge.KindRequest:
		return unwritable(failure)
	}
	e := &Error{RetryAfter: failure.RetryAfter, Cause: err}
	if failure.Kind == soapbridge.KindFault {
		e.say(rpc, meaningOf(failure.Fault))
	} else {
		meaning := kindMeanings[failure.Kind]
		e.say(rpc, faultMeaning{code: meaning.code, reason: meaning.reason, message: meaning.message})
	}
	e.refine(rpc, failure, callerCredentials)
	if failure.Fault != nil {
		e.Fault = soapFault(rpc, failure)
	}
	return e.with(map[string]string{"operation": failure.Operation, "cause": causeOf(failure), "http_status": statusText(failure)})
}

func (e *Error) say(rpc string, meaning faultMeaning) {
	e.Code, e.Reason, e.Message = meaning.code, meaning.reason, rpc+": "+meaning.message
	if meaning.field != "" {
		e.Violations = []*errdetails.BadRequest_FieldViolation{{Field: meaning.field, Description: meaning.message}}
	}
}

// throttleDelay is what callers are told who were refused for load, where the backend did not say how long to wait.
const throttleDelay = time.Second

// refine adds what depends on more than the kind.
func (e *Error) refine(rpc string, failure *soapbridge.Error, callerCredentials bool) {
	switch failure.Kind {
	case soapbridge.KindNotSOAP, soapbridge.KindEmpty:
		if failure.HTTPStatus >= http.StatusInternalServerError {
			e.Code = codes.Unavailable
		}
	case soapbridge.KindUnauthorized, soapbridge.KindHeldOff:
		if callerCredentials {
			e.Code, e.Reason = codes.Unauthenticated, reasonCredentialsRejected
			e.Message = rpc + ": the backend rejected the caller's credential"
		}
	case soapbridge.KindUnsupported:
		e.Message += " (dialect " + failure.Cause + ")"
	case soapbridge.KindReplyRefused:
		e.Message += " (" + failure.Cause + ")"
	}
	switch {
	case e.Code == codes.ResourceExhausted && e.RetryAfter == 0:
		e.RetryAfter = throttleDelay
	case e.Code != codes.ResourceExhausted && e.Code != codes.Unavailable:
		e.RetryAfter = 0 // a repetition changes nothing, and that of a rejected password locks the account
	}
}

// unwritable explains a request that has no SOAP form.
func unwritable(failure *soapbridge.Error) *Error {
	refused := invalidRequest("the request cannot be sent to the backend")
	switch {
	case failure.Field != "" && failure.Err != nil:
		refused = invalidField(failure.Field, strings.TrimPrefix(failure.Err.Error(), failure.Field+": "))
	case failure.Err != nil:
		refused = invalidRequest(failure.Err.Error())
	}
	e := refusedRequest(refused)
	e.Cause = failure
	return e
}

func soapFault(rpc string, failure *soapbridge.Error) *umv1.SoapFault {
	return &umv1.SoapFault{
		FaultCode:     failure.Fault.OutermostCode(),
		ExceptionType: failure.Fault.ExceptionType,
		ResponseCode:  failure.Fault.ResponseCode,
		HttpStatus:    int32(failure.HTTPStatus),
		FaultString:   withoutPIN(rpc, failure.Fault.Message()),
	}
}

// causeOf names what went wrong: of a fault's names the one that decided, or else the most specific.
func causeOf(failure *soapbridge.Error) string {
	if failure.Kind != soapbridge.KindFault {
		return failure.Cause
	}
	names := failure.Fault.Names()
	if known := slices.IndexFunc(names, isKnownFault); known > 0 {
		return names[known]
	}
	if len(names) > 0 {
		return names[0]
	}
	return ""
}

func statusText(failure *soapbridge.Error) string {
	if failure.HTTPStatus == 0 {
		return ""
	}
	return strconv.Itoa(failure.HTTPStatus)
}
