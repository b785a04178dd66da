package soapbridge

import (
	"fmt"
	"time"

	"github.com/umgateway/umgateway/soapbridge/transport"
)

// Kind says what went wrong with a call, and so whose fault it is.
type Kind int

// The kinds of Error. The comment of each says who has to act.
const (
	// KindInternal is a defect of the bridge or of its use: a method that it was not built for, a message of another type.
	KindInternal Kind = iota
	// KindRequest: the caller's message cannot be written as SOAP; Field names the field.
	KindRequest
	// KindUnsupported: the bridge's dialect has no operation for the method.
	KindUnsupported
	// KindFault: the backend answered with a SOAP fault, kept in Fault.
	KindFault
	// KindNotDispatched: the backend knows the operation in none of the dialect's namespace forms. It certainly did not
	// run. The schema, or the address of the backend, is wrong.
	KindNotDispatched
	// KindReplyRefused: the backend answered with SOAP that must not be accepted; Cause says why.
	KindReplyRefused
	// KindNotSOAP: the backend answered with something else, for instance an HTML page, or with a truncated reply.
	KindNotSOAP
	// KindEmpty: the backend answered with an empty body.
	KindEmpty
	// KindRedirect: the backend answered with a redirect, which is never followed.
	KindRedirect
	// KindUnavailable: the backend could not be reached, was lost, or answered 502, 503 or 504.
	KindUnavailable
	// KindThrottled: the backend asked for fewer requests (HTTP 429). It did not execute this one.
	KindThrottled
	// KindUnauthorized: the backend rejected the credential (HTTP 401).
	KindUnauthorized
	// KindHeldOff: nothing was sent, because the backend rejected this credential before.
	KindHeldOff
	// KindForbidden: the backend refused the user (HTTP 403).
	KindForbidden
	// KindProxyAuth: a proxy before the backend asks for a credential (HTTP 407).
	KindProxyAuth
	// KindOverloaded: nothing was sent, because too many calls wait for the backend already.
	KindOverloaded
	// KindOutcomeUnknown: the operation may or may not have been executed, and must not be repeated: it is one that has
	// a new effect each time, its request was sent in full, and no readable answer came back.
	KindOutcomeUnknown
	// KindStopped: nothing was sent, because the function given to transport.WithBeforeSend returned an error, which is
	// kept in Err.
	KindStopped
	// KindDeadline: the caller's deadline passed.
	KindDeadline
	// KindCanceled: the caller went away.
	KindCanceled
)

// The causes of a KindReplyRefused error, in Error.Cause.
const (
	CauseMustUnderstand = "must_understand" // a header that the bridge would have to understand
	CauseWrongOperation = "wrong_operation" // the reply of another operation
	CauseBodies         = "bodies"          // not exactly one Body, or not exactly one element in it
	CauseDTD            = "dtd"             // a document type declaration
	CauseSize           = "size"            // more bytes, attributes or namespaces than the limits allow
	CauseDepth          = "depth"           // deeper than the limit allows
	CauseCharset        = "charset"         // a character set that cannot be read
	CauseMissing        = "missing_result"  // a result that the schema requires
	CauseValue          = "value"           // a result that is not of its field's type
	CauseHeaders        = "headers"         // more HTTP header than the transport accepts
	CauseEncoding       = "encoding"        // a Content-Encoding that cannot be read
)

// Error is what Invoke returns when a call fails.
type Error struct {
	// Operation is the local name of the SOAP operation, for instance "Disconnect"; empty if none was chosen.
	Operation string
	// Kind says what went wrong.
	Kind Kind
	// Cause is a machine-readable detail of KindReplyRefused, one of the Cause constants.
	Cause string
	// Field is the name of the field that KindRequest or a refused result is about; empty if there is none.
	Field string
	// Fault is what the backend said, for KindFault and KindNotDispatched.
	Fault *Fault
	// HTTPStatus is the status of the backend's reply; 0 if none was read.
	HTTPStatus int
	// Sent is how much of the request had left when the call failed. With NothingSent it was certainly not executed.
	Sent transport.Sent
	// MayHaveRun is set where KindDeadline, KindCanceled or KindOutcomeUnknown end an operation of EffectOnce that may have
	// been sent in full: it must not be repeated.
	MayHaveRun bool
	// RetryAfter is how long the backend asked to be left alone; 0 if it did not say.
	RetryAfter time.Duration
	// Err is the cause, for the log. It may hold text of the backend and is not meant for callers.
	Err error
}

// Error describes the failure for the log, starting with the operation.
func (e *Error) Error() string {
	operation := e.Operation
	if operation == "" {
		operation = "invoke"
	}
	text := operation + ": " + e.Kind.String()
	if e.Cause != "" {
		text += " (" + e.Cause + ")"
	}
	if e.Field != "" {
		text += ", field " + e.Field
	}
	if e.HTTPStatus != 0 {
		text += fmt.Sprintf(", http status %d", e.HTTPStatus)
	}
	switch {
	case e.Fault != nil:
		return text + ": " + e.Fault.Error()
	case e.Err != nil:
		return text + ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the fault or the cause.
func (e *Error) Unwrap() error {
	if e.Fault != nil {
		return e.Fault
	}
	return e.Err
}

var kindTexts = [...]string{
	KindInternal:       "internal error of the bridge",
	KindRequest:        "the request cannot be sent",
	KindUnsupported:    "not an operation of this dialect",
	KindFault:          "the backend answered with a fault",
	KindNotDispatched:  "the backend does not know the operation",
	KindReplyRefused:   "the backend's reply was refused",
	KindNotSOAP:        "the backend's reply is not soap",
	KindEmpty:          "the backend's reply is empty",
	KindRedirect:       "the backend answered with a redirect",
	KindUnavailable:    "the backend is unavailable",
	KindThrottled:      "the backend is throttling",
	KindUnauthorized:   "the backend rejected the credential",
	KindHeldOff:        "the credential is held off after a rejection",
	KindForbidden:      "the backend refused the user",
	KindProxyAuth:      "a proxy before the backend asks for a credential",
	KindOverloaded:     "too many calls wait for the backend",
	KindOutcomeUnknown: "the outcome is unknown",
	KindStopped:        "the request was stopped before its first byte",
	KindDeadline:       "the deadline passed",
	KindCanceled:       "the caller went away",
}

// String describes the kind in a few words.
func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindTexts) {
		return fmt.Sprintf("kind %d", int(k))
	}
	return kindTexts[k]
}
