package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc/status"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
	"github.com/umgateway/umgateway/internal/exchangesim"
)

// generations is umgateway serve as a process, before an old server that signs each user in, and a new one that is asked for
// mailboxes.
type generations struct {
	*secured
	old, new    *exchangesim.Server
	trail, text string // the audit log, and the configuration
}

const routingOfTheTests = `
routing:
  rules:
    - {name: settings, rpcs: [um.v1.MailboxService/*], backend: old}
    - {name: moved, callers: {roles: [moved]}, backend: new}
    - {name: testers, callers: {roles: [tester]}, header: {name: X-UM-Backend, values: [new]}, backend: new}
  default: old
policy:
  rules:
    - {name: all, callers: {authenticated: true}, rpcs: ["*"], dial: {allow: ["*"]}}
    - {name: no guests, deny: true, callers: {roles: [guest]}, rpcs: ["*"], backends: [new]}
`

func serveGenerations(t *testing.T) *generations {
	t.Helper()
	g := &generations{secured: newSecured(t)}
	g.routed, g.trail = true, filepath.Join(g.directory, "audit.log")
	g.old, g.new = newSimulator(t, exchangesim.Config{UserHeader: "X-User"}), newSimulator(t, exchangesim.Config{})
	oldURL := serveHandler(t, &basicFront{sim: g.old, attempts: map[string]int{}}) + exchangesim.ServicePath
	newURL := serveHandler(t, g.new) + exchangesim.EWSPath
	accounts, mailboxes := "identities:\n", "identities:\n"
	for _, name := range []string{"alice", "bob"} {
		who := "- {kind: jwt, issuer: " + g.issuer.URL + ", name: " + name
		accounts += who + ", username: old-" + name + ", password_file: " + name + ".password}\n"
		mailboxes += who + ", smtp_address: " + name + "@new.example.com}\n"
		replaceFile(t, filepath.Join(g.directory, name+".password"), "password of old-"+name)
	}
	accounts += "- {kind: jwt, issuer: " + g.issuer.URL + ", name: dave, username: old-bob, password_file: bob.password}\n" // not at the new one
	g.text = g.config("", `
backends:
  old: {url: ["`+oldURL+`"], auth: basic, allow_insecure_basic: true, identity: mapped,
    identities_file: `+replaceFile(t, filepath.Join(g.directory, "accounts.yaml"), accounts)+`}
  new: {url: ["`+newURL+`"], dialect: ews, identity: impersonated,
    identities_file: `+replaceFile(t, filepath.Join(g.directory, "mailboxes.yaml"), mailboxes)+`}
`)
	g.serve(t, t.Output(), g.text+routingOfTheTests, "--audit-file", g.trail)
	return g
}

func newSimulator(t *testing.T, config exchangesim.Config) *exchangesim.Server {
	t.Helper()
	sim, err := exchangesim.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return sim
}

func serveHandler(t *testing.T, handler http.Handler) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// who is a caller with a token, and perhaps headers.
func (g *generations) who(t *testing.T, name string, roles []string, headers ...string) *client {
	t.Helper()
	c := bearer(g.issuer.token(t, g.key, map[string]any{"sub": name, "roles": roles}))
	c.headers = headers
	return g.client(t, c)
}

// seen is how many requests each server has got.
func (g *generations) seen() [2]int { return [2]int{g.old.Posts(), g.new.Posts()} }

func dialWith(request *umv1.PlayOnPhoneRequest) operation {
	request.DialString = "4255550100"
	return operation{"/um.v1.CallService/PlayOnPhone", request, &umv1.PlayOnPhoneResponse{}, http.MethodPost, "/v1/calls:playOnPhone"}
}

