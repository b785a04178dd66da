package gateway_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/umgateway/umgateway/gateway"
	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

const disconnect = "/um.v1.CallService/Disconnect"

// invalidUTF8 is a DisconnectRequest whose call_id is not UTF-8. The Go API would not write it.
var invalidUTF8 = protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), "ab\xff")

// rawCodec makes the gRPC client send bytes as they are.
type rawCodec struct{}

func (rawCodec) Name() string                       { return "proto" }
func (rawCodec) Marshal(v any) ([]byte, error)      { return v.([]byte), nil }
func (rawCodec) Unmarshal(data []byte, v any) error { return proto.Unmarshal(data, v.(proto.Message)) }

func TestBadInputByGRPC(t *testing.T) {
	t.Parallel()
	s, sim := newSimulated(t, gateway.Config{})
	for name, c := range map[string]struct {
		method  string
		request any
		field   string
	}{
		"missing call id":             {disconnect, &umv1.DisconnectRequest{}, "call_id"},
		"missing call id of a read":   {"/um.v1.CallService/GetCallInfo", &umv1.GetCallInfoRequest{}, "call_id"},
		"call id of 1 MiB":            {disconnect, &umv1.DisconnectRequest{CallId: strings.Repeat("A", 1<<20)}, "call_id"},
		"call id above the limit":     {disconnect, &umv1.DisconnectRequest{CallId: strings.Repeat("A", 4097)}, "call_id"},
		"invalid UTF-8":               {disconnect, invalidUTF8, "call_id"},
		"NUL":                         {disconnect, &umv1.DisconnectRequest{CallId: "a\x00b"}, "call_id"},
		"escape character":            {disconnect, &umv1.DisconnectRequest{CallId: "\x1b"}, "call_id"},
		"U+FFFE":                      {disconnect, &umv1.DisconnectRequest{CallId: "\ufffe"}, "call_id"},
		"missing entry id":            {"/um.v1.CallService/PlayOnPhone", &umv1.PlayOnPhoneRequest{DialString: "1"}, "entry_id"},
		"missing dial string":         {"/um.v1.CallService/PlayOnPhone", &umv1.PlayOnPhoneRequest{EntryId: "A"}, "dial_string"},
		"blank dial string":           {"/um.v1.CallService/PlayOnPhone", &umv1.PlayOnPhoneRequest{EntryId: "A", DialString: " \u00a0 "}, "dial_string"},
		"tab in a dial string":        {"/um.v1.CallService/PlayOnPhoneGreeting", &umv1.PlayOnPhoneGreetingRequest{GreetingType: umv1.GreetingType_GREETING_TYPE_OOF_CUSTOM, DialString: "425\t1"}, "dial_string"},
		"line feed in a dial string":  {"/um.v1.CallService/PlayOnPhone", &umv1.PlayOnPhoneRequest{EntryId: "A", DialString: "4255550100\n"}, "dial_string"},
		"blank default number":        {"/um.v1.MailboxService/SetPlayOnPhoneDialString", &umv1.SetPlayOnPhoneDialStringRequest{DialString: new(" ")}, "dial_string"},
		"dial string above the limit": {"/um.v1.CallService/PlayOnPhone", &umv1.PlayOnPhoneRequest{EntryId: "A", DialString: strings.Repeat("1", 1025)}, "dial_string"},
		"missing greeting":            {"/um.v1.CallService/PlayOnPhoneGreeting", &umv1.PlayOnPhoneGreetingRequest{DialString: "1"}, "greeting_type"},
		"unknown greeting":            {"/um.v1.CallService/PlayOnPhoneGreeting", &umv1.PlayOnPhoneGreetingRequest{DialString: "1", GreetingType: 77}, "greeting_type"},
		"absent status":               {"/um.v1.MailboxService/SetOofStatus", &umv1.SetOofStatusRequest{}, "enabled"},
		"absent default number":       {"/um.v1.MailboxService/SetPlayOnPhoneDialString", &umv1.SetPlayOnPhoneDialStringRequest{}, "dial_string"},
		"empty folder":                {"/um.v1.MailboxService/SetTelephoneAccessFolderEmail", &umv1.SetTelephoneAccessFolderEmailRequest{Base64FolderId: proto.String("")}, "base64_folder_id"},
	} {
		t.Run(name, func(t *testing.T) {
			var err error
			if raw, isRaw := c.request.([]byte); isRaw {
				err = s.grpc.Invoke(t.Context(), c.method, raw, &umv1.DisconnectResponse{}, forceRawCodec())
			} else {
				err = s.grpc.Invoke(t.Context(), c.method, c.request, &umv1.DisconnectResponse{})
			}
			wantRefusal(t, outcomeOfGRPC(t, err), c.field)
		})
	}
	if n := sim.Posts(); n != 0 {
		t.Errorf("the backend saw %d requests, want none", n)
	}
}

