package soapbridge_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
	"github.com/umgateway/umgateway/internal/vectors"
	"github.com/umgateway/umgateway/soapbridge"
	"github.com/umgateway/umgateway/soapbridge/transport"
)

// readDocument has an rpc read a whole document that came with status 200.
func readDocument(t *testing.T, rpc, document string, options ...soapbridge.Option) (proto.Message, error) {
	t.Helper()
	return readUM(t, rpc, xmlReply(http.StatusOK, document), options...)
}

// TestRepliesAreReadAsTheyWereMeant: whatever XML allows a server to write.
func TestRepliesAreReadAsTheyWereMeant(t *testing.T) {
	t.Parallel()
	const (
		soap11 = `xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"`
		soap12 = `xmlns:s="http://www.w3.org/2003/05/soap-envelope"`
		https  = vectors.NamespaceHTTPS
		http   = vectors.NamespaceHTTP
		xsi    = `xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"`
	)
	call := func(inner string) string {
		return envelope(`<m:PlayOnPhoneResponse><m:PlayOnPhoneResponse>` + inner + `</m:PlayOnPhoneResponse></m:PlayOnPhoneResponse>`)
	}
	info := func(inner string) string {
		return envelope(`<m:GetCallInfoResponse><m:GetCallInfoResponse>` + inner + `</m:GetCallInfoResponse></m:GetCallInfoResponse>`)
	}
	enabled := func(text string) string {
		return envelope(`<m:IsUMEnabledResponse><m:IsUMEnabledResponse>` + text + `</m:IsUMEnabledResponse></m:IsUMEnabledResponse>`)
	}
	const connected = `{"callState": "CALL_STATE_CONNECTED", "eventCause": "EVENT_CAUSE_NONE"}`
	const state, cause = `<m:CallState>Connected</m:CallState>`, `<m:EventCause>None</m:EventCause>`
	tests := map[string]struct{ rpc, document, want string }{
		"other form":                {"PlayOnPhone", `<s:Envelope ` + soap11 + `><s:Body><PlayOnPhoneResponse xmlns="` + http + `">x</PlayOnPhoneResponse></s:Body></s:Envelope>`, `{"callId": "x"}`},
		"forms mixed":               {"PlayOnPhone", `<s:Envelope ` + soap11 + `><s:Body><PlayOnPhoneResponse xmlns="` + http + `"><PlayOnPhoneResponse xmlns="` + https + `">x</PlayOnPhoneResponse></PlayOnPhoneResponse></s:Body></s:Envelope>`, `{"callId": "x"}`},
		"soap 1.2 envelope":         {"PlayOnPhone", `<s:Envelope ` + soap12 + `><s:Body><PlayOnPhoneResponse xmlns="` + http + `">x</PlayOnPhoneResponse></s:Body></s:Envelope>`, `{"callId": "x"}`},
		"no prolog, default prefix": {"PlayOnPhone", `<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body><PlayOnPhoneResponse xmlns="` + https + `">x</PlayOnPhoneResponse></Body></Envelope>`, `{"callId": "x"}`},
		"prefix declared anew":      {"PlayOnPhone", `<m:Envelope xmlns:m="http://schemas.xmlsoap.org/soap/envelope/"><m:Body><m:PlayOnPhoneResponse xmlns:m="` + https + `">x</m:PlayOnPhoneResponse></m:Body></m:Envelope>`, `{"callId": "x"}`},
		"references in a namespace": {"PlayOnPhone", `<s:Envelope ` + soap11 + `><s:Body><PlayOnPhoneResponse xmlns="https&#58;//schemas.microsoft.com/exchange/services/2006/mess&#x61;ges">x</PlayOnPhoneResponse></s:Body></s:Envelope>`, `{"callId": "x"}`},
		"single quotes, odd spaces": {"PlayOnPhone", "<s:Envelope \n xmlns:s = 'http://schemas.xmlsoap.org/soap/envelope/'\t><s:Body\r\n><PlayOnPhoneResponse xmlns\n=\n'" + https + "'  >x</PlayOnPhoneResponse \n></s:Body ></s:Envelope\t>", `{"callId": "x"}`},
		"default undeclared again":  {"GetCallInfo", `<s:Envelope ` + soap11 + `><s:Body><GetCallInfoResponse xmlns="` + https + `"><note xmlns=""><CallState>Idle</CallState></note><CallState xmlns="">Idle</CallState><CallState>Connected</CallState><x xmlns="urn:x"><EventCause>Other</EventCause></x><EventCause>None</EventCause></GetCallInfoResponse></s:Body></s:Envelope>`, connected},
		"comments and instructions": {"PlayOnPhone", "<!-- a --><!----><?p a?>" + strings.Replace(call("a<!-- & < -- --->b<?x ?>c"), `<?xml version="1.0" encoding="utf-8"?>`, "", 1) + " <!-- z --> <?z?>\n", `{"callId": "abc"}`},
		"many comments":             {"PlayOnPhone", strings.Repeat(" <!-- -->", 50_000) + strings.TrimPrefix(call("x"), `<?xml version="1.0" encoding="utf-8"?>`), `{"callId": "x"}`},
		"white space of kilobytes":  {"IsUMEnabled", strings.Repeat(" \r\n\t", 4000) + strings.TrimPrefix(enabled(strings.Repeat("\n", 4000)+"true"), `<?xml version="1.0" encoding="utf-8"?>`) + strings.Repeat("\n", 4000), `{"enabled": true}`},
		"cdata":                     {"PlayOnPhone", call("a<![CDATA[<&]]]>]]><![CDATA[&amp;]]>b"), `{"callId": "a<&]]]>&amp;b"}`},
		"cdata end in text":         {"PlayOnPhone", call("a]]>b"), `{"callId": "a]]>b"}`},
		"references":                {"PlayOnPhone", call("&lt;&gt;&amp;&quot;&apos;&#65;&#x41;&#x0000041;&#x1D11e;"), `{"callId": "<>&\"'AAA\ud834\udd1e"}`},
		"reference after reference": {"PlayOnPhone", call("&amp;lt;"), `{"callId": "&lt;"}`},
		"text is not trimmed":       {"PlayOnPhone", call(" \t a \n "), `{"callId": " \t a \n "}`},
		"line ends are normalised":  {"PlayOnPhone", call("a\r\nb\rc&#13;\nd"), `{"callId": "a\nb\nc\r\nd"}`},
		"preserved space":           {"PlayOnPhone", strings.Replace(call(" a "), "<m:PlayOnPhoneResponse>", `<m:PlayOnPhoneResponse xml:space="preserve">`, 2), `{"callId": " a "}`},
		"illegal references":        {"PlayOnPhone", call("a&#x0;b&#x1A;c&#xFFFE;d&#xD800;&#xDC00;e&#1114112;f&#99999999999999999999;g"), `{"callId": "abcdefg"}`},
		"elements inside a text":    {"PlayOnPhone", call("a<m:b>no</m:b>c<m:d/>"), `{"callId": "ac"}`},
		"first wrapper wins":        {"PlayOnPhone", envelope(`<m:PlayOnPhoneResponse><m:PlayOnPhoneResponse>a</m:PlayOnPhoneResponse><m:PlayOnPhoneResponse>b</m:PlayOnPhoneResponse></m:PlayOnPhoneResponse>`), `{"callId": "a"}`},
		"text beside the wrapper":   {"PlayOnPhone", envelope(`<m:PlayOnPhoneResponse>no<m:PlayOnPhoneResponse>a</m:PlayOnPhoneResponse>no</m:PlayOnPhoneResponse>`), `{"callId": "a"}`},
		"non-ascii names":           {"PlayOnPhone", call("a<m:é_ñ ü='1'/>b"), `{"callId": "ab"}`},
		"very long names":           {"PlayOnPhone", call("a<" + strings.Repeat("n", 100_000) + " " + strings.Repeat("a", 100_000) + "='1'/>b"), `{"callId": "ab"}`},
		"undeclared prefix":         {"PlayOnPhone", call("a<zz:b zz:c='1'/>d"), `{"callId": "ad"}`},
		"attributes like prefixes":  {"PlayOnPhone", envelope(`<m:PlayOnPhoneResponse m="urn:x" xmlnsm="urn:x" xmlns="urn:x"><m:PlayOnPhoneResponse>a</m:PlayOnPhoneResponse></m:PlayOnPhoneResponse>`), `{"callId": "a"}`},
		"text up to the size limit": {"PlayOnPhone", call(strings.Repeat("A", 1<<20-1000)), `{"callId": "` + strings.Repeat("A", 1<<20-1000) + `"}`},

		"first of repeated wins":         {"GetCallInfo", info(state + `<m:CallState>Idle</m:CallState>` + cause + `<m:EventCause>Other</m:EventCause>`), connected},
		"order does not matter":          {"GetCallInfo", info(cause + state), connected},
		"unknown elements":               {"GetCallInfo", info(`<m:New><m:CallState>Idle</m:CallState></m:New>` + state + `text` + cause + `<m:callstate>Idle</m:callstate>`), connected},
		"same name, foreign namespace":   {"GetCallInfo", info(`<x:CallState xmlns:x="urn:x">Idle</x:CallState>` + state + cause), connected},
		"white space around enums":       {"GetCallInfo", info("<m:CallState>\r\n Connected\t</m:CallState><m:EventCause> None </m:EventCause>"), connected},
		"nil before the value":           {"GetCallInfo", info(`<m:CallState xsi:nil="true"/>` + state + cause), connected},
		"not nil":                        {"GetCallInfo", info(`<m:CallState xsi:nil="false">Connected</m:CallState><m:EventCause xsi:nil=" 0 ">None</m:EventCause>`), connected},
		"nil of another namespace":       {"GetCallInfo", info(`<m:CallState nil="true" m:nil="true" xml:nil="true">Connected</m:CallState>` + cause), connected},
		"unknown enum texts":             {"GetCallInfo", info(`<m:CallState>Parked</m:CallState><m:EventCause>none</m:EventCause>`), `{}`},
		"empty enum texts":               {"GetCallInfo", info(`<m:CallState/><m:EventCause></m:EventCause>`), `{}`},
		"required outside the wrapper":   {"GetCallInfo", envelope(`<m:GetCallInfoResponse>` + state + `<m:GetCallInfoResponse>` + cause + `</m:GetCallInfoResponse></m:GetCallInfoResponse>`), connected},
		"wrapper without its results":    {"GetCallInfo", envelope(`<m:GetCallInfoResponse><m:GetCallInfoResponse/>` + state + cause + `</m:GetCallInfoResponse>`), connected},
		"true":                           {"IsUMEnabled", enabled("true"), `{"enabled": true}`},
		"True":                           {"IsUMEnabled", enabled("True"), `{"enabled": true}`},
		"1 in white space":               {"IsUMEnabled", enabled("\n 1 \t"), `{"enabled": true}`},
		"false":                          {"IsUMEnabled", enabled("false"), `{}`},
		"False":                          {"IsUMEnabled", enabled("False"), `{}`},
		"0":                              {"IsUMEnabled", enabled("0"), `{}`},
		"boolean in cdata and reference": {"IsUMEnabled", enabled("<![CDATA[tr]]>&#117;<!-- -->e"), `{"enabled": true}`},
		"optional strings missing":       {"GetUMProperties", envelope(`<m:GetUMPropertiesResponse><m:OofStatus>1</m:OofStatus><m:MissedCallNotificationEnabled>0</m:MissedCallNotificationEnabled></m:GetUMPropertiesResponse>`), `{"oofStatus": true}`},
		"optional strings nil":           {"GetUMProperties", envelope(`<m:GetUMPropertiesResponse><m:OofStatus>1</m:OofStatus><m:MissedCallNotificationEnabled>0</m:MissedCallNotificationEnabled><m:PlayOnPhoneDialString xsi:nil="1"/></m:GetUMPropertiesResponse>`), `{"oofStatus": true}`},
		"no result wanted":               {"Disconnect", envelope(`<m:DisconnectResponse><m:DisconnectResponse><x/>text</m:DisconnectResponse></m:DisconnectResponse>`), `{}`},
		"nothing wanted, nil":            {"Disconnect", envelope(`<m:DisconnectResponse xsi:nil="true"/>`), `{}`},
		"header skipped":                 {"Disconnect", strings.Replace(envelope(`<m:DisconnectResponse/>`), "<soap:Body>", `<soap:Header><h xmlns="urn:h" mustUnderstand="1" soap:mustUnderstand="0"/><m:DisconnectResponse/></soap:Header><soap:Body>`, 1), `{}`},
		"element after the body":         {"Disconnect", strings.Replace(envelope(`<m:DisconnectResponse/>`), "</soap:Body>", `</soap:Body><t:Trailer xmlns:t="urn:t"/>`, 1), `{}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := readDocument(t, test.rpc, test.document)
			if err != nil {
				t.Fatal(err)
			}
			want := got.ProtoReflect().New().Interface()
			if err := protojson.Unmarshal([]byte(test.want), want); err != nil {
				t.Fatal(err)
			}
			if !proto.Equal(got, want) {
				t.Errorf("got %.500v, want %.500v", got, want)
			}
		})
	}
}

// TestWrongRepliesAreErrors: none of them may pass for an empty result.
func TestWrongRepliesAreErrors(t *testing.T) {
	t.Parallel()
	wrapped := func(rpc, inner string) string {
		return envelope(`<m:` + rpc + `Response><m:` + rpc + `Response>` + inner + `</m:` + rpc + `Response></m:` + rpc + `Response>`)
	}
	flat := func(rpc, inner string) string {
		return envelope(`<m:` + rpc + `Response>` + inner + `</m:` + rpc + `Response>`)
	}
	const refused, notSOAP = soapbridge.KindReplyRefused, soapbridge.KindNotSOAP
	const done = `<m:DisconnectResponse/>`
	tests := map[string]struct {
		rpc, document string
		kind          soapbridge.Kind
		cause, field  string
	}{
		"result missing":                    {"GetCallInfo", wrapped("GetCallInfo", `<m:CallState>Idle</m:CallState>`), refused, soapbridge.CauseMissing, "event_cause"},
		"all results missing":               {"GetCallInfo", flat("GetCallInfo", ``), refused, soapbridge.CauseMissing, "call_state"},
		"result nil":                        {"GetCallInfo", wrapped("GetCallInfo", `<m:CallState>Idle</m:CallState><m:EventCause xsi:nil="true">None</m:EventCause>`), refused, soapbridge.CauseMissing, "event_cause"},
		"nil by reference":                  {"GetCallInfo", wrapped("GetCallInfo", `<m:CallState>Idle</m:CallState><m:EventCause xsi:nil="&#x31;">None</m:EventCause>`), refused, soapbridge.CauseMissing, "event_cause"},
		"wrapper nil":                       {"IsUMEnabled", envelope(`<m:IsUMEnabledResponse><m:IsUMEnabledResponse xsi:nil="true">true</m:IsUMEnabledResponse></m:IsUMEnabledResponse>`), refused, soapbridge.CauseMissing, "enabled"},
		"response nil":                      {"IsUMEnabled", envelope(`<m:IsUMEnabledResponse xsi:nil="true">true</m:IsUMEnabledResponse>`), refused, soapbridge.CauseMissing, "enabled"},
		"result in no namespace":            {"GetCallInfo", flat("GetCallInfo", `<CallState>Idle</CallState><EventCause>None</EventCause>`), refused, soapbridge.CauseMissing, "call_state"},
		"result in the wrong case":          {"GetCallInfo", flat("GetCallInfo", `<m:callState>Idle</m:callState><m:EventCause>None</m:EventCause>`), refused, soapbridge.CauseMissing, "call_state"},
		"result too deep":                   {"GetCallInfo", wrapped("GetCallInfo", `<m:GetCallInfoResponse><m:CallState>Idle</m:CallState><m:EventCause>None</m:EventCause></m:GetCallInfoResponse>`), refused, soapbridge.CauseMissing, "call_state"},
		"boolean missing":                   {"IsUMEnabled", flat("IsUMEnabled", ``), refused, soapbridge.CauseMissing, "enabled"},
		"boolean in another element":        {"IsUMEnabled", flat("IsUMEnabled", `<m:Result>true</m:Result>`), refused, soapbridge.CauseMissing, "enabled"},
		"wrapper in no namespace":           {"IsUMEnabled", flat("IsUMEnabled", `<IsUMEnabledResponse>true</IsUMEnabledResponse>`), refused, soapbridge.CauseMissing, "enabled"},
		"boolean empty":                     {"IsUMEnabled", wrapped("IsUMEnabled", ``), refused, soapbridge.CauseValue, "enabled"},
		"boolean by another name":           {"IsUMEnabled", wrapped("IsUMEnabled", `yes`), refused, soapbridge.CauseValue, "enabled"},
		"boolean in capitals":               {"IsUMEnabled", flat("IsUMEnabled", `TRUE`), refused, soapbridge.CauseValue, "enabled"},
		"boolean in two":                    {"IsUMEnabled", flat("IsUMEnabled", `true false`), refused, soapbridge.CauseValue, "enabled"},
		"id missing":                        {"PlayOnPhone", flat("PlayOnPhone", ``), refused, soapbridge.CauseMissing, "call_id"},
		"id empty":                          {"PlayOnPhone", wrapped("PlayOnPhone", ``), refused, soapbridge.CauseMissing, "call_id"},
		"id blank":                          {"PlayOnPhone", wrapped("PlayOnPhone", " \n "), refused, soapbridge.CauseMissing, "call_id"},
		"id beside the wrapper":             {"PlayOnPhone", flat("PlayOnPhone", "x<m:PlayOnPhoneResponse/>"), refused, soapbridge.CauseMissing, "call_id"},
		"id of dropped characters":          {"PlayOnPhone", wrapped("PlayOnPhone", "&#0;"), refused, soapbridge.CauseMissing, "call_id"},
		"id three deep":                     {"PlayOnPhone", wrapped("PlayOnPhone", "\n<m:PlayOnPhoneResponse>x</m:PlayOnPhoneResponse>\n"), refused, soapbridge.CauseMissing, "call_id"},
		"another operation":                 {"IsUMEnabled", flat("GetCallInfo", ``), refused, soapbridge.CauseWrongOperation, ""},
		"the request come back":             {"IsUMEnabled", envelope(`<m:IsUMEnabled/>`), refused, soapbridge.CauseWrongOperation, ""},
		"response in no namespace":          {"IsUMEnabled", envelope(`<IsUMEnabledResponse>true</IsUMEnabledResponse>`), refused, soapbridge.CauseWrongOperation, ""},
		"response in a foreign namespace":   {"IsUMEnabled", envelope(`<IsUMEnabledResponse xmlns="urn:x">true</IsUMEnabledResponse>`), refused, soapbridge.CauseWrongOperation, ""},
		"response of an undeclared prefix":  {"IsUMEnabled", envelope(`<zz:IsUMEnabledResponse>true</zz:IsUMEnabledResponse>`), refused, soapbridge.CauseWrongOperation, ""},
		"fault in no namespace":             {"IsUMEnabled", envelope(`<Fault/>`), refused, soapbridge.CauseWrongOperation, ""},
		"empty body":                        {"Disconnect", envelope(``), refused, soapbridge.CauseBodies, ""},
		"body of text":                      {"Disconnect", envelope(`ok`), refused, soapbridge.CauseBodies, ""},
		"no body":                           {"Disconnect", `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"/>`, refused, soapbridge.CauseBodies, ""},
		"body in another namespace":         {"Disconnect", strings.ReplaceAll(envelope(done), "soap:Body", "m:Body"), refused, soapbridge.CauseBodies, ""},
		"two bodies":                        {"Disconnect", strings.Replace(envelope(done), "</soap:Envelope>", "<soap:Body>"+done+"</soap:Body></soap:Envelope>", 1), refused, soapbridge.CauseBodies, ""},
		"two elements in the body":          {"Disconnect", envelope(done + done), refused, soapbridge.CauseBodies, ""},
		"a result and a fault":              {"Disconnect", envelope(done + `<soap:Fault/>`), refused, soapbridge.CauseBodies, ""},
		"a fault and a result":              {"Disconnect", envelope(`<soap:Fault/>` + done), refused, soapbridge.CauseBodies, ""},
		"two envelopes":                     {"Disconnect", envelope(done) + strings.TrimPrefix(envelope(done), `<?xml version="1.0" encoding="utf-8"?>`), refused, soapbridge.CauseBodies, ""},
		"a fault and another envelope":      {"Disconnect", envelope(`<soap:Fault/>`) + envelope(done), refused, soapbridge.CauseBodies, ""},
		"must understand":                   {"Disconnect", strings.Replace(envelope(done), "<soap:Body>", `<soap:Header><h xmlns="urn:h" soap:mustUnderstand="1"/></soap:Header><soap:Body>`, 1), refused, soapbridge.CauseMustUnderstand, ""},
		"must understand, by reference":     {"Disconnect", strings.Replace(envelope(done), "<soap:Body>", `<soap:Header><h xmlns="urn:h" soap:mustUnderstand="&#49;"/></soap:Header><soap:Body>`, 1), refused, soapbridge.CauseMustUnderstand, ""},
		"must understand, soap 1.2":         {"Disconnect", strings.Replace(envelope(done), "<soap:Body>", `<soap:Header><h xmlns="urn:h" xmlns:t="http://www.w3.org/2003/05/soap-envelope" t:mustUnderstand=" true "/></soap:Header><soap:Body>`, 1), refused, soapbridge.CauseMustUnderstand, ""},
		"must understand, with a fault":     {"Disconnect", strings.Replace(envelope(`<soap:Fault/>`), "<soap:Body>", `<soap:Header><h xmlns="urn:h" soap:mustUnderstand="1"/></soap:Header><soap:Body>`, 1), refused, soapbridge.CauseMustUnderstand, ""},
		"dtd":                               {"Disconnect", "<!DOCTYPE x []>" + envelope(done), refused, soapbridge.CauseDTD, ""},
		"dtd with an entity":                {"Disconnect", `<!DOCTYPE soap:Envelope [<!ENTITY x SYSTEM "file:///etc/passwd">]>` + envelope(done), refused, soapbridge.CauseDTD, ""},
		"dtd inside":                        {"Disconnect", envelope(`<!DOCTYPE x>` + done), refused, soapbridge.CauseDTD, ""},
		"html's dtd":                        {"Disconnect", `<?xml version="1.0"?><!-- page --><!DOCTYPE  html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "x"><html/>`, notSOAP, "", ""},
		"deeper than the limit":             {"Disconnect", envelope(strings.Repeat("<a>", 100) + strings.Repeat("</a>", 100)), refused, soapbridge.CauseWrongOperation, ""},
		"deeper than the limit in a result": {"Disconnect", flat("Disconnect", strings.Repeat("<a>", 100)+strings.Repeat("</a>", 100)), refused, soapbridge.CauseDepth, ""},
		"deeper than the limit in a header": {"Disconnect", strings.Replace(envelope(done), "<soap:Body>", `<soap:Header>`+strings.Repeat("<a>", 100)+strings.Repeat("</a>", 100)+`</soap:Header><soap:Body>`, 1), refused, soapbridge.CauseDepth, ""},
		"deeper than the limit in a fault":  {"Disconnect", envelope(`<soap:Fault><detail>` + strings.Repeat("<a>", 100) + strings.Repeat("</a>", 100) + `</detail></soap:Fault>`), refused, soapbridge.CauseDepth, ""},
		"too many attributes":               {"Disconnect", flat("Disconnect", "<a"+numbered(` a%d=""`, 65)+"/>"), refused, soapbridge.CauseSize, ""},
		"too many namespaces":               {"Disconnect", flat("Disconnect", nestedNamespaces(5, 60)), refused, soapbridge.CauseSize, ""},

		"unknown entity":              {"PlayOnPhone", wrapped("PlayOnPhone", "&nbsp;"), notSOAP, "", ""},
		"ampersand":                   {"PlayOnPhone", wrapped("PlayOnPhone", "a & b"), notSOAP, "", ""},
		"ampersand at the end":        {"PlayOnPhone", wrapped("PlayOnPhone", "a&"), notSOAP, "", ""},
		"endless reference":           {"PlayOnPhone", wrapped("PlayOnPhone", "&#"+strings.Repeat("0", 100)+"65;"), notSOAP, "", ""},
		"reference without number":    {"PlayOnPhone", wrapped("PlayOnPhone", "&#;"), notSOAP, "", ""},
		"reference without hex":       {"PlayOnPhone", wrapped("PlayOnPhone", "&#x;"), notSOAP, "", ""},
		"reference with a letter":     {"PlayOnPhone", wrapped("PlayOnPhone", "&#12a;"), notSOAP, "", ""},
		"reference beyond hex":        {"PlayOnPhone", wrapped("PlayOnPhone", "&#x4G;"), notSOAP, "", ""},
		"reference with a sign":       {"PlayOnPhone", wrapped("PlayOnPhone", "&#-12;"), notSOAP, "", ""},
		"raw control character":       {"PlayOnPhone", wrapped("PlayOnPhone", "a\x01b"), notSOAP, "", ""},
		"raw control in an attribute": {"Disconnect", flat("Disconnect", "<a b='\x01'/>"), notSOAP, "", ""},
		"raw control in cdata":        {"PlayOnPhone", wrapped("PlayOnPhone", "<![CDATA[\x00]]>"), notSOAP, "", ""},
		"attribute without quotes":    {"Disconnect", flat("Disconnect", "<a b=1/>"), notSOAP, "", ""},
		"attribute without value":     {"Disconnect", flat("Disconnect", "<a b/>"), notSOAP, "", ""},
		"attribute with a tag":        {"Disconnect", flat("Disconnect", "<a b='<'/>"), notSOAP, "", ""},
		"attributes without space":    {"Disconnect", flat("Disconnect", "<a b='1'c='2'/>"), notSOAP, "", ""},
		"attribute twice":             {"Disconnect", flat("Disconnect", "<a b='1' b='2'/>"), notSOAP, "", ""},
		"attribute with a colon":      {"Disconnect", flat("Disconnect", "<a :nil='1'/>"), notSOAP, "", ""},
		"name with two colons":        {"Disconnect", flat("Disconnect", "<a:b:c/>"), notSOAP, "", ""},
		"name with a digit first":     {"Disconnect", flat("Disconnect", "<1/>"), notSOAP, "", ""},
		"name with a nine first":      {"Disconnect", flat("Disconnect", "<9/>"), notSOAP, "", ""},
		"name with a dot first":       {"Disconnect", flat("Disconnect", "<.a/>"), notSOAP, "", ""},
		"name with a dash first":      {"Disconnect", flat("Disconnect", "<-a/>"), notSOAP, "", ""},
		"tag without a name":          {"Disconnect", flat("Disconnect", "< a/>"), notSOAP, "", ""},
		"stray slash":                 {"Disconnect", flat("Disconnect", "<a/ >"), notSOAP, "", ""},
		"end tag of another":          {"Disconnect", flat("Disconnect", "<a></b>"), notSOAP, "", ""},
		"end tag by another prefix":   {"Disconnect", flat("Disconnect", `<m:a xmlns:n="`+vectors.NamespaceHTTPS+`"></n:a>`), notSOAP, "", ""},
		"end tag that is longer":      {"Disconnect", flat("Disconnect", "<a></ab>"), notSOAP, "", ""},
		"end tag too many":            {"Disconnect", envelope(done) + "</x>", notSOAP, "", ""},
		"text after the end":          {"Disconnect", envelope(done) + "x", notSOAP, "", ""},
		"text before the beginning":   {"Disconnect", "x" + envelope(done), notSOAP, "", ""},
		"cdata after the end":         {"Disconnect", envelope(done) + "<![CDATA[]]>", notSOAP, "", ""},
		"markup declaration":          {"Disconnect", envelope("<!ELEMENT a>" + done), notSOAP, "", ""},
		"comment without end":         {"Disconnect", envelope("<!-- " + done), notSOAP, "", ""},
		"instruction without end":     {"Disconnect", envelope("<? " + done), notSOAP, "", ""},
		"cdata without end":           {"Disconnect", flat("Disconnect", "<![CDATA["), notSOAP, "", ""},
		"other xml":                   {"Disconnect", "<feed/>", notSOAP, "", ""},
		"envelope of no namespace":    {"Disconnect", "<Envelope><Body/></Envelope>", notSOAP, "", ""},
		"json":                        {"Disconnect", `{"error": "x"}`, notSOAP, "", ""},
		"only a prolog":               {"Disconnect", `<?xml version="1.0"?>`, notSOAP, "", ""},
		"one byte":                    {"Disconnect", `<`, notSOAP, "", ""},
		"nothing":                     {"Disconnect", ``, soapbridge.KindEmpty, "", ""},
		"white space":                 {"Disconnect", " \r\n\t", soapbridge.KindEmpty, "", ""},
		"only a mark":                 {"Disconnect", "\xEF\xBB\xBF", soapbridge.KindEmpty, "", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := readDocument(t, test.rpc, test.document)
			if err == nil {
				t.Fatalf("got %v, want an error", got)
			}
			failure := failureOf(t, err)
			if test.rpc == "PlayOnPhone" {
				failure = outcomeUnknown(t, failure)
			}
			if failure.Kind != test.kind || failure.Cause != test.cause || test.rpc != "PlayOnPhone" && failure.Field != test.field {
				t.Errorf("got %v, cause %q, field %q, want %v, %q, %q", failure, failure.Cause, failure.Field, test.kind, test.cause, test.field)
			}
		})
	}
}