func TestCallsGoToTheBackendOfTheirCallerHeaderAndRPC(t *testing.T) {
	t.Parallel()
	g := serveGenerations(t)
	entry, item := dialWith(&umv1.PlayOnPhoneRequest{EntryId: "AAAA"}), dialWith(&umv1.PlayOnPhoneRequest{ItemId: "AAAA"})
	greeting := operation{"/um.v1.CallService/PlayOnPhoneGreeting", &umv1.PlayOnPhoneGreetingRequest{
		GreetingType: umv1.GreetingType_GREETING_TYPE_NORMAL_CUSTOM, DialString: "1",
	}, &umv1.PlayOnPhoneGreetingResponse{}, http.MethodPost, "/v1/calls:playOnPhoneGreeting"}
	choice := []string{"x-um-backend", "new"}
	const unrouted = "PermissionDenied BACKEND_NOT_ROUTED"
	// The first call finds out which namespace the old server knows.
	if err := g.who(t, "bob", nil).overGRPC(t.Context(), readIt); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name     string
		caller   *client
		ask      operation
		want     string // status and reason, of both fronts
		named    string // in the message
		old, new int    // requests that the servers get
		as       string // in the last request of the server that got it
	}{
		{"the default", g.who(t, "bob", nil), entry, "OK ", "", 2, 0, "old-bob"},
		{"by caller", g.who(t, "alice", []string{"moved"}), item, "OK ", "", 0, 2, "alice@new.example.com"},
		{"by rpc", g.who(t, "alice", []string{"moved"}), readIt, "OK ", "", 2, 0, "old-alice"},
		{"by header", g.who(t, "bob", []string{"tester"}, choice...), item, "OK ", "", 0, 2, "bob@new.example.com"},
		{"without the header", g.who(t, "bob", []string{"tester"}), entry, "OK ", "", 2, 0, "old-bob"},
		{"the header of others", g.who(t, "bob", nil, choice...), item, unrouted, "x-um-backend", 0, 0, ""},
		{"an unknown value", g.who(t, "bob", []string{"tester"}, "x-um-backend", "nwe"), item, unrouted, "x-um-backend", 0, 0, ""},
		{"the header twice", g.who(t, "bob", []string{"tester"}, "x-um-backend", "new", "x-um-backend", "new"), item,
			"InvalidArgument BACKEND_AMBIGUOUS", "x-um-backend", 0, 0, ""},
		{"the header of nobody", g.client(t, caller{headers: choice}), item, "Unauthenticated CREDENTIALS_MISSING", "", 0, 0, ""},
		{"forbidden there", g.who(t, "bob", []string{"tester", "guest"}, choice...), item, "PermissionDenied CALL_FORBIDDEN", "", 0, 0, ""},
		{"not forbidden elsewhere", g.who(t, "bob", []string{"tester", "guest"}), entry, "OK ", "", 2, 0, "old-bob"},
		{"no mailbox there", g.who(t, "carol", []string{"moved"}), item, "PermissionDenied IDENTITY_NOT_MAPPED", "", 0, 0, ""},
		{"entry_id for ews", g.who(t, "alice", []string{"moved"}), entry, "InvalidArgument REQUEST_INVALID", "entry_id", 0, 0, ""},
		{"item_id for umws", g.who(t, "bob", nil), item, "InvalidArgument REQUEST_INVALID", "item_id", 0, 0, ""},
		{"what ews lacks", g.who(t, "alice", []string{"moved"}), greeting, "Unimplemented OPERATION_UNSUPPORTED", "ews", 0, 0, ""},
		{"what umws has", g.who(t, "bob", nil), greeting, "OK ", "", 2, 0, "old-bob"},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := g.seen()
			for front, over := range map[string]func(context.Context, operation) error{"gRPC": c.caller.overGRPC, "REST": c.caller.overREST} {
				err := over(t.Context(), c.ask)
				if got := status.Code(err).String() + " " + reasonOf(err); got != c.want || !strings.Contains(status.Convert(err).Message(), c.named) {
					t.Errorf("%s: %v, want %s about %q", front, err, c.want, c.named)
				}
			}
			after := g.seen()
			if got := [2]int{after[0] - before[0], after[1] - before[1]}; got != [2]int{c.old, c.new} {
				t.Errorf("the servers got %v requests, want %d and %d", got, c.old, c.new)
			}
			g.wantIdentity(t, c.old > 0, c.new > 0, c.as)
		})
	}
	g.wantMetrics(t)
	g.wantAudit(t)
}

// wantIdentity looks at as whom the last request came.
func (g *generations) wantIdentity(t *testing.T, old, new bool, want string) {
	t.Helper()
	got := ""
	switch {
	case old:
		exchanges := g.old.Exchanges()
		got = exchanges[len(exchanges)-1].User
	case new:
		exchanges := g.new.Exchanges()
		_, got, _ = strings.Cut(exchanges[len(exchanges)-1].Request, "<t:PrimarySmtpAddress>")
		got, _, _ = strings.Cut(got, "<")
	}
	if got != want {
		t.Errorf("the call was made as %q, want %q", got, want)
	}
}

// wantMetrics looks for the metrics of each backend.
func (g *generations) wantMetrics(t *testing.T) {
	t.Helper()
	_, text := look(t, g.ready["admin"]+"/metrics")
	for _, want := range []string{
		`umgateway_soap_exchanges_total{backend="old",form="https",operation="PlayOnPhone",status_class="2xx"} 6`,
		`umgateway_soap_exchanges_total{backend="new",form="http",operation="PlayOnPhone",status_class="2xx"} 4`,
		`umgateway_backend_breaker_state{backend="old",endpoint=`, `umgateway_backend_breaker_state{backend="new",endpoint=`,
		`umgateway_polls_total{backend="old"} 0`, `umgateway_polls_total{backend="new"} 0`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the metrics do not say %s", want)
		}
	}
}