func TestBadInputByREST(t *testing.T) {
	t.Parallel()
	s, sim := newSimulated(t, gateway.Config{})
	const post = http.MethodPost
	for name, c := range map[string]struct {
		verb, path, body string
		field            string
		text             string // what the message must hold
	}{
		"missing call id":             {post, "/v1/calls:disconnect", `{}`, "call_id", "required"},
		"no body at all":              {post, "/v1/calls:disconnect", ``, "call_id", "required"},
		"null call id":                {post, "/v1/calls:disconnect", `{"callId":null}`, "call_id", "required"},
		"empty call id in the path":   {post, "/v1/calls/:disconnect", ``, "call_id", "required"},
		"no call id in the path":      {http.MethodGet, "/v1/calls/", ``, "call_id", "required"},
		"call id of 1 MiB":            {post, "/v1/calls:disconnect", `{"callId":"` + strings.Repeat("A", 1<<20) + `"}`, "call_id", "4096"},
		"invalid UTF-8 in the body":   {post, "/v1/calls:disconnect", "{\"callId\":\"a\xff\"}", "call_id", "UTF-8"},
		"half a surrogate pair":       {post, "/v1/calls:disconnect", `{"callId":"\ud800"}`, "call_id", "surrogate"},
		"invalid UTF-8 in the path":   {http.MethodGet, "/v1/calls/%FF", ``, "call_id", "UTF-8"},
		"control character in a path": {http.MethodGet, "/v1/calls/%01", ``, "call_id", "XML"},
		"control character":           {post, "/v1/calls:disconnect", `{"callId":"\u0000"}`, "call_id", "XML"},
		"blank dial string":           {post, "/v1/calls:playOnPhone", `{"entryId":"A","dialString":"  "}`, "dial_string", "value is required, and more than white space"},
		"control in a dial string":    {post, "/v1/calls:playOnPhone", `{"entryId":"A","dialString":"4\u007f"}`, "dial_string", "must hold no control characters"},
		"request id with a space":     {post, "/v1/mailbox:resetPin", `{"requestId":"a b"}`, "request_id", "must be at most 128 printable ASCII characters without spaces"},
		"unknown enum name":           {post, "/v1/calls:playOnPhoneGreeting", `{"greetingType":"LOUD","dialString":"1"}`, "greeting_type", "GREETING_TYPE_NORMAL_CUSTOM"},
		"unknown enum number":         {post, "/v1/calls:playOnPhoneGreeting", `{"greetingType":77,"dialString":"1"}`, "greeting_type", "enum"},
		"unspecified enum":            {post, "/v1/calls:playOnPhoneGreeting", `{"greetingType":0,"dialString":"1"}`, "greeting_type", "required"},
		"number for a string":         {post, "/v1/calls:disconnect", `{"callId":7}`, "call_id", "string"},
		"string for a boolean":        {post, "/v1/mailbox:setOofStatus", `{"enabled":"true"}`, "enabled", "true or false"},
		"absent status":               {post, "/v1/mailbox:setOofStatus", `{}`, "enabled", "required"},
		"unknown field":               {post, "/v1/calls:disconnect", `{"callid":"x"}`, "callid", `did you mean "callId"?`},
		"unknown field of no request": {post, "/v1/mailbox:resetPin", `{"pin":"1234"}`, "pin", "not a field"},
		"field twice":                 {post, "/v1/calls:disconnect", `{"callId":"x","call_id":"y"}`, "call_id", "twice"},
		"unknown query parameter":     {http.MethodGet, "/v1/mailbox:umEnabled?mailbox=bob", ``, "mailbox", "not a query parameter"},
		"query on a post":             {post, "/v1/mailbox:resetPin?user=bob", `{}`, "user", "not a query parameter"},
		"query that the path has":     {http.MethodGet, "/v1/calls/x?call_id=y", ``, "call_id", "not a query parameter"},
		"broken query":                {http.MethodGet, "/v1/mailbox:umEnabled?%zz", ``, "", "query"},
		"path and body differ":        {post, "/v1/calls/x:disconnect", `{"callId":"y"}`, "call_id", "differ"},
		"not JSON":                    {post, "/v1/calls:disconnect", "{\n \"callId\": oops}", "", "line 2, column 12"},
		"JSON cut off":                {post, "/v1/calls:disconnect", `{"callId":"x"`, "", "line 1, column 14"},
		"two JSON values":             {post, "/v1/calls:disconnect", `{"callId":"x"} {"callId":"y"}`, "", "line 1, column 16"},
		"not an object":               {post, "/v1/calls:disconnect", `["x"]`, "", "JSON object"},
		"a form":                      {post, "/v1/calls:disconnect", `callId=x`, "", "line 1, column 1"},
		"bad timeout":                 {http.MethodGet, "/v1/mailbox:umEnabled", ``, "Grpc-Timeout", "such as 5S"},
		"compressed body":             {post, "/v1/calls:disconnect", "\x1f\x8b\x08", "Content-Encoding", "sent as it is"},
		"query parameter twice":       {http.MethodGet, "/v1/calls/x?maxAge=1s&maxAge=2s", ``, "max_age", "twice"},
		"query parameter in two ways": {http.MethodGet, "/v1/calls/x?maxAge=1s&max_age=2s", ``, "max_age", "twice"},
		"duration without a unit":     {http.MethodGet, "/v1/calls/x?max_age=5", ``, "max_age", `such as "5s"`},
		"duration that is a number":   {post, "/v1/calls:playOnPhone", `{"entryId":"A","dialString":"1","lease":{"unattended":30}}`, "lease.unattended", `such as "30s"`},
		"duration in minutes":         {post, "/v1/calls:playOnPhone", `{"entryId":"A","dialString":"1","lease":{"maxDuration":"5m"}}`, "lease.max_duration", `such as "30s"`},
	} {
		t.Run(name, func(t *testing.T) {
			var header []string
			switch name {
			case "bad timeout":
				header = []string{"Grpc-Timeout", "soon"}
			case "compressed body":
				header = []string{"Content-Encoding", "gzip"}
			}
			reply, body := s.rest(t.Context(), c.verb, c.path, c.body, header...)
			got := outcomeOfREST(t, reply, body)
			wantRefusal(t, got, c.field)
			if got.httpStatus != http.StatusBadRequest {
				t.Errorf("the HTTP status is %d, want 400", got.httpStatus)
			}
			if !strings.Contains(got.message, c.text) {
				t.Errorf("the message is %q, want one with %q", got.message, c.text)
			}
		})
	}
	if n := sim.Posts(); n != 0 {
		t.Errorf("the backend saw %d requests, want none", n)
	}
}

