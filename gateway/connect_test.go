package gateway_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"connectrpc.com/connect"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/umgateway/umgateway/gateway"
	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

const watchCall = "/um.v1.CallService/WatchCall"

// outcomeByProtocol reads an error in whatever form it is written: that of gRPC-Web, of Connect or of REST.
func outcomeByProtocol(t *testing.T, reply *http.Response, body []byte) outcome {
	t.Helper()
	s := &spb.Status{}
	var wire struct {
		Code, Error json.RawMessage
		Message     string
		Details     []struct{ Type, Value string }
	}
	if details := reply.Header.Get("Grpc-Status-Details-Bin"); details != "" {
		data, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(details, "="))
		if err == nil {
			err = proto.Unmarshal(data, s)
		}
		if err != nil {
			t.Fatal(err)
		}
		return newOutcome(t, status.FromProto(s))
	}
	data := body[max(0, bytes.IndexByte(body, '{')):]
	if err := json.Unmarshal(data, &wire); err != nil {
		t.Fatalf("%d %v %q: %v", reply.StatusCode, reply.Header, body, err)
	}
	if wire.Error != nil { // at the end of a stream
		if err := json.Unmarshal(wire.Error, &wire); err != nil {
			t.Fatal(err)
		}
	}
	var code connect.Code
	if err := json.Unmarshal(wire.Code, &code); err != nil { // REST has numbers
		return outcomeOfREST(t, reply, body)
	}
	s.Code, s.Message = int32(code), wire.Message
	for _, detail := range wire.Details {
		value, err := base64.RawStdEncoding.DecodeString(detail.Value)
		if err != nil {
			t.Fatal(err)
		}
		s.Details = append(s.Details, &anypb.Any{TypeUrl: "type.googleapis.com/" + detail.Type, Value: value})
	}
	o := newOutcome(t, status.FromProto(s))
	o.httpStatus = reply.StatusCode
	return o
}

// framed is a message in the frame of gRPC-Web and of Connect's streams.
func framed(flags byte, message []byte) string {
	return string(append(binary.BigEndian.AppendUint32([]byte{flags}, uint32(len(message))), message...))
}

