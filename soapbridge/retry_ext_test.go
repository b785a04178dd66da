package soapbridge_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
	"github.com/umgateway/umgateway/soapbridge"
	"github.com/umgateway/umgateway/soapbridge/transport"
)

// umRetries is what a gateway for Exchange Unified Messaging would set, without chance.
func umRetries() soapbridge.Retries {
	return soapbridge.Retries{
		Faults: map[string]soapbridge.FaultRetry{
			"InvalidCallIdException":              soapbridge.FaultFinal,
			"ErrorUnifiedMessagingServerNotFound": soapbridge.FaultUnavailable,
			"ErrorServerBusy":                     soapbridge.FaultThrottled,
		},
		AbsentMeansDone: map[protoreflect.FullName][]string{"um.v1.CallService.Disconnect": {"InvalidCallIdException"}},
		Jitter:          func(longest time.Duration) time.Duration { return longest },
	}
}

// outcome is what a backend does with a request.
type outcome func() (*transport.Reply, error)

func lost(kind transport.Kind, sent transport.Sent) outcome {
	return func() (*transport.Reply, error) {
		return nil, &transport.Error{Op: "read", Kind: kind, Sent: sent, Endpoint: "https://one.example.com/", Err: errors.New("as the test wants it")}
	}
}

func replies(status int, contentType, body string, header ...string) outcome {
	return func() (*transport.Reply, error) {
		h := http.Header{"Content-Type": {contentType}}
		for i := 0; i < len(header); i += 2 {
			h.Set(header[i], header[i+1])
		}
		return &transport.Reply{Status: status, Header: h, Body: []byte(body), Endpoint: "https://one.example.com/"}, nil
	}
}

func faults(code, detail string) outcome {
	return replies(500, "text/xml", envelope("<soap:Fault><faultcode>"+code+"</faultcode><faultstring>x</faultstring><detail>"+detail+"</detail></soap:Fault>"))
}

var (
	unknownCall = faults("q0:InvalidCallIdException", "<ExceptionType>InvalidCallIdException</ExceptionType>")
	ended       = replies(200, "text/xml", envelope("<m:DisconnectResponse/>"))
)

func busy(backOff string) outcome {
	return faults("a:ErrorServerBusy", `<ResponseCode>ErrorServerBusy</ResponseCode><MessageXml><Value Name="BackOffMilliseconds">`+backOff+`</Value></MessageXml>`)
}

// inTurn answers one request after the other as told, and all further ones as the last.
func inTurn(outcomes ...outcome) *backend {
	next := 0
	return &backend{answer: func(*transport.Request) (*transport.Reply, error) {
		o := outcomes[min(next, len(outcomes)-1)]
		next++
		return o()
	}}
}

// retrying is a bridge that sends requests again, in one namespace form.
func retrying(t *testing.T, b soapbridge.Transport, retries soapbridge.Retries, options ...soapbridge.Option) *soapbridge.Bridge {
	t.Helper()
	return newUMBridge(t, b, append(options, soapbridge.WithForm("https"), soapbridge.WithRetries(retries))...)
}

