package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"connectrpc.com/connect"
	"google.golang.org/grpc/codes"
)

// answers tells whether an error is to be written in the form of one of the protocols of rpcs.
func (c *connectFront) answers(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, rpcPrefix) && c.errors.IsSupported(r)
}

// connectError is an error in the library's form.
func connectError(e *Error) *connect.Error {
	s := e.GRPCStatus()
	told := connect.NewError(connect.Code(s.Code()), errors.New(s.Message()))
	for _, packed := range s.Proto().GetDetails() {
		if detail, err := connect.NewErrorDetail(packed); err == nil {
			told.AddDetail(detail)
		}
	}
	return told
}

// heldWriter keeps what the library answers by itself, before a call has begun, from the caller: that answer has neither a
// reason nor the other details.
type heldWriter struct {
	http.ResponseWriter
	control  *http.ResponseController
	released bool // a call has begun
	status   int
	body     bytes.Buffer
}

type heldKey struct{}

func newHeldWriter(w http.ResponseWriter) *heldWriter {
	return &heldWriter{ResponseWriter: w, control: http.NewResponseController(w)}
}

func heldOf(ctx context.Context) *heldWriter { return ctx.Value(heldKey{}).(*heldWriter) }

// WriteHeader passes the status on, or keeps it.
func (w *heldWriter) WriteHeader(status int) {
	if w.released {
		w.ResponseWriter.WriteHeader(status)
		return
	}
	w.status = status
}

// Write passes a part of the body on, or keeps it.
func (w *heldWriter) Write(p []byte) (int, error) {
	if w.released {
		return w.ResponseWriter.Write(p)
	}
	return w.body.Write(p)
}

// Flush passes on what is there already.
func (w *heldWriter) Flush() {
	if w.released {
		_ = w.control.Flush()
	}
}

// discard takes the library's answer back and returns the error that it stands for.
func (w *heldWriter) discard() *Error {
	code, text := w.verdict()
	for name := range w.Header() {
		if strings.HasPrefix(name, "Grpc-Status") || name == "Grpc-Message" || strings.HasPrefix(name, http.TrailerPrefix) {
			delete(w.Header(), name)
		}
	}
	cause := errors.New(text)
	switch {
	case w.status == http.StatusMethodNotAllowed:
		return &Error{Code: codes.Unimplemented, Reason: reasonMethodNotAllowed, plain: true,
			Message: "this rpc does not have this HTTP method, but " + w.Header().Get("Allow")}
	case w.status == http.StatusUnsupportedMediaType:
		return &Error{Code: codes.Unimplemented, Reason: reasonProtocolUnsupported, plain: true,
			Message: "this rpc can be called with the content types " + w.Header().Get("Accept-Post")}
	case code == codes.Unimplemented:
		return &Error{Code: code, Reason: reasonProtocolUnsupported, Cause: cause,
			Message: "requests may be compressed by gzip only, and hold exactly one message"}
	case code == codes.ResourceExhausted:
		return &Error{Code: code, Reason: reasonBodyTooLarge, Message: "the request is larger than the gateway's limit", Cause: cause}
	case code == codes.DeadlineExceeded:
		return &Error{Code: code, Reason: reasonDeadline, Message: "the deadline passed before the call began", Cause: cause}
	case code == codes.Canceled:
		return &Error{Code: code, Reason: reasonCanceled, Message: "the caller went away", Cause: cause}
	}
	return &Error{Code: codes.InvalidArgument, Reason: reasonRequestInvalid, Cause: cause,
		Message: "the timeout, the compression or the framing of the request cannot be read"}
}

// verdict reads the library's answer, in whatever protocol it is written.
func (w *heldWriter) verdict() (codes.Code, string) {
	for _, prefix := range []string{"", http.TrailerPrefix} {
		if number, err := strconv.ParseUint(w.Header().Get(prefix+"Grpc-Status"), 10, 32); err == nil {
			return codes.Code(number), w.Header().Get(prefix + "Grpc-Message")
		}
	}
	type wire struct {
		Code    connect.Code `json:"code"`
		Message string       `json:"message"`
	}
	var unary struct {
		wire
		Error wire `json:"error"` // at the end of a stream
	}
	data := w.body.Bytes()
	if err := json.Unmarshal(data[max(0, bytes.IndexByte(data, '{')):], &unary); err != nil {
		return codes.Unknown, http.StatusText(w.status)
	}
	if unary.Error.Code != 0 {
		unary.wire = unary.Error
	}
	return codes.Code(unary.Code), unary.Message
}