func zipped(t *testing.T, data string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestBadInputByConnect(t *testing.T) {
	t.Parallel()
	const (
		post      = http.MethodPost
		kindJSON  = "application/json"
		kindProto = "application/proto"
		kindWeb   = "application/grpc-web+proto"
		limit     = 2 << 20
		unary     = 400 // the HTTP status of Connect's INVALID_ARGUMENT
		framing   = 200 // the HTTP status of all answers of gRPC-Web and of streams
	)
	invalid := func(httpStatus int) answered { return answered{codes.InvalidArgument, "REQUEST_INVALID", httpStatus} }
	unsupported := func(httpStatus int) answered {
		return answered{codes.Unimplemented, "PROTOCOL_UNSUPPORTED", httpStatus}
	}
	tooLarge := func(httpStatus int) answered {
		return answered{codes.ResourceExhausted, "BODY_TOO_LARGE", httpStatus}
	}
	known, err := proto.Marshal(&umv1.DisconnectRequest{CallId: knownCall})
	if err != nil {
		t.Fatal(err)
	}
	message := framed(0, known)
	for name, c := range map[string]struct {
		verb, path, kind, body string
		header                 []string
		want                   answered
		field                  string
	}{
		"unknown rpc":              {post, "/um.v1.CallService/Dial", kindJSON, `{}`, nil, answered{codes.NotFound, "ROUTE_NOT_FOUND", 404}, ""},
		"unknown service":          {post, "/um.v1.FaxService/Send", kindWeb, message, nil, answered{codes.NotFound, "ROUTE_NOT_FOUND", 404}, ""},
		"get of a change":          {http.MethodGet, disconnect, "", "", nil, answered{codes.Unimplemented, "METHOD_NOT_ALLOWED", 405}, ""},
		"put":                      {http.MethodPut, disconnect, kindJSON, "{}", nil, answered{codes.Unimplemented, "METHOD_NOT_ALLOWED", 405}, ""},
		"form":                     {post, disconnect, "application/x-www-form-urlencoded", "callId=x", nil, unsupported(415), ""},
		"no content type":          {post, disconnect, "", "{}", nil, unsupported(415), ""},
		"stream as one message":    {post, watchCall, kindJSON, "{}", nil, unsupported(415), ""},
		"one message as a stream":  {post, disconnect, "application/connect+json", framed(0, []byte("{}")), nil, unsupported(415), ""},
		"text of gRPC-Web":         {post, disconnect, "application/grpc-web-text", "AAAAAAA=", nil, unsupported(415), ""},
		"unknown compression":      {post, disconnect, kindJSON, "{}", []string{"Content-Encoding", "br"}, unsupported(501), ""},
		"unknown compression, web": {post, disconnect, kindWeb, message, []string{"Grpc-Encoding", "br"}, unsupported(framing), ""},
		"no message":               {post, disconnect, kindWeb, "", nil, unsupported(framing), ""},
		"two messages":             {post, disconnect, kindWeb, message + message, nil, unsupported(framing), ""},
		"two messages, stream":     {post, watchCall, "application/connect+json", framed(0, []byte("{}")) + framed(0, []byte("{}")), nil, unsupported(framing), ""},
		"cut off frame":            {post, disconnect, kindWeb, message[:9], nil, invalid(framing), ""},
		"cut off length":           {post, disconnect, kindWeb, message[:3], nil, invalid(framing), ""},
		"length of 4 GiB":          {post, disconnect, kindWeb, "\x00\xff\xff\xff\xff", nil, tooLarge(framing), ""},
		"not gzip":                 {post, disconnect, kindJSON, "{}", []string{"Content-Encoding", "gzip"}, invalid(unary), ""},
		"not gzip, web":            {post, disconnect, kindWeb, framed(1, known), []string{"Grpc-Encoding", "gzip"}, invalid(framing), ""},
		"too large":                {post, disconnect, kindJSON, strings.Repeat(" ", limit+1), nil, tooLarge(429), ""},
		"too large, web":           {post, disconnect, kindWeb, strings.Repeat(" ", limit+1), nil, tooLarge(framing), ""},
		"too large, stream":        {post, watchCall, "application/connect+proto", strings.Repeat(" ", limit+1), nil, tooLarge(framing), ""},
		"bomb":                     {post, disconnect, kindJSON, zipped(t, strings.Repeat(" ", limit+1)), []string{"Content-Encoding", "gzip"}, tooLarge(429), ""},
		"bad timeout":              {post, disconnect, kindJSON, "{}", []string{"Connect-Timeout-Ms", "soon"}, invalid(unary), ""},
		"bad timeout, web":         {post, disconnect, kindWeb, message, []string{"Grpc-Timeout", "soon"}, invalid(framing), ""},
		"no time left":             {post, disconnect, kindJSON, "{}", []string{"Connect-Timeout-Ms", "0"}, answered{codes.DeadlineExceeded, "DEADLINE", 504}, ""},
		"version of the future":    {post, disconnect, kindJSON, "{}", []string{"Connect-Protocol-Version", "9"}, invalid(unary), ""},
		"missing call id":          {post, disconnect, kindJSON, "{}", nil, invalid(unary), "call_id"},
		"missing call id, web":     {post, disconnect, kindWeb, framed(0, nil), nil, invalid(framing), "call_id"},
		"missing call id, stream":  {post, watchCall, "application/connect+json", framed(0, []byte("{}")), nil, invalid(framing), "call_id"},
		"invalid UTF-8":            {post, disconnect, kindProto, string(invalidUTF8), nil, invalid(unary), "call_id"},
		"invalid UTF-8, web":       {post, disconnect, kindWeb, framed(0, invalidUTF8), nil, invalid(framing), "call_id"},
		"unknown field":            {post, disconnect, kindJSON, `{"callid":"x"}`, nil, invalid(unary), "callid"},
		"not JSON":                 {post, disconnect, kindJSON, `{`, nil, invalid(unary), ""},
		"empty JSON":               {post, disconnect, kindJSON, ``, nil, invalid(unary), ""},
		"get of nothing":           {http.MethodGet, "/um.v1.MailboxService/IsUMEnabled?encoding=json", "", "", nil, invalid(unary), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log lines
			s, sim := newSimulated(t, gateway.Config{MaxRequestBytes: limit, Logger: slog.New(slog.NewJSONHandler(&log, nil))})
			header := c.header
			if c.kind != "" {
				header = append(slices.Clone(header), "Content-Type", c.kind)
			}
			reply, body := s.rest(t.Context(), c.verb, c.path, c.body, header...)
			got := outcomeByProtocol(t, reply, body)
			if (answered{got.code, got.reason, reply.StatusCode}) != c.want {
				t.Errorf("the answer is %v %s %d (%s), want %v", got.code, got.reason, reply.StatusCode, got.message, c.want)
			}
			if c.field != "" {
				wantRefusal(t, got, c.field)
			}
			s.end(t)
			if n := strings.Count(log.String(), "\n"); n != 1 || !strings.Contains(log.String(), reply.Header.Get("X-Request-Id")) {
				t.Errorf("%d lines are logged, want 1 with the request's id: %s", n, log.String())
			}
			if n := sim.Posts(); n != 0 {
				t.Errorf("the backend saw %d requests, want none", n)
			}
		})
	}
}

