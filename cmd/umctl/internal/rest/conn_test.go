package rest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

func open(t *testing.T, handler http.HandlerFunc) *Conn {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	base, err := url.Parse(server.URL + "/behind/a%2Fproxy")
	if err != nil {
		t.Fatal(err)
	}
	return New(base, server.Client().Transport)
}

func TestRequestsTakeTheRoutesOfTheSchema(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	cases := []struct { // the expectations are the google.api.http options of proto/um/v1, read by hand
		want string
		call func(umv1.CallServiceClient, umv1.MailboxServiceClient) error
	}{
		{`POST /v1/calls:playOnPhone {"dial_string":"1","entry_id":"A","lease":{"max_duration":"1.500s"},"request_id":"r"}`, func(c umv1.CallServiceClient, _ umv1.MailboxServiceClient) error {
			_, err := c.PlayOnPhone(ctx, &umv1.PlayOnPhoneRequest{EntryId: "A", DialString: "1", RequestId: "r", Lease: &umv1.HangUpLease{MaxDuration: durationpb.New(1500 * time.Millisecond)}})
			return err
		}},
		{`POST /v1/calls:playOnPhoneGreeting {"dial_string":"1","greeting_type":"GREETING_TYPE_OOF_CUSTOM"}`, func(c umv1.CallServiceClient, _ umv1.MailboxServiceClient) error {
			_, err := c.PlayOnPhoneGreeting(ctx, &umv1.PlayOnPhoneGreetingRequest{GreetingType: umv1.GreetingType_GREETING_TYPE_OOF_CUSTOM, DialString: "1"})
			return err
		}},
		{`GET /v1/calls/a%2Fb%2Bc%3D%3D `, func(c umv1.CallServiceClient, _ umv1.MailboxServiceClient) error {
			_, err := c.GetCallInfo(ctx, &umv1.GetCallInfoRequest{CallId: "a/b+c=="})
			return err
		}},
		{`GET /v1/calls/100%25%3Awatch%3Fx%23y%20z%C3%BC?max_age=5s `, func(c umv1.CallServiceClient, _ umv1.MailboxServiceClient) error {
			_, err := c.GetCallInfo(ctx, &umv1.GetCallInfoRequest{CallId: "100%:watch?x#y zü", MaxAge: durationpb.New(5 * time.Second)})
			return err
		}},
		{`POST /v1/calls:disconnect {"call_id":"a/b+c=="}`, func(c umv1.CallServiceClient, _ umv1.MailboxServiceClient) error {
			_, err := c.Disconnect(ctx, &umv1.DisconnectRequest{CallId: "a/b+c=="})
			return err
		}},
		{`POST /v1/calls:renewLease {"call_id":"a"}`, func(c umv1.CallServiceClient, _ umv1.MailboxServiceClient) error {
			_, err := c.RenewLease(ctx, &umv1.RenewLeaseRequest{CallId: "a"})
			return err
		}},
		{`GET /v1/mailbox:umEnabled `, func(_ umv1.CallServiceClient, m umv1.MailboxServiceClient) error {
			_, err := m.IsUMEnabled(ctx, &umv1.IsUMEnabledRequest{})
			return err
		}},
		{`GET /v1/mailbox/umProperties `, func(_ umv1.CallServiceClient, m umv1.MailboxServiceClient) error {
			_, err := m.GetUMProperties(ctx, &umv1.GetUMPropertiesRequest{})
			return err
		}},
		{`POST /v1/mailbox:resetPin {}`, func(_ umv1.CallServiceClient, m umv1.MailboxServiceClient) error {
			_, err := m.ResetPIN(ctx, &umv1.ResetPINRequest{})
			return err
		}},
		{`POST /v1/mailbox:setOofStatus {"enabled":false}`, func(_ umv1.CallServiceClient, m umv1.MailboxServiceClient) error {
			_, err := m.SetOofStatus(ctx, &umv1.SetOofStatusRequest{Enabled: proto.Bool(false)})
			return err
		}},
		{`POST /v1/mailbox:setMissedCallNotificationEnabled {"enabled":true}`, func(_ umv1.CallServiceClient, m umv1.MailboxServiceClient) error {
			_, err := m.SetMissedCallNotificationEnabled(ctx, &umv1.SetMissedCallNotificationEnabledRequest{Enabled: proto.Bool(true)})
			return err
		}},
		{`POST /v1/mailbox:setPlayOnPhoneDialString {"dial_string":""}`, func(_ umv1.CallServiceClient, m umv1.MailboxServiceClient) error {
			_, err := m.SetPlayOnPhoneDialString(ctx, &umv1.SetPlayOnPhoneDialStringRequest{DialString: proto.String("")})
			return err
		}},
		{`POST /v1/mailbox:setTelephoneAccessFolderEmail {"base64_folder_id":"A\u003c"}`, func(_ umv1.CallServiceClient, m umv1.MailboxServiceClient) error {
			_, err := m.SetTelephoneAccessFolderEmail(ctx, &umv1.SetTelephoneAccessFolderEmailRequest{Base64FolderId: proto.String("A<")})
			return err
		}},
	}
	for _, c := range cases {
		t.Run(c.want, func(t *testing.T) {
			t.Parallel()
			var got string
			connection := open(t, func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				got = r.Method + " " + r.RequestURI + " " + string(body)
				w.Header().Set("Content-Type", "application/json")
				fmt.Fprint(w, "{}")
			})
			if err := c.call(umv1.NewCallServiceClient(connection), umv1.NewMailboxServiceClient(connection)); err != nil {
				t.Fatal(err)
			}
			if want := strings.Replace(c.want, " /", " /behind/a%2Fproxy/", 1); got != want {
				t.Errorf("sent\n%s, want\n%s", got, want)
			}
		})
	}
}

