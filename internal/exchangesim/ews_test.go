package exchangesim_test

import (
	"encoding/xml"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/umgateway/umgateway/internal/exchangesim"
)

func ewsNS(scheme, name string) string {
	return scheme + "://schemas.microsoft.com/exchange/services/2006/" + name
}

// ewsReply writes what a server answers, in the shape of the published examples.
func ewsReply(scheme, version, body string) string {
	return `<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="` + soapNS + `"><s:Header>` +
		`<h:ServerVersionInfo MajorVersion="15" MinorVersion="1" MajorBuildNumber="2176" MinorBuildNumber="12" Version="` + version +
		`" xmlns:h="` + ewsNS(scheme, "types") + `"/></s:Header><s:Body xmlns:m="` + ewsNS(scheme, "messages") + `" xmlns:t="` +
		ewsNS(scheme, "types") + `">` + body + `</s:Body></s:Envelope>`
}

func ewsPlay(item, number string) string {
	return `<m:ItemId Id="` + item + `"/><m:DialString>` + number + `</m:DialString>`
}

var phoneCallID = regexp.MustCompile(`PhoneCallId Id="([A-Za-z0-9+/]+=*)"`)

// ewsDial dials a number and returns the call id.
func (s *simulator) ewsDial(number string) string {
	s.t.Helper()
	got := s.ews("PlayOnPhone", ewsPlay("AAMk", number))
	id := phoneCallID.FindStringSubmatch(got.body)
	if id == nil {
		s.t.Fatalf("PlayOnPhone answered %s", got.body)
	}
	return id[1]
}

func TestEachEWSOperationAnswersInItsPublishedShapeAndScheme(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{"http", "https"} {
		for _, version := range []string{"Exchange2010", "Exchange2013_SP1"} {
			t.Run(scheme+" "+version, func(t *testing.T) {
				t.Parallel()
				s := start(t, exchangesim.Config{})
				call := func(operation, content string) reply {
					return s.post(exchangesim.EWSPath, `"`+ewsNS(scheme, "messages")+"/"+operation+`"`,
						ewsEnvelope(scheme, version, "<m:"+operation+">"+content+"</m:"+operation+">"))
				}
				got := call("PlayOnPhone", `<m:ItemId Id="AAMk" ChangeKey="CQ=="/><m:DialString>4255550123</m:DialString>`)
				id := phoneCallID.FindStringSubmatch(got.body)
				if id == nil || got.status != http.StatusOK || got.header.Get("Content-Type") != "text/xml; charset=utf-8" {
					t.Fatalf("got %d, %v, %s", got.status, got.header, got.body)
				}
				wantTree(t, got.body, ewsReply(scheme, version, `<m:PlayOnPhoneResponse ResponseClass="Success">`+
					`<m:ResponseCode>NoError</m:ResponseCode><m:PhoneCallId Id="`+id[1]+`"/></m:PlayOnPhoneResponse>`))
				phone := `<m:PhoneCallId Id="` + id[1] + `"/>`
				wantTree(t, call("GetPhoneCallInformation", phone).body, ewsReply(scheme, version,
					`<m:GetPhoneCallInformationResponse ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>`+
						`<m:PhoneCallInformation><t:PhoneCallState>Connecting</t:PhoneCallState>`+
						`<t:ConnectionFailureCause>None</t:ConnectionFailureCause></m:PhoneCallInformation></m:GetPhoneCallInformationResponse>`))
				wantTree(t, call("DisconnectPhoneCall", phone).body, ewsReply(scheme, version,
					`<m:DisconnectPhoneCallResponse ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode></m:DisconnectPhoneCallResponse>`))
				for _, operation := range []string{"PlayOnPhone", "GetPhoneCallInformation", "DisconnectPhoneCall"} {
					if n := s.ExecutedEWS(operation); n != 1 {
						t.Errorf("%s was carried out %d times", operation, n)
					}
				}
				if s.Executed("PlayOnPhone") != 0 {
					t.Error("a request of ews counts as one of umws")
				}
			})
		}
	}
}

