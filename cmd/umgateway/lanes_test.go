package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/umgateway/umgateway/gateway"
	"github.com/umgateway/umgateway/gateway/policy"
	umv1 "github.com/umgateway/umgateway/gen/um/v1"
	"github.com/umgateway/umgateway/internal/backend"
	"github.com/umgateway/umgateway/internal/exchangesim"
	"github.com/umgateway/umgateway/internal/lease"
	"github.com/umgateway/umgateway/internal/routing"
)

// pair is a gateway within the process of the test, before an old and a new server. Whoever sends x-to: new gets there.
type pair struct {
	*service
	connection *grpc.ClientConn
	calls      umv1.CallServiceClient
	end        func()
}

// toNew is a choice that everybody has.
var toNew = routing.Config{Default: defaultBackend, Rules: []routing.Rule{{
	Name: "choice", Callers: &policy.Callers{Everyone: true}, Header: &routing.Header{Name: "x-to", Values: []string{"new"}}, Backend: "new",
}}}

func chosen(ctx context.Context) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "x-to", "new")
}

// servePair serves with a ledger in a file, or where that has no name, in memory.
func servePair(t *testing.T, backends []named, ledger string) *pair {
	t.Helper()
	logger := slog.New(slog.DiscardHandler)
	flags := ledgerFlags{Ledger: ledger}
	m, err := flags.open("127.0.0.1:0", logger)
	if err != nil {
		t.Fatal(err)
	}
	access, err := newAccess(accessFlags{}, sections{Routing: toNew}, reachOf(backends), logger)
	if err != nil {
		t.Fatal(err)
	}
	config := gateway.Config{Logger: logger}
	access.apply(&config)
	s, err := assemble(backends, access.routing, config, m, logger)
	if err != nil {
		t.Fatal(err)
	}
	var on [2]net.Listener
	for i := range on {
		if on[i], err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			t.Fatal(err)
		}
	}
	served := make(chan error, 1)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	go func() { served <- s.Serve(ctx, on[0], on[1]) }()
	connection, err := grpc.NewClient(on[0].Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	return &pair{s, connection, umv1.NewCallServiceClient(connection), func() {
		stop()
		if err := errors.Join(connection.Close(), <-served, s.close()); err != nil {
			t.Error(err)
		}
	}}
}

// oldAndNew are two backends that act as the account of the service.
func oldAndNew(t *testing.T, old, new *exchangesim.Server) []named {
	t.Helper()
	return []named{
		{defaultBackend, backend.Settings{URLs: []string{serveHandler(t, old) + exchangesim.ServicePath}}},
		{"new", backend.Settings{URLs: []string{serveHandler(t, new) + exchangesim.EWSPath}, Dialect: "ews"}},
	}
}

// endings tells when a server ends a call.
func endings(operation string) (exchangesim.Config, <-chan struct{}) {
	ended := make(chan struct{}, 10)
	return exchangesim.Config{Log: func(e exchangesim.Exchange) {
		if e.Operation == operation {
			ended <- struct{}{}
		}
	}}, ended
}