func TestMetadataAndDeadlineAreSent(t *testing.T) {
	t.Parallel()
	var got http.Header
	connection := open(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.Header
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		fmt.Fprint(w, `{"callState":"CALL_STATE_CONNECTED","new":1}`)
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer x")
	info, err := umv1.NewCallServiceClient(connection).GetCallInfo(ctx, &umv1.GetCallInfoRequest{CallId: "a"})
	if err != nil || info.GetCallState() != umv1.CallState_CALL_STATE_CONNECTED {
		t.Errorf("got %v, %v", info, err)
	}
	if got.Get("Authorization") != "Bearer x" || !strings.HasPrefix(got.Get("Grpc-Timeout"), "3599") || !strings.HasSuffix(got.Get("Grpc-Timeout"), "m") {
		t.Errorf("sent %v", got)
	}
	for d, want := range map[time.Duration]string{0: "1m", time.Second: "1000m", 1000 * time.Hour: "99999999m"} {
		if timeout(d) != want {
			t.Errorf("timeout(%v) = %s, want %s", d, timeout(d), want)
		}
	}
}

func TestRepliesThatAreNotAGatewaysAreErrors(t *testing.T) {
	t.Parallel()
	notFound := `{"code":5,"message":"gone","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"CALL_NOT_FOUND","domain":"umgateway","new":1},{"@type":"type.googleapis.com/example.New","a":1}]}`
	cases := []struct {
		name, mediaType string
		status          int
		body            string
		want            codes.Code
		says            string
	}{
		{"status", "application/json", 404, notFound, codes.NotFound, "gone"},
		{"status under another HTTP status", "application/json", 500, notFound, codes.NotFound, "gone"},
		{"status with a code that is new", "application/json", 500, `{"code":99,"message":"x"}`, codes.Unknown, "x"},
		{"error of something else in JSON", "application/json", 404, `{"error":"no route"}`, codes.Unimplemented, "404"},
		{"not found by a proxy", "text/html", 404, "<html>", codes.Unimplemented, "404"},
		{"asked by a proxy", "text/html", 401, "<html>", codes.Unauthenticated, "401"},
		{"forbidden by a proxy", "text/html", 403, notFound, codes.PermissionDenied, "403"},
		{"bad gateway", "text/html", 502, "", codes.Unavailable, "502"},
		{"unavailable", "", 503, "", codes.Unavailable, "503"},
		{"timeout", "text/html", 504, "", codes.Unavailable, "504"},
		{"slow down", "text/plain", 429, "", codes.Unavailable, "429"},
		{"bad request", "text/plain", 400, "", codes.Internal, "400"},
		{"redirect", "text/html", 302, "", codes.Unknown, "https://elsewhere.example.com/login"},
		{"page instead of an answer", "text/html", 200, "<html>", codes.Unknown, "text/html"},
		{"nothing instead of an answer", "application/json", 200, "", codes.Unknown, "not that of a gateway"},
		{"half an answer", "application/json", 200, `{"callState":`, codes.Unknown, "not that of a gateway"},
		{"an array", "application/json", 200, `[]`, codes.Unknown, "not that of a gateway"},
		{"no end", "application/json", 200, strings.Repeat(" ", maxReplyBytes+1), codes.Unknown, "longer than"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			connection := open(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Host != "" && strings.HasPrefix(r.URL.Path, "/login") {
					t.Error("a redirect was followed")
				}
				w.Header().Set("Content-Type", c.mediaType)
				if c.status == http.StatusFound {
					w.Header().Set("Location", "https://elsewhere.example.com/login")
				}
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			})
			_, err := umv1.NewCallServiceClient(connection).GetCallInfo(t.Context(), &umv1.GetCallInfoRequest{CallId: "a"})
			if status.Code(err) != c.want || !strings.Contains(status.Convert(err).Message(), c.says) {
				t.Errorf("error %v, want %v with %q", err, c.want, c.says)
			}
			if strings.HasPrefix(c.name, "status") && c.want == codes.NotFound {
				details := status.Convert(err).Details()
				if info, is := details[0].(*errdetails.ErrorInfo); len(details) != 1 || !is || info.GetReason() != "CALL_NOT_FOUND" {
					t.Errorf("details %v", details)
				}
			}
		})
	}
}

