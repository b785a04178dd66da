package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/umgateway/umgateway/internal/console"
	"github.com/umgateway/umgateway/internal/exchangesim"
)

// visit gets a page, by whoever has the credential.
func visit(t *testing.T, address, credential string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	if credential != "" {
		request.Header.Set("Authorization", credential)
	}
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	body, err := io.ReadAll(reply.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply.StatusCode, string(body)
}

// servePlain starts serve without TLS, with the arguments.
func servePlain(t *testing.T, backendURL string, args ...string) string {
	t.Helper()
	p := start(t, "REST", append([]string{
		"serve", "--backend-url", backendURL, "--http-addr", "127.0.0.1:0", "--grpc-addr", "127.0.0.1:0",
		"--ledger", filepath.Join(t.TempDir(), "ledger.db"),
	}, args...)...)
	t.Cleanup(func() {
		// The end of the test has told the command to end.
		if err := p.command.Wait(); !p.command.ProcessState.Success() {
			t.Errorf("the command ended with %v", err)
		}
	})
	return p.ready["REST"]
}

func TestTheConsoleIsServedOnRequest(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args   []string
		status int
	}{
		"by default":   {nil, http.StatusNotFound},
		"by --console": {[]string{"--console"}, http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := servePlain(t, "http://127.0.0.1:1/service?key=hidden", c.args...)
			for _, page := range []string{"/console/", "/console/main.js", "/console/about", "/console/status"} {
				status, body := visit(t, address+page, "")
				if status != c.status || strings.Contains(body, "key=hidden") {
					t.Errorf("%s answers %d %s, want %d", page, status, body, c.status)
				}
			}
			if status, _ := visit(t, address+"/console/exchanges", ""); status != http.StatusNotFound {
				t.Errorf("the exchanges with a real backend answer %d", status)
			}
		})
	}
}

func TestTheConsoleOfADemoShowsExchangesUnlessItIsSwitchedOff(t *testing.T) {
	t.Parallel()
	p := start(t, "Stop with", "demo", "--http-addr", "127.0.0.1:0", "--grpc-addr", "127.0.0.1:0")
	callOverREST(t, p.ready["REST"])
	status, body := visit(t, p.ready["console"]+"exchanges", "")
	for _, want := range []string{`"operation":"PlayOnPhone"`, `"operation":"Disconnect"`, "4255550100"} {
		if status != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("the exchanges answer %d without %s: %s", status, want, body)
		}
	}
	p.end(t)
	p = start(t, "Stop with", "demo", "--no-console", "--http-addr", "127.0.0.1:0", "--grpc-addr", "127.0.0.1:0")
	if status, _ := visit(t, p.ready["REST"]+"/console/", ""); status != http.StatusNotFound {
		t.Errorf("the console answers %d though it is switched off", status)
	}
	p.end(t)
}

func TestTheStatusIsForCallersAndHoldsNoSecret(t *testing.T) {
	t.Parallel()
	issuer, key := newIssuer(t)
	simulator := start(t, "simulated", "simulate", "--addr", "127.0.0.1:0").ready["simulated Exchange"]
	config := replaceFile(t, filepath.Join(t.TempDir(), "umgateway.yaml"),
		"callers: {issuers: [{url: \""+issuer.URL+"\", audiences: [umgateway]}]}\n"+policyOfTheTests)
	address := servePlain(t, simulator+"?key=hidden", "--console", "--config", config)
	token := "Bearer " + issuer.token(t, key, nil)

	for name, c := range map[string]struct {
		credential string
		status     int
		want       string
	}{
		"nobody":             {"", http.StatusUnauthorized, "CREDENTIALS_MISSING"},
		"a bad token":        {"Bearer x", http.StatusUnauthorized, "TOKEN_MALFORMED"},
		"a caller":           {token, http.StatusOK, `"state":"up"`},
		"one without rights": {"Bearer " + issuer.token(t, key, map[string]any{"roles": []string{}}), http.StatusForbidden, "CALL_FORBIDDEN"},
	} {
		status, body := visit(t, address+"/console/status", c.credential)
		if status != c.status || !strings.Contains(body, c.want) {
			t.Errorf("%s gets %d %s, want %d with %s", name, status, body, c.status, c.want)
		}
	}
	if _, body := visit(t, address+"/console/about", ""); body != `{"signIn":["Bearer"],"docs":"/docs/"}` {
		t.Errorf("about tells %s", body)
	}

	caller := &client{caller: caller{credential: token}, http: http.DefaultClient, url: address}
	_, placed, err := caller.send(t.Context(), dial("4255550100"))
	if err != nil {
		t.Fatal(err)
	}
	id := strings.Split(string(placed), `"`)[3]
	_, body := visit(t, address+"/console/status", token)
	for _, secret := range []string{id, "4255550100", "hidden", exchangesim.DocumentedCallID} {
		if secret == "" || strings.Contains(body, secret) {
			t.Errorf("the status holds %q: %s", secret, body)
		}
	}
}

