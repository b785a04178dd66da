package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
	"github.com/umgateway/umgateway/internal/exchangesim"
)

// The marks: what callers send in confidence. The ids are base64 and the number is dialable, so that they pass for such.
const (
	markNumber   = "4255919283746"
	markCall     = "TEVBS0NBTEw3YTFk"
	markEntry    = "TEVBS0VOVFJZOWIy"
	markFolder   = "TEVBS0ZPTERFUjNj"
	markPassword = "Leak-Password-5e8f"
	markPIN      = "7391846205"
	markBad      = "LeakedCredentialThatCannotBeRead"
)

// sink collects text.
type sink struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (s *sink) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buffer.Write(p)
}

func (s *sink) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buffer.String()
}

// markedRequests are requests of every rpc that hold marks.
func markedRequests() []operation {
	call := func(name, path string, request, response proto.Message) operation {
		return operation{"/um.v1.CallService/" + name, request, response, http.MethodPost, path}
	}
	mailbox := func(name, path string, request, response proto.Message) operation {
		return operation{"/um.v1.MailboxService/" + name, request, response, http.MethodPost, path}
	}
	return []operation{
		call("PlayOnPhone", "/v1/calls:playOnPhone", &umv1.PlayOnPhoneRequest{EntryId: markEntry, DialString: markNumber}, &umv1.PlayOnPhoneResponse{}),
		call("PlayOnPhoneGreeting", "/v1/calls:playOnPhoneGreeting",
			&umv1.PlayOnPhoneGreetingRequest{GreetingType: umv1.GreetingType_GREETING_TYPE_OOF_CUSTOM, DialString: markNumber}, &umv1.PlayOnPhoneGreetingResponse{}),
		{"/um.v1.CallService/GetCallInfo", &umv1.GetCallInfoRequest{CallId: markCall}, &umv1.GetCallInfoResponse{}, http.MethodGet, "/v1/calls/" + markCall},
		call("RenewLease", "/v1/calls:renewLease", &umv1.RenewLeaseRequest{CallId: markCall}, &umv1.RenewLeaseResponse{}),
		call("Disconnect", "/v1/calls:disconnect", &umv1.DisconnectRequest{CallId: markCall}, &umv1.DisconnectResponse{}),
		readIt,
		{"/um.v1.MailboxService/GetUMProperties", &umv1.GetUMPropertiesRequest{}, &umv1.GetUMPropertiesResponse{}, http.MethodGet, "/v1/mailbox/umProperties"},
		mailbox("ResetPIN", "/v1/mailbox:resetPin", &umv1.ResetPINRequest{}, &umv1.ResetPINResponse{}),
		changeIt,
		mailbox("SetMissedCallNotificationEnabled", "/v1/mailbox:setMissedCallNotificationEnabled",
			&umv1.SetMissedCallNotificationEnabledRequest{Enabled: proto.Bool(true)}, &umv1.SetMissedCallNotificationEnabledResponse{}),
		mailbox("SetPlayOnPhoneDialString", "/v1/mailbox:setPlayOnPhoneDialString",
			&umv1.SetPlayOnPhoneDialStringRequest{DialString: proto.String(markNumber)}, &umv1.SetPlayOnPhoneDialStringResponse{}),
		mailbox("SetTelephoneAccessFolderEmail", "/v1/mailbox:setTelephoneAccessFolderEmail",
			&umv1.SetTelephoneAccessFolderEmailRequest{Base64FolderId: proto.String(markFolder)}, &umv1.SetTelephoneAccessFolderEmailResponse{}),
		// Requests that no rule of the schema lets pass.
		call("PlayOnPhone", "/v1/calls:playOnPhone", &umv1.PlayOnPhoneRequest{DialString: markNumber}, &umv1.PlayOnPhoneResponse{}),
		call("Disconnect", "/v1/calls:disconnect", &umv1.DisconnectRequest{CallId: strings.Repeat(markCall, 5000)}, &umv1.DisconnectResponse{}),
		{"/um.v1.CallService/GetCallInfo", &umv1.GetCallInfoRequest{CallId: markCall}, &umv1.GetCallInfoResponse{}, http.MethodGet, "/v1/calls/" + markCall + "?callId=" + markCall},
		// A server may repeat a number in another form than it was sent.
		call("PlayOnPhone", "/v1/calls:playOnPhone",
			&umv1.PlayOnPhoneRequest{EntryId: markEntry, DialString: " " + markNumber[:3] + "-" + markNumber[3:]}, &umv1.PlayOnPhoneResponse{}),
	}
}

// indiscretion is a way in which the server goes wrong.
type indiscretion struct {
	name string
	exchangesim.Misbehaviour
}

