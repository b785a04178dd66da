package transport

import (
	"errors"
	"fmt"
	"time"
)

// ErrConnectTimeout is the cause of an Error of KindUnavailable: connecting, TLS included, took too long.
var ErrConnectTimeout = errors.New("no answer within the connect timeout")

// Sent is a proof of how much of a request has left this process.
type Sent int

const (
	// NothingSent: not one byte has left, or the server refused with a 401 what has. The request was certainly not executed.
	NothingSent Sent = iota
	// PartlySent: some bytes may have left, but certainly not the last.
	PartlySent
	// FullySent: every byte may have left.
	FullySent
)

// Kind says why no reply was brought back.
type Kind int

// The kinds of Error.
const (
	KindUnavailable    Kind = iota // refused, lost, or its name not resolved
	KindDeadline                   // the caller's deadline passed
	KindCanceled                   // the caller went away
	KindTLS                        // no TLS session could be agreed on
	KindReplyTooLarge              // the body exceeds its limit
	KindHeaderTooLarge             // the header exceeds its limit
	KindMalformedReply             // not HTTP
	KindTruncated                  // the reply ends inside its header
	KindUnauthorized               // the credential was rejected
	KindHeldOff                    // nothing was sent: the credential was rejected before
	KindOverloaded                 // nothing was sent: too many requests wait already
	KindClosed                     // the client was closed
	KindStopped                    // nothing was sent: BeforeSend returned an error
	KindThrottled                  // nothing was sent: the server asked to hold this identity back
)

// Error is why RoundTrip brought back no reply.
type Error struct {
	Op         string // "wait", "connect", "tls", "authenticate", "write" or "read"
	Kind       Kind
	Sent       Sent
	Endpoint   string        // URL of the endpoint; empty if none was chosen
	Limit      string        // the limit that was exceeded; empty if none was
	RetryAfter time.Duration // when another try makes sense; 0 if unknown
	Err        error
}

// Error says what failed where.
func (e *Error) Error() string {
	text := e.Op
	if e.Endpoint != "" {
		text += " " + e.Endpoint
	}
	if e.Limit != "" {
		text += ": " + e.Limit
	}
	return fmt.Sprintf("%s: %v", text, e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
