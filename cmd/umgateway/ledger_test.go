package main

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
	"github.com/umgateway/umgateway/internal/backend"
	"github.com/umgateway/umgateway/internal/exchangesim"
)

// newGuarded serves a gateway before a simulator.
func newGuarded(t *testing.T) (umv1.CallServiceClient, *exchangesim.Server) {
	t.Helper()
	sim, err := exchangesim.New(exchangesim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	return serveBefore(t, backend.Settings{URLs: []string{server.URL + exchangesim.ServicePath}}), sim
}

func reasonOf(err error) string {
	for _, detail := range status.Convert(err).Details() {
		if info, is := detail.(*errdetails.ErrorInfo); is {
			return info.GetReason()
		}
	}
	return ""
}

func TestRepeatsOfADialRingOnce(t *testing.T) {
	t.Parallel()
	calls, sim := newGuarded(t)
	request := &umv1.PlayOnPhoneRequest{EntryId: "AAAA", DialString: "4255550100", RequestId: "one"}
	ids := make(chan string, 20)
	var group sync.WaitGroup
	for range cap(ids) {
		group.Go(func() {
			placed, err := calls.PlayOnPhone(t.Context(), request)
			if err != nil {
				t.Error(err)
			}
			ids <- placed.GetCallId()
		})
	}
	group.Wait()
	first := <-ids
	for range cap(ids) - 1 {
		if id := <-ids; id != first || id == "" {
			t.Errorf("a repeat got %q, the first %q", id, first)
		}
	}
	if n := sim.Executed("PlayOnPhone"); n != 1 {
		t.Errorf("the telephone rang %d times, want once", n)
	}
	request.DialString = "4255550199"
	if _, err := calls.PlayOnPhone(t.Context(), request); status.Code(err) != codes.FailedPrecondition || reasonOf(err) != "REQUEST_ID_REUSED" {
		t.Errorf("another number under the same id gets %v", err)
	}
	request.RequestId = ""
	for range 2 {
		if _, err := calls.PlayOnPhone(t.Context(), request); err != nil {
			t.Error(err)
		}
	}
	if n := sim.Executed("PlayOnPhone"); n != 3 {
		t.Errorf("the telephone rang %d times, want 3 times", n)
	}
}

func TestRepeatsOfWhatFailedGetTheSameAnswer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		misbehaviour exchangesim.Misbehaviour
		dial         string
		code         codes.Code
		reason       string
		executions   int
	}{
		"refused by the dialing rules": {exchangesim.Misbehaviour{}, exchangesim.ForbiddenNumber, codes.FailedPrecondition, "DIALING_RULES_FORBID", 0},
		"no readable answer":           {exchangesim.Misbehaviour{Times: 1, Drop: true}, "1", codes.Unknown, "OUTCOME_UNKNOWN", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			calls, sim := newGuarded(t)
			if c.misbehaviour.Times > 0 {
				sim.Misbehave(c.misbehaviour)
			}
			// The first call of a process finds out which namespace is known; nothing of that is to be counted here.
			before := sim.Executed("PlayOnPhone")
			for i := range 3 {
				_, err := calls.PlayOnPhone(t.Context(), &umv1.PlayOnPhoneRequest{EntryId: "AAAA", DialString: c.dial, RequestId: "x"})
				if status.Code(err) != c.code || reasonOf(err) != c.reason {
					t.Errorf("attempt %d gets %v, want %v %s", i, err, c.code, c.reason)
				}
			}
			if n := sim.Executed("PlayOnPhone") - before; n != c.executions {
				t.Errorf("it was executed %d times, want %d", n, c.executions)
			}
			if n := sim.Posts(); n != 1 {
				t.Errorf("the backend saw %d requests, want 1", n)
			}
		})
	}
}

func TestIdempotencyKeyIsTheRequestIDOverHTTP(t *testing.T) {
	t.Parallel()
	for protocol, path := range map[string]string{"REST": "/v1/calls:playOnPhone", "Connect": "/um.v1.CallService/PlayOnPhone"} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			testIdempotencyKey(t, path)
		})
	}
}

func TestIdempotencyKeyIsTheRequestIDOfGRPC(t *testing.T) {
	t.Parallel()
	calls, sim := newGuarded(t)
	ctx := metadata.AppendToOutgoingContext(t.Context(), "idempotency-key", "key-1")
	for range 2 {
		if _, err := calls.PlayOnPhone(ctx, &umv1.PlayOnPhoneRequest{EntryId: "AAAA", DialString: "4255550100"}); err != nil {
			t.Error(err)
		}
	}
	if n := sim.Executed("PlayOnPhone"); n != 1 {
		t.Errorf("the telephone rang %d times, want once", n)
	}
}