func TestTheStatusForAPasswordThatNobodyHasCheckedSaysOnlyWhetherTheBackendServes(t *testing.T) {
	t.Parallel()
	simulator := start(t, "simulated", "simulate", "--addr", "127.0.0.1:0").ready["simulated Exchange"]
	address := servePlain(t, simulator, "--console", "--backend-identity", "caller-basic", "--backend-auth", "basic", "--backend-allow-insecure-basic")
	if status, _ := visit(t, address+"/console/status", ""); status != http.StatusUnauthorized {
		t.Errorf("nobody gets %d", status)
	}
	host, err := url.Parse(simulator)
	if err != nil {
		t.Fatal(err)
	}
	status, body := visit(t, address+"/console/status", basic("alice", "secret").credential)
	if want := `{"version":"","backends":[{"name":"default","dialect":"umws","serving":true}]}`; status != http.StatusOK || body != want || strings.Contains(body, host.Host) {
		t.Errorf("the answer is %d %s, want %s", status, body, want)
	}
}

func TestTheStatusNamesTheBackendsThatAreOpenToTheCaller(t *testing.T) {
	t.Parallel()
	issuer, key := newIssuer(t)
	config := replaceFile(t, filepath.Join(t.TempDir(), "umgateway.yaml"), `
http_addr: 127.0.0.1:0
grpc_addr: 127.0.0.1:0
backends:
  north: {url: ["http://127.0.0.1:1/north"]}
  south: {url: ["http://127.0.0.1:1/south", "http://127.0.0.1:2/south"]}
  west: {url: ["http://127.0.0.1:1/west"], dialect: ews}
routing:
  rules:
    - {name: settings, rpcs: [um.v1.MailboxService/*], callers: {roles: [north]}, backend: north}
    - {name: northerners, callers: {roles: [north]}, backend: west}
  default: south
callers: {issuers: [{url: "`+issuer.URL+`", audiences: [umgateway]}]}
policy: {rules: [{name: all, callers: {authenticated: true}, rpcs: ["*"]}]}
`)
	p := start(t, "REST", "serve", "--console", "--config", config, "--ledger", filepath.Join(t.TempDir(), "ledger.db"))
	for role, want := range map[string]string{"north": "north umws 1, west ews 1", "dialler": "south umws 2"} {
		_, body := visit(t, p.ready["REST"]+"/console/status", "Bearer "+issuer.token(t, key, map[string]any{"roles": []string{role}}))
		var status console.Status
		if err := json.Unmarshal([]byte(body), &status); err != nil {
			t.Fatal(err)
		}
		var shown []string
		for _, b := range status.Backends {
			shown = append(shown, fmt.Sprintf("%s %s %d", b.Name, b.Dialect, len(b.Endpoints)))
		}
		if got := strings.Join(shown, ", "); got != want {
			t.Errorf("the role %s sees %q, want %q", role, got, want)
		}
	}
	p.end(t)
}