func TestCompressedRequestsAreRead(t *testing.T) {
	t.Parallel()
	overEachFront(t, func(t *testing.T, f front) {
		if f.protocol == "rest" {
			return // whose requests are never compressed
		}
		s, _ := newSimulated(t, gateway.Config{})
		response, err := connectClient(s, operations[2], connect.WithSendGzip()).CallUnary(t.Context(), dynamicRequest(t.Context(), t, operations[2]))
		if err != nil || response.Msg == nil {
			t.Error(err)
		}
	})
}

func TestReadsMayBeGotByConnect(t *testing.T) {
	t.Parallel()
	s, _ := newSimulated(t, gateway.Config{})
	reply, body := s.rest(t.Context(), http.MethodGet,
		"/um.v1.CallService/GetCallInfo?connect=v1&encoding=json&message="+url.QueryEscape(`{"callId":"`+knownCall+`"}`), "")
	if want := `{"callState":"CALL_STATE_CONNECTING","eventCause":"EVENT_CAUSE_NONE"}`; reply.StatusCode != http.StatusOK || string(body) != want {
		t.Errorf("the answer is %d %s, want 200 %s", reply.StatusCode, body, want)
	}
	if got := reply.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control is %q, want no-store", got)
	}
}

func TestCallersByConnectAreAuthenticatedAndLimited(t *testing.T) {
	t.Parallel()
	s := newStand(t, limited(t, closed(t)))
	ask := func(authorization string) (*http.Response, outcome) {
		header := []string{"Content-Type", "application/json"}
		if authorization != "" {
			header = append(header, "Authorization", authorization)
		}
		reply, body := s.rest(t.Context(), http.MethodPost, "/um.v1.MailboxService/IsUMEnabled", "{}", header...)
		if reply.StatusCode == http.StatusOK {
			return reply, outcome{}
		}
		return reply, outcomeByProtocol(t, reply, body)
	}
	reply, got := ask("")
	if got.reason != "CREDENTIALS_MISSING" || reply.StatusCode != http.StatusUnauthorized || reply.Header.Get("WWW-Authenticate") == "" {
		t.Errorf("nobody is answered with %d %s, challenge %q", reply.StatusCode, got.reason, reply.Header.Get("WWW-Authenticate"))
	}
	for range 2 {
		if reply, got := ask(alice); got.code != codes.OK {
			t.Errorf("alice is answered with %d %s", reply.StatusCode, got.reason)
		}
	}
	reply, got = ask(alice)
	if got.reason != "RATE_LIMITED" || reply.StatusCode != http.StatusTooManyRequests || reply.Header.Get("Retry-After") == "" {
		t.Errorf("the third call is answered with %d %s, Retry-After %q", reply.StatusCode, got.reason, reply.Header.Get("Retry-After"))
	}
	// What nobody may learn who may not call.
	reply, body := s.rest(t.Context(), http.MethodPost, disconnect, "{", "Content-Type", "application/json")
	if got := outcomeByProtocol(t, reply, body); got.reason != "CREDENTIALS_MISSING" {
		t.Errorf("nobody is told %s", got.reason)
	}
}