func TestAnEWSErrorComesInAResponseOfClassErrorWithHTTP200(t *testing.T) {
	t.Parallel()
	unknown := `<m:PhoneCallId Id="bm8="/>`
	for _, c := range []struct{ name, operation, content, code, message string }{
		{"unknown call", "GetPhoneCallInformation", unknown, "ErrorInvalidPhoneCallId", "The phone call ID isn't valid."},
		{"empty call id", "GetPhoneCallInformation", `<m:PhoneCallId Id=""/>`, "ErrorInvalidPhoneCallId", "The phone call ID isn't valid."},
		{"unknown call", "DisconnectPhoneCall", unknown, "ErrorInvalidPhoneCallId", "The phone call ID isn't valid."},
		{"bad item", "PlayOnPhone", ewsPlay(exchangesim.BadEntryID, "1"), "ErrorInvalidIdMalformed", "Id is malformed."},
		{"missing item", "PlayOnPhone", ewsPlay(exchangesim.MissingID, "1"), "ErrorItemNotFound", "The specified object was not found in the store."},
		{"empty item", "PlayOnPhone", ewsPlay("", "1"), "ErrorInvalidIdEmpty", "Id must be non-empty."},
		{"invalid number", "PlayOnPhone", ewsPlay("AAMk", exchangesim.InvalidNumber), "ErrorInvalidPhoneNumber", "The phone number isn't valid."},
		{"empty number", "PlayOnPhone", ewsPlay("AAMk", ""), "ErrorInvalidPhoneNumber", "The phone number isn't valid."},
		{
			"forbidden number", "PlayOnPhone", ewsPlay("AAMk", exchangesim.ForbiddenNumber), "ErrorPhoneNumberNotDialable",
			"Dialing restrictions are preventing the phone number that was entered from being dialed.",
		},
	} {
		t.Run(c.operation+" "+c.name, func(t *testing.T) {
			t.Parallel()
			s := start(t, exchangesim.Config{})
			got := s.ews(c.operation, c.content)
			response := "m:" + c.operation + "Response"
			wantTree(t, got.body, ewsReply("http", "Exchange2010", "<"+response+` ResponseClass="Error"><m:MessageText>`+c.message+
				"</m:MessageText><m:ResponseCode>"+c.code+"</m:ResponseCode><m:DescriptiveLinkKey>0</m:DescriptiveLinkKey></"+response+">"))
			if got.status != http.StatusOK || s.ExecutedEWS(c.operation) != 0 {
				t.Errorf("got %d, executed %d times, want 200 and never", got.status, s.ExecutedEWS(c.operation))
			}
		})
	}
}

func TestEWSRefusesToDialForAMailboxThatIsNotUMEnabled(t *testing.T) {
	t.Parallel()
	s := start(t, exchangesim.Config{})
	s.EditMailbox(exchangesim.DefaultUser, func(m *exchangesim.Mailbox) { m.UMEnabled = false })
	got := s.ews("PlayOnPhone", ewsPlay("AAMk", "1"))
	if got.status != 200 || !strings.Contains(got.body, "<m:ResponseCode>ErrorUserNotUnifiedMessagingEnabled<") || s.ExecutedEWS("PlayOnPhone") != 0 {
		t.Errorf("got %d, %s", got.status, got.body)
	}
}

// information asks for a call's state, the cause, and what SIP said.
func (s *simulator) information(id string) string {
	s.t.Helper()
	var r struct {
		State string `xml:"http://schemas.microsoft.com/exchange/services/2006/types PhoneCallState"`
		Cause string `xml:"http://schemas.microsoft.com/exchange/services/2006/types ConnectionFailureCause"`
		Text  string `xml:"http://schemas.microsoft.com/exchange/services/2006/types SIPResponseText"`
		Code  string `xml:"http://schemas.microsoft.com/exchange/services/2006/types SIPResponseCode"`
	}
	got := s.ews("GetPhoneCallInformation", `<m:PhoneCallId Id="`+id+`"/>`)
	_, information, found := strings.Cut(got.body, "<m:PhoneCallInformation>")
	if !found {
		s.t.Fatalf("GetPhoneCallInformation answered %s", got.body)
	}
	information, _, _ = strings.Cut(information, "</m:PhoneCallInformation>")
	document := `<i xmlns:t="` + ewsNS("http", "types") + `">` + information + `</i>`
	if err := xml.Unmarshal([]byte(document), &r); err != nil {
		s.t.Fatalf("%v in %s", err, document)
	}
	return strings.TrimSpace(r.State + " " + r.Cause + " " + r.Code + " " + r.Text)
}

