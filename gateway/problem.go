package gateway

import (
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
)

const (
	typeJSON    = "application/json"
	typeProblem = "application/problem+json" // RFC 9457
)

// reasonPages is where the reasons of errors are explained, each under its own anchor.
const reasonPages = "https://github.com/umgateway/umgateway/blob/main/docs/reasons.md#"

// problem is an error in the form of RFC 9457, section 3. The members after those of the RFC are those of google.rpc.Status.
type problem struct {
	Type     string          `json:"type"`
	Title    string          `json:"title"`
	Status   int             `json:"status"`
	Detail   string          `json:"detail"`
	Instance string          `json:"instance,omitempty"` // the request id, as a reference
	Code     int             `json:"code"`
	Reason   string          `json:"reason"`
	Details  json.RawMessage `json:"details,omitempty"`
}

// errorBody is an error as the client wants to read it, and the type of that.
func errorBody(r *http.Request, e *Error) (body []byte, contentType string) {
	body, err := marshalJSON(protojson.MarshalOptions{}, e.GRPCStatus().Proto())
	if err != nil {
		return []byte(`{"code":13,"message":"the error could not be written"}`), typeJSON
	}
	if e.Reason == "" || !wantsProblem(r.Header["Accept"]) {
		return body, typeJSON
	}
	if told, err := problemOf(e, body); err == nil {
		return told, typeProblem
	}
	return body, typeJSON
}

// problemOf says what a google.rpc.Status in JSON says.
func problemOf(e *Error, status []byte) ([]byte, error) {
	var known struct{ Details json.RawMessage }
	if err := json.Unmarshal(status, &known); err != nil {
		return nil, err
	}
	words := strings.ToLower(strings.ReplaceAll(e.Reason, "_", " "))
	return json.Marshal(problem{
		Type: reasonPages + strings.ToLower(e.Reason), Title: strings.ToUpper(words[:1]) + words[1:], Status: httpStatus(e), Detail: e.Message,
		Instance: strings.ReplaceAll(url.PathEscape(e.requestID), ":", "%3A"), Code: int(e.Code), Reason: e.Reason, Details: known.Details,
	})
}

// wantsProblem tells whether a client names the type of problems, and likes it no less than plain JSON (RFC 9110 section 12.5.1).
// Wildcards do not count: who knows nothing of problems gets none.
func wantsProblem(accept []string) bool {
	var asProblem, asJSON float64
	for _, header := range accept {
		for entry := range strings.SplitSeq(header, ",") {
			kind, parameters, err := mime.ParseMediaType(entry)
			if err != nil {
				continue
			}
			quality := 1.0
			if q, given := parameters["q"]; given {
				quality, _ = strconv.ParseFloat(q, 64) // what cannot be read is not wanted
			}
			switch kind {
			case typeProblem:
				asProblem = max(asProblem, quality)
			case typeJSON:
				asJSON = max(asJSON, quality)
			}
		}
	}
	return asProblem > 0 && asProblem >= asJSON
}
