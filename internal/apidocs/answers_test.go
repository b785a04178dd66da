package apidocs_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/umgateway/umgateway/gateway"
	"github.com/umgateway/umgateway/gateway/authn"
	umv1 "github.com/umgateway/umgateway/gen/um/v1"
	"github.com/umgateway/umgateway/internal/exchange"
	"github.com/umgateway/umgateway/internal/exchangesim"
	"github.com/umgateway/umgateway/soapbridge"
	"github.com/umgateway/umgateway/soapbridge/transport"
)

func mustParse(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// document is the OpenAPI document as the gateway serves it.
type document struct {
	tree     map[string]any
	mu       sync.Mutex // compilers are for one goroutine
	compiler *jsonschema.Compiler
}

const documentURL = "https://gateway.invalid/openapi.json"

func readDocument(t *testing.T) *document {
	t.Helper()
	tree, err := jsonschema.UnmarshalJSON(get(t, site(t), "/openapi.json").Body)
	if err != nil {
		t.Fatal(err)
	}
	d := &document{tree: tree.(map[string]any), compiler: jsonschema.NewCompiler()}
	d.compiler.DefaultDraft(jsonschema.Draft2020)
	if err := d.compiler.AddResource(documentURL, tree); err != nil {
		t.Fatal(err)
	}
	return d
}

// at finds a part of the document, through references, and says where it is.
func (d *document) at(steps ...string) (any, string) {
	var here any = d.tree
	pointer := ""
	for _, step := range steps {
		object, _ := here.(map[string]any)
		here, pointer = object[step], pointer+"/"+strings.NewReplacer("~", "~0", "/", "~1").Replace(step)
		if object, is := here.(map[string]any); is {
			if reference, refers := object["$ref"].(string); refers {
				return d.follow(reference, steps, step)
			}
		}
	}
	return here, pointer
}

// follow goes on behind a reference.
func (d *document) follow(reference string, steps []string, step string) (any, string) {
	target := strings.Split(strings.TrimPrefix(reference, "#/"), "/")
	for i := range steps {
		if steps[i] == step {
			return d.at(append(target, steps[i+1:]...)...)
		}
	}
	return nil, ""
}

// check validates a value by the schema at a place of the document.
func (d *document) check(t *testing.T, data []byte, steps ...string) {
	t.Helper()
	schema, pointer := d.at(steps...)
	if schema == nil {
		t.Errorf("the document has nothing at %q", steps)
		return
	}
	d.mu.Lock()
	compiled, err := d.compiler.Compile(documentURL + "#" + (&url.URL{Fragment: pointer}).EscapedFragment())
	d.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("%v: %s", err, data)
	}
	if err := compiled.Validate(value); err != nil {
		t.Errorf("%s\nis not what the document says: %v", data, err)
	}
}

// request is one to an operation, with what is documented of it.
type request struct {
	path, verb string // as the document has them
	target     string // the path with its variables filled in
	body       []byte // an example; nil if the operation has none
}

// requests lists an example for each operation of the document.
func (d *document) requests(t *testing.T) []request {
	t.Helper()
	var list []request
	for path, verbs := range d.tree["paths"].(map[string]any) {
		for verb, value := range verbs.(map[string]any) {
			r := request{path: path, verb: verb, target: path}
			operation := value.(map[string]any)
			for _, parameter := range operation["parameters"].([]any) {
				if p := parameter.(map[string]any); p["in"] == "path" {
					r.target = strings.Replace(r.target, "{"+p["name"].(string)+"}", url.PathEscape(p["example"].(string)), 1)
				}
			}
			if example, _ := d.at("paths", path, verb, "requestBody", "content", "application/json", "example"); example != nil {
				var err error
				if r.body, err = json.Marshal(example); err != nil {
					t.Fatal(err)
				}
			}
			list = append(list, r)
		}
	}
	if len(list) < 15 {
		t.Fatalf("the document has only %d operations", len(list))
	}
	return list
}