// confided is what each operation tells the server in confidence.
var confided = map[string]string{
	"PlayOnPhone": markEntry + " " + markNumber, "PlayOnPhoneGreeting": markNumber, "GetCallInfo": markCall, "Disconnect": markCall,
	"ResetPIN": markPIN, "SetPlayOnPhoneDialString": markNumber, "SetTelephoneAccessFolderEmail": markFolder, "": "nothing",
}

// indiscretions are replies of the server, and of what stands before it, that repeat what they were asked.
func indiscretions(echo string) []indiscretion {
	fault := func(name string) *string {
		text := `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><soap:Fault>` +
			`<faultcode>` + name + `</faultcode><faultstring>` + echo + `</faultstring><detail><ExceptionType>` + name + `</ExceptionType></detail></soap:Fault></soap:Body></soap:Envelope>`
		return &text
	}
	page := "<html><body>" + echo + "</body></html>"
	return []indiscretion{
		{"none", exchangesim.Misbehaviour{Times: 1}},
		{"invalid call", exchangesim.Misbehaviour{Fail: "InvalidCallIdException"}},
		{"invalid object", exchangesim.Misbehaviour{Fail: "InvalidObjectIdException"}},
		{"dialling rules", exchangesim.Misbehaviour{Fail: "DialingRulesException"}},
		{"unknown exception", exchangesim.Misbehaviour{Fail: "SomethingElseException"}},
		{"telling fault", exchangesim.Misbehaviour{Status: 500, Body: fault("DialingRulesException")}},
		{"telling unknown", exchangesim.Misbehaviour{Status: 500, Body: fault("OtherException")}},
		{"telling client", exchangesim.Misbehaviour{Status: 500, Body: fault("Client")}},
		{"telling server", exchangesim.Misbehaviour{Status: 500, Body: fault("Server")}},
		{"telling page", exchangesim.Misbehaviour{Status: 503, Body: &page, Header: map[string]string{"Content-Type": "text/html"}}},
		{"forbidden", exchangesim.HTMLPage(403)},
		{"unauthorized", exchangesim.HTMLPage(401)},
		{"not found", exchangesim.HTMLPage(404)},
		{"telling redirect", exchangesim.Misbehaviour{Status: 302, Header: map[string]string{"Location": "/login?about=" + url.QueryEscape(echo)}}},
		{"empty", exchangesim.Empty(500)},
		{"empty success", exchangesim.Empty(200)},
		{"cut", exchangesim.Misbehaviour{Cut: 20}},
		{"dropped", exchangesim.Misbehaviour{Drop: true}},
		{"reset", exchangesim.Misbehaviour{Drop: true, Reset: true}},
		{"another content", exchangesim.Misbehaviour{Rewrite: func([]byte) []byte { return []byte("<" + echo + ">") }}},
		{"unknown charset", exchangesim.Misbehaviour{Header: map[string]string{"Content-Type": "text/xml; charset=" + strings.ReplaceAll(echo, " ", "-")}}},
		{"unknown understood", exchangesim.Misbehaviour{Rewrite: understand(echo)}},
		{"document type", exchangesim.Misbehaviour{Rewrite: func(b []byte) []byte { return append([]byte("<!DOCTYPE a [<!ENTITY b \""+echo+"\">]>"), b...) }}},
		{"text that is new", exchangesim.Misbehaviour{Rewrite: func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("Connecting"), []byte("Pondering")) }}},
		{"forbidden character", exchangesim.Misbehaviour{Rewrite: func(b []byte) []byte {
			return bytes.Replace(b, []byte("</soap:Body>"), []byte("<x>&#x1A;"+echo+"</x></soap:Body>"), 1)
		}}},
		// The last, since the gateway waits after it.
		{"throttled", exchangesim.Misbehaviour{Status: 429}},
	}
}

// understand adds a header that must be understood.
func understand(text string) func([]byte) []byte {
	return func(b []byte) []byte {
		return bytes.Replace(b, []byte("<soap:Body>"), []byte(`<soap:Header><x soap:mustUnderstand="1">`+text+`</x></soap:Header><soap:Body>`), 1)
	}
}

