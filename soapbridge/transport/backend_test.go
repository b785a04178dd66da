package transport_test

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/umgateway/umgateway/soapbridge/transport"
)

// The accounts of the backend of these tests.
var accounts = map[string]string{
	`contoso\alice`:     "correct horse",
	`contoso\bob`:       "battery staple",
	"carol@contoso.com": "pässwörd",
}

func identity(name string) *transport.Identity {
	return &transport.Identity{Username: name, Password: transport.StaticPassword(accounts[strings.ToLower(name)])}
}

// backend is a server that authenticates as IIS does, and knows what happened.
type backend struct {
	*httptest.Server
	pipes    *pipeListener // nil for TCP
	offers   []string      // WWW-Authenticate fields
	handler  http.Handler  // behind the authentication; the user stands in the header X-User
	bindings []byte
	target   string

	// forget, if not nil, is asked before each request on an authenticated connection whether the identity was lost.
	forget func(r *http.Request) bool
	// header is added to replies of authenticated requests.
	header http.Header
	// closes has a connection end after a body was refused.
	closes bool
	// judge, if not nil, is called before a credential is judged.
	judge func()
	// lockOut has every credential be rejected.
	lockOut atomic.Bool
	// persists has a ticket hold for its connection.
	persists bool
	// refuseTickets is how many tickets are to be refused yet.
	refuseTickets int

	mu          sync.Mutex
	connections int
	challenged  int // NTLM challenges sent
	attempts    map[string]int
	rejections  int
	unexecuted  []string // bodies of requests that were answered with 401
	executed    []string // "user action body" of requests that got past the authentication
	legs        int      // requests without a body
	tickets     []string // Kerberos tickets shown
}

type connKey struct{}

// connState is what the server knows of one connection.
type connState struct {
	ntlm acceptorConn
	user string
}

func newBackend(t *testing.T, offers ...string) *backend {
	b := &backend{offers: offers, attempts: map[string]int{}}
	b.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/xml")
		io.WriteString(w, r.Header.Get("X-User"))
	})
	b.Server = httptest.NewUnstartedServer(http.HandlerFunc(b.serve))
	b.Config.ConnContext = func(ctx context.Context, _ net.Conn) context.Context {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.connections++
		state := &connState{ntlm: acceptorConn{passwords: accounts, bindings: b.bindings, target: b.target}}
		return context.WithValue(ctx, connKey{}, state)
	}
	t.Cleanup(b.Close)
	return b
}

func (b *backend) start() *backend { b.Start(); return b }

// startInMemory serves without a network, so that the clock of testing/synctest holds.
func (b *backend) startInMemory() *backend {
	b.Listener.Close()
	b.pipes = &pipeListener{queue: make(chan net.Conn), closed: make(chan struct{})}
	b.Listener = b.pipes
	b.Start()
	return b
}

func (b *backend) serve(w http.ResponseWriter, r *http.Request) {
	state := r.Context().Value(connKey{}).(*connState)
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	if len(body) == 0 {
		b.count(func() { b.legs++ })
	}
	if state.user != "" && b.forget != nil && b.forget(r) {
		state.user = ""
	}
	if field := r.Header.Get("Authorization"); field != "" && len(b.offers) > 0 && !b.authenticate(w, r, state, field) {
		b.refuse(w, r, string(body))
		return
	}
	user := state.user
	if user == "" && len(b.offers) > 0 {
		b.refuse(w, r, string(body))
		return
	}
	if !b.persists && state.ntlm.negotiate == nil {
		state.user = "" // Basic and Kerberos hold for one request
	}
	b.count(func() {
		b.executed = append(b.executed, strings.Join([]string{user, r.Header.Get("SOAPAction"), string(body)}, " "))
	})
	for name, values := range b.header {
		w.Header()[name] = values
	}
	r.Header.Set("X-User", user)
	b.handler.ServeHTTP(w, r)
}