// TestWhatIsSentHowOften has one failure come again and again, and counts the requests of each kind of operation.
func TestWhatIsSentHowOften(t *testing.T) {
	t.Parallel()
	html := func(status int) outcome { return replies(status, "text/html", "<html>") }
	unsent := func() (*transport.Reply, error) {
		reply, err := html(503)()
		reply.Unsent = true
		return reply, err
	}
	throttled := func() (*transport.Reply, error) {
		return nil, &transport.Error{Op: "wait", Kind: transport.KindThrottled, RetryAfter: 500 * time.Millisecond, Err: errors.New("busy")}
	}
	momentarily := func() (*transport.Reply, error) {
		time.Sleep(300 * time.Millisecond) // so that the next whole second is less than a second away
		at := time.Now().Truncate(time.Second).Add(time.Second)
		return replies(429, "", "", "Retry-After", at.UTC().Format(http.TimeFormat))()
	}
	down := func() (*transport.Reply, error) {
		return nil, &transport.Error{Op: "wait", Kind: transport.KindUnavailable, RetryAfter: time.Second, Err: errors.New("down")}
	}
	type counts struct{ read, set, disconnect, dial int }
	tests := []struct {
		name string
		what outcome
		want counts
	}{
		{"nothing was sent", lost(transport.KindUnavailable, transport.NothingSent), counts{3, 3, 3, 3}},
		{"no tls", lost(transport.KindTLS, transport.NothingSent), counts{3, 3, 3, 3}},
		{"503 before the request was sent", unsent, counts{3, 3, 3, 3}},
		{"lost after some bytes", lost(transport.KindUnavailable, transport.PartlySent), counts{3, 1, 3, 1}},
		{"lost after all bytes", lost(transport.KindUnavailable, transport.FullySent), counts{3, 1, 3, 1}},
		{"502", html(502), counts{3, 1, 3, 1}},
		{"503", html(503), counts{3, 1, 3, 1}},
		{"504", html(504), counts{3, 1, 3, 1}},
		{"left alone for a second", down, counts{1, 1, 1, 1}},
		{"503 for ten seconds", replies(503, "text/html", "<html>", "Retry-After", "10"), counts{1, 1, 1, 1}},
		{"the transport was closed", lost(transport.KindClosed, transport.NothingSent), counts{1, 1, 1, 1}},

		{"a page", html(200), counts{2, 1, 1, 1}},
		{"a page with 500", html(500), counts{2, 1, 1, 1}},
		{"an empty reply", replies(200, "text/xml", ""), counts{2, 1, 1, 1}},
		{"a redirect", replies(302, "text/html", "<html>", "Location", "/"), counts{2, 1, 1, 1}},
		{"a cut reply", replies(200, "text/xml", envelope("")[:90]), counts{2, 1, 1, 1}},
		{"not http", lost(transport.KindMalformedReply, transport.FullySent), counts{2, 1, 1, 1}},
		{"refused soap", replies(200, "text/xml", envelope("")), counts{2, 1, 1, 1}},
		{"too large a reply", lost(transport.KindReplyTooLarge, transport.FullySent), counts{2, 1, 1, 1}},

		{"400", replies(400, "", ""), counts{1, 1, 1, 1}},
		{"404", html(404), counts{1, 1, 1, 1}},
		{"405", html(405), counts{1, 1, 1, 1}},
		{"413", html(413), counts{1, 1, 1, 1}},
		{"415", html(415), counts{1, 1, 1, 1}},
		{"401", html(401), counts{1, 1, 1, 1}},
		{"a rejected credential", lost(transport.KindUnauthorized, transport.NothingSent), counts{1, 1, 1, 1}},
		{"a credential held off", lost(transport.KindHeldOff, transport.NothingSent), counts{1, 1, 1, 1}},
		{"403", html(403), counts{1, 1, 1, 1}},
		{"407", html(407), counts{1, 1, 1, 1}},
		{"too many calls wait", lost(transport.KindOverloaded, transport.NothingSent), counts{1, 1, 1, 1}},
		{"a hook stopped the request", lost(transport.KindStopped, transport.NothingSent), counts{1, 1, 1, 1}},
		{"the caller's deadline", lost(transport.KindDeadline, transport.NothingSent), counts{1, 1, 1, 1}},
		{"the caller went away", lost(transport.KindCanceled, transport.NothingSent), counts{1, 1, 1, 1}},
		{"an error that proves nothing", func() (*transport.Reply, error) { return nil, errors.New("unheard of") }, counts{1, 1, 1, 1}},

		{"held back for half a second, nothing sent", throttled, counts{3, 3, 3, 3}},
		{"429 for a moment", momentarily, counts{3, 3, 3, 1}},
		{"429 for a second", replies(429, "", "", "Retry-After", "1"), counts{1, 1, 1, 1}},
		{"429 for who knows how long", html(429), counts{1, 1, 1, 1}},
		{"busy for a moment", busy("999"), counts{3, 3, 3, 1}},
		{"busy for a second", busy("1000"), counts{1, 1, 1, 1}},
		{"busy for who knows how long", busy(""), counts{1, 1, 1, 1}},

		{"a fault nobody knows", faults("soap:Server", "<ExceptionType>NewException</ExceptionType>"), counts{2, 1, 1, 1}},
		{"a fault that is final", unknownCall, counts{1, 1, 1, 1}},
		{"a fault that blames the request", faults("soap:Client", "<x/>"), counts{1, 1, 1, 1}},
		{"a fault that blames the sender", faults("soap:Sender", "<x/>"), counts{1, 1, 1, 1}},
		{"a part of the backend is missing", faults("soap:Server", "<ResponseCode>ErrorUnifiedMessagingServerNotFound</ResponseCode>"), counts{3, 1, 1, 1}},
		{"not dispatched", faults("soap:MustUnderstand", ""), counts{1, 1, 1, 1}},
	}
	for _, tt := range tests {
		for rpc, want := range map[string]int{
			"GetCallInfo": tt.want.read, "SetOofStatus": tt.want.set, "Disconnect": tt.want.disconnect,
			"PlayOnPhone": tt.want.dial, "PlayOnPhoneGreeting": tt.want.dial, "ResetPIN": tt.want.dial,
		} {
			t.Run(tt.name+", "+rpc, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					b := inTurn(tt.what)
					_, err := retrying(t, b, umRetries()).Invoke(t.Context(), umMethod(t, rpc), requestOf(t, rpc))
					if err == nil {
						t.Error("it succeeded")
					}
					if got := len(b.actions()); got != want {
						t.Errorf("sent %d times, want %d (%v)", got, want, err)
					}
				})
			})
		}
	}
}

