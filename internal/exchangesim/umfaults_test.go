package exchangesim_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/umgateway/umgateway/internal/exchangesim"
)

func TestAnExceptionHasItsNameInTheCodeAndTheDetailAndATraceInTheText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, operation, children, exception, message string }{
		{"unknown call", "Disconnect", "<CallId>bm8=</CallId>", "InvalidCallIdException", "The call identifier isn't valid."},
		{"no call id", "Disconnect", "", "InvalidCallIdException", "The call identifier isn't valid."},
		{"unknown call", "GetCallInfo", "<CallId>bm8=</CallId>", "InvalidCallIdException", "The call identifier isn't valid."},
		{"bad entry", "PlayOnPhone", play(exchangesim.BadEntryID, "1"), "InvalidObjectIdException", "The object identifier isn't valid."},
		{"missing entry", "PlayOnPhone", play(exchangesim.MissingID, "1"), "InvalidObjectIdException", "The object identifier isn't valid."},
		{"empty entry", "PlayOnPhone", play("", "1"), "InvalidObjectIdException", "The object identifier isn't valid."},
		{"null entry", "PlayOnPhone", "<DialString>1</DialString>", "InvalidObjectIdException", "The object identifier isn't valid."},
		{"forbidden", "PlayOnPhone", play("AAAA", exchangesim.ForbiddenNumber), "DialingRulesException", "Dialing restrictions are preventing"},
		{"invalid", "PlayOnPhone", play("AAAA", exchangesim.InvalidNumber), "DialingRulesException", "Dialing restrictions are preventing"},
		{"empty number", "PlayOnPhone", play("AAAA", ""), "DialingRulesException", "Dialing restrictions are preventing"},
		{"null number", "PlayOnPhone", "<entryId>AAAA</entryId>", "DialingRulesException", "Dialing restrictions are preventing"},
		{
			"forbidden", "PlayOnPhoneGreeting", "<GreetingType>NormalCustom</GreetingType><DialString>" + exchangesim.ForbiddenNumber + "</DialString>",
			"DialingRulesException", "Dialing restrictions are preventing",
		},
	} {
		for _, namespace := range []string{httpNS, httpsNS} {
			t.Run(c.operation+" "+c.name+" "+namespace[:5], func(t *testing.T) {
				t.Parallel()
				s := start(t, exchangesim.Config{})
				got := s.post(exchangesim.ServicePath, `"`+namespace+"/"+c.operation+`"`, um(namespace, c.operation, c.children))
				f := readFault(t, got.body)
				if got.status != http.StatusInternalServerError || s.Executed(c.operation) != 0 {
					t.Errorf("got %d, executed %d times, want 500 and never", got.status, s.Executed(c.operation))
				}
				wantTree(t, faultWithoutText(t, got.body, f), soap("",
					`<soap:Fault><faultcode xmlns:q0="`+namespace+`">q0:`+c.exception+`</faultcode><faultstring/>`+
						`<detail><ExceptionType xmlns="`+namespace+`">`+c.exception+`</ExceptionType></detail></soap:Fault>`))
				if !strings.Contains(got.body, `xmlns:q0="`+namespace+`"`) {
					t.Error("the prefix of the fault code is not declared on it")
				}
				first, trace, _ := strings.Cut(f.Text, "\n")
				if !strings.HasPrefix(first, "System.Web.Services.Protocols.SoapException: "+c.message) || !strings.HasPrefix(trace, "   at ") {
					t.Errorf("the fault says %q", f.Text)
				}
			})
		}
	}
}

func play(entry, number string) string {
	return "<entryId>" + entry + "</entryId><DialString>" + number + "</DialString>"
}

func faultWithoutText(t *testing.T, document string, f soapFault) string {
	t.Helper()
	escaped := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(f.Text)
	if !strings.Contains(document, escaped) {
		t.Fatalf("the text %q is not in %s", f.Text, document)
	}
	return strings.Replace(document, escaped, "", 1)
}