func TestWhatIsConfidentialReachesNoSink(t *testing.T) {
	t.Parallel()
	for _, level := range []string{"DEBUG", "INFO", "WARN", "ERROR"} {
		t.Run(level, func(t *testing.T) {
			t.Parallel()
			s := newSecured(t)
			traces := newTraces(t)
			s.environment = traces.environment()
			token := s.issuer.token(t, s.key, nil)
			s.endpoints = 64 // so that some are left when those that fail are left alone
			var asked atomic.Int64
			s.backend = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked.Add(1)
				s.sim.ServeHTTP(w, r)
			})
			log, trail := &sink{}, filepath.Join(s.directory, "audit.log")
			key := replaceFile(t, filepath.Join(s.directory, "audit.key"), "a key of sixteen bytes or more")
			s.serve(t, log, s.config(strings.Replace(policyOfTheTests, "425*", "*", 1), ""), "--log-level", level, "--log-format", "json",
				"--audit-file", trail, "--audit-key-file", key, "--audit-sync", "never")
			told := &sink{}
			marks := []string{markNumber, markCall, markEntry, markFolder, markPIN, markBad, token[strings.LastIndex(token, ".")+1:]}
			right := s.client(t, bearer(token))
			others := []*client{
				s.client(t, bearer(markBad)), s.client(t, caller{credential: "Basic " + markBad}), s.client(t, caller{credential: markBad}),
				s.client(t, bearer(s.issuer.token(t, s.key, map[string]any{"aud": markBad, "iss": markBad}))),
			}
			for i, m := range indiscretions("") {
				s.misbehave(i)
				before := asked.Load()
				right.drive(t, told)
				if seen := asked.Load() - before; seen < exchangesOfADrive {
					t.Errorf("%d exchanges saw the misbehaviour %q", seen, m.name)
				}
			}
			for _, other := range others {
				other.drive(t, told)
			}
			admin := s.ready["admin"]
			sinks := map[string]string{"answers": told.String(), "log": log.String(), "audit log": read(t, trail), "metrics": fetch(t, admin+"/metrics")}
			s.end(t) // which sends the last traces
			sinks["traces"] = traces.text(t)
			for name, text := range sinks {
				if text == "" && !(name == "log" && level == "ERROR") {
					t.Errorf("there is nothing in the sink %s", name)
				}
				for _, mark := range marks {
					if at := strings.Index(text, mark); at >= 0 {
						t.Errorf("%s holds the mark %s: …%s…", name, mark, text[max(at-300, 0):min(at+100, len(text))])
					}
				}
			}
		})
	}
}

// exchangesOfADrive is how many of the marked requests reach the server over both fronts.
const exchangesOfADrive = 2 * 10

// misbehave has every operation repeat what it was told, by one of the indiscretions.
func (s *secured) misbehave(which int) {
	s.sim.Behave()
	for operation, echo := range confided {
		if operation != "" {
			m := indiscretions(echo)[which].Misbehaviour
			m.Operation = operation
			s.sim.Misbehave(m)
		}
	}
	s.sim.Misbehave(indiscretions(confided[""])[which].Misbehaviour)
}

// drive sends every marked request over both fronts, and notes the errors without the text of faults, which callers may see.
func (c *client) drive(t *testing.T, told io.Writer) {
	t.Helper()
	for _, o := range markedRequests() {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		for _, err := range []error{c.overGRPC(ctx, o), c.overREST(ctx, o)} {
			note(t, told, err)
		}
		cancel()
	}
	c.watch(t, told)
}

// watch follows a marked call for a moment.
func (c *client) watch(t *testing.T, told io.Writer) {
	t.Helper()
	ctx, cancel := context.WithTimeout(metadata.AppendToOutgoingContext(t.Context(), "authorization", c.credential), 20*time.Millisecond)
	defer cancel()
	stream, err := umv1.NewCallServiceClient(c.rpc).WatchCall(ctx, &umv1.WatchCallRequest{CallId: markCall}, grpc.WaitForReady(true))
	for err == nil {
		_, err = stream.Recv()
	}
	if !errors.Is(err, io.EOF) {
		note(t, told, err)
	}
}

func note(t *testing.T, told io.Writer, err error) {
	t.Helper()
	s := status.Convert(err)
	for _, detail := range s.Details() {
		if fault, is := detail.(*umv1.SoapFault); is {
			if strings.Contains(fault.GetFaultString(), markPIN) {
				t.Errorf("a caller is told the PIN: %v", fault)
			}
			detail = &umv1.SoapFault{FaultCode: fault.GetFaultCode(), ExceptionType: fault.GetExceptionType(), ResponseCode: fault.GetResponseCode(), HttpStatus: fault.GetHttpStatus()}
		}
		if message, is := detail.(proto.Message); is {
			_, _ = io.WriteString(told, prototext.Format(message))
		}
	}
	if _, err := io.WriteString(told, s.Message()+"\n"); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func fetch(t *testing.T, address string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	if err != nil || reply.StatusCode != http.StatusOK {
		t.Fatalf("%s answers %d, %v", address, reply.StatusCode, err)
	}
	return string(text)
}