func TestWithoutTheOptionNothingIsSentAgain(t *testing.T) {
	t.Parallel()
	b := inTurn(lost(transport.KindUnavailable, transport.NothingSent))
	bridge := newUMBridge(t, b, soapbridge.WithForm("https"))
	if _, err := bridge.Invoke(t.Context(), umMethod(t, "GetCallInfo"), requestOf(t, "GetCallInfo")); err == nil || len(b.actions()) != 1 {
		t.Errorf("got %v after %d requests, want a failure after one", err, len(b.actions()))
	}
}

func TestARepeatedDisconnectThatFindsNothingSucceeds(t *testing.T) {
	t.Parallel()
	gone := lost(transport.KindUnavailable, transport.FullySent)
	tests := []struct {
		name  string
		rpc   string
		turns []outcome
		want  soapbridge.Kind // -1 for success
		sent  int
	}{
		{"after its reply was lost", "Disconnect", []outcome{gone, unknownCall}, -1, 2},
		{"after a page with 503", "Disconnect", []outcome{replies(503, "text/html", "<html>"), unknownCall}, -1, 2},
		{"after a loss and a refusal", "Disconnect", []outcome{gone, lost(transport.KindUnavailable, transport.NothingSent), unknownCall}, -1, 3},
		{"not if nothing had been sent", "Disconnect", []outcome{lost(transport.KindUnavailable, transport.NothingSent), unknownCall}, soapbridge.KindFault, 2},
		{"not if the last byte had not been sent", "Disconnect", []outcome{lost(transport.KindUnavailable, transport.PartlySent), unknownCall}, soapbridge.KindFault, 2},
		{"not if the backend was too busy to execute it", "Disconnect", []outcome{busy("10"), unknownCall}, soapbridge.KindFault, 2},
		{"not the first time", "Disconnect", []outcome{unknownCall}, soapbridge.KindFault, 1},
		{"not with another fault", "Disconnect", []outcome{gone, faults("soap:Server", "<ExceptionType>NewException</ExceptionType>")}, soapbridge.KindFault, 2},
		{"not another operation", "GetCallInfo", []outcome{gone, unknownCall}, soapbridge.KindFault, 2},
		{"an ordinary success is one too", "Disconnect", []outcome{gone, ended}, -1, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := inTurn(tt.turns...)
				out, err := retrying(t, b, umRetries()).Invoke(t.Context(), umMethod(t, tt.rpc), requestOf(t, tt.rpc))
				if got := len(b.actions()); got != tt.sent {
					t.Errorf("sent %d times, want %d", got, tt.sent)
				}
				if tt.want >= 0 {
					if got := failureOf(t, err); got.Kind != tt.want {
						t.Errorf("got %v, want kind %v", got, tt.want)
					}
					return
				}
				if err != nil || !proto.Equal(out, &umv1.DisconnectResponse{}) {
					t.Errorf("got %v, %v, want an empty response", out, err)
				}
			})
		})
	}
}

