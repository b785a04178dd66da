//go:build interop

package webtest

import (
	"encoding/json"
	"testing"
)

// result is how a call ended, as call.js prints it.
type result struct {
	Answer  any
	Code    string
	Details struct {
		ErrorInfo struct {
			Reason, Domain string
			Metadata       map[string]string
		} `json:"google.rpc.ErrorInfo"`
		BadRequest struct {
			FieldViolations []struct{ Field string }
		} `json:"google.rpc.BadRequest"`
		RequestInfo struct{ RequestID string }     `json:"google.rpc.RequestInfo"`
		SoapFault   struct{ ExceptionType string } `json:"um.v1.SoapFault"`
	}
}

// protocols are what call.js can speak.
var protocols = []string{"connect", "connect-json", "connect-get", "grpc-web"}

func call(t *testing.T, args ...string) map[string]result {
	t.Helper()
	output := node(t, append([]string{"call.js"}, args...)...)
	var results map[string]result
	if err := json.Unmarshal(output, &results); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	return results
}

func TestClientsForWebPagesMakeCalls(t *testing.T) {
	t.Parallel()
	address := start(t, "demo")
	for _, protocol := range protocols {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			results := call(t, address, protocol)
			if results["enabled"].Answer != true {
				t.Errorf("IsUMEnabled: %+v", results["enabled"])
			}
			placed, _ := results["placed"].Answer.(map[string]any)
			if placed["called"] != true || placed["requestId"] == "" || placed["requestId"] == nil {
				t.Errorf("PlayOnPhone: %+v", results["placed"])
			}
			// The numbers are those of the schema: connecting or what is seen first, and disconnected because of busy.
			watched, _ := results["watched"].Answer.(map[string]any)
			last, _ := watched["last"].(map[string]any)
			if last["ended"] != true || last["state"] != 5.0 || last["cause"] != 2.0 || watched["first"] == nil {
				t.Errorf("WatchCall: %+v", results["watched"])
			}
			for name, want := range map[string]struct{ code, reason string }{
				"unknown":     {"NotFound", "CALL_NOT_FOUND"},
				"invalid":     {"InvalidArgument", "REQUEST_INVALID"},
				"unwatchable": {"InvalidArgument", "REQUEST_INVALID"},
				"tooLarge":    {"ResourceExhausted", "BODY_TOO_LARGE"},
			} {
				got := results[name]
				if info := got.Details.ErrorInfo; got.Code != want.code || info.Reason != want.reason || info.Domain != "umgateway" {
					t.Errorf("%s: %+v, want %v", name, got, want)
				}
				if got.Details.RequestInfo.RequestID == "" {
					t.Errorf("%s: the error has no id of the request", name)
				}
			}
			if fault := results["unknown"].Details.SoapFault.ExceptionType; fault != "InvalidCallIdException" {
				t.Errorf("the fault of the backend is %q", fault)
			}
			if fields := results["invalid"].Details.BadRequest.FieldViolations; len(fields) != 1 || fields[0].Field != "call_id" {
				t.Errorf("the fields are %v", fields)
			}
		})
	}
}

func TestClientsForWebPagesAreAuthenticated(t *testing.T) {
	t.Parallel()
	backend := start(t, "simulate", "--addr", "127.0.0.1:0")
	address := start(t, "serve", "--backend-url", backend, "--backend-identity", "caller-basic", "--backend-auth", "basic", "--backend-allow-insecure-basic")
	for _, protocol := range protocols {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			results := call(t, address, protocol)
			for _, name := range []string{"enabled", "placed", "watched", "unknown"} { // the others are invalid
				if got := results[name]; got.Code != "Unauthenticated" || got.Details.ErrorInfo.Reason != "CREDENTIALS_MISSING" {
					t.Errorf("%s of nobody: %+v", name, results[name])
				}
			}
			const bob = "Basic Ym9iOnNlY3JldA=="
			if got := call(t, address, protocol, bob)["enabled"]; got.Answer != true {
				t.Errorf("IsUMEnabled of bob: %+v", got)
			}
		})
	}
}