// outcomeUnknown checks that a failure of an operation that must not be repeated says so, and returns what is behind it.
func outcomeUnknown(t *testing.T, failure *soapbridge.Error) *soapbridge.Error {
	t.Helper()
	if failure.Kind != soapbridge.KindOutcomeUnknown {
		t.Fatalf("got %v, want the outcome to be unknown", failure)
	}
	return failureOf(t, failure.Err)
}

// numbered repeats a format n times with the numbers from 0.
func numbered(format string, n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Replace(format, "%d", string(rune('a'+i/26))+string(rune('a'+i%26)), 1))
	}
	return b.String()
}

// nestedNamespaces nests elements that declare namespaces, depth deep and each with width of them.
func nestedNamespaces(depth, width int) string {
	return strings.Repeat("<a"+numbered(` xmlns:n%d="u"`, width)+">", depth) + strings.Repeat("</a>", depth)
}

// TestEveryTruncationIsNoticed: no prefix of a reply passes for a reply, whatever the length that was announced.
func TestEveryTruncationIsNoticed(t *testing.T) {
	t.Parallel()
	whole := envelope(`<m:GetCallInfoResponse a = "1" b= '2' ><!-- c --><m:CallState>Idle</m:CallState><m:EventCause><![CDATA[None]]></m:EventCause></m:GetCallInfoResponse>`)
	if _, err := readDocument(t, "GetCallInfo", whole); err != nil {
		t.Fatal(err)
	}
	var reply *transport.Reply
	bridge := newUMBridge(t, always(func() *transport.Reply { return reply }), soapbridge.WithForm("https"))
	for n := 1; n < len(whole); n++ {
		for _, announced := range []bool{false, true} {
			reply = xmlReply(http.StatusOK, whole[:n])
			reply.Truncated = announced
			_, err := bridge.Invoke(t.Context(), umMethod(t, "GetCallInfo"), requestOf(t, "GetCallInfo"))
			if failure := failureOf(t, err); failure.Kind != soapbridge.KindNotSOAP {
				t.Errorf("the first %d bytes: got %v, want it not to be soap", n, failure)
			}
		}
	}
}