// wantRefusal checks for INVALID_ARGUMENT that names the field.
func wantRefusal(t *testing.T, got outcome, field string) {
	t.Helper()
	if got.code != codes.InvalidArgument || got.reason != "REQUEST_INVALID" {
		t.Errorf("the answer is %v %s (%s), want InvalidArgument REQUEST_INVALID", got.code, got.reason, got.message)
	}
	if field != "" && !slices.Contains(got.fields, field) {
		t.Errorf("the fields are %q, want %q among them", got.fields, field)
	}
	if field != "" && !strings.HasPrefix(got.message, field+": ") {
		t.Errorf("the message is %q, want it to begin with the field %q", got.message, field)
	}
}

func TestURLAboveTheHeaderLimitIsRefused(t *testing.T) {
	t.Parallel()
	s, sim := newSimulated(t, gateway.Config{})
	reply, _ := s.rest(t.Context(), http.MethodGet, "/v1/calls/"+strings.Repeat("A", 1<<20), "")
	if reply.StatusCode != http.StatusRequestHeaderFieldsTooLarge && reply.StatusCode != http.StatusRequestURITooLong {
		t.Errorf("the status is %d, want 431 or 414", reply.StatusCode)
	}
	if n := sim.Posts(); n != 0 {
		t.Errorf("the backend saw %d requests, want none", n)
	}
}

// hardIDs are call ids that something on the way might change.
var hardIDs = []string{
	knownCall, "a/b", "a+b", "a=b==", "a%b", "a%2Fb", "a%252Fb", "a:b", "x:disconnect", ":disconnect", "a b", "a&b<c>\"d'e", "ä€😀", "a\tb",
	"/", "//", "..", ".", "%", "%%", "a?b#c", "a;b", "a\\b", "{call_id}", "*", "~!@$,()[]|^`", "+/=%:",
}

func TestHardCallIDsArriveByteForByte(t *testing.T) {
	t.Parallel()
	s, sim := newSimulated(t, gateway.Config{})
	for _, id := range hardIDs {
		t.Run(id, func(t *testing.T) {
			escaped := strings.ReplaceAll(url.PathEscape(id), ".", "%2E")
			body, err := marshalJSONString(id)
			if err != nil {
				t.Fatal(err)
			}
			before := len(sim.Exchanges())
			_ = s.grpc.Invoke(t.Context(), disconnect, &umv1.DisconnectRequest{CallId: id}, &umv1.DisconnectResponse{})
			s.rest(t.Context(), http.MethodPost, "/v1/calls/"+escaped+":disconnect", "")
			s.rest(t.Context(), http.MethodPost, "/v1/calls/"+escaped+":disconnect", "{}")
			s.rest(t.Context(), http.MethodPost, "/v1/calls:disconnect", `{"callId":`+body+`}`)
			s.rest(t.Context(), http.MethodGet, "/v1/calls/"+escaped, "")
			got := callIDs(t, sim.Exchanges()[before:])
			if want := []string{id, id, id, id, id}; !slices.Equal(got, want) {
				t.Errorf("the backend received %q, want %q", got, want)
			}
		})
	}
}
