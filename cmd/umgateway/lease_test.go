package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/umgateway/umgateway/gateway"
	umv1 "github.com/umgateway/umgateway/gen/um/v1"
	"github.com/umgateway/umgateway/internal/backend"
	"github.com/umgateway/umgateway/internal/exchange"
	"github.com/umgateway/umgateway/internal/exchangesim"
	"github.com/umgateway/umgateway/internal/lease"
)

func TestAbandonedCallsAreHungUp(t *testing.T) {
	t.Parallel()
	hungUp := make(chan struct{})
	sim, err := exchangesim.New(exchangesim.Config{Log: func(e exchangesim.Exchange) {
		if e.Operation == "Disconnect" {
			close(hungUp)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	calls := serveBefore(t, backend.Settings{URLs: []string{server.URL}})
	placed, err := calls.PlayOnPhone(t.Context(), &umv1.PlayOnPhoneRequest{
		EntryId: "AAAA", DialString: "4255550100", Lease: &umv1.HangUpLease{Unattended: durationpb.New(time.Second)},
	})
	if err != nil {
		t.Fatal(err)
	}
	renewed, err := calls.RenewLease(t.Context(), &umv1.RenewLeaseRequest{CallId: placed.GetCallId()})
	if err != nil || time.Until(renewed.GetHangUpTime().AsTime()) > time.Second {
		t.Errorf("RenewLease: %v, %v", renewed, err)
	}
	<-hungUp
	info, err := calls.GetCallInfo(t.Context(), &umv1.GetCallInfoRequest{CallId: placed.GetCallId()})
	if err != nil || info.GetCallState() != umv1.CallState_CALL_STATE_DISCONNECTED {
		t.Errorf("afterwards the call is %v, %v", info, err)
	}
}

func TestCallsWithoutALeaseHaveNoneToRenew(t *testing.T) {
	t.Parallel()
	calls, _ := newGuarded(t)
	placed, err := calls.PlayOnPhone(t.Context(), &umv1.PlayOnPhoneRequest{EntryId: "AAAA", DialString: "4255550100"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = calls.RenewLease(t.Context(), &umv1.RenewLeaseRequest{CallId: placed.GetCallId()})
	if status.Code(err) != codes.NotFound || reasonOf(err) != "LEASE_NOT_FOUND" {
		t.Errorf("RenewLease gets %v", err)
	}
}

func TestDisconnectReleasesTheLease(t *testing.T) {
	t.Parallel()
	calls, sim := newGuarded(t)
	placed, err := calls.PlayOnPhone(t.Context(), &umv1.PlayOnPhoneRequest{
		EntryId: "AAAA", DialString: "4255550100", Lease: &umv1.HangUpLease{MaxDuration: durationpb.New(time.Hour)},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := calls.Disconnect(t.Context(), &umv1.DisconnectRequest{CallId: placed.GetCallId()}); err != nil {
		t.Error(err)
	}
	if _, err = calls.RenewLease(t.Context(), &umv1.RenewLeaseRequest{CallId: placed.GetCallId()}); reasonOf(err) != "LEASE_NOT_FOUND" {
		t.Errorf("RenewLease gets %v", err)
	}
	if n := sim.Executed("Disconnect"); n != 1 {
		t.Errorf("the call was hung up %d times", n)
	}
}

// TestLeasesAreKeptBeyondARestart: a lease of a gateway that is gone is carried out by the next one on the same file.
func TestLeasesAreKeptBeyondARestart(t *testing.T) {
	t.Parallel()
	hungUp := make(chan struct{})
	sim, err := exchangesim.New(exchangesim.Config{Log: func(e exchangesim.Exchange) {
		if e.Operation == "Disconnect" {
			close(hungUp)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	flags := ledgerFlags{Ledger: filepath.Join(t.TempDir(), "ledger.db")}
	before, err := lease.OpenBolt(flags.Ledger + ".leases")
	if err != nil {
		t.Fatal(err)
	}
	if err := before.Grant(t.Context(), exchangesim.DocumentedCallID, lease.Terms{Unattended: time.Second}); err != nil {
		t.Fatal(err)
	}
	if err := before.Close(); err != nil {
		t.Fatal(err)
	}
	logger := slog.New(slog.DiscardHandler)
	m, err := flags.open("127.0.0.1:0", logger)
	if err != nil {
		t.Fatal(err)
	}
	front := frontFlags{}
	s, err := assemble(only(backend.Settings{URLs: []string{server.URL}}), nil, front.config(logger), m, logger)
	if err != nil {
		t.Fatal(err)
	}
	<-hungUp
	if err := s.close(); err != nil {
		t.Error(err)
	}
}

// closedStore cannot grant a lease.
type closedStore struct{ lease.Store }

func (closedStore) Check(context.Context) error { return errors.New("appendonly is no") }

// deaf counts what would have been sent.
type deaf struct{ sent int }

func (d *deaf) Invoke(context.Context, protoreflect.MethodDescriptor, proto.Message) (proto.Message, error) {
	d.sent++
	return &umv1.PlayOnPhoneResponse{CallId: "AAAA"}, nil
}

func TestNoTelephoneRingsForALeaseThatCannotBeGranted(t *testing.T) {
	t.Parallel()
	keeper, err := lease.Open(closedStore{lease.NewMemStore()}, lease.Config{HangUp: func(context.Context, string) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	defer keeper.Close()
	d := &deaf{}
	l := &leasing{Invoker: d, keeper: keeper}
	dial := exchange.Method("um.v1.CallService.PlayOnPhone")
	request := &umv1.PlayOnPhoneRequest{EntryId: "AAAA", DialString: "1", Lease: &umv1.HangUpLease{Unattended: durationpb.New(time.Second)}}
	_, err = l.Invoke(t.Context(), dial, request)
	if failure := (*gateway.Error)(nil); !errors.As(err, &failure) || failure.Reason != "LEASE_UNAVAILABLE" {
		t.Errorf("the call gets %v", err)
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if _, err = l.Invoke(gone, dial, request); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller who has gone gets %v", err)
	}
	if d.sent != 0 {
		t.Errorf("%d requests were sent", d.sent)
	}
	request.Lease = nil
	if _, err = l.Invoke(t.Context(), dial, request); err != nil || d.sent != 1 {
		t.Errorf("without a lease: %v, %d requests", err, d.sent)
	}
}
