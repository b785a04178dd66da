package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
	"github.com/umgateway/umgateway/internal/backend"
	"github.com/umgateway/umgateway/internal/exchangesim"
)

// look asks an admin address.
func look(t *testing.T, address string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	reply, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply.StatusCode, string(text)
}

func TestServeShowsWhatItDoes(t *testing.T) {
	t.Parallel()
	simulator := start(t, "simulated", "simulate", "--addr", "127.0.0.1:0")
	p := start(t, "REST", "serve", "--backend-url", simulator.ready["simulated Exchange"], "--http-addr", "127.0.0.1:0", "--grpc-addr", "127.0.0.1:0",
		"--ledger", filepath.Join(t.TempDir(), "ledger.db"), "--admin-addr", "127.0.0.1:0", "--ready-needs-backend")
	admin := p.ready["admin"]
	const requestID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
	for range 2 {
		send(t, http.MethodPost, p.ready["REST"]+"/v1/calls:playOnPhone", `{"entryId":"AAAA","dialString":"4255550100","requestId":"`+requestID+`"}`)
	}
	for path, want := range map[string]int{"/livez": 200, "/readyz": 200, "/debug/pprof/": 404} {
		if got, text := look(t, admin+path); got != want {
			t.Errorf("%s answers %d %s", path, got, text)
		}
	}
	_, text := look(t, admin+"/metrics")
	parser := expfmt.NewTextParser(model.UTF8Validation)
	metrics, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]float64{
		"umgateway_ledger_operations_total": 2, // one executed, one replayed
		"umgateway_backend_requests_total":  1, "umgateway_backend_connections": 1, "umgateway_backend_breaker_state": 0,
		"umgateway_soap_exchanges_total": 1, "umgateway_watchers": 0, "umgateway_polls_total": 0,
		"umgateway_config_last_reload_successful": 1, "umgateway_build_info": 1,
	} {
		sum := 0.0
		for _, m := range metrics[name].GetMetric() {
			sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
		if len(metrics[name].GetMetric()) == 0 || sum != want {
			t.Errorf("%s is %v, want %v: %v", name, sum, want, metrics[name])
		}
	}
	p.end(t)
	simulator.end(t)
}

func TestProfilesAreServedWhenAskedFor(t *testing.T) {
	t.Parallel()
	p := start(t, "Stop with", "demo", "--http-addr", "127.0.0.1:0", "--grpc-addr", "127.0.0.1:0", "--admin-addr", "127.0.0.1:0", "--admin-pprof")
	if got, text := look(t, p.ready["admin"]+"/debug/pprof/"); got != http.StatusOK {
		t.Errorf("the answer is %d %s", got, text)
	}
	p.end(t)
}

func TestCollectorThatDoesNotAnswerIsNoFailureOfTheGateway(t *testing.T) {
	collector, err := net.Listen("tcp", "127.0.0.1:0") // takes connections, and says nothing
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { collector.Close() })
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://"+collector.Addr().String())
	p := start(t, "Stop with", "demo", "--http-addr", "127.0.0.1:0", "--grpc-addr", "127.0.0.1:0")
	send(t, http.MethodPost, p.ready["REST"]+"/v1/mailbox:resetPin", `{}`)
	p.end(t)
}

func TestWithoutAnAdminAddressThereIsNone(t *testing.T) {
	t.Parallel()
	p := start(t, "Stop with", "demo", "--http-addr", "127.0.0.1:0", "--grpc-addr", "127.0.0.1:0", "--admin-addr", "")
	if address, found := p.ready["admin"]; found {
		t.Errorf("there is one at %s", address)
	}
	p.end(t)
}

// observed is a gateway with an admin address, within the process of the test.
type observed struct {
	*service
	sim         *exchangesim.Server
	admin, rest string
	grpc        *grpc.ClientConn
	stop        context.CancelFunc
	ended       chan error
}

func serveObserved(t *testing.T, flags adminFlags) *observed {
	t.Helper()
	sim, err := exchangesim.New(exchangesim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	logger := slog.New(slog.DiscardHandler)
	m, err := forgetful(logger)
	if err != nil {
		t.Fatal(err)
	}
	front := frontFlags{HTTPAddr: "127.0.0.1:0", GRPCAddr: "127.0.0.1:0"}
	s, err := assemble(only(backend.Settings{URLs: []string{server.URL}}), nil, front.config(logger), m, logger)
	if err != nil {
		t.Fatal(err)
	}
	on, err := front.listen()
	if err != nil {
		t.Fatal(err)
	}
	flags.AdminAddr = "127.0.0.1:0"
	admin, err := flags.listenAdmin([]string{"metrics.example"}, logger)
	if err != nil {
		t.Fatal(err)
	}
	o := &observed{service: s, sim: sim, admin: "http://" + admin.listener.Addr().String(), rest: "http://" + on.http.Addr().String(), ended: make(chan error, 1)}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	o.stop = stop
	go func() {
		o.ended <- admin.during(ctx, flags, s, func(ctx context.Context) error { return s.Serve(ctx, on.grpc, on.http) })
	}()
	if o.grpc, err = grpc.NewClient(on.grpc.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials())); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.grpc.Close() })
	return o
}