// wantAudit looks for records of each backend.
func (g *generations) wantAudit(t *testing.T) {
	t.Helper()
	text := read(t, g.trail)
	for _, want := range []string{
		`"backend":"old","identity":"old-bob"`, `"backend":"new","identity":"bob@new.example.com"`, `"reason":"BACKEND_NOT_ROUTED"`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the audit log does not say %s", want)
		}
	}
}

func TestACallGoesBackToWhereItWasPlaced(t *testing.T) {
	t.Parallel()
	g := serveGenerations(t)
	tester := g.who(t, "bob", []string{"tester"})
	calls := umv1.NewCallServiceClient(tester.rpc)
	choosing := g.who(t, "bob", []string{"tester"}, "x-um-backend", "new").context(t.Context())
	placed, err := calls.PlayOnPhone(choosing, &umv1.PlayOnPhoneRequest{ItemId: "AAAA", DialString: "4255550100"})
	if err != nil {
		t.Fatal(err)
	}
	id := placed.GetCallId()
	// Without the header, and against it.
	for name, ctx := range map[string]context.Context{"without": tester.context(t.Context()), "with": choosing} {
		if _, err := calls.GetCallInfo(ctx, &umv1.GetCallInfoRequest{CallId: id}); err != nil {
			t.Errorf("GetCallInfo %s the header: %v", name, err)
		}
	}
	watch, err := calls.WatchCall(tester.context(t.Context()), &umv1.WatchCallRequest{CallId: id})
	if err == nil {
		_, err = watch.Recv()
	}
	if err != nil {
		t.Errorf("WatchCall: %v", err)
	}
	// Whom routing, policy or identities never let there learns nothing: the id is unknown.
	before := g.seen()
	for name, other := range map[string]*client{
		"a caller of the other server":            g.who(t, "bob", nil),
		"a caller whom the policy keeps away":     g.who(t, "bob", []string{"tester", "guest"}),
		"a caller who has no identity over there": g.who(t, "dave", []string{"tester"}),
	} {
		if _, err := calls.Disconnect(other.context(t.Context()), &umv1.DisconnectRequest{CallId: id}); reasonOf(err) != "CALL_NOT_FOUND" {
			t.Errorf("%s gets %v", name, err)
		}
	}
	if after := g.seen(); after[0] == before[0] || after[1] != before[1] {
		t.Errorf("the servers got %v requests, then %v", before, after)
	}
	if n := g.new.ExecutedEWS("DisconnectPhoneCall"); n != 0 {
		t.Errorf("the call was ended %d times", n)
	}
	if _, err := calls.Disconnect(tester.context(t.Context()), &umv1.DisconnectRequest{CallId: id}); err != nil {
		t.Errorf("Disconnect: %v", err)
	}
	for _, e := range g.new.Exchanges() {
		if !strings.Contains(e.Request, "<t:PrimarySmtpAddress>bob@new.example.com<") {
			t.Errorf("a request came as somebody else: %s", e.Request)
		}
	}
	if n := g.new.ExecutedEWS("DisconnectPhoneCall"); n != 1 {
		t.Errorf("the call was ended %d times", n)
	}
}

func TestRoutingIsReadAgain(t *testing.T) {
	t.Parallel()
	g := serveGenerations(t)
	bob := g.who(t, "bob", nil, "x-site", "new")
	item := dialWith(&umv1.PlayOnPhoneRequest{ItemId: "AAAA"})
	if err := bob.overREST(t.Context(), item); reasonOf(err) != "REQUEST_INVALID" {
		t.Fatalf("at first the call gets %v", err)
	}
	changed := strings.Replace(routingOfTheTests, "callers: {roles: [tester]}, header: {name: X-UM-Backend", "callers: {authenticated: true}, header: {name: X-Site", 1)
	replaceFile(t, g.configPath(), g.text+changed)
	g.hangUp(t)
	eventually(t, "a rule by another header counts", func() bool { return bob.overREST(t.Context(), item) == nil })
	// A backend that does not run yet, and a file that names none, change nothing.
	for _, bad := range []string{strings.Replace(changed, "backend: new}", "backend: newer}", 1), strings.Replace(changed, "routing:", "routing: {}\nx:", 1)} {
		replaceFile(t, g.configPath(), g.text+bad)
		g.hangUp(t)
		_, text := look(t, g.ready["admin"]+"/metrics")
		eventually(t, "the file is refused", func() bool {
			_, text = look(t, g.ready["admin"]+"/metrics")
			return strings.Contains(text, "umgateway_config_last_reload_successful 0")
		})
		if err := bob.overREST(t.Context(), item); err != nil {
			t.Errorf("after a bad file the call gets %v", err)
		}
		replaceFile(t, g.configPath(), g.text+changed)
		g.hangUp(t)
		eventually(t, "the file is in use again", func() bool {
			_, text = look(t, g.ready["admin"]+"/metrics")
			return strings.Contains(text, "umgateway_config_last_reload_successful 1")
		})
	}
}