// TestTruncatedRepliesAreNotRefused: that a cut reply is not valid in some way says nothing about the server.
func TestTruncatedRepliesAreNotRefused(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"inside a character": "<a>\xC3",
		"nothing at all":     "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reply := xmlReply(http.StatusOK, body)
			reply.Truncated = true
			_, err := readUM(t, "GetCallInfo", reply)
			if failure := failureOf(t, err); failure.Kind != soapbridge.KindNotSOAP {
				t.Errorf("got %v, want it not to be soap", failure)
			}
		})
	}
}

// TestAWholeEnvelopeCountsWithoutItsTail: an envelope says itself where it ends, so that a call id in it is not lost.
func TestAWholeEnvelopeCountsWithoutItsTail(t *testing.T) {
	t.Parallel()
	reply := xmlReply(http.StatusOK, envelope(`<m:PlayOnPhoneResponse>x</m:PlayOnPhoneResponse>`))
	reply.Truncated = true
	if _, err := readUM(t, "PlayOnPhone", reply); err != nil {
		t.Error(err)
	}
}

func TestLimitsOfTheReplyAreSettings(t *testing.T) {
	t.Parallel()
	document := envelope(`<m:DisconnectResponse><a><b/></a></m:DisconnectResponse>`) // five deep
	for name, test := range map[string]struct {
		limits soapbridge.Limits
		cause  string
	}{
		"defaults":  {soapbridge.Limits{}, ""},
		"just fits": {soapbridge.Limits{ReplyBytes: len(document), Depth: 5}, ""},
		"too large": {soapbridge.Limits{ReplyBytes: len(document) - 1}, soapbridge.CauseSize},
		"too deep":  {soapbridge.Limits{Depth: 4}, soapbridge.CauseDepth},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := readDocument(t, "Disconnect", document, soapbridge.WithLimits(test.limits))
			if test.cause == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if failure := failureOf(t, err); failure.Cause != test.cause {
				t.Errorf("got %v, want the cause %s", failure, test.cause)
			}
		})
	}
}