func TestAMailboxThatIsNotUMEnabledSaysSoAndDoesNotDial(t *testing.T) {
	t.Parallel()
	s := start(t, exchangesim.Config{})
	s.EditMailbox(exchangesim.DefaultUser, func(m *exchangesim.Mailbox) { m.UMEnabled = false })
	if got := s.um("IsUMEnabled", ""); !strings.Contains(got.body, ">false<") {
		t.Errorf("IsUMEnabled answers %s", got.body)
	}
	got := s.um("PlayOnPhone", play("AAAA", "1"))
	if f := readFault(t, got.body); f.Code != "q0:UserNotUmEnabledException" || s.Executed("PlayOnPhone") != 0 {
		t.Errorf("PlayOnPhone answers %+v, executed %d times", f, s.Executed("PlayOnPhone"))
	}
}

func TestARequestForAnUnknownActionIsNotDispatched(t *testing.T) {
	t.Parallel()
	const unknown = "Server did not recognize the value of HTTP Header SOAPAction: "
	for name, c := range map[string]struct{ scheme, action, body, text string }{
		"unknown operation":   {"", `"` + httpNS + `/GetFolder"`, um(httpNS, "GetFolder", ""), unknown + httpNS + "/GetFolder."},
		"other case":          {"", `"` + httpNS + `/resetpin"`, um(httpNS, "ResetPIN", ""), unknown + httpNS + "/resetpin."},
		"other namespace":     {"", `"urn:x/ResetPIN"`, um(httpNS, "ResetPIN", ""), unknown + "urn:x/ResetPIN."},
		"name alone":          {"", `"ResetPIN"`, um(httpNS, "ResetPIN", ""), unknown + "ResetPIN."},
		"empty in quotes":     {"", `""`, um(httpNS, "ResetPIN", ""), unknown + "."},
		"empty":               {"", ``, um(httpNS, "ResetPIN", ""), unknown + "."},
		"not well formed too": {"", `"urn:x"`, "<a", unknown + "urn:x."},
		"not UTF-8":           {"", "\"\xFF\"", um(httpNS, "ResetPIN", ""), unknown + "\uFFFD."},
		"not XML":             {"", "\"\uFFFEa\"", um(httpNS, "ResetPIN", ""), unknown + "\uFFFDa."},
		"missing":             {"", "-", um(httpNS, "ResetPIN", ""), "Unable to handle request without a valid action parameter."},
		"https, server http":  {"http", `"` + httpsNS + `/ResetPIN"`, um(httpsNS, "ResetPIN", ""), unknown + httpsNS + "/ResetPIN."},
		"http, server https":  {"https", `"` + httpNS + `/ResetPIN"`, um(httpNS, "ResetPIN", ""), unknown + httpNS + "/ResetPIN."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, exchangesim.Config{Scheme: c.scheme})
			got := s.post(exchangesim.ServicePath, c.action, c.body)
			wantClientFault(t, s, got, c.text)
			if f := readFault(t, got.body); !strings.HasPrefix(f.Text, "System.Web.Services.Protocols.SoapException: "+c.text) {
				t.Errorf("the text does not begin with the class name and then the sentence: %q", f.Text)
			}
		})
	}
}

func TestAStrictServerKnowsItsSchemeAlone(t *testing.T) {
	t.Parallel()
	for scheme, known := range map[string][]string{"": {httpNS, httpsNS}, "any": {httpNS, httpsNS}, "http": {httpNS}, "https": {httpsNS}} {
		s := start(t, exchangesim.Config{Scheme: scheme})
		for _, namespace := range known {
			got := s.post(exchangesim.ServicePath, namespace+"/IsUMEnabled", um(namespace, "IsUMEnabled", ""))
			if got.status != http.StatusOK || !strings.Contains(got.body, `xmlns="`+namespace+`"`) {
				t.Errorf("server %q: %s got %d, %s", scheme, namespace, got.status, got.body)
			}
		}
	}
}