func TestConnectionThatIsLostIsUnavailableAndAnInterruptionIsNot(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	lost := open(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	if err := disconnect(t.Context(), lost); status.Code(err) != codes.Unavailable || strings.Contains(err.Error(), "calls") {
		t.Errorf("lost connection: %v", err)
	}
	truncated := open(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "{")
	})
	if err := disconnect(t.Context(), truncated); status.Code(err) != codes.Unavailable {
		t.Errorf("truncated reply: %v", err)
	}
	slow := open(t, func(_ http.ResponseWriter, r *http.Request) {
		// The server notices that its client leaves only once it has read the whole request.
		_, _ = io.Copy(io.Discard, r.Body)
		cancel()
		<-r.Context().Done()
	})
	if err := disconnect(ctx, slow); status.Code(err) != codes.Canceled {
		t.Errorf("interruption: %v", err)
	}
	expired, cancelExpired := context.WithTimeout(t.Context(), -1)
	defer cancelExpired()
	if err := disconnect(expired, slow); status.Code(err) != codes.DeadlineExceeded {
		t.Errorf("deadline: %v", err)
	}
}

func disconnect(ctx context.Context, c *Conn) error {
	_, err := umv1.NewCallServiceClient(c).Disconnect(ctx, &umv1.DisconnectRequest{CallId: "a"})
	return err
}

func TestStreamEndsAsTheGatewayEndsIt(t *testing.T) {
	t.Parallel()
	const (
		first = `{"result":{"sequence":"3","callState":"CALL_STATE_ALERTED"}}` + "\n"
		last  = `{"error":{"code":14,"message":"stopping"}}` + "\n"
	)
	cases := []struct {
		name, body string
		cut        bool
		events     int
		want       codes.Code
		says       string
	}{
		{"ended", first, false, 1, codes.OK, "EOF"},
		{"refused later", first + last, false, 1, codes.Unavailable, "stopping"},
		{"cut between lines", first, true, 1, codes.Unavailable, "cannot be reached"},
		{"cut within a line", first + first[:20], true, 1, codes.Unavailable, "cannot be reached"},
		{"half a line", first + first[:20], false, 1, codes.Unavailable, "broke off"},
		{"not a frame", first + "{}\n", false, 1, codes.Unavailable, "broke off"},
		{"endless line", strings.Repeat("x", maxReplyBytes+1), false, 0, codes.Unavailable, "too long"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			connection := open(t, func(w http.ResponseWriter, r *http.Request) {
				if r.RequestURI != "/behind/a%2Fproxy/v1/calls/a%2Fb:watch?after_sequence=2" || r.Header.Get("Accept") != "application/x-ndjson" {
					t.Errorf("asked for %s as %s", r.RequestURI, r.Header.Get("Accept"))
				}
				w.Header().Set("Content-Type", "application/x-ndjson")
				_, _ = io.Copy(w, bytes.NewReader([]byte(c.body)))
				if c.cut {
					_ = http.NewResponseController(w).Flush()
					panic(http.ErrAbortHandler)
				}
			})
			events, err := umv1.NewCallServiceClient(connection).WatchCall(t.Context(), &umv1.WatchCallRequest{CallId: "a/b", AfterSequence: 2})
			if err != nil {
				t.Fatal(err)
			}
			got := 0
			var event *umv1.WatchCallResponse
			for event, err = events.Recv(); err == nil; event, err = events.Recv() {
				if got++; event.GetSequence() != 3 || event.GetCallState() != umv1.CallState_CALL_STATE_ALERTED {
					t.Errorf("event %v", event)
				}
			}
			if c.want != codes.OK && status.Code(err) != c.want || !strings.Contains(err.Error(), c.says) || got != c.events {
				t.Errorf("%d events, then %v; want %d, then %v with %q", got, err, c.events, c.want, c.says)
			}
		})
	}
}

func TestStreamThatIsRefusedHasTheStatus(t *testing.T) {
	t.Parallel()
	connection := open(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"code":5,"message":"gone"}`)
	})
	_, err := umv1.NewCallServiceClient(connection).WatchCall(t.Context(), &umv1.WatchCallRequest{CallId: "a"})
	if status.Code(err) != codes.NotFound {
		t.Errorf("error %v", err)
	}
}

func TestEmptyFieldHasNoPlaceInAPath(t *testing.T) {
	t.Parallel()
	connection := open(t, func(http.ResponseWriter, *http.Request) { t.Error("something was sent") })
	_, err := umv1.NewCallServiceClient(connection).GetCallInfo(t.Context(), &umv1.GetCallInfoRequest{})
	if status.Code(err) != codes.InvalidArgument || !strings.Contains(err.Error(), "call_id") {
		t.Errorf("error %v", err)
	}
}

func FuzzStatusOf(f *testing.F) {
	f.Add([]byte(`{"code":5,"message":"gone","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"A"}]}`))
	f.Add([]byte(`{"code":-1,"details":[null,{"@type":""},1]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		s := statusOf(body)
		if s != nil && (s.Code() == codes.OK || s.Code() > codes.Unauthenticated) {
			t.Errorf("%q is the code %v", body, s.Code())
		}
	})
}
