package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/umgateway/umgateway/gateway"
	umv1 "github.com/umgateway/umgateway/gen/um/v1"
	"github.com/umgateway/umgateway/soapbridge"
)

// secrets are values that callers send in confidence.
var secrets = []string{"SECRET-entry-id", "+1-SECRET-555", "SECRET-call-id==", "SECRET-folder"}

// confidential asks every rpc that takes such a value.
var confidential = []operation{
	{
		name: "PlayOnPhone", service: "um.v1.CallService", verb: "POST", path: "/v1/calls:playOnPhone",
		body:    `{"entryId":"SECRET-entry-id","dialString":"+1-SECRET-555"}`,
		request: &umv1.PlayOnPhoneRequest{EntryId: secrets[0], DialString: secrets[1]}, response: &umv1.PlayOnPhoneResponse{},
	},
	{
		name: "GetCallInfo", service: "um.v1.CallService", verb: "GET", path: "/v1/calls/SECRET-call-id==",
		request: &umv1.GetCallInfoRequest{CallId: secrets[2]}, response: &umv1.GetCallInfoResponse{},
	},
	{
		name: "SetTelephoneAccessFolderEmail", service: "um.v1.MailboxService", verb: "POST",
		path: "/v1/mailbox:setTelephoneAccessFolderEmail", body: `{"base64FolderId":"SECRET-folder"}`,
		request: &umv1.SetTelephoneAccessFolderEmailRequest{Base64FolderId: proto.String(secrets[3])}, response: &umv1.SetTelephoneAccessFolderEmailResponse{},
	},
}

func TestLogsHoldNoConfidentialValue(t *testing.T) {
	t.Parallel()
	repeat := strings.Join(secrets, " ")
	for name, failure := range map[string]error{
		"fault that repeats them": &soapbridge.Error{Kind: soapbridge.KindFault, HTTPStatus: 500, Fault: &soapbridge.Fault{
			Codes: []string{"Server"}, Text: "Some.Exception: " + repeat + "\n   at " + repeat,
		}},
		"error that repeats them": &soapbridge.Error{Kind: soapbridge.KindNotSOAP, Err: errors.New(repeat)},
		"foreign error":           fmt.Errorf("something else: %s", repeat),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			overEachFront(t, func(t *testing.T, f front) {
				var log lines
				s := newStand(t, gateway.Config{
					Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
					Invoker: invoker(func(_ context.Context, _ protoreflect.MethodDescriptor, in proto.Message) (proto.Message, error) {
						return nil, failure
					}),
				})
				for _, op := range confidential {
					f.ask(t.Context(), t, s, op)
				}
				s.end(t)
				checkOwnSecrets(t, log.String())
			})
		})
	}
}

// checkOwnSecrets checks that no line holds a value of the call that it is about.
func checkOwnSecrets(t *testing.T, log string) {
	t.Helper()
	own := map[string][]string{
		"PlayOnPhone": {secrets[0], secrets[1]}, "GetCallInfo": {secrets[2]}, "SetTelephoneAccessFolderEmail": {secrets[3]},
	}
	seen := 0
	for line := range strings.Lines(log) {
		for rpc, values := range own {
			if !strings.Contains(line, "/"+rpc+" ") {
				continue
			}
			seen++
			for _, value := range values {
				if strings.Contains(line, value) {
					t.Errorf("the log holds %q: %s", value, line)
				}
			}
		}
	}
	if seen != len(confidential) {
		t.Errorf("%d lines are about the calls, want %d: %s", seen, len(confidential), log)
	}
}