func TestAnEWSCallGoesThroughTheSameStatesAndSaysWhatSIPSaid(t *testing.T) {
	t.Parallel()
	type moment struct {
		at   time.Duration
		want string
	}
	for number, moments := range map[string][]moment{
		"4255550123": {
			{0, "Connecting None"}, {2 * time.Second, "Alerted None"}, {7 * time.Second, "Connected None"}, {17 * time.Second, "Disconnected None"},
		},
		// RFC 3261, sections 21.4.24, 21.4.18 and 21.5.4
		exchangesim.BusyNumber:        {{0, "Connecting None"}, {2 * time.Second, "Disconnected UserBusy 486 Busy Here"}},
		exchangesim.NoAnswerNumber:    {{6 * time.Second, "Alerted None"}, {7 * time.Second, "Disconnected NoAnswer 480 Temporarily Unavailable"}},
		exchangesim.UnavailableNumber: {{0, "Connecting None"}, {2 * time.Second, "Disconnected Unavailable 503 Service Unavailable"}},
	} {
		t.Run(number, func(t *testing.T) {
			t.Parallel()
			s := start(t, exchangesim.Config{Timeline: timeline})
			id, elapsed := s.ewsDial(number), time.Duration(0)
			for _, m := range moments {
				s.clock.advance(m.at - elapsed)
				elapsed = m.at
				if got := s.information(id); got != m.want {
					t.Errorf("after %v: got %s, want %s", m.at, got, m.want)
				}
			}
		})
	}
}

func TestDisconnectPhoneCallEndsACallAndMayBeRepeated(t *testing.T) {
	t.Parallel()
	s := start(t, exchangesim.Config{Timeline: timeline})
	id, busy := s.ewsDial("4255550123"), s.ewsDial(exchangesim.BusyNumber)
	s.clock.advance(3 * time.Second)
	for range 2 {
		for _, call := range []string{id, busy} {
			if got := s.ews("DisconnectPhoneCall", `<m:PhoneCallId Id="`+call+`"/>`); !strings.Contains(got.body, `ResponseClass="Success"`) {
				t.Errorf("got %s", got.body)
			}
		}
	}
	if got := s.information(id); got != "Disconnected None" {
		t.Errorf("got %s", got)
	}
	if got := s.information(busy); got != "Disconnected UserBusy 486 Busy Here" {
		t.Errorf("a call that was busy is %s after its disconnection", got)
	}
}

func TestACallIDMeansNothingToTheOtherDialect(t *testing.T) {
	t.Parallel()
	s := start(t, exchangesim.Config{})
	um, ews := s.play("1"), s.ewsDial("1")
	for _, operation := range []string{"GetCallInfo", "Disconnect"} {
		if got := s.um(operation, "<CallId>"+ews+"</CallId>"); !strings.Contains(got.body, "InvalidCallIdException") {
			t.Errorf("%s with an id of ews: %s", operation, got.body)
		}
	}
	for _, operation := range []string{"GetPhoneCallInformation", "DisconnectPhoneCall"} {
		if got := s.ews(operation, `<m:PhoneCallId Id="`+um+`"/>`); !strings.Contains(got.body, "ErrorInvalidPhoneCallId") {
			t.Errorf("%s with an id of umws: %s", operation, got.body)
		}
	}
	calls := s.Calls(exchangesim.DefaultUser)
	if len(calls) != 3 || calls[1].Dialect != exchangesim.UMWS || calls[2].Dialect != exchangesim.EWS || calls[2].ID != ews || calls[2].Message != "AAMk" {
		t.Errorf("the calls are %+v", calls)
	}
}

