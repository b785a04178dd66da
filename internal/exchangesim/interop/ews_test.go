//go:build interop

package interop

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/umgateway/umgateway/internal/exchangesim"
)

// ews calls an operation for a version of Exchange, and as a user if there is one.
func (d *driver) ews(operation string, arguments object, version, user string) reply {
	d.t.Helper()
	headers := object{"RequestServerVersion": object{"Version": version}}
	if user != "" {
		headers["ExchangeImpersonation"] = object{"ConnectingSID": object{"PrimarySmtpAddress": user}}
	}
	return d.send(request{
		Operation: operation, Arguments: arguments, Headers: headers,
		HeaderNamespace: strings.TrimSuffix(d.namespace, "messages") + "types",
	})
}

// answers wants a response, and the version echoed.
func (d *driver) answers(operation string, arguments object, want object) {
	d.t.Helper()
	got := d.ews(operation, arguments, "Exchange2013", "")
	if got.Fault != nil || !reflect.DeepEqual(got.Result, want) {
		d.t.Errorf("%s%v: got %v, fault %+v, want %v", operation, arguments, got.Result, got.Fault, want)
	}
	version, _ := got.Headers["ServerVersionInfo"].(object)
	if version["Version"] != "Exchange2013" || version["MajorVersion"] != 15.0 {
		d.t.Errorf("%s: the headers are %v", operation, got.Headers)
	}
}

func TestAForeignStackDrivesTheOperationsOfEWS(t *testing.T) {
	t.Parallel()
	onEveryStack(t, exchangesim.EWSPath, func(t *testing.T, d *driver) {
		success := object{"ResponseClass": "Success", "ResponseCode": "NoError"}
		call := func(number string) object {
			t.Helper()
			got := d.ews("PlayOnPhone", object{"ItemId": object{"Id": "AAMk"}, "DialString": number}, "Exchange2010", "")
			response, _ := got.Result.(object)
			id, _ := response["PhoneCallId"].(object)
			calls := d.Calls(exchangesim.DefaultUser)
			if last := calls[len(calls)-1]; response["ResponseClass"] != "Success" || last.ID != id["Id"] || last.DialString != number {
				t.Fatalf("PlayOnPhone: got %+v; the last call is %+v", got, last)
			}
			return object{"PhoneCallId": id}
		}
		answered, busy := call("4255550123"), call(exchangesim.BusyNumber)
		information := func(content object) object {
			return object{"ResponseClass": "Success", "ResponseCode": "NoError", "PhoneCallInformation": content}
		}
		d.answers("GetPhoneCallInformation", answered, information(object{"PhoneCallState": "Connecting", "ConnectionFailureCause": "None"}))
		d.clock.advance(time.Second)
		d.answers("GetPhoneCallInformation", busy, information(object{
			"PhoneCallState": "Disconnected", "ConnectionFailureCause": "UserBusy", "SIPResponseText": "Busy Here", "SIPResponseCode": 486.0,
		}))
		d.answers("DisconnectPhoneCall", answered, success)
		d.answers("GetPhoneCallInformation", answered, information(object{"PhoneCallState": "Disconnected", "ConnectionFailureCause": "None"}))
		d.answers("DisconnectPhoneCall", object{"PhoneCallId": object{"Id": "bm8="}}, object{
			"ResponseClass": "Error", "ResponseCode": "ErrorInvalidPhoneCallId", "MessageText": "The phone call ID isn't valid.",
			"DescriptiveLinkKey": 0.0,
		})
	})
}

func TestAForeignStackImpersonatesAUser(t *testing.T) {
	t.Parallel()
	onEveryStack(t, exchangesim.EWSPath, func(t *testing.T, d *driver) {
		play := object{"ItemId": object{"Id": "AAMk"}, "DialString": "4255550123"}
		if got := d.ews("PlayOnPhone", play, "Exchange2010", "alice@contoso.com"); got.Fault != nil || len(d.Calls("alice@contoso.com")) != 1 {
			t.Errorf("got %+v; the calls are %+v", got, d.Calls("alice@contoso.com"))
		}
		got := d.ews("PlayOnPhone", play, "Exchange2010", exchangesim.DeniedAddress).Fault
		if got == nil || !strings.HasSuffix(got.Code, "ErrorImpersonateUserDenied") || len(got.Detail) != 2 ||
			got.Detail[0].Name != "ResponseCode" || got.Detail[0].Text != "ErrorImpersonateUserDenied" {
			t.Errorf("got %+v", got)
		}
		if got := d.ews("PlayOnPhone", play, "Exchange2007_SP1", "").Fault; got == nil || !strings.HasSuffix(got.Code, "ErrorIncorrectSchemaVersion") {
			t.Errorf("got %+v", got)
		}
	})
}