// end ends the gateway, if it has not been, and waits for that.
func (o *observed) end(t *testing.T) {
	t.Helper()
	o.stop()
	if err := <-o.ended; err != nil {
		t.Errorf("serving ended with %v", err)
	}
	if err := o.close(); err != nil {
		t.Error(err)
	}
}

func TestReadinessDependsOnTheBackendOnlyWhenAskedTo(t *testing.T) {
	t.Parallel()
	for needed, whenDown := range map[bool]int{true: http.StatusServiceUnavailable, false: http.StatusOK} {
		t.Run(fmt.Sprint("needed ", needed), func(t *testing.T) {
			t.Parallel()
			o := serveObserved(t, adminFlags{ReadyNeedsBackend: needed})
			calls := umv1.NewMailboxServiceClient(o.grpc)
			if _, err := calls.ResetPIN(t.Context(), &umv1.ResetPINRequest{}); err != nil {
				t.Fatal(err)
			}
			wantProbes(t, o.admin, http.StatusOK)
			o.sim.Misbehave(exchangesim.Misbehaviour{Unexecuted: true, Status: http.StatusServiceUnavailable})
			for o.backendServes() { // failures in a row have the endpoint left alone
				if _, err := calls.ResetPIN(t.Context(), &umv1.ResetPINRequest{}); err == nil {
					t.Fatal("the backend that is down answers")
				}
			}
			wantProbes(t, o.admin, whenDown)
			o.end(t)
		})
	}
}

func TestProbesCanBeAskedWhileTheGatewayDrains(t *testing.T) {
	t.Parallel()
	o := serveObserved(t, adminFlags{})
	asked, answer := make(chan struct{}), make(chan struct{})
	ctx := context.WithoutCancel(t.Context())
	calls := umv1.NewMailboxServiceClient(o.grpc)
	if _, err := calls.ResetPIN(ctx, &umv1.ResetPINRequest{}); err != nil {
		t.Fatal(err)
	}
	wantProbes(t, o.admin, http.StatusOK)
	o.sim.Misbehave(exchangesim.Misbehaviour{Wait: func(*http.Request) {
		close(asked)
		<-answer
	}})
	answered := make(chan error, 1)
	go func() {
		_, err := calls.ResetPIN(ctx, &umv1.ResetPINRequest{})
		answered <- err
	}()
	<-asked
	watch, err := healthv1.NewHealthClient(o.grpc).Watch(ctx, &healthv1.HealthCheckRequest{})
	for first := true; err == nil; first = false { // a watch ends when draining begins
		if _, err = watch.Recv(); first {
			o.stop()
		}
	}
	wantProbes(t, o.admin, http.StatusServiceUnavailable)
	close(answer)
	if err := <-answered; err != nil {
		t.Errorf("the call in flight ends with %v", err)
	}
	o.end(t)
}

// wantProbes compares what the probes answer: a gateway lives, whether it is ready or not.
func wantProbes(t *testing.T, base string, ready int) {
	t.Helper()
	for path, want := range map[string]int{"/livez": http.StatusOK, "/readyz": ready} {
		if got, text := look(t, base+path); got != want {
			t.Errorf("%s answers %d %s, want %d", path, got, text, want)
		}
	}
}

func TestPagesOfElsewhereCannotReadTheAdminAddressOfThisMachine(t *testing.T) {
	t.Parallel()
	o := serveObserved(t, adminFlags{})
	for host, want := range map[string]int{
		"evil.example": http.StatusForbidden, "evil.example:9091": http.StatusForbidden,
		"localhost:9091": http.StatusOK, "127.0.0.1": http.StatusOK, "[::1]:9091": http.StatusOK, "metrics.example": http.StatusOK,
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, o.admin+"/metrics", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Host = host
		reply, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		reply.Body.Close()
		if reply.StatusCode != want {
			t.Errorf("%s gets %d, want %d", host, reply.StatusCode, want)
		}
	}
	o.end(t)
}

func TestAdminAddressForOtherMachinesAnswersToEveryName(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if (&admin{listener: listener}).hosts() != nil {
		t.Error("hosts are looked at where names are anybody's")
	}
}