func TestAnEWSRequestNamesAVersionThatHasTelephony(t *testing.T) {
	t.Parallel()
	types := ` xmlns:x="urn:x"`
	for name, c := range map[string]struct{ header, code string }{
		"2010":              {`<t:RequestServerVersion Version="Exchange2010"/>`, ""},
		"2010 SP2":          {`<t:RequestServerVersion Version="Exchange2010_SP2"/>`, ""},
		"2016":              {`<t:RequestServerVersion Version="Exchange2016"/>`, ""},
		"among others":      {`<x:y` + types + `/><t:MailboxCulture soap:mustUnderstand="1">en-US</t:MailboxCulture><t:RequestServerVersion Version="Exchange2013"/>`, ""},
		"none":              {"", "ErrorIncorrectSchemaVersion"},
		"2007":              {`<t:RequestServerVersion Version="Exchange2007"/>`, "ErrorIncorrectSchemaVersion"},
		"2007 SP1":          {`<t:RequestServerVersion Version="Exchange2007_SP1"/>`, "ErrorIncorrectSchemaVersion"},
		"in messages":       {`<m:RequestServerVersion Version="Exchange2010"/>`, "ErrorIncorrectSchemaVersion"},
		"in another scheme": {`<RequestServerVersion xmlns="` + ewsNS("https", "types") + `" Version="Exchange2010"/>`, "ErrorIncorrectSchemaVersion"},
		"unknown":           {`<t:RequestServerVersion Version="Exchange2007_SP3"/>`, "ErrorInvalidServerVersion"},
		"empty":             {`<t:RequestServerVersion Version=""/>`, "ErrorInvalidServerVersion"},
		"missing attribute": {`<t:RequestServerVersion/>`, "ErrorInvalidServerVersion"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, exchangesim.Config{})
			got := s.post(exchangesim.EWSPath, "-", ewsWithHeader("http", c.header, "<m:PlayOnPhone>"+ewsPlay("AAMk", "1")+"</m:PlayOnPhone>"))
			wantEWSFault(t, s, got, c.code)
		})
	}
}

// wantEWSFault wants a fault of ews and nothing carried out; with an empty code, PlayOnPhone carried out.
func wantEWSFault(t *testing.T, s *simulator, got reply, code string) {
	t.Helper()
	if code == "" {
		if got.status != 200 || s.ExecutedEWS("PlayOnPhone") != 1 {
			t.Errorf("got %d, executed %d times, want 200 and once: %s", got.status, s.ExecutedEWS("PlayOnPhone"), got.body)
		}
		return
	}
	f := readFault(t, got.body)
	if got.status != 500 || f.Code != "a:"+code || s.ExecutedEWS("PlayOnPhone") != 0 {
		t.Errorf("got %d, %s, executed %d times, want 500, %s and never", got.status, f.Code, s.ExecutedEWS("PlayOnPhone"), code)
	}
	if want := `<e:ResponseCode xmlns:e="` + ewsNS("http", "errors") + `">` + code + `</e:ResponseCode>`; !strings.Contains(f.Detail, want) {
		t.Errorf("the detail is %s, want %s in it", f.Detail, want)
	}
}

