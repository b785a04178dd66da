package gateway

import (
	"context"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// idempotencyKey is the HTTP header, or the gRPC metadata, with which a caller makes a request safe to repeat
// (draft-ietf-httpapi-idempotency-key-header-07).
const idempotencyKey = "idempotency-key"

// adoptIdempotencyKey takes the header for the field request_id of requests that have one. Of other requests the header
// says nothing: repeating them is safe, or is not.
func adoptIdempotencyKey(ctx context.Context, call *Call) (context.Context, error) {
	field := call.rpc.requestID
	if field == nil {
		return ctx, nil
	}
	keys := call.Metadata(idempotencyKey)
	if len(keys) == 0 {
		return ctx, nil
	}
	request, key := call.Request.ProtoReflect(), unquote(keys[0])
	switch sent := request.Get(field).String(); {
	case len(keys) > 1 || key == "":
		return nil, invalidField("Idempotency-Key", "must be one value, and not empty")
	case sent != "" && sent != key:
		return nil, invalidField("request_id", "differs from the header Idempotency-Key: leave one of them out")
	}
	request.Set(field, protoreflect.ValueOfString(key))
	return ctx, nil
}

// unquote takes the quotes off a string of structured headers (RFC 8941 section 3.3.3). Many clients leave them out.
func unquote(key string) string {
	inner, quoted := strings.CutPrefix(key, `"`)
	if inner, closed := strings.CutSuffix(inner, `"`); quoted && closed {
		return strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(inner)
	}
	return key
}
