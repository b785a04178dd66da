package gateway

import (
	"net/http"

	"github.com/umgateway/umgateway/gateway/authn"
)

// headerNames are the names of metadata that every call is asked for, as net/http writes them: to find that out anew takes
// memory each time.
var headerNames = map[string]string{
	authn.Metadata: "Authorization", requestIDHeader: httpRequestID, idempotencyKey: "Idempotency-Key",
	"traceparent": "Traceparent", "tracestate": "Tracestate",
}

// headerValues returns the values of a header by its name in lower case.
func headerValues(header http.Header, key string) []string {
	if name, known := headerNames[key]; known {
		return header[name]
	}
	return header.Values(key)
}