func TestAnEWSRequestThatDoesNotFitTheSchemaIsAFault(t *testing.T) {
	t.Parallel()
	const m = "'http://schemas.microsoft.com/exchange/services/2006/messages'"
	whole := ewsEnvelope("http", "Exchange2010", "<m:PlayOnPhone>"+ewsPlay("AAMk", "1")+"</m:PlayOnPhone>")
	for name, c := range map[string]struct{ body, violation string }{
		"no item":         {strings.Replace(whole, `<m:ItemId Id="AAMk"/>`, "", 1), "The element 'PlayOnPhone' in namespace " + m + " has invalid child element 'DialString' in namespace " + m + ". List of possible elements expected: 'ItemId' in namespace " + m + "."},
		"no number":       {strings.Replace(whole, `<m:DialString>1</m:DialString>`, "", 1), "The element 'PlayOnPhone' in namespace " + m + " has incomplete content. List of possible elements expected: 'DialString' in namespace " + m + "."},
		"no content":      {strings.Replace(whole, ewsPlay("AAMk", "1"), "", 1), "The element 'PlayOnPhone' in namespace " + m + " has incomplete content. List of possible elements expected: 'ItemId' in namespace " + m + "."},
		"other order":     {strings.Replace(whole, ewsPlay("AAMk", "1"), `<m:DialString>1</m:DialString><m:ItemId Id="AAMk"/>`, 1), "invalid child element 'DialString'"},
		"repeated":        {strings.Replace(whole, "<m:DialString>1</m:DialString>", "<m:DialString>1</m:DialString><m:DialString>1</m:DialString>", 1), "invalid child element 'DialString'"},
		"other case":      {strings.Replace(whole, "DialString>1</m:DialString", "dialString>1</m:dialString", 1), "invalid child element 'dialString'"},
		"of umws":         {strings.Replace(whole, `<m:ItemId Id="AAMk"/>`, "<m:entryId>AAMk</m:entryId>", 1), "invalid child element 'entryId'"},
		"no namespace":    {strings.Replace(whole, `<m:ItemId Id="AAMk"/>`, `<ItemId Id="AAMk"/>`, 1), "invalid child element 'ItemId'. List"},
		"no id":           {strings.Replace(whole, ` Id="AAMk"`, "", 1), "The required attribute 'Id' is missing."},
		"unknown attr":    {strings.Replace(whole, ` Id="AAMk"`, ` Id="AAMk" id="x"`, 1), "The 'id' attribute is not declared."},
		"nested in text":  {strings.Replace(whole, "<m:DialString>1", "<m:DialString><x/>1", 1), "The element 'DialString' in namespace " + m + " has invalid child element 'x'."},
		"other operation": {strings.ReplaceAll(whole, "PlayOnPhone>", "GetFolder>"), "Could not find schema information for the element 'http://schemas.microsoft.com/exchange/services/2006/messages:GetFolder'."},
		"types namespace": {strings.ReplaceAll(whole, "m:PlayOnPhone>", "t:PlayOnPhone>"), "Could not find schema information for the element 'http://schemas.microsoft.com/exchange/services/2006/types:PlayOnPhone'."},
		"empty Body":      {ewsEnvelope("http", "Exchange2010", ""), "The element 'Body' in namespace 'http://schemas.xmlsoap.org/soap/envelope/' has incomplete content."},
		"no Body":         {`<s:Envelope xmlns:s="` + soapNS + `"/>`, "'soap:Body'"},
		"undeclared":      {strings.Replace(whole, "xmlns:m=", "xmlns:q=", 1), "'m' is an undeclared namespace"},
		"not UTF-8":       {strings.Replace(whole, "AAMk", "&\xFF", 1), ""},
		"truncated":       {whole[:len(whole)-3], ""},
		"document type":   {"<!DOCTYPE x>" + strings.TrimPrefix(whole, `<?xml version="1.0" encoding="utf-8"?>`), "a document type is not allowed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, exchangesim.Config{})
			got := s.post(exchangesim.EWSPath, "-", c.body)
			wantEWSFault(t, s, got, "ErrorSchemaValidation")
			f := readFault(t, got.body)
			if !strings.HasPrefix(f.Text, "The request failed schema validation: ") || !strings.Contains(f.Text, c.violation) {
				t.Errorf("the fault says %q, want %q in it", f.Text, c.violation)
			}
			if !strings.Contains(f.Detail, `>The request failed schema validation.</e:Message><t:MessageXml xmlns:t="`+ewsNS("http", "types")+`"><t:Violation>`) {
				t.Errorf("the detail is %s", f.Detail)
			}
		})
	}
}

