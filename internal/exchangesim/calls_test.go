package exchangesim_test

import (
	"encoding/xml"
	"strings"
	"testing"
	"time"

	"github.com/umgateway/umgateway/internal/exchangesim"
)

var timeline = exchangesim.Timeline{Connecting: 2 * time.Second, Alerted: 5 * time.Second, Connected: 10 * time.Second}

// info asks for a call's state, and for the cause.
func (s *simulator) info(id string) string {
	s.t.Helper()
	var r struct {
		State string `xml:"Body>GetCallInfoResponse>GetCallInfoResponse>CallState"`
		Cause string `xml:"Body>GetCallInfoResponse>GetCallInfoResponse>EventCause"`
	}
	got := s.um("GetCallInfo", "<CallId>"+id+"</CallId>")
	if err := xml.Unmarshal([]byte(got.body), &r); err != nil || r.State == "" {
		s.t.Fatalf("GetCallInfo answered %s, error %v", got.body, err)
	}
	return r.State + " " + r.Cause
}

func TestACallGoesThroughItsStatesAsTheClockGoesOn(t *testing.T) {
	t.Parallel()
	type moment struct {
		at   time.Duration
		want string
	}
	for number, moments := range map[string][]moment{
		"4255550123": {
			{0, "Connecting None"},
			{2*time.Second - 1, "Connecting None"},
			{2 * time.Second, "Alerted None"},
			{7*time.Second - 1, "Alerted None"},
			{7 * time.Second, "Connected None"},
			{17*time.Second - 1, "Connected None"},
			{17 * time.Second, "Disconnected None"},
			{time.Hour, "Disconnected None"},
		},
		exchangesim.BusyNumber:        {{0, "Connecting None"}, {2 * time.Second, "Disconnected UserBusy"}, {time.Hour, "Disconnected UserBusy"}},
		exchangesim.UnavailableNumber: {{0, "Connecting None"}, {2 * time.Second, "Disconnected Unavailable"}, {time.Hour, "Disconnected Unavailable"}},
		exchangesim.NoAnswerNumber:    {{0, "Connecting None"}, {2 * time.Second, "Alerted None"}, {7 * time.Second, "Disconnected NoAnswer"}},
	} {
		t.Run(number, func(t *testing.T) {
			t.Parallel()
			s := start(t, exchangesim.Config{Timeline: timeline})
			id, elapsed := s.play(number), time.Duration(0)
			for _, m := range moments {
				s.clock.advance(m.at - elapsed)
				elapsed = m.at
				if got := s.info(id); got != m.want {
					t.Errorf("after %v: got %s, want %s", m.at, got, m.want)
				}
			}
		})
	}
}

func TestDisconnectEndsACallInAnyStateAndMayBeRepeated(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		number, want string
		after        time.Duration
	}{
		"connecting":     {"4255550123", "Disconnected None", 0},
		"ringing":        {"4255550123", "Disconnected None", 3 * time.Second},
		"connected":      {"4255550123", "Disconnected None", 8 * time.Second},
		"ended":          {"4255550123", "Disconnected None", time.Hour},
		"busy":           {exchangesim.BusyNumber, "Disconnected UserBusy", 3 * time.Second},
		"before busy":    {exchangesim.BusyNumber, "Disconnected None", time.Second},
		"not answered":   {exchangesim.NoAnswerNumber, "Disconnected NoAnswer", time.Hour},
		"before it gave": {exchangesim.NoAnswerNumber, "Disconnected None", 3 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, exchangesim.Config{Timeline: timeline})
			id, other := s.play(c.number), s.play("4255550123")
			s.clock.advance(c.after)
			otherWas := s.info(other)
			for range 2 {
				got := s.um("Disconnect", "<CallId>"+id+"</CallId>")
				wantTree(t, got.body, soap("", `<DisconnectResponse xmlns="`+httpNS+`"/>`))
			}
			if got := s.info(id); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if got := s.info(other); got != otherWas {
				t.Errorf("another call went from %s to %s", otherWas, got)
			}
		})
	}
}

