package exchangesim_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/umgateway/umgateway/internal/exchangesim"
)

// A target is a request that every misbehaviour is tried on, in either dialect.
type target struct{ name, path, action, body string }

var targets = []target{
	{"umws", exchangesim.ServicePath, httpNS + "/IsUMEnabled", um(httpNS, "IsUMEnabled", "")},
	{"ews", exchangesim.EWSPath, httpNS + "/PlayOnPhone", ewsEnvelope("http", "Exchange2010",
		`<m:PlayOnPhone><m:ItemId Id="AAMk"/><m:DialString>4255550123</m:DialString></m:PlayOnPhone>`)},
}

// executed counts a target's operation.
func (s *simulator) executed(to target) int {
	if to.name == exchangesim.EWS {
		return s.ExecutedEWS("PlayOnPhone")
	}
	return s.Executed("IsUMEnabled")
}

// onBoth runs a test for both dialects.
func onBoth(t *testing.T, test func(t *testing.T, s *simulator, to target)) {
	t.Helper()
	for _, to := range targets {
		t.Run(to.name, func(t *testing.T) {
			t.Parallel()
			test(t, start(t, exchangesim.Config{}), to)
		})
	}
}

// exchange sends the request by hand, and reads all that comes back until the connection is closed.
func (s *simulator) exchange(to target) (received string, err error) {
	s.t.Helper()
	connection := s.dial()
	if _, err := io.WriteString(connection, raw(to.path, to.action, to.body)); err != nil {
		s.t.Fatal(err)
	}
	all, err := io.ReadAll(connection)
	return string(all), err
}

func TestDropClosesTheConnectionWithoutAReply(t *testing.T) {
	t.Parallel()
	for _, unexecuted := range []bool{false, true} {
		onBoth(t, func(t *testing.T, s *simulator, to target) {
			s.Misbehave(exchangesim.Misbehaviour{Drop: true, Unexecuted: unexecuted})
			if got, err := s.exchange(to); got != "" || err != nil {
				t.Errorf("got %q, error %v, want nothing and the end", got, err)
			}
			if executed := s.executed(to) == 1; executed == unexecuted {
				t.Errorf("executed is %v, unexecuted is %v", executed, unexecuted)
			}
		})
	}
}

func TestResetClosesTheConnectionByAReset(t *testing.T) {
	t.Parallel()
	for _, m := range []exchangesim.Misbehaviour{{Drop: true, Reset: true}, {Cut: 20, Reset: true}, {Hangup: true, Reset: true}} {
		onBoth(t, func(t *testing.T, s *simulator, to target) {
			s.Misbehave(m)
			if _, err := s.exchange(to); !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("%+v: got error %v, want a reset", m, err)
			}
		})
	}
}

func TestResetWorksOverTLS(t *testing.T) {
	t.Parallel()
	s, err := exchangesim.New(exchangesim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	s.Misbehave(exchangesim.Misbehaviour{Drop: true, Reset: true})
	server := httptest.NewTLSServer(s)
	defer server.Close()
	connection, err := tls.Dial("tcp", server.Listener.Addr().String(), server.Client().Transport.(*http.Transport).TLSClientConfig)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	if _, err := io.WriteString(connection, raw("/", httpNS+"/ResetPIN", um(httpNS, "ResetPIN", ""))); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(connection); !errors.Is(err, syscall.ECONNRESET) || s.Executed("ResetPIN") != 1 {
		t.Errorf("got error %v, executed %d times, want a reset and once", err, s.Executed("ResetPIN"))
	}
}

func TestCutLeavesTheEndOutAndClosesTheConnection(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *simulator, to target) {
		s.Misbehave(exchangesim.Misbehaviour{Cut: 20, Header: map[string]string{"X-Seen": "yes"}})
		got, err := s.exchange(to)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.ReadResponse(bufio.NewReader(strings.NewReader(got)), nil)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("reading the body gives %v, want an unexpected end", err)
		}
		if missing := response.ContentLength - int64(len(body)); missing != 20 || strings.Contains(string(body), "Envelope>\n") {
			t.Errorf("%d bytes are missing, want 20", missing)
		}
		if response.StatusCode != 200 || response.Close || response.Header.Get("X-Seen") != "yes" || response.Header.Get("Content-Type") != "text/xml; charset=utf-8" {
			t.Errorf("got %d, close %v, header %v", response.StatusCode, response.Close, response.Header)
		}
		if s.executed(to) != 1 {
			t.Errorf("executed %d times", s.executed(to))
		}
	})
}

