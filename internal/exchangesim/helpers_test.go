package exchangesim_test

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/umgateway/umgateway/internal/exchangesim"
)

const (
	httpNS  = "http://schemas.microsoft.com/exchange/services/2006/messages"
	httpsNS = "https://schemas.microsoft.com/exchange/services/2006/messages"
	soapNS  = "http://schemas.xmlsoap.org/soap/envelope/"
)

// soap writes an envelope as a client would.
func soap(header, body string) string {
	if header != "" {
		header = "<soap:Header>" + header + "</soap:Header>"
	}
	return `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="` + soapNS + `">` + header +
		"<soap:Body>" + body + "</soap:Body></soap:Envelope>"
}

// um writes the request of a umws operation.
func um(namespace, operation, children string) string {
	return soap("", fmt.Sprintf(`<%[1]s xmlns="%[2]s">%[3]s</%[1]s>`, operation, namespace, children))
}

// ewsEnvelope writes a request of ews, with the prefixes of the published examples. An empty version leaves its header out.
func ewsEnvelope(scheme, version, body string) string {
	if version != "" {
		version = `<t:RequestServerVersion Version="` + version + `"/>`
	}
	return ewsWithHeader(scheme, version, body)
}

func ewsWithHeader(scheme, header, body string) string {
	const base = "://schemas.microsoft.com/exchange/services/2006/"
	return `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="` + soapNS + `" xmlns:m="` + scheme + base +
		`messages" xmlns:t="` + scheme + base + `types"><soap:Header>` + header + `</soap:Header><soap:Body>` + body +
		`</soap:Body></soap:Envelope>`
}

// simulator is a server that listens, and a client of it.
type simulator struct {
	*exchangesim.Server
	t     *testing.T
	clock *testClock
	url   string
}

func start(t *testing.T, config exchangesim.Config) *simulator {
	t.Helper()
	clock := &testClock{now: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)}
	config.Clock = clock
	s, err := exchangesim.New(config)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return &simulator{Server: s, t: t, clock: clock, url: server.URL}
}

func (s *simulator) address() string { return strings.TrimPrefix(s.url, "http://") }

// reply is what came back.
type reply struct {
	status int
	header http.Header
	body   string
}

// post sends a request to a path; an action of "-" sends no SOAPAction header.
func (s *simulator) post(path, action, body string) reply {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "text/xml; charset=utf-8")
	if action != "-" {
		request.Header.Set("SOAPAction", action)
	}
	return s.do(request)
}

func (s *simulator) do(request *http.Request) reply {
	s.t.Helper()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return reply{response.StatusCode, response.Header, string(body)}
}

// um calls a umws operation in the http scheme.
func (s *simulator) um(operation, children string) reply {
	s.t.Helper()
	return s.post(exchangesim.ServicePath, `"`+httpNS+"/"+operation+`"`, um(httpNS, operation, children))
}

// ews calls an operation of ews in the http scheme for Exchange 2010.
func (s *simulator) ews(operation, content string) reply {
	s.t.Helper()
	return s.post(exchangesim.EWSPath, `"`+httpNS+"/"+operation+`"`,
		ewsEnvelope("http", "Exchange2010", "<m:"+operation+">"+content+"</m:"+operation+">"))
}

// wantTree compares two documents as trees: names with their namespaces, attributes in any order, text.
func wantTree(t *testing.T, got, want string) {
	t.Helper()
	g, err := tree(got)
	if err != nil {
		t.Fatalf("the reply is not XML: %v\n%s", err, got)
	}
	w, err := tree(want)
	if err != nil {
		t.Fatalf("the expectation is not XML: %v\n%s", err, want)
	}
	if g != w {
		t.Errorf("got\n%s\nwant\n%s", g, w)
	}
}

// tree writes a document in one way, whatever its prefixes.
func tree(document string) (string, error) {
	var b strings.Builder
	decoder := xml.NewDecoder(strings.NewReader(document))
	depth := 0
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			return b.String(), nil
		}
		if err != nil {
			return "", err
		}
		switch t := token.(type) {
		case xml.StartElement:
			fmt.Fprintf(&b, "%s{%s}%s%s\n", strings.Repeat(" ", depth), t.Name.Space, t.Name.Local, attributes(t.Attr))
			depth++
		case xml.EndElement:
			depth--
		case xml.CharData:
			if text := string(t); strings.TrimSpace(text) != "" {
				fmt.Fprintf(&b, "%s%q\n", strings.Repeat(" ", depth), text)
			}
		}
	}
}

func attributes(all []xml.Attr) string {
	var written []string
	for _, a := range all {
		if a.Name.Space != "xmlns" && a.Name.Local != "xmlns" {
			written = append(written, fmt.Sprintf(" {%s}%s=%q", a.Name.Space, a.Name.Local, a.Value))
		}
	}
	slices.Sort(written)
	return strings.Join(written, "")
}

// soapFault is a SOAP 1.1 fault as encoding/xml reads it.
type soapFault struct {
	Code   string
	Text   string
	Detail string // the inner XML; "absent" if there is no detail element
}

func readFault(t *testing.T, document string) soapFault {
	t.Helper()
	var e struct {
		XMLName xml.Name `xml:"http://schemas.xmlsoap.org/soap/envelope/ Envelope"`
		Fault   *struct {
			Code   string `xml:"faultcode"`
			Text   string `xml:"faultstring"`
			Detail *struct {
				Inner string `xml:",innerxml"`
			} `xml:"detail"`
		} `xml:"http://schemas.xmlsoap.org/soap/envelope/ Body>Fault"`
	}
	if err := xml.Unmarshal([]byte(document), &e); err != nil {
		t.Fatalf("%v in %s", err, document)
	}
	if e.Fault == nil {
		t.Fatalf("there is no fault in %s", document)
	}
	f := soapFault{Code: e.Fault.Code, Text: e.Fault.Text, Detail: "absent"}
	if e.Fault.Detail != nil {
		f.Detail = e.Fault.Detail.Inner
	}
	return f
}

// testClock is a clock that tests set forward.
type testClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *testClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *testClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
