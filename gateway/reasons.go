package gateway

// The reasons of google.rpc.ErrorInfo that come from the gateway itself. Those of faults are in umfaults.go.
const (
	reasonRequestInvalid       = "REQUEST_INVALID"           // the request breaks a rule of the schema
	reasonRouteNotFound        = "ROUTE_NOT_FOUND"           // no such path
	reasonMethodNotAllowed     = "METHOD_NOT_ALLOWED"        // no such HTTP method on this path
	reasonBodyTooLarge         = "BODY_TOO_LARGE"            // the body is larger than the limit
	reasonProtocolUnsupported  = "PROTOCOL_UNSUPPORTED"      // a content type or compression that an rpc cannot be called with
	reasonOriginForbidden      = "ORIGIN_FORBIDDEN"          // a web page of another origin
	reasonHostForbidden        = "HOST_FORBIDDEN"            // a foreign Host on a loopback listener
	reasonDraining             = "DRAINING"                  // the gateway is stopping
	reasonDeadline             = "DEADLINE"                  // the deadline passed
	reasonCanceled             = "CANCELED"                  // the caller went away
	reasonInternal             = "INTERNAL"                  // a defect of the gateway
	reasonOverloaded           = "OVERLOADED"                // too many calls wait; nothing was sent
	reasonOperationUnsupported = "OPERATION_UNSUPPORTED"     // the backend's dialect lacks the operation
	reasonOutcomeUnknown       = "OUTCOME_UNKNOWN"           // it may have been executed; never repeat it
	reasonContractMismatch     = "BACKEND_CONTRACT_MISMATCH" // the backend does not know what the gateway sends
	reasonReplyRefused         = "BACKEND_REPLY_REFUSED"     // SOAP that must not be accepted
	reasonNotSOAP              = "BACKEND_NOT_SOAP"          // an HTML page, a truncated reply
	reasonEmpty                = "BACKEND_EMPTY"             // an empty reply
	reasonRedirect             = "BACKEND_REDIRECT"          // a redirect, which is never followed
	reasonUnavailable          = "BACKEND_UNAVAILABLE"       // not reached, lost, or 502, 503, 504
	reasonThrottled            = "BACKEND_THROTTLED"         // asked to slow down; not executed
	reasonAuthFailed           = "BACKEND_AUTH_FAILED"       // the gateway's own account was rejected
	reasonCredentialsRejected  = "CREDENTIALS_REJECTED"      // the caller's forwarded credential was rejected
	reasonForbidden            = "BACKEND_FORBIDDEN"         // the account may not do this
	reasonProxyAuth            = "BACKEND_PROXY_AUTH"        // a proxy before the backend wants a credential
	reasonFault                = "BACKEND_FAULT"             // a fault that nobody here knows
)