func TestCuttingMoreThanThereIsLeavesTheHeader(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *simulator, to target) {
		s.Misbehave(exchangesim.Misbehaviour{Cut: 1 << 20})
		if got, err := s.exchange(to); err != nil || !strings.HasSuffix(got, "\r\n\r\n") {
			t.Errorf("got %q, error %v", got, err)
		}
	})
}

func TestCloseAnnouncesTheCloseAndHangupDoesNot(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]exchangesim.Misbehaviour{"close": {Close: true}, "hangup": {Hangup: true}} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, s *simulator, to target) {
				s.Misbehave(m)
				got, err := s.exchange(to)
				if err != nil {
					t.Fatal(err)
				}
				response, err := http.ReadResponse(bufio.NewReader(strings.NewReader(got)), nil)
				if err != nil {
					t.Fatal(err)
				}
				body, err := io.ReadAll(response.Body)
				if err != nil || !strings.HasSuffix(string(body), "Envelope>") {
					t.Errorf("got %q, error %v, want the whole reply", body, err)
				}
				if response.Close != m.Close || response.ContentLength != int64(len(body)) {
					t.Errorf("close is %v, want %v; Content-Length is %d", response.Close, m.Close, response.ContentLength)
				}
			})
		})
	}
}

func TestABehavedServerKeepsTheConnectionEvenAfterAFault(t *testing.T) {
	t.Parallel()
	s := start(t, exchangesim.Config{})
	connection := s.dial()
	replies := bufio.NewReader(connection)
	for _, operation := range []string{"IsUMEnabled", "Disconnect", "Nonsense", "IsUMEnabled"} {
		if _, err := io.WriteString(connection, raw("/", httpNS+"/"+operation, um(httpNS, operation, ""))); err != nil {
			t.Fatal(err)
		}
		response, err := http.ReadResponse(replies, nil)
		if err != nil || response.Close || response.ContentLength <= 0 {
			t.Fatalf("%s: got %+v, error %v", operation, response, err)
		}
		if _, err := io.Copy(io.Discard, response.Body); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAChunkedReplyHasNoContentLength(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *simulator, to target) {
		want := s.post(to.path, to.action, to.body)
		s.Misbehave(exchangesim.Misbehaviour{Chunked: true})
		request := s.request(to.path, to.action, to.body)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil || response.ContentLength != -1 || fmt.Sprint(response.TransferEncoding) != "[chunked]" {
			t.Errorf("got length %d, encoding %v, error %v", response.ContentLength, response.TransferEncoding, err)
		}
		if len(body) != len(want.body) {
			t.Errorf("got %s, want %s", body, want.body)
		}
	})
}

func TestMidwayWaitsInTheMiddleOfTheBody(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *simulator, to target) {
		release := make(chan struct{})
		s.Misbehave(exchangesim.Misbehaviour{Midway: exchangesim.Until(release)})
		connection := s.dial()
		if _, err := io.WriteString(connection, raw(to.path, to.action, to.body)); err != nil {
			t.Fatal(err)
		}
		response, err := http.ReadResponse(bufio.NewReader(connection), nil)
		if err != nil {
			t.Fatal(err)
		}
		half := make([]byte, response.ContentLength/2)
		if _, err := io.ReadFull(response.Body, half); err != nil {
			t.Fatal(err)
		}
		close(release)
		rest, err := io.ReadAll(response.Body)
		if err != nil || !strings.HasSuffix(string(rest), "Envelope>") {
			t.Errorf("the rest is %q, error %v", rest, err)
		}
	})
}