func TestThePublishedDisconnectRequestWorksWordForWord(t *testing.T) {
	t.Parallel()
	// The request and the reply of the documentation page of the operation, as they stand there.
	const request = `<?xml version="1.0" encoding="utf-8"?>
<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">
  <soap:Body>
    <Disconnect xmlns="https://schemas.microsoft.com/exchange/services/2006/messages">
      <CallId>MDlkZjllZGMtNGUyMy00NzA5LWJkYWYtN2JlMjBjYjBhZTU2QGRmLWV1bS0wMS5leGNoYW5nZS5jb3JwLm1pY3Jvc29mdC5jb20=</CallId>
    </Disconnect>
  </soap:Body>
</soap:Envelope>`
	const want = `<?xml version="1.0" encoding="utf-8" ?> 
<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">
  <soap:Body>
    <DisconnectResponse xmlns="https://schemas.microsoft.com/exchange/services/2006/messages" /> 
  </soap:Body>
</soap:Envelope>`
	s := start(t, exchangesim.Config{Timeline: timeline})
	if got := s.info(exchangesim.DocumentedCallID); got != "Connecting None" {
		t.Errorf("the documented call is %s at the start", got)
	}
	got := s.post(exchangesim.ServicePath, `"`+httpsNS+`/Disconnect"`, request)
	wantTree(t, got.body, want)
	if got := s.info(exchangesim.DocumentedCallID); got != "Disconnected None" {
		t.Errorf("the documented call is %s afterwards", got)
	}
}

func TestCallsListsWhatWasPlaced(t *testing.T) {
	t.Parallel()
	s := start(t, exchangesim.Config{})
	id := s.play(exchangesim.BusyNumber)
	s.um("PlayOnPhoneGreeting", "<GreetingType>OofCustom</GreetingType><DialString>a&amp;b</DialString>")
	s.um("PlayOnPhone", play("AAAA", exchangesim.ForbiddenNumber))
	calls := s.Calls(exchangesim.DefaultUser)
	if len(calls) != 3 {
		t.Fatalf("%d calls, want 3: the documented one and two", len(calls))
	}
	if c := calls[0]; c.ID != exchangesim.DocumentedCallID {
		t.Errorf("the first call is %+v", c)
	}
	if c := calls[1]; c.ID != id || c.DialString != exchangesim.BusyNumber || c.Message != "AAAA" || !c.Started.Equal(s.clock.Now()) || c.Dialect != "umws" {
		t.Errorf("the second call is %+v", c)
	}
	if c := calls[2]; c.DialString != "a&b" || c.Message != "OofCustom" {
		t.Errorf("the third call is %+v", c)
	}
}

func TestEachUserHasAMailboxAndCallsOfTheirOwn(t *testing.T) {
	t.Parallel()
	s := start(t, exchangesim.Config{UserHeader: "X-User"})
	as := func(user, operation, children string) reply {
		request := s.request("/", httpNS+"/"+operation, um(httpNS, operation, children))
		if user != "" {
			request.Header.Set("X-User", user)
		}
		return s.do(request)
	}
	as("alice", "SetOofStatus", "<status>true</status>")
	as("alice", "PlayOnPhone", play("AAAA", "1"))
	if !s.Mailbox("alice").OofStatus || s.Mailbox("bob").OofStatus || s.Mailbox(exchangesim.DefaultUser).OofStatus {
		t.Error("not Alice's status alone was set")
	}
	id := s.Calls("alice")[0].ID
	if got := as("bob", "Disconnect", "<CallId>"+id+"</CallId>"); !strings.Contains(got.body, "InvalidCallIdException") {
		t.Errorf("Bob ended Alice's call: %s", got.body)
	}
	if got := as("alice", "Disconnect", "<CallId>"+id+"</CallId>"); got.status != 200 {
		t.Errorf("Alice cannot end her call: %s", got.body)
	}
	if got := as("", "ResetPIN", ""); got.status != 401 || s.Executed("ResetPIN") != 0 {
		t.Errorf("without a name: got %d, executed %d times, want 401 and never", got.status, s.Executed("ResetPIN"))
	}
}