// TestOddValuesAreReported: enum texts that the schema does not know, and characters that were left out.
func TestOddValuesAreReported(t *testing.T) {
	t.Parallel()
	var got soapbridge.Exchange
	observe := func(_ context.Context, e soapbridge.Exchange) { got = e }
	long := strings.Repeat("é", 60) // 120 bytes; 100 of them would end inside a character if it were the 51st
	document := envelope(`<m:GetCallInfoResponse><m:CallState>Par&#0;ked&#x1A;</m:CallState><m:EventCause>x` + long + `</m:EventCause></m:GetCallInfoResponse>`)
	if _, err := readDocument(t, "GetCallInfo", document, soapbridge.WithObserver(observe)); err != nil {
		t.Fatal(err)
	}
	want := []soapbridge.UnknownValue{
		{Field: "um.v1.GetCallInfoResponse.call_state", Text: "Parked"},
		{Field: "um.v1.GetCallInfoResponse.event_cause", Text: "x" + strings.Repeat("é", 49)},
	}
	if len(got.Unknown) != 2 || got.Unknown[0] != want[0] || got.Unknown[1] != want[1] {
		t.Errorf("got %q, want %q", got.Unknown, want)
	}
	if got.Dropped != 2 || got.Operation != "GetCallInfo" || got.Form != "https" || got.Status != http.StatusOK ||
		got.ReplyBytes != len(document) || got.RequestBytes == 0 || got.Err != nil {
		t.Errorf("got %+v", got)
	}
}