// TestLeasesAreKeptWhereTheCallWasPlaced: also by the next gateway on the same file, and those of a time without names.
func TestLeasesAreKeptWhereTheCallWasPlaced(t *testing.T) {
	t.Parallel()
	oldConfig, oldEnded := endings("Disconnect")
	newConfig, newEnded := endings("DisconnectPhoneCall")
	old, new := newSimulator(t, oldConfig), newSimulator(t, newConfig)
	backends, file := oldAndNew(t, old, new), filepath.Join(t.TempDir(), "ledger.db")
	before, err := lease.OpenBolt(file + ".leases")
	if err != nil {
		t.Fatal(err)
	}
	if err := before.Grant(t.Context(), exchangesim.DocumentedCallID, lease.Terms{Unattended: time.Second}); err != nil {
		t.Fatal(err)
	}
	if err := before.Close(); err != nil {
		t.Fatal(err)
	}
	p := servePair(t, backends, file)
	place := func(terms *umv1.HangUpLease) string {
		placed, err := p.calls.PlayOnPhone(chosen(t.Context()), &umv1.PlayOnPhoneRequest{ItemId: "AAAA", DialString: "4255550100", Lease: terms})
		if err != nil {
			t.Fatal(err)
		}
		return placed.GetCallId()
	}
	long := place(&umv1.HangUpLease{MaxDuration: durationpb.New(time.Hour)})
	place(&umv1.HangUpLease{Unattended: durationpb.New(time.Second)})
	p.end()

	p = servePair(t, backends, file)
	<-oldEnded
	<-newEnded
	// The lease tells where its call is, though no header does.
	if _, err := p.calls.GetCallInfo(t.Context(), &umv1.GetCallInfoRequest{CallId: long}); err != nil {
		t.Errorf("GetCallInfo after a restart: %v", err)
	}
	if _, err := p.calls.RenewLease(t.Context(), &umv1.RenewLeaseRequest{CallId: long}); err != nil {
		t.Errorf("RenewLease after a restart: %v", err)
	}
	if _, err := p.calls.Disconnect(t.Context(), &umv1.DisconnectRequest{CallId: long}); err != nil {
		t.Errorf("Disconnect after a restart: %v", err)
	}
	if _, err := p.calls.RenewLease(chosen(t.Context()), &umv1.RenewLeaseRequest{CallId: long}); reasonOf(err) != "LEASE_NOT_FOUND" {
		t.Errorf("RenewLease of a call that was ended: %v", err)
	}
	p.end()
	if ended := [2]int{old.Executed("Disconnect"), new.ExecutedEWS("DisconnectPhoneCall")}; ended != [2]int{1, 2} {
		t.Errorf("the servers ended %v calls, want 1 and 2", ended)
	}
	if n := len(old.Exchanges()); n != 1 {
		t.Errorf("the old server got %d requests, want the hang-up alone", n)
	}
}