func TestPeerAndCertificateAreKnownByConnect(t *testing.T) {
	t.Parallel()
	var seen []string
	g, err := gateway.New(gateway.Config{Invoker: enabled, Front: []gateway.Interceptor{
		func(ctx context.Context, call *gateway.Call, next gateway.Handler) error {
			if call.TLS != nil && len(call.TLS.PeerCertificates) == 1 && call.Peer != nil {
				seen = append(seen, string(call.Protocol))
			}
			return next(ctx, call)
		}}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(g.Handler())
	server.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	client := server.Client()
	client.Transport.(*http.Transport).TLSClientConfig.Certificates = server.TLS.Certificates
	for _, options := range [][]connect.ClientOption{nil, {connect.WithGRPCWeb()}, {connect.WithGRPC()}} {
		s := &stand{t: t, url: server.URL, http: client}
		if got, _ := askConnect(options...)(t.Context(), t, s, isUMEnabled); got.code != codes.OK {
			t.Errorf("the answer is %v %s", got.code, got.message)
		}
	}
	if want := []string{"connect", "grpc-web", "grpc"}; !slices.Equal(seen, want) {
		t.Errorf("the certificate was seen by %q, want %q", seen, want)
	}
}

func TestWebPagesByConnect(t *testing.T) {
	t.Parallel()
	const ours, theirs = "https://console.example.com", "https://evil.example"
	var log lines
	s := newStand(t, gateway.Config{Invoker: enabled, AllowedOrigins: []string{ours}, Logger: slog.New(slog.NewJSONHandler(&log, nil))})
	const path = "/um.v1.MailboxService/IsUMEnabled"
	for name, c := range map[string]struct {
		kind, origin, host string
		status             int
		reason             string
	}{
		"allowed":                   {"application/json", ours, "", 200, ""},
		"allowed, gRPC-Web":         {"application/grpc-web+proto", ours, "", 200, ""},
		"foreign":                   {"application/json", theirs, "", 403, "ORIGIN_FORBIDDEN"},
		"foreign, gRPC-Web":         {"application/grpc-web+proto", theirs, "", 200, "ORIGIN_FORBIDDEN"},
		"name of elsewhere":         {"application/json", "", "evil.example", 403, "HOST_FORBIDDEN"},
		"name of elsewhere by gRPC": {"application/grpc-web+proto", "", "evil.example", 200, "HOST_FORBIDDEN"},
	} {
		t.Run(name, func(t *testing.T) {
			header := []string{"Content-Type", c.kind}
			if c.origin != "" {
				header = append(header, "Origin", c.origin)
			}
			if c.host != "" {
				header = append(header, "Host", c.host)
			}
			body := "{}"
			if strings.Contains(c.kind, "grpc") {
				body = framed(0, nil)
			}
			reply, answer := s.rest(t.Context(), http.MethodPost, path, body, header...)
			if reply.StatusCode != c.status {
				t.Errorf("the status is %d, want %d: %s", reply.StatusCode, c.status, answer)
			}
			if c.reason != "" {
				if got := outcomeByProtocol(t, reply, answer); got.reason != c.reason {
					t.Errorf("the reason is %s, want %s", got.reason, c.reason)
				}
				return
			}
			if got := reply.Header.Get("Access-Control-Allow-Origin"); got != ours {
				t.Errorf("the allowed origin is %q", got)
			}
			if got := reply.Header.Get("Access-Control-Expose-Headers"); !strings.Contains(got, "Grpc-Status-Details-Bin") {
				t.Errorf("the exposed headers are %q", got)
			}
		})
	}
	// What connect-web and grpc-web ask before they call.
	reply, _ := s.rest(t.Context(), http.MethodOptions, path, "", "Origin", ours, "Access-Control-Request-Method", "POST",
		"Access-Control-Request-Headers", "authorization,connect-protocol-version,connect-timeout-ms,content-type,grpc-timeout,x-grpc-web,x-user-agent")
	if got := reply.Header.Get("Access-Control-Allow-Headers"); !strings.Contains(strings.ToLower(got), "connect-protocol-version") {
		t.Errorf("the preflight is answered with %d, allowed headers %q", reply.StatusCode, got)
	}
	s.end(t)
	for _, protocol := range []string{"connect", "grpc-web"} {
		if want := `"protocol":"` + protocol + `","method":"POST","http_status":`; !strings.Contains(log.String(), want) { // of a line about a refusal
			t.Errorf("%s is not in the log: %s", want, log.String())
		}
	}
}
