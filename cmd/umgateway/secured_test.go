package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
	"github.com/umgateway/umgateway/internal/exchangesim"
)

// secured is umgateway serve as a process, with TLS, callers and a policy, before a simulated server.
type secured struct {
	*process
	directory string
	authority *authority
	issuer    *issuer
	key       *jose.JSONWebKey // of the issuer
	sim       *exchangesim.Server
	endpoints int          // of the backend; 0 is 1
	path      string       // of the service; that of umws if it is empty
	routed    bool         // the configuration file has the backends
	backend   http.Handler // before the simulator; the simulator itself unless a test says otherwise

	environment []string // of the process, besides that of the tests
}

// newSecured prepares everything but the process.
func newSecured(t *testing.T) *secured {
	t.Helper()
	s := &secured{directory: t.TempDir(), authority: newAuthority(t)}
	s.issuer, s.key = newIssuer(t)
	var err error
	if s.sim, err = exchangesim.New(exchangesim.Config{}); err != nil {
		t.Fatal(err)
	}
	s.backend = s.sim
	return s
}

// policyOfTheTests lets certificates of callers ask and change, and diallers dial numbers of one area too.
const policyOfTheTests = `
policy:
  rules:
    - name: machines
      callers: {certificate_names: ["dns:*.example.com"]}
      rpcs: [um.v1.MailboxService/*]
    - name: diallers
      callers: {roles: [dialler]}
      rpcs: ["*"]
      dial: {allow: ["425*"]}
`

// config is the configuration file's text for callers and policy, and whatever is added.
func (s *secured) config(policy, added string) string {
	return "callers:\n  client_certificates: {}\n  issuers: [{url: \"" + s.issuer.URL + "\", audiences: [umgateway]}]\n" + policy + added
}

func (s *secured) configPath() string { return filepath.Join(s.directory, "umgateway.yaml") }

// serve starts the process.
func (s *secured) serve(t *testing.T, log io.Writer, config string, args ...string) {
	t.Helper()
	certFile, keyFile := writeFiles(t, s.directory, s.authority.sign(t, 2, "gateway.example.com"))
	ca := replaceFile(t, filepath.Join(s.directory, "ca.crt"),
		string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.authority.certificate.Raw})))
	for range s.flagged() {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.backend.ServeHTTP(w, r) }))
		t.Cleanup(server.Close)
		args = append(args, "--backend-url", server.URL+cmp.Or(s.path, exchangesim.ServicePath))
	}
	s.process = startIn(t, s.environment, log, "REST", append([]string{
		"serve", "--config", replaceFile(t, s.configPath(), config),
		"--http-addr", "127.0.0.1:0", "--grpc-addr", "127.0.0.1:0", "--admin-addr", "127.0.0.1:0",
		"--ledger", filepath.Join(s.directory, "ledger.db"),
		"--tls-cert-file", certFile, "--tls-key-file", keyFile, "--tls-client-ca-file", ca,
	}, args...)...)
	t.Cleanup(func() {
		if s.command.ProcessState != nil {
			return // it has ended before
		}
		// The end of the test has told the command to end.
		if err := s.command.Wait(); !s.command.ProcessState.Success() {
			t.Errorf("the command ended with %v", err)
		}
	})
}

// flagged is how many endpoints the flags name.
func (s *secured) flagged() int {
	if s.routed {
		return 0
	}
	return max(s.endpoints, 1)
}

// caller is who calls, and how.
type caller struct {
	certificate *tls.Certificate
	credential  string   // Authorization header
	headers     []string // others: names and values in turn
}

func bearer(token string) caller { return caller{credential: "Bearer " + token} }

// client calls the gateway over both fronts.
type client struct {
	caller
	rpc  *grpc.ClientConn
	http *http.Client
	url  string
}

func (s *secured) client(t *testing.T, c caller) *client {
	t.Helper()
	config := &tls.Config{RootCAs: s.authority.pool}
	if c.certificate != nil {
		// Shown whatever authorities the server names.
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return c.certificate, nil }
	}
	connection, err := grpc.NewClient(s.ready["gRPC"], grpc.WithTransportCredentials(credentials.NewTLS(config)))
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{TLSClientConfig: config.Clone(), ForceAttemptHTTP2: true}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		if err := connection.Close(); err != nil {
			t.Error(err)
		}
	})
	return &client{c, connection, &http.Client{Transport: transport}, s.ready["REST"]}
}

// operation is one rpc, as both fronts know it.
type operation struct {
	name       string // full
	request    proto.Message
	response   proto.Message
	verb, path string
}

var (
	readIt   = operation{"/um.v1.MailboxService/IsUMEnabled", &umv1.IsUMEnabledRequest{}, &umv1.IsUMEnabledResponse{}, http.MethodGet, "/v1/mailbox:umEnabled"}
	changeIt = operation{"/um.v1.MailboxService/SetOofStatus", &umv1.SetOofStatusRequest{Enabled: proto.Bool(true)}, &umv1.SetOofStatusResponse{}, http.MethodPost, "/v1/mailbox:setOofStatus"}
)

func dial(number string) operation {
	return operation{"/um.v1.CallService/PlayOnPhone", &umv1.PlayOnPhoneRequest{EntryId: "AAAA", DialString: number},
		&umv1.PlayOnPhoneResponse{}, http.MethodPost, "/v1/calls:playOnPhone"}
}

// overGRPC returns the error that the caller gets.
func (c *client) overGRPC(ctx context.Context, o operation) error {
	return c.rpc.Invoke(c.context(ctx), o.name, o.request, proto.Clone(o.response))
}

// context is that of a call over gRPC.
func (c *client) context(ctx context.Context) context.Context {
	if c.credential != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", c.credential)
	}
	return metadata.AppendToOutgoingContext(ctx, c.headers...)
}

// overREST returns the error that the caller gets, as gRPC would tell it.
func (c *client) overREST(ctx context.Context, o operation) error {
	reply, body, err := c.send(ctx, o)
	switch {
	case err != nil:
		return err
	case reply.StatusCode == http.StatusOK:
		return nil
	}
	told := &spb.Status{}
	if err := protojson.Unmarshal(body, told); err != nil {
		return err
	}
	return status.FromProto(told).Err()
}

func (c *client) send(ctx context.Context, o operation) (*http.Response, []byte, error) {
	body := []byte{}
	if o.verb == http.MethodPost {
		var err error
		if body, err = protojson.Marshal(o.request); err != nil {
			return nil, nil, err
		}
	}
	request, err := http.NewRequestWithContext(ctx, o.verb, c.url+o.path, strings.NewReader(string(body)))
	if err != nil {
		return nil, nil, err
	}
	if c.credential != "" {
		request.Header.Set("Authorization", c.credential)
	}
	for i := 0; i+1 < len(c.headers); i += 2 {
		request.Header.Add(c.headers[i], c.headers[i+1])
	}
	reply, err := c.http.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer reply.Body.Close()
	answer, err := io.ReadAll(reply.Body)
	return reply, answer, err
}

// patience is how long a change may take to be seen before a test fails.
const patience = 60 * time.Second

// eventually asks again and again.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for !holds() {
		select {
		case <-again.C:
		case <-ctx.Done():
			t.Fatalf("it never comes to pass that %s", what)
		}
	}
}
