package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/umgateway/umgateway/gateway"
	umv1 "github.com/umgateway/umgateway/gen/um/v1"
	"github.com/umgateway/umgateway/internal/backend"
	"github.com/umgateway/umgateway/internal/exchangesim"
)

// basicFront is a web server that checks Basic credentials and tells the simulator who calls, as IIS does for Exchange.
type basicFront struct {
	sim      *exchangesim.Server
	mu       sync.Mutex
	attempts map[string]int // by user
}

func (f *basicFront) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	user, password, shown := r.BasicAuth()
	f.mu.Lock()
	f.attempts[user]++
	f.mu.Unlock()
	if !shown || password != "password of "+user {
		w.Header().Set("WWW-Authenticate", `Basic realm="mail"`)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	r.Header.Set("X-User", user)
	f.sim.ServeHTTP(w, r)
}

func TestCallerBasicRunsEachCallAsItsOwnCaller(t *testing.T) {
	t.Parallel()
	sim, err := exchangesim.New(exchangesim.Config{UserHeader: "X-User"})
	if err != nil {
		t.Fatal(err)
	}
	front := &basicFront{sim: sim, attempts: map[string]int{}}
	server := httptest.NewServer(front)
	t.Cleanup(server.Close)
	calls := serveBefore(t, backend.Settings{
		URLs: []string{server.URL}, Auth: "basic", Identity: backend.IdentityCallerBasic, AllowInsecureBasic: true,
	})
	users := []string{"alice", "bob", "carol"}
	var group sync.WaitGroup
	for i := range 60 {
		group.Go(func() {
			user := users[i%len(users)]
			_, err := calls.PlayOnPhone(asUser(t, user, "password of "+user), &umv1.PlayOnPhoneRequest{EntryId: "AAAA", DialString: user})
			if err != nil {
				t.Errorf("%s: %v", user, err)
			}
		})
	}
	group.Wait()
	for _, e := range sim.Exchanges() {
		if !strings.Contains(e.Request, "<DialString>"+e.User+"</DialString>") {
			t.Errorf("a call of another ran as %s", e.User)
		}
	}
	if _, err := calls.Disconnect(t.Context(), &umv1.DisconnectRequest{CallId: "x"}); status.Code(err) != codes.Unauthenticated {
		t.Errorf("a caller without a credential gets %v", err)
	}
	for range 5 {
		_, err := calls.Disconnect(asUser(t, "mallory", "wrong"), &umv1.DisconnectRequest{CallId: "x"})
		if status.Code(err) != codes.Unauthenticated {
			t.Errorf("a wrong password gets %v", err)
		}
	}
	front.mu.Lock()
	defer front.mu.Unlock()
	if n := front.attempts["mallory"]; n != 1 {
		t.Errorf("the backend saw the wrong password %d times, want once", n)
	}
	if n := front.attempts[""]; n != 0 {
		t.Errorf("the backend saw %d requests of nobody", n)
	}
}

func asUser(t *testing.T, user, password string) context.Context {
	t.Helper()
	request := http.Request{Header: http.Header{}}
	request.SetBasicAuth(user, password)
	return metadata.AppendToOutgoingContext(t.Context(), "authorization", request.Header.Get("Authorization"))
}

// serveBefore serves a gateway before a backend.
func serveBefore(t *testing.T, settings backend.Settings) umv1.CallServiceClient {
	t.Helper()
	logger := slog.New(slog.NewTextHandler(io.Discard, nil))
	l, err := forgetful(logger)
	if err != nil {
		t.Fatal(err)
	}
	config := gateway.Config{Logger: logger}
	access, err := newAccess(accessFlags{}, sections{}, reachOf(only(settings)), logger)
	if err != nil {
		t.Fatal(err)
	}
	access.apply(&config)
	s, err := assemble(only(settings), nil, config, l, logger)
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
	ctx, stop := context.WithCancel(context.Background())
	go func() { served <- s.Serve(ctx, on[0], on[1]) }()
	connection, err := grpc.NewClient(on[0].Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		if err := errors.Join(connection.Close(), <-served, s.close()); err != nil {
			t.Error(err)
		}
	})
	return umv1.NewCallServiceClient(connection)
}