func TestAnImpersonatedRequestActsOnThatMailbox(t *testing.T) {
	t.Parallel()
	header := func(sid string) string {
		return `<t:RequestServerVersion Version="Exchange2010"/><t:ExchangeImpersonation><t:ConnectingSID>` + sid +
			`</t:ConnectingSID></t:ExchangeImpersonation>`
	}
	for name, c := range map[string]struct{ sid, owner, code string }{
		"address":        {"<t:PrimarySmtpAddress>alice@contoso.com</t:PrimarySmtpAddress>", "alice@contoso.com", ""},
		"in capitals":    {"<t:SmtpAddress>Alice@Contoso.com</t:SmtpAddress>", "alice@contoso.com", ""},
		"principal name": {"<t:PrincipalName>bob@contoso.com</t:PrincipalName>", "bob@contoso.com", ""},
		"SID":            {"<t:SID>S-1-5-21-1</t:SID>", "s-1-5-21-1", ""},
		"denied":         {"<t:PrimarySmtpAddress>" + exchangesim.DeniedAddress + "</t:PrimarySmtpAddress>", "", "ErrorImpersonateUserDenied"},
		"denied by name": {"<t:PrincipalName>DENIED@example.com</t:PrincipalName>", "", "ErrorImpersonateUserDenied"},
		"nobody":         {"<t:PrimarySmtpAddress>" + exchangesim.NobodyAddress + "</t:PrimarySmtpAddress>", "", "ErrorNonExistentMailbox"},
		"empty":          {"<t:PrimarySmtpAddress/>", "", "ErrorSchemaValidation"},
		"none":           {"", "", "ErrorSchemaValidation"},
		"two":            {"<t:PrincipalName>a@b.c</t:PrincipalName><t:SID>S-1</t:SID>", "", "ErrorSchemaValidation"},
		"unknown kind":   {"<t:Mail>a@b.c</t:Mail>", "", "ErrorSchemaValidation"},
		"messages":       {"<m:SID>S-1</m:SID>", "", "ErrorSchemaValidation"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, exchangesim.Config{})
			got := s.post(exchangesim.EWSPath, "-", ewsWithHeader("http", header(c.sid), "<m:PlayOnPhone>"+ewsPlay("AAMk", "1")+"</m:PlayOnPhone>"))
			wantEWSFault(t, s, got, c.code)
			if n := len(s.Calls(exchangesim.DefaultUser)); n != 1 {
				t.Errorf("the service account has %d calls, want the documented one", n)
			}
			if c.owner != "" && len(s.Calls(c.owner)) != 1 {
				t.Errorf("%s has %d calls, want 1", c.owner, len(s.Calls(c.owner)))
			}
		})
	}
}

func TestTheDeniedFaultIsThatOfExchange(t *testing.T) {
	t.Parallel()
	// The shape of a fault that a real server sent: OfficeDev/ews-managed-api issue 223.
	s := start(t, exchangesim.Config{})
	got := s.post(exchangesim.EWSPath, "-", ewsWithHeader("http", `<t:RequestServerVersion Version="Exchange2010"/><t:ExchangeImpersonation>`+
		`<t:ConnectingSID><t:PrimarySmtpAddress>denied@example.com</t:PrimarySmtpAddress></t:ConnectingSID></t:ExchangeImpersonation>`,
		"<m:PlayOnPhone>"+ewsPlay("AAMk", "1")+"</m:PlayOnPhone>"))
	const text = "The account does not have permission to impersonate the requested user."
	wantTree(t, got.body, `<s:Envelope xmlns:s="`+soapNS+`"><s:Body><s:Fault><faultcode>a:ErrorImpersonateUserDenied</faultcode>`+
		`<faultstring xml:lang="en-US">`+text+`</faultstring><detail>`+
		`<e:ResponseCode xmlns:e="http://schemas.microsoft.com/exchange/services/2006/errors">ErrorImpersonateUserDenied</e:ResponseCode>`+
		`<e:Message xmlns:e="http://schemas.microsoft.com/exchange/services/2006/errors">`+text+`</e:Message></detail></s:Fault></s:Body></s:Envelope>`)
	if !strings.Contains(got.body, `<faultcode xmlns:a="http://schemas.microsoft.com/exchange/services/2006/types">`) {
		t.Error("the prefix of the fault code is not declared on it")
	}
}

