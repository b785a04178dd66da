package gateway_test

import (
	"context"
	"net/http"
	"testing"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

// operation is one rpc as both fronts are asked for it.
type operation struct {
	name       string // of the SOAP operation and of the rpc
	service    string
	verb, path string
	body       string // of the REST request
	request    proto.Message
	response   proto.Message
	want       string // the response in JSON; empty where it is not the same each time
	once       bool   // it has a new effect each time
}

const knownCall = "MDlkZjllZGMtNGUyMy00NzA5LWJkYWYtN2JlMjBjYjBhZTU2QGRmLWV1bS0wMS5leGNoYW5nZS5jb3JwLm1pY3Jvc29mdC5jb20="

// operations lists every rpc. TestEveryRPCIsInTheMatrix keeps it complete.
var operations = []operation{
	{
		name: "PlayOnPhone", service: "um.v1.CallService", verb: http.MethodPost, path: "/v1/calls:playOnPhone", once: true,
		body:     `{"entryId":"AAAA","dialString":"4255550100"}`,
		request:  &umv1.PlayOnPhoneRequest{EntryId: "AAAA", DialString: "4255550100"},
		response: &umv1.PlayOnPhoneResponse{},
	},
	{
		name: "PlayOnPhoneGreeting", service: "um.v1.CallService", verb: http.MethodPost, path: "/v1/calls:playOnPhoneGreeting", once: true,
		body:     `{"greetingType":"GREETING_TYPE_OOF_CUSTOM","dialString":"4255550100"}`,
		request:  &umv1.PlayOnPhoneGreetingRequest{GreetingType: umv1.GreetingType_GREETING_TYPE_OOF_CUSTOM, DialString: "4255550100"},
		response: &umv1.PlayOnPhoneGreetingResponse{},
	},
	{
		name: "GetCallInfo", service: "um.v1.CallService", verb: http.MethodGet, path: "/v1/calls/" + knownCall,
		request:  &umv1.GetCallInfoRequest{CallId: knownCall},
		response: &umv1.GetCallInfoResponse{}, want: `{"callState":"CALL_STATE_CONNECTING","eventCause":"EVENT_CAUSE_NONE"}`,
	},
	{
		name: "Disconnect", service: "um.v1.CallService", verb: http.MethodPost, path: "/v1/calls/" + knownCall + ":disconnect",
		request:  &umv1.DisconnectRequest{CallId: knownCall},
		response: &umv1.DisconnectResponse{}, want: `{}`,
	},
	{
		name: "IsUMEnabled", service: "um.v1.MailboxService", verb: http.MethodGet, path: "/v1/mailbox:umEnabled",
		request:  &umv1.IsUMEnabledRequest{},
		response: &umv1.IsUMEnabledResponse{}, want: `{"enabled":true}`,
	},
	{
		name: "GetUMProperties", service: "um.v1.MailboxService", verb: http.MethodGet, path: "/v1/mailbox/umProperties",
		request:  &umv1.GetUMPropertiesRequest{},
		response: &umv1.GetUMPropertiesResponse{},
		want: `{"oofStatus":false,"missedCallNotificationEnabled":true,"playOnPhoneDialString":"4255550123",` +
			`"telephoneAccessNumbers":"4255550100","telephoneAccessFolderEmail":""}`,
	},
	{
		name: "ResetPIN", service: "um.v1.MailboxService", verb: http.MethodPost, path: "/v1/mailbox:resetPin", once: true,
		request:  &umv1.ResetPINRequest{},
		response: &umv1.ResetPINResponse{}, want: `{}`,
	},
	{
		name: "SetOofStatus", service: "um.v1.MailboxService", verb: http.MethodPost, path: "/v1/mailbox:setOofStatus",
		body: `{"enabled":false}`, request: &umv1.SetOofStatusRequest{Enabled: proto.Bool(false)},
		response: &umv1.SetOofStatusResponse{}, want: `{}`,
	},
	{
		name: "SetMissedCallNotificationEnabled", service: "um.v1.MailboxService", verb: http.MethodPost,
		path: "/v1/mailbox:setMissedCallNotificationEnabled",
		body: `{"enabled":true}`, request: &umv1.SetMissedCallNotificationEnabledRequest{Enabled: proto.Bool(true)},
		response: &umv1.SetMissedCallNotificationEnabledResponse{}, want: `{}`,
	},
	{
		name: "SetPlayOnPhoneDialString", service: "um.v1.MailboxService", verb: http.MethodPost,
		path: "/v1/mailbox:setPlayOnPhoneDialString",
		body: `{"dialString":""}`, request: &umv1.SetPlayOnPhoneDialStringRequest{DialString: proto.String("")},
		response: &umv1.SetPlayOnPhoneDialStringResponse{}, want: `{}`,
	},
	{
		name: "SetTelephoneAccessFolderEmail", service: "um.v1.MailboxService", verb: http.MethodPost,
		path: "/v1/mailbox:setTelephoneAccessFolderEmail",
		body: `{"base64FolderId":"AAAA"}`, request: &umv1.SetTelephoneAccessFolderEmailRequest{Base64FolderId: proto.String("AAAA")},
		response: &umv1.SetTelephoneAccessFolderEmailResponse{}, want: `{}`,
	},
}

// front is a way to ask for an operation.
type front struct {
	name     string
	protocol string // as the log has it
	ask      func(context.Context, *testing.T, *stand, operation) (outcome, string)
}

var fronts = []front{
	{"gRPC", "grpc", askGRPC},
	{"REST", "rest", askREST},
	{"Connect", "connect", askConnect()},
	{"Connect JSON", "connect", askConnect(connect.WithProtoJSON())},
	{"gRPC-Web", "grpc-web", askConnect(connect.WithGRPCWeb())},
	{"gRPC on the HTTP port", "grpc", askConnect(connect.WithGRPC())},
}

// askGRPC returns the outcome and the response in JSON.
func askGRPC(ctx context.Context, t *testing.T, s *stand, op operation) (outcome, string) {
	t.Helper()
	response := proto.Clone(op.response)
	err := s.grpc.Invoke(ctx, "/"+op.service+"/"+op.name, op.request, response)
	if err != nil {
		return outcomeOfGRPC(t, err), ""
	}
	data, err := protojson.MarshalOptions{EmitDefaultValues: true}.Marshal(response)
	if err != nil {
		t.Fatal(err)
	}
	return outcome{}, string(data)
}

// askREST returns the outcome and the response in JSON.
func askREST(ctx context.Context, t *testing.T, s *stand, op operation) (outcome, string) {
	t.Helper()
	reply, body := s.rest(ctx, op.verb, op.path, op.body)
	return outcomeOfREST(t, reply, body), string(body)
}
