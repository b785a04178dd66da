package kerberos

import (
	"errors"
	"fmt"
	"time"

	"github.com/jcmturner/gokrb5/v8/iana/errorcode"
	"github.com/jcmturner/gokrb5/v8/messages"
)

// Kind says whose fault an Error is.
type Kind int

// The kinds of Error.
const (
	KindCredential  Kind = iota // what is configured cannot be used: no such file, no key for the user, an expired cache
	KindRejected                // the key distribution centre rejected the credential
	KindUnreachable             // no key distribution centre could be asked in time
	KindNoService               // the realm knows no such service
	KindRefused                 // refused for another reason, such as clocks that differ
)

// Error is why there is no token.
type Error struct {
	Op   string // "configure", "log in" or "get a ticket"
	Kind Kind
	Code int32 // error code of RFC 4120 section 7.5.9; 0 if none was received
	Err  error
}

// Error says what failed.
func (e *Error) Error() string { return "kerberos: " + e.Op + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// CredentialRejected tells whether the key distribution centre rejected the credential, so that it must not be shown again.
func (e *Error) CredentialRejected() bool { return e.Kind == KindRejected }

const (
	opConfigure = "configure"
	opLogin     = "log in"
	opTicket    = "get a ticket"
)

// loginKinds are the meanings of error codes in the AS exchange; others are KindRefused.
var loginKinds = map[int32]Kind{
	errorcode.KDC_ERR_NAME_EXP:            KindRejected,
	errorcode.KDC_ERR_C_PRINCIPAL_UNKNOWN: KindRejected,
	errorcode.KDC_ERR_NULL_KEY:            KindRejected,
	errorcode.KDC_ERR_POLICY:              KindRejected, // logon hours, or machines, that the account is restricted to
	errorcode.KDC_ERR_CLIENT_REVOKED:      KindRejected, // disabled or locked
	errorcode.KDC_ERR_CLIENT_NOTYET:       KindRejected,
	errorcode.KDC_ERR_KEY_EXPIRED:         KindRejected,
	errorcode.KDC_ERR_PREAUTH_FAILED:      KindRejected,
	errorcode.KRB_AP_ERR_BAD_INTEGRITY:    KindRejected, // how older ones say PREAUTH_FAILED
	errorcode.KDC_ERR_SVC_UNAVAILABLE:     KindUnreachable,
}

// ticketKinds are the meanings of error codes in the TGS exchange; others are KindRefused.
var ticketKinds = map[int32]Kind{
	errorcode.KDC_ERR_SERVICE_EXP:         KindNoService,
	errorcode.KDC_ERR_S_PRINCIPAL_UNKNOWN: KindNoService,
	errorcode.KDC_ERR_SERVICE_REVOKED:     KindNoService,
	errorcode.KDC_ERR_SERVICE_NOTYET:      KindNoService,
	errorcode.KDC_ERR_SERVER_NOMATCH:      KindNoService,
	errorcode.KDC_ERR_MUST_USE_USER2USER:  KindNoService, // the name belongs to a user's account
	errorcode.KDC_ERR_NAME_EXP:            KindRejected,
	errorcode.KDC_ERR_C_PRINCIPAL_UNKNOWN: KindRejected,
	errorcode.KDC_ERR_CLIENT_REVOKED:      KindRejected,
	errorcode.KDC_ERR_SVC_UNAVAILABLE:     KindUnreachable,
}

// outdated are the error codes of the TGS exchange that a new login cures: the ticket-granting ticket is no longer good,
// for instance because the realm's key was changed.
var outdated = map[int32]bool{
	errorcode.KDC_ERR_TGT_REVOKED:      true,
	errorcode.KRB_AP_ERR_BAD_INTEGRITY: true,
	errorcode.KRB_AP_ERR_TKT_EXPIRED:   true,
	errorcode.KRB_AP_ERR_MODIFIED:      true,
	errorcode.KRB_AP_ERR_BADKEYVER:     true,
	errorcode.KRB_AP_ERR_NOKEY:         true,
}

// refusal makes an Error of a KRB-ERROR message.
func refusal(op string, kinds map[int32]Kind, m messages.KRBError) *Error {
	kind, known := kinds[m.ErrorCode]
	if !known {
		kind = KindRefused
	}
	return &Error{Op: op, Kind: kind, Code: m.ErrorCode, Err: describe(m)}
}

// describe says in words what a KRB-ERROR message says.
func describe(m messages.KRBError) error {
	text := errorcode.Lookup(m.ErrorCode)
	if m.EText != "" {
		text += fmt.Sprintf(", %.100q", m.EText)
	}
	if m.ErrorCode == errorcode.KRB_AP_ERR_SKEW {
		text += fmt.Sprintf("; its clock is %v away from the one here", time.Until(m.STime).Round(time.Second))
	}
	return errors.New(text)
}