// TestALossInAFormThatTheBackendDoesNotKnowExecutedNothing: the repetition was not dispatched, so neither was the request
// that was lost, and the call is unknown indeed.
func TestALossInAFormThatTheBackendDoesNotKnowExecutedNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		undispatched := faults("soap:Client", "")
		b := inTurn(lost(transport.KindUnavailable, transport.FullySent), func() (*transport.Reply, error) {
			reply, err := undispatched()
			reply.Body = []byte(strings.Replace(string(reply.Body), ">x<", ">Server did not recognize the value of HTTP Header SOAPAction: x.<", 1))
			return reply, err
		}, unknownCall)
		bridge := newUMBridge(t, b, soapbridge.WithRetries(umRetries()))
		_, err := bridge.Invoke(t.Context(), umMethod(t, "Disconnect"), requestOf(t, "Disconnect"))
		if got := failureOf(t, err); got.Kind != soapbridge.KindFault || got.Fault.ExceptionType != "InvalidCallIdException" {
			t.Errorf("got %v, want the fault that the call is unknown", got)
		}
		if got := len(b.actions()); got != 3 {
			t.Errorf("%d requests, want 3", got)
		}
	})
}

func TestWrongOptionsAreRefused(t *testing.T) {
	t.Parallel()
	absent := func(method protoreflect.FullName) soapbridge.Option {
		return soapbridge.WithRetries(soapbridge.Retries{AbsentMeansDone: map[protoreflect.FullName][]string{method: {"X"}}})
	}
	tests := []struct {
		name   string
		option soapbridge.Option
		want   string
	}{
		{"a negative count", soapbridge.WithRetries(soapbridge.Retries{Max: -1}), "negative"},
		{"too many", soapbridge.WithRetries(soapbridge.Retries{Max: 11}), "at most 10 times"},
		{"too far apart", soapbridge.WithRetries(soapbridge.Retries{Wait: time.Hour}), "at most 10 times"},
		{"a negative wait", soapbridge.WithRetries(soapbridge.Retries{Wait: -1}), "negative"},
		{"a negative budget", soapbridge.WithRetries(soapbridge.Retries{BudgetRatio: -1}), "negative"},
		{"a method nobody knows", absent("um.v1.CallService.HangUp"), "um.v1.CallService.HangUp is not a method"},
		{"a dial", absent("um.v1.CallService.PlayOnPhone"), "must be IDEMPOTENT"},
		{"a read", absent("um.v1.CallService.GetCallInfo"), "must be IDEMPOTENT"},
		{"a poll nobody knows", soapbridge.WithPolls("um.v1.CallService.HangUp"), "um.v1.CallService.HangUp is not a method"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := soapbridge.New(umDialect(), always(nil), umServices(), tt.option)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error about %q", err, tt.want)
			}
		})
	}
}
