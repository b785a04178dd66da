package rest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/anypb"

	// The details that errors of the gateway have.
	_ "google.golang.org/genproto/googleapis/rpc/errdetails"

	_ "github.com/umgateway/umgateway/gen/um/v1"
)

// maxErrorBytes bounds the body of an error.
const maxErrorBytes = 1 << 20

// refusal reads why the gateway refused. If somebody else answered, the HTTP status says it.
func refusal(response *http.Response, mediaType string) error {
	if mediaType == jsonType {
		body, err := io.ReadAll(io.LimitReader(response.Body, maxErrorBytes))
		if err == nil {
			if s := statusOf(body); s != nil {
				return s.Err()
			}
		}
	}
	message := "not the gateway, but something before it answered: HTTP status " + response.Status
	if location := response.Header.Get("Location"); location != "" {
		message = fmt.Sprintf("the address redirects to %s, which is not followed", location)
	}
	return status.Error(codeOf(response.StatusCode), message)
}

// statusOf reads a google.rpc.Status; nil if it is none. Details that this program does not know are left out.
func statusOf(body []byte) *status.Status {
	var read struct {
		Code    int32             `json:"code"`
		Message string            `json:"message"`
		Details []json.RawMessage `json:"details"`
	}
	if json.Unmarshal(body, &read) != nil || read.Code == int32(codes.OK) {
		return nil
	}
	if read.Code < 0 || read.Code > int32(codes.Unauthenticated) {
		read.Code = int32(codes.Unknown)
	}
	s := &spb.Status{Code: read.Code, Message: read.Message}
	for _, raw := range read.Details {
		detail := &anypb.Any{}
		if (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(raw, detail) == nil {
			s.Details = append(s.Details, detail)
		}
	}
	return status.FromProto(s)
}

// codeOf is the code of an HTTP status that did not come from a gateway, by the table in gRPC's
// http-grpc-status-mapping.md.
func codeOf(httpStatus int) codes.Code {
	switch httpStatus {
	case http.StatusBadRequest:
		return codes.Internal
	case http.StatusUnauthorized:
		return codes.Unauthenticated
	case http.StatusForbidden:
		return codes.PermissionDenied
	case http.StatusNotFound:
		return codes.Unimplemented
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return codes.Unavailable
	}
	return codes.Unknown
}