func TestAFrenchServerSaysItInFrench(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ action, body, code, text string }{
		"unknown action": {"urn:x", um(httpNS, "ResetPIN", ""), "Client", "Le serveur n'a pas reconnu la valeur de l'en-tête HTTP SOAPAction : urn:x."},
		"missing action": {"-", um(httpNS, "ResetPIN", ""), "Client", "Impossible de traiter la demande sans paramètre d'action valide."},
		"bad argument": {
			httpNS + "/SetOofStatus", um(httpNS, "SetOofStatus", "<status>Vrai</status>"), "Client",
			"Le serveur n'a pas pu lire la demande. ---> Il existe une erreur dans le document XML",
		},
		"version": {
			httpNS + "/ResetPIN", strings.ReplaceAll(um(httpNS, "ResetPIN", ""), soapNS, "urn:other"), "VersionMismatch", "urn:other",
		},
		"header": {
			httpNS + "/ResetPIN", soap(`<x soap:mustUnderstand="1"/>`, `<ResetPIN xmlns="`+httpNS+`"/>`), "MustUnderstand",
			"L'en-tête SOAP x n'a pas été compris.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, exchangesim.Config{Language: "fr"})
			got := s.post(exchangesim.ServicePath, c.action, c.body)
			f := readFault(t, got.body)
			if got.status != http.StatusInternalServerError || f.Code != "soap:"+c.code || f.Detail != "" || !strings.Contains(f.Text, c.text) {
				t.Errorf("got %d, %+v, want %s: %s", got.status, f, c.code, c.text)
			}
			if strings.Contains(f.Text, "Server ") || strings.Contains(f.Text, "   at ") {
				t.Errorf("the text is not French alone: %q", f.Text)
			}
		})
	}
}

func TestAnEnvelopeThatIsNotSOAP11IsAFault(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ body, code, text string }{
		"SOAP 1.2":                {strings.ReplaceAll(um(httpNS, "ResetPIN", ""), soapNS, "http://www.w3.org/2003/05/soap-envelope"), "VersionMismatch", "Envelope namespace http://www.w3.org/2003/05/soap-envelope was unexpected."},
		"must be understood":      {soap(`<x xmlns="urn:x" soap:mustUnderstand="1"/>`, ""), "MustUnderstand", "SOAP header x was not understood."},
		"must be, in words":       {soap(`<a/><x xmlns="urn:x" soap:mustUnderstand="true"/>`, ""), "MustUnderstand", "SOAP header x was not understood."},
		"no Body":                 {`<s:Envelope xmlns:s="` + soapNS + `"/>`, "Client", "Missing required soap:Body element."},
		"Body in no namespace":    {`<s:Envelope xmlns:s="` + soapNS + `"><Body/></s:Envelope>`, "Client", "Missing required soap:Body element."},
		"not an Envelope":         {`<html/>`, "Client", "Missing required soap:Envelope element."},
		"the operation by itself": {`<ResetPIN xmlns="` + httpNS + `"/>`, "Client", "Missing required soap:Envelope element."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, exchangesim.Config{})
			got := s.post(exchangesim.ServicePath, httpNS+"/ResetPIN", c.body)
			f := readFault(t, got.body)
			if got.status != http.StatusInternalServerError || f.Code != "soap:"+c.code || f.Detail != "" || !strings.Contains(f.Text, c.text) {
				t.Errorf("got %d, %+v, want %s: %s", got.status, f, c.code, c.text)
			}
			if n := s.Executed("ResetPIN"); n != 0 {
				t.Errorf("executed %d times", n)
			}
		})
	}
}

