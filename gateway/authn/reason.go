package authn

import (
	"fmt"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"
)

// domain is the ErrorInfo.domain of the gateway.
const domain = "umgateway"

// Reason is why a caller was not authenticated: the reason of google.rpc.ErrorInfo.
type Reason string

// The reasons. All but IssuerUnavailable are the caller's to mend and have the code UNAUTHENTICATED.
const (
	// CredentialsMissing: the call is not open to anonymous callers. Authenticate never returns it, since only a policy
	// knows; it is here for whoever asks the policy.
	CredentialsMissing Reason = "CREDENTIALS_MISSING"
	// CredentialsMalformed: the Authorization header cannot be read, or there are several.
	CredentialsMalformed Reason = "CREDENTIALS_MALFORMED"
	// SchemeUnsupported: the Authorization header has a scheme that is not configured.
	SchemeUnsupported Reason = "CREDENTIALS_SCHEME_UNSUPPORTED"
	// CertificateExpired: the client certificate, or one above it, has expired or is not valid yet.
	CertificateExpired Reason = "CERTIFICATE_EXPIRED"
	// CertificateUntrusted: no configured authority signed the client certificate, or not for this use.
	CertificateUntrusted Reason = "CERTIFICATE_UNTRUSTED"
	// CertificateNameless: the client certificate has no name of a configured kind.
	CertificateNameless Reason = "CERTIFICATE_NAMELESS"
	// TokenMalformed: the token is not a signed JSON Web Token.
	TokenMalformed Reason = "TOKEN_MALFORMED"
	// TokenAlgorithmRefused: the token's algorithm is not on the allow list.
	TokenAlgorithmRefused Reason = "TOKEN_ALGORITHM_REFUSED"
	// TokenTypeRefused: the token was made for another purpose.
	TokenTypeRefused Reason = "TOKEN_TYPE_REFUSED"
	// TokenIssuerUnknown: the token's issuer is not configured.
	TokenIssuerUnknown Reason = "TOKEN_ISSUER_UNKNOWN"
	// TokenKeyUnknown: the issuer publishes no key of that name for that algorithm.
	TokenKeyUnknown Reason = "TOKEN_KEY_UNKNOWN"
	// TokenSignatureInvalid: the signature is wrong.
	TokenSignatureInvalid Reason = "TOKEN_SIGNATURE_INVALID"
	// TokenExpired: the token has expired.
	TokenExpired Reason = "TOKEN_EXPIRED"
	// TokenNotYetValid: the token is not valid yet, or was issued in the future.
	TokenNotYetValid Reason = "TOKEN_NOT_YET_VALID"
	// TokenAudienceWrong: the token is meant for another service.
	TokenAudienceWrong Reason = "TOKEN_AUDIENCE_WRONG"
	// TokenClaimInvalid: a claim is missing or has an unexpected type.
	TokenClaimInvalid Reason = "TOKEN_CLAIM_INVALID"
	// IssuerUnavailable: the token cannot be checked now, because its issuer cannot be reached. The code is UNAVAILABLE:
	// the caller may try again.
	IssuerUnavailable Reason = "ISSUER_UNAVAILABLE"
)

// texts is what callers are told.
var texts = map[Reason]string{
	CredentialsMissing:    "this call needs a credential",
	CredentialsMalformed:  "the authorization header cannot be read",
	SchemeUnsupported:     "the authorization scheme is not accepted here",
	CertificateExpired:    "the client certificate is not valid at this time",
	CertificateUntrusted:  "the client certificate is not trusted",
	CertificateNameless:   "the client certificate names nobody",
	TokenMalformed:        "the token is not a signed JSON Web Token",
	TokenAlgorithmRefused: "the algorithm of the token is not accepted",
	TokenTypeRefused:      "the token was made for another purpose",
	TokenIssuerUnknown:    "the issuer of the token is not accepted",
	TokenKeyUnknown:       "the issuer does not know the key of the token",
	TokenSignatureInvalid: "the signature of the token is wrong",
	TokenExpired:          "the token has expired",
	TokenNotYetValid:      "the token is not valid yet",
	TokenAudienceWrong:    "the token is meant for another service",
	TokenClaimInvalid:     "a claim of the token is missing or cannot be read",
	IssuerUnavailable:     "the token cannot be checked now because its issuer cannot be reached",
}

// Error says why a caller was not authenticated. It holds no part of the credential.
type Error struct {
	// Reason is the machine-readable reason.
	Reason Reason
	// Claim is the name of the claim that TokenClaimInvalid is about; empty if it is about none, or about all.
	Claim string
	// RetryAfter is when it makes sense to try again; 0 if that would not help.
	RetryAfter time.Duration
	// Err is the cause, for the log; it may be nil and is not shown to callers.
	Err error
}

// Error describes the failure for the log.
func (e *Error) Error() string {
	if e.Err == nil {
		return "authenticate: " + e.text()
	}
	return fmt.Sprintf("authenticate: %s: %v", e.text(), e.Err)
}

// text is what the caller is told.
func (e *Error) text() string {
	if e.Claim != "" {
		return fmt.Sprintf("the claim %q of the token is missing or cannot be read", e.Claim)
	}
	return texts[e.Reason]
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// GRPCStatus is what the caller gets: UNAUTHENTICATED, or UNAVAILABLE with RetryInfo, and an ErrorInfo with the reason.
func (e *Error) GRPCStatus() *status.Status {
	code := codes.Unauthenticated
	if e.Reason == IssuerUnavailable {
		code = codes.Unavailable
	}
	details := []protoadapt.MessageV1{&errdetails.ErrorInfo{Reason: string(e.Reason), Domain: domain}}
	if e.RetryAfter > 0 {
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(e.RetryAfter)})
	}
	bare := status.New(code, e.text())
	if full, err := bare.WithDetails(details...); err == nil {
		return full
	}
	return bare
}

func refuse(reason Reason, err error) *Error { return &Error{Reason: reason, Err: err} }