func TestAReplyOnTheWireIsWhatWasScripted(t *testing.T) {
	t.Parallel()
	text := func(s string) *string { return &s }
	for name, c := range map[string]struct {
		m           exchangesim.Misbehaviour
		status      int
		contentType string
		executed    bool
		body        func(plain string) string
	}{
		"HTML page": {exchangesim.HTMLPage(502), 502, "text/html", false, func(string) string {
			return "<!DOCTYPE html>\r\n<html><head><title>502</title></head><body><h1>Server Error</h1></body></html>"
		}},
		"empty 500":         {exchangesim.Empty(500), 500, "text/xml; charset=utf-8", false, func(string) string { return "" }},
		"empty 200":         {exchangesim.Empty(200), 200, "text/xml; charset=utf-8", false, func(string) string { return "" }},
		"another status":    {exchangesim.Misbehaviour{Status: 503}, 503, "text/xml; charset=utf-8", true, func(plain string) string { return plain }},
		"body, executed":    {exchangesim.Misbehaviour{Body: text("x")}, 200, "text/xml; charset=utf-8", true, func(string) string { return "x" }},
		"header":            {exchangesim.Misbehaviour{Header: map[string]string{"content-type": "text/plain"}}, 200, "text/plain", true, func(plain string) string { return plain }},
		"byte order mark":   {exchangesim.Misbehaviour{Rewrite: exchangesim.BOM}, 200, "text/xml; charset=utf-8", true, func(plain string) string { return "\xEF\xBB\xBF" + plain }},
		"rewritten body":    {exchangesim.Misbehaviour{Body: text("x"), Rewrite: exchangesim.BOM}, 200, "text/xml; charset=utf-8", true, func(string) string { return "\xEF\xBB\xBFx" }},
		"nothing goes awry": {exchangesim.Misbehaviour{}, 200, "text/xml; charset=utf-8", true, func(plain string) string { return plain }},
		"waited":            {exchangesim.Misbehaviour{Wait: exchangesim.Delay(time.Millisecond)}, 200, "text/xml; charset=utf-8", true, func(plain string) string { return plain }},
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, s *simulator, to target) {
				plain := s.post(to.path, to.action, to.body)
				before := s.executed(to)
				s.Misbehave(c.m)
				got := s.post(to.path, to.action, to.body)
				if got.status != c.status || got.header.Get("Content-Type") != c.contentType {
					t.Errorf("got %d, %s", got.status, got.header.Get("Content-Type"))
				}
				if want := c.body(plain.body); withoutID(got.body) != withoutID(want) {
					t.Errorf("got %q, want %q", got.body, want)
				}
				if executed := s.executed(to) > before; executed != c.executed {
					t.Errorf("executed is %v, want %v", executed, c.executed)
				}
			})
		})
	}
}

// withoutID takes the id out of the reply to a dial of ews, which is another each time.
func withoutID(body string) string {
	start := strings.Index(body, `PhoneCallId Id="`)
	if start < 0 {
		return body
	}
	end := strings.Index(body[start:], `"/>`)
	return body[:start] + body[start+end:]
}

func TestEncodedRepliesDecodeToTheSame(t *testing.T) {
	t.Parallel()
	decodeUTF16 := func(t *testing.T, body []byte) string {
		if !bytes.HasPrefix(body, []byte{0xFF, 0xFE}) || len(body)%2 != 0 {
			t.Fatalf("the body begins with %x and has %d bytes", body[:2], len(body))
		}
		var units []uint16
		for i := 2; i < len(body); i += 2 {
			units = append(units, uint16(body[i])|uint16(body[i+1])<<8)
		}
		return strings.Replace(string(utf16.Decode(units)), "utf-16", "utf-8", 1)
	}
	decodeLatin1 := func(_ *testing.T, body []byte) string {
		var b strings.Builder
		for _, c := range body {
			b.WriteRune(rune(c))
		}
		return strings.ReplaceAll(strings.Replace(b.String(), "iso-8859-1", "utf-8", 1), "&#8364;", "€")
	}
	gunzip := func(t *testing.T, body []byte) string {
		r, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		plain, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		return string(plain)
	}
	for name, c := range map[string]struct {
		rewrite func([]byte) []byte
		decode  func(*testing.T, []byte) string
	}{
		"UTF-16":  {exchangesim.UTF16, decodeUTF16},
		"Latin 1": {exchangesim.Latin1, decodeLatin1},
		"gzip":    {exchangesim.Gzip, gunzip},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, exchangesim.Config{})
			s.um("SetPlayOnPhoneDialString", "<dialString>é€𝄞</dialString>")
			plain := s.um("GetUMProperties", "")
			s.Misbehave(exchangesim.Misbehaviour{Rewrite: c.rewrite})
			request := s.request("/", httpNS+"/GetUMProperties", um(httpNS, "GetUMProperties", ""))
			request.Header.Set("Accept-Encoding", "identity")
			got := s.do(request)
			if got.body == plain.body {
				t.Fatal("the reply is plain")
			}
			wantTree(t, c.decode(t, []byte(got.body)), strings.ReplaceAll(plain.body, "𝄞", map[bool]string{true: "&#119070;", false: "𝄞"}[name == "Latin 1"]))
		})
	}
}