func TestAHeaderThatNeedNotBeUnderstoodIsSkipped(t *testing.T) {
	t.Parallel()
	s := start(t, exchangesim.Config{})
	got := s.post(exchangesim.ServicePath, httpNS+"/ResetPIN",
		soap(`<x soap:mustUnderstand="0"><y/></x><z mustUnderstand="1"/>`, `<ResetPIN xmlns="`+httpNS+`"/>`))
	if got.status != http.StatusOK || s.Executed("ResetPIN") != 1 {
		t.Errorf("got %d, executed %d times", got.status, s.Executed("ResetPIN"))
	}
}

func TestXMLThatIsNotWellFormedIsAnsweredWithAnEmpty400(t *testing.T) {
	t.Parallel()
	whole := um(httpNS, "ResetPIN", "<x>y</x>")
	content := strings.TrimPrefix(whole, `<?xml version="1.0" encoding="utf-8"?>`)
	manyAttributes := ""
	for i := range 100 {
		manyAttributes += fmt.Sprintf(` a%d=""`, i)
	}
	for name, body := range map[string]string{
		"empty":                    "",
		"white space":              " \n",
		"truncated":                whole[:len(whole)-1],
		"text":                     "hello",
		"text before the root":     "x" + content,
		"text after the root":      whole + "x",
		"reference after the root": whole + "&#x20;&#x41;",
		"two roots":                whole + content,
		"late declaration":         " " + whole,
		"declaration of XML 1.1":   strings.Replace(whole, `"1.0"`, `"1.1"`, 1),
		"unknown charset":          strings.Replace(whole, "utf-8", "x-unknown", 1),
		"document type":            `<!DOCTYPE soap:Envelope>` + content,
		"entities":                 `<!DOCTYPE soap:Envelope [<!ENTITY a "b">]>` + strings.Replace(content, "y<", "&a;<", 1),
		"unknown entity":           strings.Replace(whole, "y<", "&nbsp;<", 1),
		"undeclared prefix":        strings.Replace(whole, "<x>y</x>", "<p:x>y</p:x>", 1),
		"prefix out of scope":      strings.Replace(whole, "<x>y</x>", `<p:x xmlns:p="urn:p"/><p:x/>`, 1),
		"undeclared in attribute":  strings.Replace(whole, "<x>", `<x p:a="1">`, 1),
		"empty prefix":             strings.Replace(whole, "<x>", `<x xmlns:p="">`, 1),
		"repeated attribute":       strings.Replace(whole, "<x>", `<x a="1" a="2">`, 1),
		"same attribute by prefix": strings.Replace(whole, "<x>", `<x xmlns:p="urn:p" xmlns:q="urn:p" p:a="1" q:a="2">`, 1),
		"repeated declaration":     strings.Replace(whole, "<x>", `<x xmlns:p="urn:p" xmlns:p="urn:q">`, 1),
		"crossed tags":             strings.Replace(whole, "<x>y</x>", "<x><z>y</x></z>", 1),
		"same name, other prefix":  strings.Replace(whole, "<x>y</x>", `<p:x xmlns:p="urn:p" xmlns:q="urn:p">y</q:x>`, 1),
		"end tag alone":            "</x>" + content,
		"forbidden character":      strings.Replace(whole, "y<", "\x01<", 1),
		"reference to one":         strings.Replace(whole, "y<", "&#0;<", 1),
		"bad UTF-8":                strings.Replace(whole, "y<", "\xFF<", 1),
		"too deep":                 soap("", strings.Repeat("<a>", 200)+strings.Repeat("</a>", 200)),
		"too many elements":        soap("", strings.Repeat("<a/>", 20_000)),
		"too many attributes":      soap("", "<a"+manyAttributes+"/>"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, exchangesim.Config{})
			got := s.post(exchangesim.ServicePath, httpNS+"/ResetPIN", body)
			if got.status != http.StatusBadRequest || got.body != "" || got.header.Get("Content-Type") != "" {
				t.Errorf("got %d, %q, want 400 and nothing", got.status, got.body)
			}
			if n := s.Executed("ResetPIN"); n != 0 {
				t.Errorf("executed %d times", n)
			}
		})
	}
}
