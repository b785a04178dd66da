package soapbridge_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/umgateway/umgateway/soapbridge"
)

// TestFaultsOfEveryShapeAreRead: SOAP 1.1 section 4.4, SOAP 1.2 part 1 section 5.4, and what servers make of them.
func TestFaultsOfEveryShapeAreRead(t *testing.T) {
	t.Parallel()
	soap11 := func(inner string) string { return envelope(`<soap:Fault>` + inner + `</soap:Fault>`) }
	soap12 := func(inner string) string {
		return `<env:Envelope xmlns:env="http://www.w3.org/2003/05/soap-envelope"><env:Body><env:Fault>` + inner + `</env:Fault></env:Body></env:Envelope>`
	}
	detail := func(inner string) string {
		return soap11(`<faultcode>soap:Server</faultcode><faultstring>x</faultstring><detail>` + inner + `</detail>`)
	}
	busy := func(value string) string {
		return detail(`<e:ResponseCode xmlns:e="urn:e">ErrorServerBusy</e:ResponseCode><t:MessageXml xmlns:t="urn:t">` + value + `</t:MessageXml>`)
	}
	const back = `<t:Value Name="BackOffMilliseconds">`
	tests := map[string]struct {
		document  string
		names     []string
		text      string
		hasDetail bool
		backOff   time.Duration
	}{
		"empty":                          {soap11(``), nil, "", false, 0},
		"code only":                      {soap11(`<faultcode>Server</faultcode>`), []string{"Server"}, "", false, 0},
		"code by a declared prefix":      {soap11(`<faultcode xmlns:q0="urn:q">q0:InvalidCallIdException</faultcode>`), []string{"InvalidCallIdException"}, "", false, 0},
		"code by an undeclared prefix":   {soap11(`<faultcode>a:InvalidObjectIdException</faultcode>`), []string{"InvalidObjectIdException"}, "", false, 0},
		"code in white space":            {soap11("<faultcode>\n soap:Client \n</faultcode>"), []string{"Client"}, "", false, 0},
		"code with a comment":            {soap11("<faultcode>soap:<!-- x -->Cli<![CDATA[ent]]></faultcode>"), []string{"Client"}, "", false, 0},
		"code that is empty":             {soap11("<faultcode/>"), nil, "", false, 0},
		"code refined by a dot":          {soap11("<faultcode>soap:Client.Authentication</faultcode>"), []string{"Authentication", "Client"}, "", false, 0},
		"code refined by nothing":        {soap11("<faultcode>Client.</faultcode>"), []string{"Client"}, "", false, 0},
		"code with dots of its own":      {soap11("<faultcode>Contoso.Busy</faultcode>"), []string{"Contoso.Busy"}, "", false, 0},
		"children in a namespace":        {soap11(`<soap:faultcode>soap:Server</soap:faultcode><soap:faultstring>x</soap:faultstring><soap:detail><soap:ExceptionType>E</soap:ExceptionType></soap:detail>`), []string{"E", "Server"}, "x", true, 0},
		"children in another order":      {soap11(`<detail><ExceptionType>E</ExceptionType></detail><faultactor>urn:a</faultactor><faultstring>x</faultstring><faultcode>Server</faultcode>`), []string{"E", "Server"}, "x", true, 0},
		"text whole":                     {soap11("<faultstring xml:lang='fr'> a&#10;   at B\n </faultstring>"), nil, " a\n   at B\n ", false, 0},
		"detail empty":                   {detail(``), []string{"Server"}, "x", false, 0},
		"detail blank":                   {detail(" \n<!-- -->\t"), []string{"Server"}, "x", false, 0},
		"detail of text":                 {detail("words"), []string{"Server"}, "x", true, 0},
		"detail of cdata":                {detail("<![CDATA[w]]>"), []string{"Server"}, "x", true, 0},
		"detail unknown":                 {detail("<x/>"), []string{"Server"}, "x", true, 0},
		"exception in um's namespace":    {detail(`<ExceptionType xmlns="http://schemas.microsoft.com/exchange/services/2006/messages">InvalidCallIdException</ExceptionType>`), []string{"InvalidCallIdException", "Server"}, "x", true, 0},
		"exception by a prefix":          {detail(`<m:ExceptionType>InvalidCallIdException</m:ExceptionType>`), []string{"InvalidCallIdException", "Server"}, "x", true, 0},
		"exception by an unknown prefix": {detail(`<zz:ExceptionType>zz:InvalidCallIdException</zz:ExceptionType>`), []string{"InvalidCallIdException", "Server"}, "x", true, 0},
		"exception in no namespace":      {detail(`<ExceptionType> a:InvalidCallIdException </ExceptionType>`), []string{"InvalidCallIdException", "Server"}, "x", true, 0},
		"exception deep inside":          {detail(`<a><b><ExceptionType>E</ExceptionType></b></a>`), []string{"E", "Server"}, "x", true, 0},
		"first exception counts":         {detail(`<ExceptionType/><ExceptionType>E</ExceptionType><ExceptionType>F</ExceptionType>`), []string{"E", "Server"}, "x", true, 0},
		"exception with elements inside": {detail(`<ExceptionType>E<x>no</x></ExceptionType>`), []string{"E", "Server"}, "x", true, 0},
		"exception outside the detail":   {soap11(`<ExceptionType>E</ExceptionType><faultcode>Server</faultcode>`), []string{"Server"}, "", false, 0},
		"response code and back-off":     {busy(back + `1500</t:Value>`), []string{"ErrorServerBusy", "Server"}, "x", true, 1500 * time.Millisecond},
		"back-off in white space":        {busy(back + "\n 20 </t:Value>"), []string{"ErrorServerBusy", "Server"}, "x", true, 20 * time.Millisecond},
		"back-off of another name":       {busy(`<t:Value Name="Other">1500</t:Value>`), []string{"ErrorServerBusy", "Server"}, "x", true, 0},
		"back-off without a number":      {busy(back + `soon</t:Value>`), []string{"ErrorServerBusy", "Server"}, "x", true, 0},
		"back-off of none":               {busy(back + `0</t:Value>`), []string{"ErrorServerBusy", "Server"}, "x", true, 0},
		"back-off before now":            {busy(back + `-5</t:Value>`), []string{"ErrorServerBusy", "Server"}, "x", true, 0},
		"back-off beyond all numbers":    {busy(back + `99999999999999999999</t:Value>`), []string{"ErrorServerBusy", "Server"}, "x", true, (1<<31 - 1) * time.Millisecond},
		"back-off long before now":       {busy(back + `-99999999999999999999</t:Value>`), []string{"ErrorServerBusy", "Server"}, "x", true, 0},
		"soap 1.2":                       {soap12(`<env:Code><env:Value>env:Sender</env:Value></env:Code><env:Reason><env:Text xml:lang="en">x</env:Text></env:Reason>`), []string{"Sender"}, "x", false, 0},
		"soap 1.2 with subcodes":         {soap12(`<env:Code><env:Value>env:Sender</env:Value><env:Subcode><env:Value>a:B</env:Value><env:Subcode><env:Value xmlns:c="urn:c">c:D</env:Value></env:Subcode></env:Subcode></env:Code>`), []string{"D", "B", "Sender"}, "", false, 0},
		"soap 1.2, subcode first":        {soap12(`<env:Reason><env:Text>x</env:Text><env:Text>y</env:Text></env:Reason><env:Node>urn:n</env:Node><env:Role>urn:r</env:Role><env:Detail><ExceptionType>E</ExceptionType></env:Detail><env:Code><env:Value>env:Receiver</env:Value></env:Code>`), []string{"E", "Receiver"}, "x", true, 0},
		"soap 1.2, dot is no separator":  {soap12(`<env:Code><env:Value>env:Client.A</env:Value></env:Code>`), []string{"Client.A"}, "", false, 0},
		"soap 1.2 fault in 1.1":          {soap11(`<soap:Code><soap:Value>soap:Receiver</soap:Value></soap:Code><soap:Detail/>`), []string{"Receiver"}, "", false, 0},
		"names that are far too long":    {detail(`<ExceptionType>` + strings.Repeat("E", 5000) + `</ExceptionType>`), []string{strings.Repeat("E", 100), "Server"}, "x", true, 0},
	}
	for name, test := range tests {
		for _, status := range []int{http.StatusInternalServerError, http.StatusOK} {
			t.Run(name+"/"+http.StatusText(status), func(t *testing.T) {
				t.Parallel()
				_, err := readUM(t, "Disconnect", xmlReply(status, test.document))
				failure := failureOf(t, err)
				if failure.Kind != soapbridge.KindFault || failure.Fault == nil {
					t.Fatalf("got %v, want a fault", failure)
				}
				f := failure.Fault
				if got := f.Names(); !slices.Equal(got, test.names) && len(got)+len(test.names) > 0 {
					t.Errorf("got names %q, want %q", got, test.names)
				}
				if f.Text != test.text || f.HasDetail != test.hasDetail {
					t.Errorf("got text %q and a detail: %t, want %q and %t", f.Text, f.HasDetail, test.text, test.hasDetail)
				}
				if f.BackOff != test.backOff || failure.RetryAfter != test.backOff {
					t.Errorf("got a back-off of %v, and %v in the error, want %v", f.BackOff, failure.RetryAfter, test.backOff)
				}
			})
		}
	}
}

// TestRetryAfterOfTheHeaderIsKept: a fault's own back-off comes before it.
func TestRetryAfterOfTheHeaderIsKept(t *testing.T) {
	t.Parallel()
	own := `<soap:Fault><detail><Value Name="BackOffMilliseconds">250</Value></detail></soap:Fault>`
	for name, test := range map[string]struct {
		body string
		want time.Duration
	}{
		"of the header": {envelope(`<soap:Fault/>`), 7 * time.Second},
		"of the fault":  {envelope(own), 250 * time.Millisecond},
		"without soap":  {"busy", 7 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reply := xmlReply(http.StatusServiceUnavailable, test.body)
			reply.Header.Set("Retry-After", "7")
			_, err := readUM(t, "Disconnect", reply)
			if failure := failureOf(t, err); failure.RetryAfter != test.want {
				t.Errorf("got %v, want %v", failure.RetryAfter, test.want)
			}
		})
	}
}
