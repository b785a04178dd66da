package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/umgateway/umgateway/gateway"
	"github.com/umgateway/umgateway/internal/exchange"
	"github.com/umgateway/umgateway/internal/exchangesim"
	"github.com/umgateway/umgateway/soapbridge"
	"github.com/umgateway/umgateway/soapbridge/transport"
)

// stand is a gateway that serves on the loopback interface.
type stand struct {
	t       *testing.T
	gateway *gateway.Gateway
	grpc    *grpc.ClientConn
	url     string // of the HTTP front
	http    *http.Client
	stop    context.CancelFunc
	stopped chan error
}

// newStand starts a gateway.
func newStand(t *testing.T, config gateway.Config) *stand {
	t.Helper()
	g, err := gateway.New(config)
	if err != nil {
		t.Fatal(err)
	}
	rpc, rest := listen(t), listen(t)
	ctx, stop := context.WithCancel(context.Background())
	s := &stand{t: t, gateway: g, url: "http://" + rest.Addr().String(), http: newHTTPClient(t), stop: stop, stopped: make(chan error, 1)}
	go func() { s.stopped <- g.Serve(ctx, rpc, rest) }()
	s.grpc, err = grpc.NewClient(rpc.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallSendMsgSize(16<<20)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.grpc.Close()
		stop()
	})
	return s
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// newBridge builds the bridge to a backend as the command does.
func newBridge(t *testing.T, url, namespace string) *soapbridge.Bridge {
	t.Helper()
	dialect, err := exchange.DialectUMWS("")
	if err != nil {
		t.Fatal(err)
	}
	options, err := exchange.NamespaceOptions(namespace)
	if err != nil {
		t.Fatal(err)
	}
	client, err := transport.New(transport.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	bridge, err := soapbridge.New(dialect, client, exchange.Services(), options...)
	if err != nil {
		t.Fatal(err)
	}
	return bridge
}

// newEWSBridge builds the bridge to a backend that speaks Exchange Web Services.
func newEWSBridge(t *testing.T, url string, options ...soapbridge.Option) *soapbridge.Bridge {
	t.Helper()
	dialect, err := exchange.DialectEWS("")
	if err != nil {
		t.Fatal(err)
	}
	client, err := transport.New(transport.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	bridge, err := soapbridge.New(dialect, client, exchange.Services(), options...)
	if err != nil {
		t.Fatal(err)
	}
	return bridge
}

// newSimulated starts a simulated Exchange server and a gateway before it.
func newSimulated(t *testing.T, config gateway.Config) (*stand, *exchangesim.Server) {
	t.Helper()
	sim, err := exchangesim.New(exchangesim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	config.Invoker = newBridge(t, serveSimulator(t, sim), exchange.NamespaceAuto)
	return newStand(t, config), sim
}

// rest sends a REST request and returns the reply with its body.
func (s *stand) rest(ctx context.Context, verb, path, body string, header ...string) (*http.Response, []byte) {
	s.t.Helper()
	request, err := http.NewRequestWithContext(ctx, verb, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Host" {
			request.Host = header[i+1]
		}
		request.Header.Set(header[i], header[i+1])
	}
	reply, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer reply.Body.Close()
	data, err := io.ReadAll(reply.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return reply, data
}

// outcome is what a caller learns, whichever front was asked.
type outcome struct {
	code       codes.Code
	reason     string
	message    string
	fields     []string // of BadRequest
	httpStatus int      // 0 for gRPC
	status     *status.Status
}

func newOutcome(t *testing.T, s *status.Status) outcome {
	t.Helper()
	o := outcome{code: s.Code(), message: s.Message(), status: s}
	infos := 0
	for _, detail := range s.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			infos++
			o.reason = detail.GetReason()
			if detail.GetDomain() != "umgateway" {
				t.Errorf("the domain is %q, want umgateway", detail.GetDomain())
			}
		case *errdetails.BadRequest:
			for _, violation := range detail.GetFieldViolations() {
				o.fields = append(o.fields, violation.GetField())
			}
		case error:
			t.Errorf("a detail cannot be read: %v", detail)
		}
	}
	if s.Code() != codes.OK && infos != 1 {
		t.Errorf("%v has %d ErrorInfo, want exactly 1", s, infos)
	}
	return o
}

// outcomeOfREST reads the answer of the REST front.
func outcomeOfREST(t *testing.T, reply *http.Response, body []byte) outcome {
	t.Helper()
	if kind := reply.Header.Get("Content-Type"); kind != "application/json" {
		t.Errorf("the content type is %q, want application/json; body %q", kind, body)
	}
	if !json.Valid(body) || bytes.Contains(body, []byte(`": `)) {
		t.Errorf("the body is not compact JSON: %s", body)
	}
	s := &spb.Status{}
	if reply.StatusCode != http.StatusOK {
		if err := protojson.Unmarshal(body, s); err != nil {
			t.Errorf("the body is not a google.rpc.Status: %v: %s", err, body)
		}
	}
	o := newOutcome(t, status.FromProto(s))
	o.httpStatus = reply.StatusCode
	return o
}

// outcomeOfGRPC reads the answer of the gRPC front.
func outcomeOfGRPC(t *testing.T, err error) outcome {
	t.Helper()
	s, isStatus := status.FromError(err)
	if !isStatus {
		t.Fatalf("%v is not a status", err)
	}
	return newOutcome(t, s)
}

// serveSimulator serves a simulator and returns the address of its service.
func serveSimulator(t *testing.T, sim *exchangesim.Server) string {
	t.Helper()
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	return server.URL + exchangesim.ServicePath
}

// end drains the gateway and waits for it, so that whatever it logs is logged.
func (s *stand) end(t *testing.T) {
	t.Helper()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	s.http.CloseIdleConnections()
	s.stop()
	if err := <-s.stopped; err != nil {
		t.Error(err)
	}
}