func TestOneWrapperTakesTheInnerOneOut(t *testing.T) {
	t.Parallel()
	s := start(t, exchangesim.Config{})
	s.Misbehave(exchangesim.Misbehaviour{Operation: "GetCallInfo", Rewrite: exchangesim.OneWrapper("GetCallInfo")})
	s.Misbehave(exchangesim.Misbehaviour{Operation: "Disconnect", Rewrite: exchangesim.OneWrapper("Disconnect")})
	id := "<CallId>" + exchangesim.DocumentedCallID + "</CallId>"
	wantTree(t, s.um("GetCallInfo", id).body, soap("", `<GetCallInfoResponse xmlns="`+httpNS+`">`+
		`<CallState>Connecting</CallState><EventCause>None</EventCause></GetCallInfoResponse>`))
	wantTree(t, s.um("Disconnect", id).body, soap("", `<DisconnectResponse xmlns="`+httpNS+`"/>`))
}

func TestFailAnswersWithTheErrorInTheShapeOfTheDialect(t *testing.T) {
	t.Parallel()
	s := start(t, exchangesim.Config{})
	s.Misbehave(exchangesim.Misbehaviour{Dialect: exchangesim.UMWS, Fail: "ServerDownException"})
	s.Misbehave(exchangesim.Misbehaviour{Dialect: exchangesim.EWS, Fail: "ErrorIPGatewayNotFound"})
	got := s.um("ResetPIN", "")
	if f := readFault(t, got.body); got.status != 500 || f.Code != "q0:ServerDownException" ||
		f.Detail != `<ExceptionType xmlns="`+httpNS+`">ServerDownException</ExceptionType>` {
		t.Errorf("umws: got %d, %+v", got.status, f)
	}
	got = s.ews("DisconnectPhoneCall", `<m:PhoneCallId Id="x"/>`)
	if got.status != 200 || !strings.Contains(got.body, `<m:DisconnectPhoneCallResponse ResponseClass="Error"`) ||
		!strings.Contains(got.body, "<m:ResponseCode>ErrorIPGatewayNotFound</m:ResponseCode>") {
		t.Errorf("ews: got %d, %s", got.status, got.body)
	}
	if s.Executed("ResetPIN") != 0 {
		t.Error("the operation was carried out")
	}
	if got := s.post(exchangesim.EWSPath, "-", "<a"); got.status != 500 || !strings.Contains(got.body, "ErrorSchemaValidation") {
		t.Errorf("a request that cannot be read: got %d, %s", got.status, got.body)
	}
	if got := s.post("/", "urn:x/Y", "<a"); got.status != 500 || !strings.Contains(got.body, "q0:ServerDownException") {
		t.Errorf("a request for nothing known: got %d, %s", got.status, got.body)
	}
}