// TestAnIDOfTwoBackendsIsNobodysWhoeverHasALease: a lease would lead to somebody else's call.
func TestAnIDOfTwoBackendsIsNobodysWhoeverHasALease(t *testing.T) {
	t.Parallel()
	keeper, err := lease.Open(lease.NewMemStore(), lease.Config{HangUp: func(context.Context, string) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	defer keeper.Close()
	if err := keeper.Grant(t.Context(), lease.Key("new", "AAAA"), 0, time.Hour); err != nil {
		t.Fatal(err)
	}
	r := &router{lanes: []*lane{{named: named{name: "new"}}, {named: named{name: "old"}}}, memory: routing.NewMemory(), keeper: keeper}
	if l := r.minted(t.Context(), "AAAA"); l == nil || l.name != "new" {
		t.Errorf("a call with a lease is of %v, want new", l)
	}
	r.memory.Learn("AAAA", "old")
	r.memory.Learn("AAAA", "new")
	if l := r.minted(t.Context(), "AAAA"); l != nil {
		t.Errorf("the call is of %s, want nobody", l.name)
	}
}

func TestARequestIDIsAnotherDialAtAnotherBackend(t *testing.T) {
	t.Parallel()
	old, new := newSimulator(t, exchangesim.Config{}), newSimulator(t, exchangesim.Config{})
	backends, file := oldAndNew(t, old, new), filepath.Join(t.TempDir(), "ledger.db")
	var ids [2]string
	for range 2 { // and after a restart
		p := servePair(t, backends, file)
		for range 3 {
			for i, request := range []*umv1.PlayOnPhoneRequest{{EntryId: "AAAA"}, {ItemId: "AAAA"}} {
				ctx := t.Context()
				if i == 1 {
					ctx = chosen(ctx)
				}
				request.DialString, request.RequestId = "4255550100", "one"
				placed, err := p.calls.PlayOnPhone(ctx, request)
				if err != nil || ids[i] != "" && placed.GetCallId() != ids[i] {
					t.Fatalf("the answer is %v, %v, want %s", placed, err, ids[i])
				}
				ids[i] = placed.GetCallId()
			}
		}
		// The repeat has told where the call is.
		if _, err := p.calls.GetCallInfo(t.Context(), &umv1.GetCallInfoRequest{CallId: ids[1]}); err != nil {
			t.Errorf("GetCallInfo after a repeat: %v", err)
		}
		p.end()
	}
	if n := [2]int{old.Executed("PlayOnPhone"), new.ExecutedEWS("PlayOnPhone")}; n != [2]int{1, 1} {
		t.Errorf("the telephones rang %v times, want once each", n)
	}
}

func TestTheGatewayServesAsLongAsABackendDoes(t *testing.T) {
	t.Parallel()
	old, new := newSimulator(t, exchangesim.Config{}), newSimulator(t, exchangesim.Config{})
	p := servePair(t, oldAndNew(t, old, new), "")
	defer p.end()
	health := func() healthv1.HealthCheckResponse_ServingStatus {
		answer, err := healthv1.NewHealthClient(p.connection).Check(t.Context(), &healthv1.HealthCheckRequest{Service: "um.v1.CallService"})
		if err != nil {
			t.Fatal(err)
		}
		return answer.GetStatus()
	}
	fail := func(l *lane, sim *exchangesim.Server, ctx context.Context) {
		sim.Misbehave(exchangesim.Misbehaviour{Unexecuted: true, Status: http.StatusServiceUnavailable})
		for l.backend.Serving() {
			if _, err := p.calls.Disconnect(ctx, &umv1.DisconnectRequest{CallId: "AAAA"}); reasonOf(err) != "BACKEND_UNAVAILABLE" {
				t.Fatalf("a server that is down answers %v", err)
			}
		}
	}
	ready := p.readiness(true)
	backendCheck := ready[len(ready)-1].Err
	fail(p.lanes[1], new, chosen(t.Context()))
	if got, err := health(), backendCheck(); got != healthv1.HealthCheckResponse_SERVING || err != nil {
		t.Errorf("with one server down the gateway is %v, %v", got, err)
	}
	fail(p.lanes[0], old, t.Context())
	if got, err := health(), backendCheck(); got != healthv1.HealthCheckResponse_NOT_SERVING || err == nil {
		t.Errorf("with both servers down the gateway is %v, %v", got, err)
	}
}

// TestPasswordsGoToTheBackendThatChecksThemAndNoOther: elsewhere nobody would check them.
func TestPasswordsGoToTheBackendThatChecksThemAndNoOther(t *testing.T) {
	t.Parallel()
	shared, own := newSimulator(t, exchangesim.Config{}), newSimulator(t, exchangesim.Config{UserHeader: "X-User"})
	front := &basicFront{sim: own, attempts: map[string]int{}}
	p := servePair(t, []named{
		{defaultBackend, backend.Settings{URLs: []string{serveHandler(t, shared)}}},
		{"new", backend.Settings{URLs: []string{serveHandler(t, front)}, Auth: "basic", Identity: backend.IdentityCallerBasic, AllowInsecureBasic: true}},
	}, "")
	defer p.end()
	asAlice := asUser(t, "alice", "password of alice")
	dial := func(ctx context.Context) (string, string) {
		placed, err := p.calls.PlayOnPhone(ctx, &umv1.PlayOnPhoneRequest{EntryId: "AAAA", DialString: "4255550100"})
		return placed.GetCallId(), status.Code(err).String() + " " + reasonOf(err)
	}
	theirs, got := dial(t.Context())
	if got != "OK " {
		t.Fatalf("an anonymous call gets %s", got)
	}
	before := shared.Posts()
	mine, got := dial(chosen(asAlice))
	for name, c := range map[string]struct{ got, want string }{
		"the caller's own password":     {got, "OK "},
		"a password that nobody checks": {second(dial(asAlice)), "Unauthenticated CREDENTIALS_SCHEME_UNSUPPORTED"},
		"no password":                   {second(dial(chosen(t.Context()))), "Unauthenticated CREDENTIALS_MISSING"},
		"a wrong password":              {second(dial(chosen(asUser(t, "bob", "guessed")))), "Unauthenticated CREDENTIALS_REJECTED"},
	} {
		if c.got != c.want {
			t.Errorf("%s gets %s, want %s", name, c.got, c.want)
		}
	}
	info := func(ctx context.Context, id string) string {
		_, err := p.calls.GetCallInfo(ctx, &umv1.GetCallInfoRequest{CallId: id})
		return reasonOf(err)
	}
	if got := info(asAlice, mine); got != "" {
		t.Errorf("the caller's own call gets %s", got)
	}
	if got := info(asAlice, theirs); got != "CREDENTIALS_SCHEME_UNSUPPORTED" {
		t.Errorf("a call of the shared account gets %s", got)
	}
	if n := shared.Posts(); n != before {
		t.Errorf("the shared account was used %d times by a caller whom nobody has checked", n-before)
	}
}

func second(_, text string) string { return text }
