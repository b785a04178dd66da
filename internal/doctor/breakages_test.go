package doctor_test

import (
	"net/http/httptest"
	"testing"

	"github.com/umgateway/umgateway/internal/backend"
	"github.com/umgateway/umgateway/internal/doctor"
	"github.com/umgateway/umgateway/internal/exchange"
	"github.com/umgateway/umgateway/internal/exchangesim"
)

// told is what must be said about each breakage that the simulator can play, in either dialect: the check that finds it, its
// verdict, and words of its detail or fix. What callers cope with must raise no alarm.
var told = map[string]want{
	"login-page":      {"operation", doctor.Fail, "login page"},
	"not-found":       {"operation", doctor.Fail, "check the path"},
	"forbidden":       {"operation", doctor.Fail, "permissions"},
	"error-page":      {"operation", doctor.Fail, "status 500"},
	"bad-gateway":     {"operation", doctor.Fail, "is down"},
	"outage":          {"operation", doctor.Fail, "is down"},
	"gateway-timeout": {"operation", doctor.Fail, "is down"},
	"unauthorized":    {"operation", doctor.Fail, "give --backend-auth"},
	"proxy-auth":      {"operation", doctor.Fail, "a proxy on the way"},
	"empty":           {"operation", doctor.Fail, "event log"},
	"empty-error":     {"operation", doctor.Fail, "event log"},
	"bad-request":     {"operation", doctor.Fail, "status 400"},
	"throttled":       {"operation", doctor.Fail, "throttling policy"},
	"busy":            {"operation", doctor.Fail, "throttling policy"},
	"redirect":        {"operation", doctor.Fail, "follows no redirect"},

	"access-denied":        {"operation", doctor.Fail, "may not use the service"},
	"impersonation-denied": {"operation", doctor.Fail, "ApplicationImpersonation"},
	"not-um-enabled":       {"operation", doctor.Fail, "Enable-UMMailbox"},
	"no-dial-plan":         {"operation", doctor.Fail, "Get-UMDialPlan"},
	"no-um-server":         {"operation", doctor.Fail, "finds no Unified Messaging server"},
	"no-mailbox":           {"operation", doctor.Fail, "has no mailbox"},
	"unknown-fault":        {"operation", doctor.Fail, "SomethingElseException"},

	"hang":          {"operation", doctor.Fail, "took too long"},
	"stall":         {"operation", doctor.Fail, "took too long"},
	"slow":          {"latency", doctor.Warn, "load of the server"},
	"drop":          {"operation", doctor.Fail, "without a reply"},
	"reset":         {"operation", doctor.Fail, "connection reset"},
	"truncated":     {"operation", doctor.Fail, "cuts its reply short"},
	"doctype":       {"operation", doctor.Fail, "document type declaration"},
	"charset":       {"operation", doctor.Fail, "ebcdic-cp-us"},
	"other-service": {"operation", doctor.Fail, "another service"},

	"utf-16":      healthy,
	"latin-1":     healthy,
	"gzip":        healthy,
	"bom":         healthy,
	"one-wrapper": healthy,
	"chunked":     healthy,
	"close":       healthy,
	"hangup":      healthy,
}

var healthy = want{"operation", doctor.Good, "answers"}

func TestEachBreakageOfTheSimulatorIsNamed(t *testing.T) {
	t.Parallel()
	for name := range told {
		if _, known := exchangesim.BreakageNamed(name); !known {
			t.Errorf("the simulator cannot play %q", name)
		}
	}
	for _, broken := range exchangesim.Breakages() {
		expected, known := told[broken.Name]
		if !known {
			t.Errorf("nothing is expected of the doctor for %q", broken.Name)
		}
		for dialect, path := range map[string]string{exchange.UMWS: exchangesim.ServicePath, exchange.EWS: exchangesim.EWSPath} {
			t.Run(broken.Name+" in "+dialect, func(t *testing.T) {
				t.Parallel()
				sim := newSimulator(t, exchangesim.Config{})
				sim.Misbehave(broken.Misbehaviour)
				server := httptest.NewServer(sim)
				defer server.Close()
				findings := doctor.Examine(t.Context(), backend.Settings{URLs: []string{server.URL + path}, Dialect: dialect})
				wantFinding(t, findings, expected)
				wantWorst(t, findings, worstOf(expected))
				checkHarmless(t, sim)
			})
		}
	}
}

// worstOf is the worst verdict that goes with a finding. That the simulator is not encrypted is noted in any case.
func worstOf(expected want) doctor.Verdict {
	if expected.verdict == doctor.Good {
		return doctor.Note
	}
	return expected.verdict
}

// wantWorst checks the worst verdict, and that there is a fix for everything that is wrong.
func wantWorst(t *testing.T, findings []doctor.Finding, want doctor.Verdict) {
	t.Helper()
	if worst := doctor.Worst(findings); worst != want {
		t.Errorf("the worst verdict is %s, want %s: %+v", worst, want, findings)
	}
	for _, f := range findings {
		if (f.Verdict == doctor.Warn || f.Verdict == doctor.Fail) && f.Fix == "" {
			t.Errorf("there is no fix for %+v", f)
		}
	}
}