func TestServerBusyNamesTheBackOff(t *testing.T) {
	t.Parallel()
	// The shape of a fault that a real server sent: mguessan/davmail issue 161.
	const want = `<?xml version="1.0" encoding="utf-8"?>
<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault>
<faultcode xmlns:a="http://schemas.microsoft.com/exchange/services/2006/types">a:ErrorServerBusy</faultcode>
<faultstring xml:lang="en-US">The server cannot service this request right now. Try again later.</faultstring>
<detail>
<e:ResponseCode xmlns:e="http://schemas.microsoft.com/exchange/services/2006/errors">ErrorServerBusy</e:ResponseCode>
<e:Message xmlns:e="http://schemas.microsoft.com/exchange/services/2006/errors">The server cannot service this request right now. Try again later.</e:Message>
<t:MessageXml xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"><t:Value Name="BackOffMilliseconds">178510</t:Value></t:MessageXml>
</detail></s:Fault></s:Body></s:Envelope>`
	onBoth(t, func(t *testing.T, s *simulator, to target) {
		s.Misbehave(exchangesim.ServerBusy(178510 * time.Millisecond))
		got := s.post(to.path, to.action, to.body)
		wantTree(t, got.body, want)
		if got.status != 500 || s.executed(to) != 0 {
			t.Errorf("got %d, executed %d times", got.status, s.executed(to))
		}
	})
}

func TestAMisbehaviourAppliesToWhatItNamesAndAsOftenAsItSays(t *testing.T) {
	t.Parallel()
	s := start(t, exchangesim.Config{})
	status := func(operation string) int { return s.um(operation, "").status }
	s.Misbehave(exchangesim.Misbehaviour{Operation: "ResetPIN", Status: 501, Times: 2})
	s.Misbehave(exchangesim.Misbehaviour{Operation: "ResetPIN", Status: 502, Times: 1})
	s.Misbehave(exchangesim.Misbehaviour{Dialect: exchangesim.EWS, Status: 503})
	var got []int
	for range 4 {
		got = append(got, status("IsUMEnabled"), status("ResetPIN"))
	}
	if fmt.Sprint(got) != "[200 501 200 501 200 502 200 200]" {
		t.Errorf("got %v", got)
	}
	if ews := s.ews("DisconnectPhoneCall", `<m:PhoneCallId Id="x"/>`).status; ews != 503 {
		t.Errorf("ews: got %d, want 503", ews)
	}
	s.Misbehave(exchangesim.Misbehaviour{Status: 504})
	if got := status("IsUMEnabled"); got != 504 {
		t.Errorf("all operations: got %d, want 504", got)
	}
	s.Behave()
	if got := status("IsUMEnabled"); got != 200 {
		t.Errorf("after Behave: got %d, want 200", got)
	}
}

func TestUntilEndsWithItsChannelOrItsClient(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *simulator, to target) {
		release := make(chan struct{})
		s.Misbehave(exchangesim.Misbehaviour{Wait: exchangesim.Until(release)})
		answered := make(chan reply)
		go func() { answered <- s.post(to.path, to.action, to.body) }()
		close(release)
		if got := <-answered; got.status != 200 {
			t.Errorf("got %d", got.status)
		}
	})
	for name, wait := range map[string]func(*http.Request){"until": exchangesim.Until(nil), "delay": exchangesim.Delay(time.Hour)} {
		t.Run(name+" without its client", func(t *testing.T) {
			t.Parallel()
			s, err := exchangesim.New(exchangesim.Config{})
			if err != nil {
				t.Fatal(err)
			}
			arrived, served := make(chan struct{}), make(chan struct{})
			s.Misbehave(exchangesim.Misbehaviour{Wait: func(r *http.Request) { close(arrived); wait(r) }})
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				defer close(served)
				s.ServeHTTP(w, r)
			}))
			defer server.Close()
			connection, err := net.Dial("tcp", server.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(connection, raw("/", httpNS+"/ResetPIN", um(httpNS, "ResetPIN", ""))); err != nil {
				t.Fatal(err)
			}
			<-arrived
			connection.Close()
			<-served
		})
	}
}

func TestAMisbehaviourThatNeedsAConnectionSaysSoWithoutOne(t *testing.T) {
	t.Parallel()
	s, err := exchangesim.New(exchangesim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	s.Misbehave(exchangesim.Misbehaviour{Drop: true})
	request := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(um(httpNS, "ResetPIN", "")))
	request.Header.Set("Content-Type", "text/xml")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, request)
	if w.Code != http.StatusNotImplemented {
		t.Errorf("got %d, want 501", w.Code)
	}
}
