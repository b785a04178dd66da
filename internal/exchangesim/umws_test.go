package exchangesim_test

import (
	"encoding/base64"
	"encoding/xml"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/umgateway/umgateway/internal/exchangesim"
)

// umOperations are the eleven operations with valid arguments, and what stands inside their reply's Body. $NS is the
// namespace, $ID a call id that the server makes.
var umOperations = []struct{ name, children, reply string }{
	{"Disconnect", "<CallId>" + exchangesim.DocumentedCallID + "</CallId>", `<DisconnectResponse xmlns="$NS"/>`},
	{
		"GetCallInfo", "<CallId>" + exchangesim.DocumentedCallID + "</CallId>",
		`<GetCallInfoResponse xmlns="$NS"><GetCallInfoResponse><CallState>Connecting</CallState><EventCause>None</EventCause>` +
			`</GetCallInfoResponse></GetCallInfoResponse>`,
	},
	{
		"GetUMProperties", "",
		`<GetUMPropertiesResponse xmlns="$NS"><GetUMPropertiesResponse><OofStatus>false</OofStatus>` +
			`<MissedCallNotificationEnabled>true</MissedCallNotificationEnabled>` +
			`<PlayOnPhoneDialString>4255550123</PlayOnPhoneDialString>` +
			`<TelephoneAccessNumbers>4255550100</TelephoneAccessNumbers></GetUMPropertiesResponse></GetUMPropertiesResponse>`,
	},
	{"IsUMEnabled", "", `<IsUMEnabledResponse xmlns="$NS"><IsUMEnabledResponse>true</IsUMEnabledResponse></IsUMEnabledResponse>`},
	{
		"PlayOnPhone", "<entryId>AAAAAD1o</entryId><DialString>4255550123</DialString>",
		`<PlayOnPhoneResponse xmlns="$NS"><PlayOnPhoneResponse>$ID</PlayOnPhoneResponse></PlayOnPhoneResponse>`,
	},
	{
		"PlayOnPhoneGreeting", "<GreetingType>OofCustom</GreetingType><DialString>4255550123</DialString>",
		`<PlayOnPhoneGreetingResponse xmlns="$NS"><PlayOnPhoneGreetingResponse>$ID</PlayOnPhoneGreetingResponse>` +
			`</PlayOnPhoneGreetingResponse>`,
	},
	{"ResetPIN", "", `<ResetPINResponse xmlns="$NS"/>`},
	{"SetMissedCallNotificationEnabled", "<status>false</status>", `<SetMissedCallNotificationEnabledResponse xmlns="$NS"/>`},
	{"SetOofStatus", "<status>true</status>", `<SetOofStatusResponse xmlns="$NS"/>`},
	{"SetPlayOnPhoneDialString", "<dialString>4255550177</dialString>", `<SetPlayOnPhoneDialStringResponse xmlns="$NS"/>`},
	{
		"SetTelephoneAccessFolderEmail", "<base64FolderID>AAAAAA==</base64FolderID>",
		`<SetTelephoneAccessFolderEmailResponse xmlns="$NS"/>`,
	},
}

var callID = regexp.MustCompile(`Response>([A-Za-z0-9+/]{20,}=*)</`)

func TestEachOperationAnswersInItsPublishedShapeAndScheme(t *testing.T) {
	t.Parallel()
	if len(umOperations) != 11 {
		t.Fatalf("%d operations in the table, want 11", len(umOperations))
	}
	for _, namespace := range []string{httpNS, httpsNS} {
		for _, op := range umOperations {
			t.Run(namespace[:5]+" "+op.name, func(t *testing.T) {
				t.Parallel()
				s := start(t, exchangesim.Config{})
				got := s.post(exchangesim.ServicePath, `"`+namespace+"/"+op.name+`"`, um(namespace, op.name, op.children))
				if got.status != http.StatusOK || got.header.Get("Content-Type") != "text/xml; charset=utf-8" {
					t.Errorf("got %d, %s", got.status, got.header.Get("Content-Type"))
				}
				if !strings.HasPrefix(got.body, "<?xml ") {
					t.Errorf("the reply does not begin with the XML declaration: %.20q", got.body)
				}
				body := callID.ReplaceAllString(got.body, "Response>$$ID</")
				wantTree(t, body, soap("", strings.ReplaceAll(op.reply, "$NS", namespace)))
				if n := s.Executed(op.name); n != 1 {
					t.Errorf("executed %d times, want 1", n)
				}
			})
		}
	}
}