// testIdempotencyKey repeats a request with the header at a path.
func testIdempotencyKey(t *testing.T, path string) {
	sim, err := exchangesim.New(exchangesim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	logger := slog.New(slog.DiscardHandler)
	front := frontFlags{}
	l, err := forgetful(logger)
	if err != nil {
		t.Fatal(err)
	}
	s, err := assemble(only(backend.Settings{URLs: []string{server.URL}}), nil, front.config(logger), l, logger)
	if err != nil {
		t.Fatal(err)
	}
	gateway := httptest.NewServer(s.Handler())
	t.Cleanup(func() {
		gateway.Close()
		if err := s.close(); err != nil {
			t.Error(err)
		}
	})
	post := func(body string, keys ...string) (int, string) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, gateway.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range keys {
			request.Header.Add("Idempotency-Key", key)
		}
		request.Header.Set("Content-Type", "application/json")
		reply, err := http.DefaultTransport.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		defer reply.Body.Close()
		data, err := io.ReadAll(reply.Body)
		return reply.StatusCode, string(bytes.TrimSpace(data)) + errorText(err)
	}
	const body = `{"entryId":"AAAA","dialString":"4255550100"}`
	_, first := post(body, `"key-1"`)
	for _, c := range []struct{ body, key string }{
		{body, "key-1"}, {body, `"key-1"`}, {`{"entryId":"AAAA","dialString":"4255550100","requestId":"key-1"}`, `"key-1"`},
		{`{"entryId":"AAAA","dialString":"4255550100","requestId":"key-1"}`, ""},
	} {
		var keys []string
		if c.key != "" {
			keys = []string{c.key}
		}
		if code, again := post(c.body, keys...); code != http.StatusOK || again != first {
			t.Errorf("%s with the key %s gets %d %s, want %s", c.body, c.key, code, again, first)
		}
	}
	for name, keys := range map[string][]string{"another in the body": {"key-2"}, "two": {"key-1", "key-3"}, "empty": {""}, "not ASCII": {"schlüssel"}} {
		if code, answer := post(`{"entryId":"AAAA","dialString":"4255550100","requestId":"key-1"}`, keys...); code != http.StatusBadRequest {
			t.Errorf("%s: %d %s, want 400", name, code, answer)
		}
	}
	if code, answer := post(body, "schlüssel"); code != http.StatusBadRequest {
		t.Errorf("a key that cannot be one gets %d %s, want 400", code, answer)
	}
	if code, answer := post(`{"entryId":"BBBB","dialString":"4255550100"}`, "key-1"); code != http.StatusBadRequest || !strings.Contains(answer, "REQUEST_ID_REUSED") {
		t.Errorf("another request under the same key gets %d %s", code, answer)
	}
	if n := sim.Executed("PlayOnPhone"); n != 1 {
		t.Errorf("the telephone rang %d times, want once", n)
	}
}

func errorText(err error) string {
	if err == nil || errors.Is(err, io.EOF) {
		return ""
	}
	return err.Error()
}

func TestLedgerOfAnAddressIsAFileOfItsOwn(t *testing.T) {
	state := t.TempDir()
	t.Setenv("STATE_DIRECTORY", "")
	t.Setenv("XDG_STATE_HOME", state)
	seen := map[string]bool{}
	for _, address := range []string{"127.0.0.1:8080", "127.0.0.1:8081", "[::1]:8080", ":8080"} {
		path, err := defaultPath(address)
		if err != nil || seen[path] || !strings.HasPrefix(path, state) {
			t.Errorf("the ledger of %s is %q, %v", address, path, err)
		}
		seen[path] = true
	}
	if path, err := defaultPath("127.0.0.1:0"); err == nil {
		t.Errorf("the ledger of an address that changes is %q", path)
	}
}

func TestGatewayServesWithoutADirectoryOfItsOwn(t *testing.T) {
	blocked := filepath.Join(t.TempDir(), "a file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("STATE_DIRECTORY", filepath.Join(blocked, "below"))
	var log bytes.Buffer
	m, err := new(ledgerFlags).open("127.0.0.1:8080", slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	if err := m.close(); err != nil {
		t.Error(err)
	}
	if !strings.Contains(log.String(), "--ledger") {
		t.Errorf("the log does not say what to do: %s", log.String())
	}
	flags := ledgerFlags{Ledger: filepath.Join(blocked, "ledger.db")}
	if _, err := flags.open("127.0.0.1:8080", slog.New(slog.DiscardHandler)); err == nil {
		t.Error("a file that was named and cannot be used is passed over")
	}
}

func TestDefaultLedgerThatIsDamagedIsNotPassedOver(t *testing.T) {
	t.Setenv("STATE_DIRECTORY", t.TempDir())
	var log bytes.Buffer
	open := func() (*memory, error) {
		return new(ledgerFlags).open("127.0.0.1:8080", slog.New(slog.NewTextHandler(&log, nil)))
	}
	m, err := open()
	if err != nil {
		t.Fatal(err)
	}
	if err := m.close(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), "no earlier call is remembered") {
		t.Errorf("the log does not say that the ledger is new: %s", log.String())
	}
	path, err := defaultPath("127.0.0.1:8080")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 5000); err != nil {
		t.Fatal(err)
	}
	if _, err := open(); err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "move it away") {
		t.Errorf("a damaged ledger: %v", err)
	}
}

func TestWhoStartsWithoutTheRedisIsTold(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	flags := ledgerFlags{Ledger: "redis://127.0.0.1:1", Retention: time.Hour}
	m, err := flags.open("127.0.0.1:0", slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	if err := m.close(); err != nil {
		t.Error(err)
	}
	if !strings.Contains(log.String(), "calls with a request_id are refused") {
		t.Errorf("the log says\n%s", &log)
	}
}