// simulated is a gateway before a simulated Exchange server.
func simulated(t *testing.T, config gateway.Config) (*httptest.Server, *exchangesim.Server) {
	t.Helper()
	sim, err := exchangesim.New(exchangesim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	backend := httptest.NewServer(sim)
	t.Cleanup(backend.Close)
	dialect, err := exchange.DialectUMWS("")
	if err != nil {
		t.Fatal(err)
	}
	client, err := transport.New(transport.Config{URL: backend.URL + exchangesim.ServicePath})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	bridge, err := soapbridge.New(dialect, client, exchange.Services())
	if err != nil {
		t.Fatal(err)
	}
	config.Invoker, config.Watcher = leasing{bridge}, ending{}
	g, err := gateway.New(config)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(g.Handler())
	t.Cleanup(server.Close)
	return server, sim
}

var at = timestamppb.New(time.Date(2026, 11, 27, 18, 43, 6, 696e6, time.UTC))

// leasing answers RenewLease, for which no backend is asked.
type leasing struct{ gateway.Invoker }

func (l leasing) Invoke(ctx context.Context, method protoreflect.MethodDescriptor, in proto.Message) (proto.Message, error) {
	if method.Name() == "RenewLease" {
		return &umv1.RenewLeaseResponse{HangUpTime: at}, nil
	}
	return l.Invoker.Invoke(ctx, method, in)
}

// ending sends two events.
type ending struct{}

func (ending) WatchCall(_ context.Context, _ *umv1.WatchCallRequest, send func(*umv1.WatchCallResponse) error) error {
	first := at.AsTime().UnixMilli()
	event := &umv1.WatchCallResponse{Sequence: first, ObserveTime: at, CallState: umv1.CallState_CALL_STATE_CONNECTING, EventCause: umv1.EventCause_EVENT_CAUSE_NONE}
	if err := send(event); err != nil {
		return err
	}
	return send(&umv1.WatchCallResponse{Sequence: first + 1, ObserveTime: at, CallState: umv1.CallState_CALL_STATE_DISCONNECTED, EventCause: umv1.EventCause_EVENT_CAUSE_NONE, Ended: true})
}

func send(t *testing.T, server *httptest.Server, r request, header ...string) (*http.Response, []byte) {
	t.Helper()
	sent, err := http.NewRequestWithContext(t.Context(), strings.ToUpper(r.verb), server.URL+r.target, bytes.NewReader(r.body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		sent.Header.Set(header[i], header[i+1])
	}
	reply, err := server.Client().Do(sent)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	data, err := io.ReadAll(reply.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply, data
}

// checkAnswer compares an answer with what the document says about answers of its status.
func (d *document) checkAnswer(t *testing.T, r request, reply *http.Response, data []byte) {
	t.Helper()
	status := fmt.Sprint(reply.StatusCode)
	kind := reply.Header.Get("Content-Type")
	response := []string{"paths", r.path, r.verb, "responses", status}
	if media, _ := d.at(append(response, "content", kind)...); media == nil {
		t.Errorf("the document has no answer %s %s: %s", status, kind, data)
		return
	}
	for _, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		if kind != "text/event-stream" {
			d.check(t, []byte(line), append(response, "content", kind, "schema")...)
		}
	}
	headers, _ := d.at(append(response, "headers")...)
	if _, documented := headers.(map[string]any)["X-Request-Id"]; !documented || reply.Header.Get("X-Request-Id") == "" {
		t.Error("the id of the request is missing")
	}
	for _, name := range []string{"Retry-After", "WWW-Authenticate"} {
		if _, documented := headers.(map[string]any)[name]; !documented && reply.Header.Get(name) != "" {
			t.Errorf("the header %s is not documented", name)
		}
	}
}

func TestAnswersAreWhatTheDocumentSays(t *testing.T) {
	t.Parallel()
	d := readDocument(t)
	for _, r := range d.requests(t) {
		for _, accept := range []string{"application/json", "text/event-stream"} {
			t.Run(r.verb+" "+r.path+" "+accept, func(t *testing.T) {
				server, _ := simulated(t, gateway.Config{})
				if r.body != nil {
					d.check(t, r.body, "paths", r.path, r.verb, "requestBody", "content", "application/json", "schema")
				}
				reply, data := send(t, server, r, "Accept", accept)
				if reply.StatusCode != http.StatusOK {
					t.Fatalf("the example is answered with %d %s", reply.StatusCode, data)
				}
				d.checkAnswer(t, r, reply, data)
				checkExample(t, d, r, reply.Header.Get("Content-Type"), data)
			})
		}
	}
}

// checkExample compares an answer with its example, but for ids that differ each time.
func checkExample(t *testing.T, d *document, r request, kind string, data []byte) {
	t.Helper()
	example, _ := d.at("paths", r.path, r.verb, "responses", "200", "content", kind, "example")
	if kind == "text/event-stream" {
		if text, _ := example.(string); text == "" || !strings.HasPrefix(string(data), text) {
			t.Errorf("the answer is\n%s\nwhich does not begin as the example\n%s", data, text)
		}
		return
	}
	var got, want map[string]any
	first, _, _ := strings.Cut(string(data), "\n")
	text, err := json.Marshal(example)
	if err == nil {
		err = json.Unmarshal(text, &want)
	}
	if err == nil {
		err = json.Unmarshal([]byte(first), &got)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, fresh := range []string{"callId", "hangUpTime"} {
		if got[fresh] != nil && want[fresh] != nil {
			got[fresh], want[fresh] = nil, nil
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the example differs from the answer: %s", diff)
	}
}

func TestErrorsAreWhatTheDocumentSays(t *testing.T) {
	t.Parallel()
	d := readDocument(t)
	authenticator, err := authn.New(authn.Config{Basic: true}, authn.Options{})
	if err != nil {
		t.Fatal(err)
	}
	play := request{path: "/v1/calls:playOnPhone", verb: "post", target: "/v1/calls:playOnPhone", body: []byte(`{"entryId":"AAAA","dialString":"4255550100"}`)}
	info := request{path: "/v1/calls/{call_id}", verb: "get", target: "/v1/calls/AAAA"}
	with := func(r request, body string) request {
		r.body = []byte(body)
		return r
	}
	for name, c := range map[string]struct {
		request request
		header  []string
		config  gateway.Config
		weather *exchangesim.Misbehaviour
		status  int
	}{
		"unknown call":                {request: info, status: 404},
		"unknown field, as a problem": {request: with(play, `{"dialstring":"1"}`), header: []string{"Accept", "application/problem+json"}, status: 400},
		"unknown call, as a problem":  {request: info, header: []string{"Accept", "application/problem+json"}, status: 404},
		"unknown field":               {request: with(play, `{"dialstring":"1"}`), status: 400},
		"forbidden number":            {request: with(play, `{"entryId":"AAAA","dialString":"`+exchangesim.ForbiddenNumber+`"}`), status: 400},
		"too large":                   {request: with(play, strings.Repeat(" ", 1025)), config: gateway.Config{MaxRequestBytes: 1024}, status: 413},
		"no credential":               {request: play, header: []string{"Authorization", "Bearer x"}, config: gateway.Config{Authenticator: func() *authn.Authenticator { return authenticator }}, status: 401},
		"foreign origin":              {request: play, header: []string{"Origin", "https://evil.example"}, status: 403},
		"no time":                     {request: info, header: []string{"Grpc-Timeout", "1n"}, status: 504},
		"page of a proxy":             {request: info, weather: misbehave(exchangesim.HTMLPage(502)), status: 503},
		"outcome unknown":             {request: play, weather: misbehave(exchangesim.HTMLPage(502)), status: 500},
		"page in a success":           {request: info, weather: misbehave(exchangesim.HTMLPage(200)), status: 500},
		"throttled":                   {request: info, weather: misbehave(exchangesim.Empty(429)), status: 429},
		"account rejected":            {request: info, weather: misbehave(exchangesim.Empty(401)), status: 500},
		"account forbidden":           {request: info, weather: misbehave(exchangesim.Empty(403)), status: 403},
		"watch from nowhere":          {request: request{path: "/v1/calls/{call_id}:watch", verb: "get", target: "/v1/calls/AAAA:watch"}, header: []string{"Last-Event-ID", "x"}, status: 400},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, sim := simulated(t, c.config)
			if c.weather != nil {
				sim.Misbehave(*c.weather)
			}
			reply, data := send(t, server, c.request, c.header...)
			if reply.StatusCode != c.status {
				t.Errorf("the status is %d, want %d: %s", reply.StatusCode, c.status, data)
			}
			d.checkAnswer(t, c.request, reply, data)
		})
	}
}

func misbehave(m exchangesim.Misbehaviour) *exchangesim.Misbehaviour { return &m }

func TestTheCheckOfAnswersSeesMistakes(t *testing.T) {
	t.Parallel()
	d := readDocument(t)
	_, pointer := d.at("paths", "/v1/calls/{call_id}", "get", "responses", "404", "content", "application/json", "schema")
	d.mu.Lock()
	compiled, err := d.compiler.Compile(documentURL + "#" + (&url.URL{Fragment: pointer}).EscapedFragment())
	if err != nil {
		t.Fatal(err)
	}
	const form = `{"code":5,"message":"m","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"%s","domain":"%s"}]}`
	for text, valid := range map[string]bool{
		fmt.Sprintf(form, "CALL_NOT_FOUND", "umgateway"): true,
		fmt.Sprintf(form, "ITEM_NOT_FOUND", "umgateway"): false, // a reason of another operation
		fmt.Sprintf(form, "CALL_NOT_FOUND", "elsewhere"): false,
		`{"code":5,"message":"m","details":[]}`:          false,
	} {
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := compiled.Validate(value); (err == nil) != valid {
			t.Errorf("%s: %v", text, err)
		}
	}
}