func TestACallIDIsBase64OfAGUIDAndAServerAndNeverRepeats(t *testing.T) {
	t.Parallel()
	s := start(t, exchangesim.Config{})
	seen := map[string]bool{}
	for range 50 {
		id := s.play("4255550123")
		decoded, err := base64.StdEncoding.DecodeString(id)
		if err != nil || !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}@[a-z0-9.-]+$`).Match(decoded) {
			t.Fatalf("%q decodes to %q, error %v", id, decoded, err)
		}
		if seen[id] {
			t.Fatalf("%q came twice", id)
		}
		seen[id] = true
	}
}

// play dials a number and returns the call id.
func (s *simulator) play(number string) string {
	s.t.Helper()
	var r struct {
		ID string `xml:"Body>PlayOnPhoneResponse>PlayOnPhoneResponse"`
	}
	got := s.um("PlayOnPhone", "<entryId>AAAA</entryId><DialString>"+number+"</DialString>")
	if err := xml.Unmarshal([]byte(got.body), &r); err != nil || r.ID == "" {
		s.t.Fatalf("PlayOnPhone answered %s, error %v", got.body, err)
	}
	return r.ID
}

func TestTheSOAPActionAloneChoosesTheOperation(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"the body of another operation": um(httpNS, "GetUMProperties", ""),
		"an empty body":                 soap("", ""),
		"a body without its namespace":  soap("", "<ResetPIN/>"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, exchangesim.Config{})
			got := s.post(exchangesim.ServicePath, `"`+httpNS+`/ResetPIN"`, body)
			wantTree(t, got.body, soap("", `<ResetPINResponse xmlns="`+httpNS+`"/>`))
			if pins := s.Mailbox(exchangesim.DefaultUser).PINResets; pins != 1 || s.Executed("ResetPIN") != 1 {
				t.Errorf("%d PINs were reset, want 1", pins)
			}
			if s.Executed("GetUMProperties") != 0 {
				t.Error("the operation in the body was carried out")
			}
		})
	}
}

func TestTheSOAPActionMayComeWithoutQuotes(t *testing.T) {
	t.Parallel()
	s := start(t, exchangesim.Config{})
	if got := s.post(exchangesim.ServicePath, httpNS+"/IsUMEnabled", um(httpNS, "IsUMEnabled", "")); got.status != http.StatusOK {
		t.Errorf("got %d, want 200", got.status)
	}
}

func TestAnArgumentCountsOnlyWhereItsNameAndNamespaceFit(t *testing.T) {
	t.Parallel()
	text := func(s string) *string { return &s }
	for name, c := range map[string]struct {
		body string
		want *string
	}{
		"as published":                {um(httpNS, "SetPlayOnPhoneDialString", "<dialString>1</dialString>"), text("1")},
		"prefixed":                    {soap("", `<a:SetPlayOnPhoneDialString xmlns:a="`+httpNS+`"><a:dialString>1</a:dialString></a:SetPlayOnPhoneDialString>`), text("1")},
		"empty":                       {um(httpNS, "SetPlayOnPhoneDialString", "<dialString/>"), text("")},
		"not trimmed":                 {um(httpNS, "SetPlayOnPhoneDialString", "<dialString> 1\n</dialString>"), text(" 1\n")},
		"references and sections":     {um(httpNS, "SetPlayOnPhoneDialString", "<dialString>&lt;<![CDATA[<&]]>&#x2B;</dialString>"), text("<<&+")},
		"around a comment":            {um(httpNS, "SetPlayOnPhoneDialString", "<dialString>1<!-- x -->2<?y z?>3</dialString>"), text("123")},
		"the first of several":        {um(httpNS, "SetPlayOnPhoneDialString", "<dialString>1</dialString><dialString>2</dialString>"), text("1")},
		"after an unknown child":      {um(httpNS, "SetPlayOnPhoneDialString", "<x><dialString>0</dialString></x><dialString>1</dialString>"), text("1")},
		"missing":                     {um(httpNS, "SetPlayOnPhoneDialString", ""), nil},
		"in the wrong case":           {um(httpNS, "SetPlayOnPhoneDialString", "<DialString>1</DialString>"), nil},
		"in no namespace":             {um(httpNS, "SetPlayOnPhoneDialString", `<dialString xmlns="">1</dialString>`), nil},
		"in another namespace":        {um(httpNS, "SetPlayOnPhoneDialString", `<dialString xmlns="urn:x">1</dialString>`), nil},
		"all in the other scheme":     {um(httpsNS, "SetPlayOnPhoneDialString", "<dialString>1</dialString>"), nil},
		"of the first operation":      {soap("", `<SetPlayOnPhoneDialString xmlns="`+httpNS+`"><dialString>1</dialString></SetPlayOnPhoneDialString><SetPlayOnPhoneDialString xmlns="`+httpNS+`"/>`), text("1")},
		"right in a wrong operation":  {soap("", `<SetPlayOnPhoneDialString xmlns="`+httpsNS+`"><dialString xmlns="`+httpNS+`">1</dialString></SetPlayOnPhoneDialString>`), nil},
		"in another operation":        {um(httpNS, "SetOofStatus", "<dialString>1</dialString>"), nil},
		"as an attribute":             {soap("", `<SetPlayOnPhoneDialString xmlns="`+httpNS+`" dialString="1"/>`), nil},
		"beside the operation":        {soap("", `<SetPlayOnPhoneDialString xmlns="`+httpNS+`"/><dialString xmlns="`+httpNS+`">1</dialString>`), nil},
		"in the second body's child":  {soap("", `<x/><SetPlayOnPhoneDialString xmlns="`+httpNS+`"><dialString>1</dialString></SetPlayOnPhoneDialString>`), text("1")},
		"in the header":               {soap(`<SetPlayOnPhoneDialString xmlns="`+httpNS+`"><dialString>1</dialString></SetPlayOnPhoneDialString>`, ""), nil},
		"after a byte order mark":     {"\xEF\xBB\xBF" + um(httpNS, "SetPlayOnPhoneDialString", "<dialString>é</dialString>"), text("é")},
		"after a comment and a break": {"<!-- x -->\n" + strings.TrimPrefix(um(httpNS, "SetPlayOnPhoneDialString", "<dialString>1</dialString>"), `<?xml version="1.0" encoding="utf-8"?>`), text("1")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, exchangesim.Config{})
			got := s.post(exchangesim.ServicePath, `"`+httpNS+`/SetPlayOnPhoneDialString"`, c.body)
			if got.status != http.StatusOK || s.Executed("SetPlayOnPhoneDialString") != 1 {
				t.Fatalf("got %d, executed %d times, want 200 and once:\n%s", got.status, s.Executed("SetPlayOnPhoneDialString"), got.body)
			}
			set := s.Mailbox(exchangesim.DefaultUser).PlayOnPhoneDialString
			switch {
			case set == nil && c.want == nil:
			case set == nil || c.want == nil || *set != *c.want:
				t.Errorf("set to %v, want %v", show(set), show(c.want))
			}
		})
	}
}

func show(text *string) string {
	if text == nil {
		return "null"
	}
	return `"` + *text + `"`
}

func TestASettingWithoutItsArgumentIsSetToFalse(t *testing.T) {
	t.Parallel()
	for _, operation := range []string{"SetOofStatus", "SetMissedCallNotificationEnabled"} {
		s := start(t, exchangesim.Config{})
		s.um(operation, "<status>true</status>")
		got := s.post(exchangesim.ServicePath, `"`+httpNS+"/"+operation+`"`, um(httpsNS, operation, "<status>true</status>"))
		m := s.Mailbox(exchangesim.DefaultUser)
		set := map[string]bool{"SetOofStatus": m.OofStatus, "SetMissedCallNotificationEnabled": m.MissedCallNotificationEnabled}[operation]
		if got.status != http.StatusOK || set {
			t.Errorf("%s with its argument in the other scheme: got %d and %v, want 200 and false", operation, got.status, set)
		}
	}
}

func TestABooleanIsReadAsXMLSchemaWritesIt(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"true": "true", "1": "true", "false": "false", "0": "false", " true\n": "true",
		"True": "fault", "FALSE": "fault", "": "fault", "yes": "fault", "2": "fault", "<b>true</b>": "fault",
	} {
		for _, operation := range []string{"SetOofStatus", "SetMissedCallNotificationEnabled"} {
			s := start(t, exchangesim.Config{})
			s.EditMailbox(exchangesim.DefaultUser, func(m *exchangesim.Mailbox) {
				m.OofStatus, m.MissedCallNotificationEnabled = want == "false", want == "false"
			})
			got := s.um(operation, "<status>"+text+"</status>")
			if want == "fault" {
				wantClientFault(t, s, got, "Server was unable to read request. ---> System.InvalidOperationException: There is an error in XML document")
				continue
			}
			m := s.Mailbox(exchangesim.DefaultUser)
			set := map[string]bool{"SetOofStatus": m.OofStatus, "SetMissedCallNotificationEnabled": m.MissedCallNotificationEnabled}[operation]
			if got.status != http.StatusOK || set != (want == "true") {
				t.Errorf("%s %q: got %d and %v, want 200 and %s", operation, text, got.status, set, want)
			}
		}
	}
}

// wantClientFault wants a fault of the framework that says the text, and that nothing was carried out.
func wantClientFault(t *testing.T, s *simulator, got reply, text string) {
	t.Helper()
	f := readFault(t, got.body)
	if got.status != http.StatusInternalServerError || f.Code != "soap:Client" || f.Detail != "" {
		t.Errorf("got %d, code %s, detail %q, want 500, soap:Client and an empty detail", got.status, f.Code, f.Detail)
	}
	if !strings.Contains(f.Text, text) {
		t.Errorf("the fault says %q, want %q in it", f.Text, text)
	}
	for _, op := range umOperations {
		if n := s.Executed(op.name); n != 0 {
			t.Errorf("%s was carried out %d times", op.name, n)
		}
	}
}

func TestAMissingGreetingTypeIsTheFirstAndAnUnknownOneAFault(t *testing.T) {
	t.Parallel()
	s := start(t, exchangesim.Config{})
	if got := s.um("PlayOnPhoneGreeting", "<DialString>1</DialString>"); got.status != http.StatusOK {
		t.Errorf("a missing one: got %d, want 200", got.status)
	}
	calls := s.Calls(exchangesim.DefaultUser)
	if last := calls[len(calls)-1]; last.Message != "NormalCustom" || last.DialString != "1" {
		t.Errorf("the call plays %q to %q, want NormalCustom to 1", last.Message, last.DialString)
	}
	for _, greeting := range []string{"", "normalcustom", "Voicemail", "<NormalCustom/>"} {
		s := start(t, exchangesim.Config{})
		got := s.um("PlayOnPhoneGreeting", "<GreetingType>"+greeting+"</GreetingType><DialString>1</DialString>")
		wantClientFault(t, s, got, "There is an error in XML document")
	}
}

func TestAnElementInATextArgumentIsAFault(t *testing.T) {
	t.Parallel()
	for operation, children := range map[string]string{
		"Disconnect":                    "<CallId>a<b/>c</CallId>",
		"GetCallInfo":                   "<CallId><b/></CallId>",
		"PlayOnPhone":                   "<entryId>A<b/></entryId><DialString>1</DialString>",
		"PlayOnPhoneGreeting":           "<GreetingType>OofCustom</GreetingType><DialString>1<b/></DialString>",
		"SetPlayOnPhoneDialString":      "<dialString><b>1</b></dialString>",
		"SetTelephoneAccessFolderEmail": "<base64FolderID><b/></base64FolderID>",
	} {
		s := start(t, exchangesim.Config{})
		wantClientFault(t, s, s.um(operation, children), "There is an error in XML document")
	}
}