func TestASOAPActionOfEWSMayBeMissingButNotWrong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		action string
		scheme string // of the server
		body   string // its scheme
		want   string // the local part of the fault code
	}{
		"right":               {`"` + httpNS + `/PlayOnPhone"`, "", "http", ""},
		"without quotes":      {httpNS + `/PlayOnPhone`, "http", "http", ""},
		"https":               {`"` + httpsNS + `/PlayOnPhone"`, "https", "https", ""},
		"missing":             {"-", "http", "http", ""},
		"empty":               {`""`, "", "http", ""},
		"other operation":     {`"` + httpNS + `/DisconnectPhoneCall"`, "", "http", "ActionNotSupported"},
		"other scheme":        {`"` + httpsNS + `/PlayOnPhone"`, "", "http", "ActionNotSupported"},
		"https, server http":  {`"` + httpsNS + `/PlayOnPhone"`, "http", "https", "ActionNotSupported"},
		"http, server https":  {`"` + httpNS + `/PlayOnPhone"`, "https", "http", "ActionNotSupported"},
		"https, none, server": {"-", "http", "https", "ErrorSchemaValidation"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, exchangesim.Config{Scheme: c.scheme})
			got := s.post(exchangesim.EWSPath, c.action, ewsEnvelope(c.body, "Exchange2010", "<m:PlayOnPhone>"+ewsPlay("AAMk", "1")+"</m:PlayOnPhone>"))
			if c.want != "ActionNotSupported" {
				wantEWSFault(t, s, got, c.want)
				return
			}
			f := readFault(t, got.body)
			if got.status != 500 || f.Code != "a:ActionNotSupported" || f.Detail != "absent" || s.ExecutedEWS("PlayOnPhone") != 0 ||
				!strings.Contains(got.body, `xmlns:a="http://schemas.microsoft.com/ws/2005/05/addressing/none"`) ||
				!strings.HasPrefix(f.Text, "The message with Action '"+strings.Trim(c.action, `"`)+"' cannot be processed at the receiver") {
				t.Errorf("got %d, %+v", got.status, f)
			}
		})
	}
}

func TestAnEWSEnvelopeThatIsNotSOAP11IsAFault(t *testing.T) {
	t.Parallel()
	whole := ewsEnvelope("http", "Exchange2010", "<m:PlayOnPhone>"+ewsPlay("AAMk", "1")+"</m:PlayOnPhone>")
	for name, c := range map[string]struct{ body, code, text string }{
		"SOAP 1.2": {strings.ReplaceAll(whole, soapNS, "http://www.w3.org/2003/05/soap-envelope"), "VersionMismatch", "http://www.w3.org/2003/05/soap-envelope"},
		"header":   {strings.Replace(whole, "<t:Req", `<t:Future soap:mustUnderstand="1"/><t:Req`, 1), "MustUnderstand", "The header 'Future' was not understood by the recipient of this message."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, exchangesim.Config{})
			got := s.post(exchangesim.EWSPath, "-", c.body)
			f := readFault(t, got.body)
			if got.status != 500 || f.Code != "a:"+c.code || !strings.Contains(f.Text, c.text) || s.ExecutedEWS("PlayOnPhone") != 0 ||
				!strings.Contains(got.body, `<faultcode xmlns:a="`+soapNS+`">`) {
				t.Errorf("got %d, %+v", got.status, f)
			}
		})
	}
}

func TestAFrenchEWSSaysSoInItsFaults(t *testing.T) {
	t.Parallel()
	s := start(t, exchangesim.Config{Language: "fr"})
	if got := s.post(exchangesim.EWSPath, "-", "<a"); !strings.Contains(got.body, `<faultstring xml:lang="fr-FR">`) {
		t.Errorf("got %s", got.body)
	}
}
