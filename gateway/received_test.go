package gateway_test

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc"

	"github.com/umgateway/umgateway/gateway"
	umv1 "github.com/umgateway/umgateway/gen/um/v1"
	"github.com/umgateway/umgateway/internal/exchange"
	"github.com/umgateway/umgateway/internal/exchangesim"
	"github.com/umgateway/umgateway/internal/xmltree"
)

// callIDs reads the call ids of requests as the backend received them.
func callIDs(t *testing.T, exchanges []exchangesim.Exchange) []string {
	t.Helper()
	var ids []string
	for _, e := range exchanges {
		var envelope struct {
			Body struct {
				Operation struct {
					CallID string `xml:"CallId"`
				} `xml:",any"`
			}
		}
		if err := xml.Unmarshal([]byte(e.Request), &envelope); err != nil {
			t.Fatalf("%v: %s", err, e.Request)
		}
		ids = append(ids, envelope.Body.Operation.CallID)
	}
	return ids
}

func marshalJSONString(s string) (string, error) {
	data, err := json.Marshal(s)
	return string(data), err
}

func forceRawCodec() grpc.CallOption { return grpc.ForceCodec(rawCodec{}) }

// documentedRequest is the request in the published documentation of Disconnect, with the namespace's scheme left open.
const documentedRequest = `<?xml version="1.0" encoding="utf-8"?>
<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
 xmlns:xsd="http://www.w3.org/2001/XMLSchema">
  <soap:Body>
    <Disconnect xmlns="SCHEME://schemas.microsoft.com/exchange/services/2006/messages">
      <CallId>` + knownCall + `</CallId>
    </Disconnect>
  </soap:Body>
</soap:Envelope>`

func TestDisconnectIsTheDocumentedRequest(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{"https", "http"} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			sim, err := exchangesim.New(exchangesim.Config{Scheme: scheme})
			if err != nil {
				t.Fatal(err)
			}
			s := newStand(t, gateway.Config{Invoker: newBridge(t, serveSimulator(t, sim), scheme)})
			if err := s.grpc.Invoke(t.Context(), disconnect, &umv1.DisconnectRequest{CallId: knownCall}, &umv1.DisconnectResponse{}); err != nil {
				t.Error(err)
			}
			if reply, body := s.rest(t.Context(), http.MethodPost, "/v1/calls/"+knownCall+":disconnect", ""); reply.StatusCode != http.StatusOK {
				t.Errorf("REST answers %d %s", reply.StatusCode, body)
			}
			want := strings.Replace(documentedRequest, "SCHEME", scheme, 1)
			action := `"` + scheme + `://schemas.microsoft.com/exchange/services/2006/messages/Disconnect"`
			exchanges := sim.Exchanges()
			if len(exchanges) != 2 {
				t.Fatalf("the backend saw %d requests, want 2", len(exchanges))
			}
			for _, e := range exchanges {
				if diff := xmltree.Diff([]byte(e.Request), []byte(want)); diff != "" {
					t.Error(diff)
				}
				if e.Action != action {
					t.Errorf("the SOAPAction is %s, want %s", e.Action, action)
				}
			}
		})
	}
}

func TestNamespaceIsLearnedOnce(t *testing.T) {
	t.Parallel()
	sim, err := exchangesim.New(exchangesim.Config{Scheme: "http"})
	if err != nil {
		t.Fatal(err)
	}
	s := newStand(t, gateway.Config{Invoker: newBridge(t, serveSimulator(t, sim), exchange.NamespaceAuto)})
	const calls = 5
	for range calls {
		if err := s.grpc.Invoke(t.Context(), disconnect, &umv1.DisconnectRequest{CallId: knownCall}, &umv1.DisconnectResponse{}); err != nil {
			t.Error(err)
		}
	}
	if n := sim.Posts(); n != calls+1 {
		t.Errorf("%d calls took %d exchanges, want %d", calls, n, calls+1)
	}
}
