package exchangesim_test

import (
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/umgateway/umgateway/internal/exchangesim"
)

type wsdl struct {
	Namespace string `xml:"targetNamespace,attr"`
	Schemas   []struct {
		Namespace string `xml:"targetNamespace,attr"`
		Elements  []struct {
			Name string `xml:"name,attr"`
		} `xml:"element"`
	} `xml:"types>schema"`
	Operations []struct {
		Name string `xml:"name,attr"`
		SOAP struct {
			Action string `xml:"soapAction,attr"`
		} `xml:"http://schemas.xmlsoap.org/wsdl/soap/ operation"`
	} `xml:"binding>operation"`
	Address struct {
		Location string `xml:"location,attr"`
	} `xml:"service>port>address"`
}

func (s *simulator) wsdl(path, host string) wsdl {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	request.Host = host
	got := s.do(request)
	var w wsdl
	if err := xml.Unmarshal([]byte(got.body), &w); err != nil || got.status != 200 || got.header.Get("Content-Type") != "text/xml; charset=utf-8" {
		s.t.Fatalf("%s: got %d, %v, error %v", path, got.status, got.header, err)
	}
	return w
}

func TestTheWSDLNamesEveryOperationInTheSchemeOfTheServer(t *testing.T) {
	t.Parallel()
	var um []string
	for _, op := range umOperations {
		um = append(um, op.name)
	}
	ews := []string{"PlayOnPhone", "GetPhoneCallInformation", "DisconnectPhoneCall"}
	for scheme, namespace := range map[string]string{"": httpNS, "any": httpNS, "http": httpNS, "https": httpsNS} {
		s := start(t, exchangesim.Config{Scheme: scheme})
		for path, operations := range map[string][]string{exchangesim.ServicePath + "?wsdl": um, exchangesim.EWSPath + "?WSDL": ews} {
			w := s.wsdl(path, "um.example.com:8099")
			var names []string
			for _, op := range w.Operations {
				names = append(names, op.Name)
				if op.SOAP.Action != namespace+"/"+op.Name {
					t.Errorf("%s of %s has the action %s", op.Name, path, op.SOAP.Action)
				}
			}
			if strings.Join(names, " ") != strings.Join(operations, " ") || w.Namespace != namespace {
				t.Errorf("%q, %s: got %v in %s, want %v in %s", scheme, path, names, w.Namespace, operations, namespace)
			}
			for _, schema := range w.Schemas {
				if base := strings.TrimSuffix(namespace, "messages"); schema.Namespace != namespace && schema.Namespace != base+"types" {
					t.Errorf("%s: there is a schema of %s", path, schema.Namespace)
				}
			}
			elements := w.Schemas[len(w.Schemas)-1].Elements
			if len(elements) != 2*len(operations) {
				t.Errorf("%s: %d elements, want a request and a reply for each of %d operations", path, len(elements), len(operations))
			}
		}
	}
}

func TestTheWSDLLeadsBackToWhereItWasFetched(t *testing.T) {
	t.Parallel()
	s := start(t, exchangesim.Config{})
	for path, want := range map[string]string{
		exchangesim.ServicePath:  "http://um.example.com:8099/UnifiedMessaging/Service.asmx",
		exchangesim.EWSPath:      "http://um.example.com:8099/EWS/Exchange.asmx",
		"/":                      "http://um.example.com:8099/",
		"/a%20%22%3C%26'%3F/%2F": "http://um.example.com:8099/a%20%22%3C%26'%3F/%2F",
	} {
		if got := s.wsdl(path+"?singleWsdl&wSDL", "um.example.com:8099").Address.Location; got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
}

func TestOverTLSTheWSDLLeadsBackToTLS(t *testing.T) {
	t.Parallel()
	s, err := exchangesim.New(exchangesim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewTLSServer(s)
	defer server.Close()
	response, err := server.Client().Get(server.URL + exchangesim.EWSPath + "?wsdl")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var w wsdl
	if err := xml.NewDecoder(response.Body).Decode(&w); err != nil || w.Address.Location != server.URL+exchangesim.EWSPath {
		t.Errorf("got %q, error %v, want %s", w.Address.Location, err, server.URL+exchangesim.EWSPath)
	}
}
