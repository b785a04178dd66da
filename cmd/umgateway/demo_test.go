package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

// process is the command as a process of its own.
type process struct {
	command *exec.Cmd
	stdout  *bufio.Reader
	ready   map[string]string // what the ready lines say: "gRPC" → address
}

// start runs the command until it has printed a line that begins with last.
func start(t *testing.T, last string, args ...string) *process {
	t.Helper()
	return startLogging(t, t.Output(), last, args...)
}

// startLogging is start with another place for what the command logs.
func startLogging(t *testing.T, log io.Writer, last string, args ...string) *process {
	t.Helper()
	return startIn(t, nil, log, last, args...)
}

// startIn is startLogging with more in the environment.
func startIn(t *testing.T, environment []string, log io.Writer, last string, args ...string) *process {
	t.Helper()
	self, err := exec.LookPath("umgateway") // testscript.Main has put it there
	if err != nil {
		t.Fatal(err)
	}
	p := &process{command: exec.CommandContext(t.Context(), self, args...), ready: map[string]string{}}
	p.command.Stderr, p.command.Env = log, append(os.Environ(), environment...)
	p.command.Cancel = func() error { return p.command.Process.Signal(syscall.SIGTERM) }
	stdout, err := p.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.stdout = bufio.NewReader(stdout)
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	for {
		line, err := p.stdout.ReadString('\n')
		if err != nil {
			t.Fatalf("the command ended before it was ready: %v", err)
		}
		if name, address, found := strings.Cut(strings.TrimSpace(line), " ready at "); found {
			p.ready[name] = address
		}
		if strings.HasPrefix(line, last) {
			return p
		}
	}
}

// end sends SIGTERM and returns what was printed since. The command must end in order.
func (p *process) end(t *testing.T) string {
	t.Helper()
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(p.stdout)
	if err != nil {
		t.Error(err)
	}
	if err := p.command.Wait(); err != nil {
		t.Errorf("after SIGTERM the command ended with %v", err)
	}
	return string(rest)
}

func TestDemoPlacesAndEndsACallOverBothFronts(t *testing.T) {
	t.Parallel()
	p := start(t, "Stop with", "demo", "--http-addr", "127.0.0.1:0", "--grpc-addr", "127.0.0.1:0", "--log-soap")
	callOverREST(t, p.ready["REST"])
	callOverGRPC(t, p.ready["gRPC"])
	log := p.end(t)
	for _, want := range []string{"services/2006/messages/Disconnect", "<CallId>", "DisconnectResponse"} {
		if !strings.Contains(log, want) {
			t.Errorf("--log-soap does not show %q: %s", want, log)
		}
	}
}

func callOverREST(t *testing.T, base string) {
	t.Helper()
	placed := send(t, http.MethodPost, base+"/v1/calls:playOnPhone", `{"entryId":"AAAA","dialString":"4255550100"}`)
	id, _ := placed["callId"].(string)
	path := base + "/v1/calls/" + url.PathEscape(id)
	if state := send(t, http.MethodGet, path, "")["callState"]; state == "CALL_STATE_DISCONNECTED" {
		t.Errorf("the call has ended by itself")
	}
	send(t, http.MethodPost, path+":disconnect", "")
	if state := send(t, http.MethodGet, path, "")["callState"]; state != "CALL_STATE_DISCONNECTED" {
		t.Errorf("after Disconnect the state is %v", state)
	}
}

func send(t *testing.T, verb, address, body string) map[string]any {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), verb, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	answer := map[string]any{}
	if err := json.NewDecoder(reply.Body).Decode(&answer); err != nil || reply.StatusCode != http.StatusOK {
		t.Fatalf("%s %s answers %d %v, %v", verb, address, reply.StatusCode, answer, err)
	}
	return answer
}

func callOverGRPC(t *testing.T, address string) {
	t.Helper()
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	calls := umv1.NewCallServiceClient(connection)
	placed, err := calls.PlayOnPhone(t.Context(), &umv1.PlayOnPhoneRequest{EntryId: "AAAA", DialString: "4255550100"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := calls.Disconnect(t.Context(), &umv1.DisconnectRequest{CallId: placed.GetCallId()}); err != nil {
		t.Error(err)
	}
	wantEnded(t.Context(), t, calls, placed.GetCallId())
}

func wantEnded(ctx context.Context, t *testing.T, calls umv1.CallServiceClient, id string) {
	t.Helper()
	info, err := calls.GetCallInfo(ctx, &umv1.GetCallInfoRequest{CallId: id})
	if err != nil || info.GetCallState() != umv1.CallState_CALL_STATE_DISCONNECTED {
		t.Errorf("after Disconnect the call is %v, %v", info, err)
	}
}

func TestServeWorksBeforeASimulatorOfEitherScheme(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{"http", "https", "any"} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			simulator := start(t, "simulated", "simulate", "--addr", "127.0.0.1:0", "--scheme", scheme)
			p := start(t, "REST", "serve", "--backend-url", simulator.ready["simulated Exchange"], "--http-addr", "127.0.0.1:0", "--grpc-addr", "127.0.0.1:0",
				"--ledger", filepath.Join(t.TempDir(), "ledger.db"))
			callOverREST(t, p.ready["REST"])
			callOverGRPC(t, p.ready["gRPC"])
			p.end(t)
			simulator.end(t)
		})
	}
}