// TestRepliesDoNotShareWhatWasReported: the decoder is used again.
func TestRepliesDoNotShareWhatWasReported(t *testing.T) {
	t.Parallel()
	replies := []string{
		envelope(`<m:GetCallInfoResponse><m:CallState>Parked</m:CallState><m:EventCause>&#0;None</m:EventCause></m:GetCallInfoResponse>`),
		envelope(`<m:GetCallInfoResponse><m:CallState>Idle</m:CallState><m:EventCause>None</m:EventCause></m:GetCallInfoResponse>`),
	}
	var got []soapbridge.Exchange
	next := 0
	b := always(func() *transport.Reply { next++; return xmlReply(http.StatusOK, replies[(next-1)%2]) })
	bridge := newUMBridge(t, b, soapbridge.WithForm("http"),
		soapbridge.WithObserver(func(_ context.Context, e soapbridge.Exchange) { got = append(got, e) }))
	for range 6 {
		if _, err := bridge.Invoke(t.Context(), umMethod(t, "GetCallInfo"), requestOf(t, "GetCallInfo")); err != nil {
			t.Fatal(err)
		}
	}
	for i, e := range got {
		if odd := 1 - i%2; len(e.Unknown) != odd || e.Dropped != odd {
			t.Errorf("reply %d: got %d unknown texts and %d dropped characters, want %d", i, len(e.Unknown), e.Dropped, odd)
		}
	}
}

// TestReadingLeavesTheReplyAsItIs: its bytes belong to the transport.
func TestReadingLeavesTheReplyAsItIs(t *testing.T) {
	t.Parallel()
	document := envelope(`<m:PlayOnPhoneResponse a="&#65;&#10;&#13;"><m:PlayOnPhoneResponse>a<!-- - -->b&amp;<![CDATA[c]]>` + "\r\n" + `d</m:PlayOnPhoneResponse></m:PlayOnPhoneResponse>`)
	reply := xmlReply(http.StatusOK, document)
	got, err := readUM(t, "PlayOnPhone", reply)
	if err != nil || got.(*umv1.PlayOnPhoneResponse).GetCallId() != "ab&c\nd" {
		t.Errorf("got %v, %v", got, err)
	}
	if string(reply.Body) != document {
		t.Errorf("the reply was changed to %s", reply.Body)
	}
}
