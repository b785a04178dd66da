package gateway

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// writeError answers with an error that a call ended with, or that the generated code found before there was a call.
func (g *Gateway) writeError(ctx context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, err error) {
	body, ours := r.Body.(*requestBody)
	if ours && body.refused != nil {
		err = body.refused
	}
	e := callersError(err)
	if ours && !frontOf(r.Context()).reached {
		e = callersError(g.refuseCall(r, body.method, e))
	}
	g.refuse(w, r, e)
}

// refuseCall has a request that cannot become a call refused as one, with the error: by the interceptors, so that it is
// logged and counted, and so that only callers learn what is wrong with it who may call at all.
func (g *Gateway) refuseCall(r *http.Request, m *method, e *Error) error {
	call := newRESTCall(r.Context(), m, m.input.New().Interface(), nil)
	call.undecodable = e
	if err := g.handle(r.Context(), &call.Call); err != nil {
		return err
	}
	return e
}

// callersError is an error as callers may see it.
func callersError(err error) *Error {
	var e *Error
	var refused *requestError
	switch {
	case errors.As(err, &e):
		return e
	case errors.As(err, &refused):
		return refusedRequest(refused)
	}
	return generatedError(err)
}

// badTimeout is how the generated code begins to say that a Grpc-Timeout cannot be read.
const badTimeout = "invalid grpc-timeout"

// generatedError explains an error of the generated code, which is about the request: a path that is not well escaped, a
// header that cannot be read.
func generatedError(err error) *Error {
	s, _ := status.FromError(err)
	switch {
	case s.Code() == codes.InvalidArgument && strings.HasPrefix(s.Message(), badTimeout):
		return refusedRequest(invalidField("Grpc-Timeout", "must be a whole number and a unit (H, M, S, m, u or n), such as 5S"))
	case s.Code() == codes.InvalidArgument:
		return &Error{Code: codes.InvalidArgument, Reason: reasonRequestInvalid, Message: s.Message()}
	}
	var routing *runtime.HTTPStatusError
	if errors.As(err, &routing) && routing.HTTPStatus == http.StatusBadRequest {
		return refusedRequest(invalidRequest("the path is not well escaped"))
	}
	return &Error{Code: codes.Internal, Reason: reasonInternal, Message: "the gateway failed", Cause: err}
}

// refuse answers with an error.
func (g *Gateway) refuse(w http.ResponseWriter, r *http.Request, e *Error) {
	told := *e
	f := frontOf(r.Context())
	told.requestID, f.reason = f.requestID, e.Reason
	g.setErrorHeaders(w.Header(), &told)
	if !told.plain && g.connect.answers(r) {
		_ = g.connect.errors.Write(w, r, connectError(&told)) // an error means that the caller is gone
		return
	}
	body, contentType := errorBody(r, &told)
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(httpStatus(&told))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}

// setErrorHeaders sets the headers that belong to an error.
func (g *Gateway) setErrorHeaders(header http.Header, e *Error) {
	if e.RetryAfter > 0 {
		header.Set("Retry-After", strconv.FormatInt(int64((e.RetryAfter+time.Second-1)/time.Second), 10))
	}
	if e.Code == codes.Unauthenticated {
		for _, challenge := range g.challenges(e.Reason) {
			header.Add("WWW-Authenticate", challenge)
		}
	}
}

// httpStatus is the status of an error: that of its code, unless the reason is one that HTTP knows better.
func httpStatus(e *Error) int {
	switch e.Reason {
	case reasonMethodNotAllowed:
		return http.StatusMethodNotAllowed
	case reasonBodyTooLarge:
		return http.StatusRequestEntityTooLarge
	case reasonProtocolUnsupported:
		return http.StatusUnsupportedMediaType
	}
	return runtime.HTTPStatusFromCode(e.Code)
}