// authenticate looks at the Authorization field. It tells whether the request may go on; if not, a challenge may stand in the
// header of the reply already.
func (b *backend) authenticate(w http.ResponseWriter, r *http.Request, state *connState, field string) bool {
	state.user = ""
	scheme, token, _ := strings.Cut(field, " ")
	if !b.offersScheme(scheme) {
		return false
	}
	isAnswer := state.ntlm.challenge != nil
	if b.judge != nil && (scheme == "Basic" || isAnswer) {
		b.judge()
	}
	if scheme == "Basic" {
		pair, _ := base64.StdEncoding.DecodeString(token)
		name, password, _ := strings.Cut(string(pair), ":")
		want, known := accounts[strings.ToLower(name)]
		b.attempt(name, known && want == password)
		if known && want == password {
			state.user = strings.ToLower(name)
		}
		return state.user != ""
	}
	if ticket, ok := b.ticket(token); ok {
		state.user = ticket
		return ticket != ""
	}
	answer, user, err := state.ntlm.accept(token)
	if b.lockOut.Load() && user != "" {
		user, err = "", errors.New("locked out")
	}
	if isAnswer {
		b.attempt(user, err == nil)
	}
	if answer != "" {
		b.count(func() { b.challenged++ })
		w.Header().Set("WWW-Authenticate", scheme+" "+answer)
	}
	state.user = strings.ToLower(user)
	return user != ""
}

// ticket reads what a fakeTickets made: the user, or nobody if the token is no good.
func (b *backend) ticket(token string) (user string, isTicket bool) {
	text, _ := base64.StdEncoding.DecodeString(token)
	serial, isTicket := strings.CutPrefix(string(text), "ticket ")
	if !isTicket {
		return "", false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tickets = append(b.tickets, serial)
	if b.refuseTickets > 0 || slices.Index(b.tickets, serial) < len(b.tickets)-1 {
		b.refuseTickets--
		return "", true
	}
	_, user, _ = strings.Cut(serial, " ")
	return strings.ToLower(user), true
}

func (b *backend) offersScheme(scheme string) bool {
	return strings.Contains(strings.Join(b.offers, ","), scheme)
}

func (b *backend) refuse(w http.ResponseWriter, r *http.Request, body string) {
	if body != "" {
		if b.closes {
			w.Header().Set("Connection", "close")
		}
		b.count(func() { b.unexecuted = append(b.unexecuted, body) })
	}
	if w.Header().Get("WWW-Authenticate") == "" {
		for _, offer := range b.offers {
			w.Header().Add("WWW-Authenticate", offer)
		}
	}
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(http.StatusUnauthorized)
	io.WriteString(w, "<html>401</html>")
}

func (b *backend) attempt(user string, accepted bool) {
	b.count(func() {
		b.attempts[strings.ToLower(user)]++
		if !accepted {
			b.rejections++
		}
	})
}

func (b *backend) count(what func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	what()
}

// client makes a client for the backend. The change may be nil.
func (b *backend) client(t *testing.T, auth string, change func(*transport.Config)) *transport.Client {
	t.Helper()
	schemes, err := transport.ParseAuth(auth)
	if err != nil {
		t.Fatal(err)
	}
	config := transport.Config{URL: b.URL + "/UnifiedMessaging/Service.asmx", Auth: schemes, AllowInsecureBasic: true, SPN: "HTTP/mail.contoso.com"}
	if b.pipes != nil {
		config.Dial = b.pipes.dial
	}
	if change != nil {
		change(&config)
	}
	client, err := transport.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return client
}

// call sends a request with the body as the user, and returns the body of the reply.
func call(t *testing.T, client *transport.Client, who *transport.Identity, body string) (string, error) {
	t.Helper()
	reply, err := client.RoundTrip(t.Context(), &transport.Request{Action: "urn:test", Body: []byte(body), Identity: who})
	if err != nil {
		return "", err
	}
	defer reply.Release()
	return string(reply.Body), nil
}

func mustCall(t *testing.T, client *transport.Client, who *transport.Identity, body string) string {
	t.Helper()
	got, err := call(t, client, who, body)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// countCookies notes the Cookie field of each user's requests, and sets a cookie.
func countCookies(seen map[string][]string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user := r.Header.Get("X-User")
		seen[user] = append(seen[user], r.Header.Get("Cookie"))
		http.SetCookie(w, &http.Cookie{Name: "affinity", Value: strings.ReplaceAll(user, `\`, "-"), Path: "/"})
	})
}
