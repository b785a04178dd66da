package gateway

import (
	"maps"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

// FromStatus returns the error that a status stands for, with those of its details that errors of the gateway have. The
// cause is for the log.
func FromStatus(s *status.Status, cause error) *Error {
	e := &Error{Code: s.Code(), Reason: reasonOfCode(s.Code()), Message: s.Message(), Cause: cause}
	for _, detail := range s.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			e.Reason, e.Metadata = detail.GetReason(), maps.Clone(detail.GetMetadata())
		case *errdetails.BadRequest:
			e.Violations = detail.GetFieldViolations()
		case *errdetails.RetryInfo:
			e.RetryAfter = detail.GetRetryDelay().AsDuration()
		case *umv1.SoapFault:
			e.Fault = detail
		}
	}
	return e
}

// ExplainBackend returns what the caller of an rpc is told of an error of the backend, or of the way to it. With
// callerCredentials, the caller's own credential was shown to the backend.
func ExplainBackend(rpc string, err error, callerCredentials bool) *Error {
	if e := backendError(rpc, err, callerCredentials); e != nil {
		return e
	}
	return defect(rpc, err)
}
