package main

import (
	"encoding/base64"
	"io/fs"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

// passwordFront is a web server that lets one user in, by a password that can change.
type passwordFront struct {
	next     http.Handler
	mu       sync.Mutex
	user     string
	password string
	former   string // still accepted, as directories do for a while; empty if none is
	seen     string // the password shown last
}

func (f *passwordFront) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	user, password, _ := r.BasicAuth()
	f.mu.Lock()
	right := user == f.user && (password == f.password || password == f.former && f.former != "")
	f.seen = password
	f.mu.Unlock()
	if !right {
		w.Header().Set("WWW-Authenticate", `Basic realm="mail"`)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	f.next.ServeHTTP(w, r)
}

// change has the user have another password; the former is good until it is changed again.
func (f *passwordFront) change(password string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.password, f.former = password, f.password
}

func (f *passwordFront) shown() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.seen
}

func basic(user, password string) caller {
	return caller{credential: "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))}
}

// newPasswordStand serves with the identity caller-basic.
func newPasswordStand(t *testing.T, log *sink) (*secured, *passwordFront) {
	t.Helper()
	s := newSecured(t)
	front := &passwordFront{next: s.sim, user: "alice", password: markPassword}
	s.backend = front
	s.serve(t, log, "", "--backend-identity", "caller-basic", "--backend-auth", "basic", "--backend-allow-insecure-basic",
		"--log-level", "DEBUG", "--audit-file", filepath.Join(s.directory, "audit.log"))
	return s, front
}

func TestPasswordsOfCallersReachNoSinkAndNoFile(t *testing.T) {
	t.Parallel()
	log, told := &sink{}, &sink{}
	s, _ := newPasswordStand(t, log)
	wrong := markPassword + "-wrong"
	for _, c := range []caller{basic("alice", markPassword), basic("alice", wrong), basic("mallory", markPassword)} {
		s.client(t, c).drive(t, told)
		if err := s.client(t, c).overGRPC(t.Context(), dialOnce("once")); err != nil {
			note(t, told, err)
		}
	}
	sinks := map[string]string{"answers": told.String(), "log": log.String(), "metrics": fetch(t, s.ready["admin"]+"/metrics")}
	err := filepath.WalkDir(s.directory, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			sinks[path] = read(t, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range sinks {
		for _, mark := range []string{markPassword, basic("alice", markPassword).credential[len("Basic "):], basic("alice", wrong).credential[len("Basic "):]} {
			if strings.Contains(text, mark) {
				t.Errorf("%s holds %q", name, mark)
			}
		}
	}
}

func dialOnce(requestID string) operation {
	o := dial("4255550100")
	o.request = &umv1.PlayOnPhoneRequest{EntryId: "AAAA", DialString: "4255550100", RequestId: requestID}
	return o
}

func TestRecordedAnswersAreForWhomTheBackendKnows(t *testing.T) {
	t.Parallel()
	s, front := newPasswordStand(t, &sink{})
	if err := s.client(t, basic("alice", markPassword)).overGRPC(t.Context(), dialOnce("once")); err != nil {
		t.Fatal(err)
	}
	for _, o := range []operation{dialOnce("once"), {"/um.v1.CallService/PlayOnPhone",
		&umv1.PlayOnPhoneRequest{EntryId: "AAAA", DialString: "4255550199", RequestId: "once"}, &umv1.PlayOnPhoneResponse{}, "", ""}} {
		err := s.client(t, basic("alice", "guessed")).overGRPC(t.Context(), o)
		if status.Code(err) != codes.Unauthenticated || reasonOf(err) != "CREDENTIALS_REJECTED" {
			t.Errorf("who guesses the password gets %v", err)
		}
	}
	front.change("another")
	if err := s.client(t, basic("alice", "another")).overGRPC(t.Context(), dialOnce("once")); err != nil {
		t.Errorf("after a change of the password a repeat gets %v", err)
	}
	if rings := s.sim.Executed("PlayOnPhone"); rings != 1 {
		t.Errorf("the telephone rang %d times, want once", rings)
	}
}
