//go:build interop

package interop

import (
	"testing"
	"time"

	"github.com/umgateway/umgateway/internal/exchangesim"
)

func TestAForeignStackDrivesEveryUMOperation(t *testing.T) {
	t.Parallel()
	onEveryStack(t, exchangesim.ServicePath, func(t *testing.T, d *driver) {
		d.call("IsUMEnabled", nil, true)
		d.call("GetUMProperties", nil, object{
			"OofStatus": false, "MissedCallNotificationEnabled": true,
			"PlayOnPhoneDialString": "4255550123", "TelephoneAccessNumbers": "4255550100",
		})
		d.call("SetOofStatus", object{"status": true}, nil)
		d.call("SetMissedCallNotificationEnabled", object{"status": false}, nil)
		d.call("SetPlayOnPhoneDialString", object{"dialString": "<+1 & é€>"}, nil)
		d.call("SetTelephoneAccessFolderEmail", object{"base64FolderID": "AA+/=="}, nil)
		d.call("GetUMProperties", nil, object{
			"OofStatus": true, "MissedCallNotificationEnabled": false,
			"PlayOnPhoneDialString": "<+1 & é€>", "TelephoneAccessNumbers": "4255550100", "TelephoneAccessFolderEmail": "AA+/==",
		})
		d.call("ResetPIN", nil, nil)
		if pins := d.Mailbox(exchangesim.DefaultUser).PINResets; pins != 1 {
			t.Errorf("%d PINs were reset", pins)
		}

		played := d.dial("PlayOnPhone", object{"entryId": "AAAA", "DialString": "4255550123"})
		greeted := d.dial("PlayOnPhoneGreeting", object{"GreetingType": "OofCustom", "DialString": exchangesim.BusyNumber})
		d.call("GetCallInfo", object{"CallId": played}, object{"CallState": "Connecting", "EventCause": "None"})
		d.clock.advance(time.Second)
		d.call("GetCallInfo", object{"CallId": played}, object{"CallState": "Alerted", "EventCause": "None"})
		d.call("GetCallInfo", object{"CallId": greeted}, object{"CallState": "Disconnected", "EventCause": "UserBusy"})
		d.clock.advance(time.Second)
		d.call("GetCallInfo", object{"CallId": played}, object{"CallState": "Connected", "EventCause": "None"})
		d.call("Disconnect", object{"CallId": played}, nil)
		d.call("Disconnect", object{"CallId": exchangesim.DocumentedCallID}, nil)
		d.call("GetCallInfo", object{"CallId": played}, object{"CallState": "Disconnected", "EventCause": "None"})
	})
}

// dial wants a call id, and returns it.
func (d *driver) dial(operation string, arguments object) string {
	d.t.Helper()
	got := d.send(request{Operation: operation, Arguments: arguments})
	id, _ := got.Result.(string)
	calls := d.Calls(exchangesim.DefaultUser)
	if last := calls[len(calls)-1]; id == "" || last.ID != id || last.DialString != arguments["DialString"] {
		d.t.Fatalf("%s: got %+v; the last call is %+v", operation, got, last)
	}
	return id
}

func TestAForeignStackReadsTheFaultsOfTheUMService(t *testing.T) {
	t.Parallel()
	onEveryStack(t, exchangesim.ServicePath, func(t *testing.T, d *driver) {
		d.refused("Disconnect", object{"CallId": "bm8="}, "InvalidCallIdException")
		d.refused("GetCallInfo", object{"CallId": "bm8="}, "InvalidCallIdException")
		d.refused("PlayOnPhone", object{"entryId": exchangesim.BadEntryID, "DialString": "1"}, "InvalidObjectIdException")
		d.refused("PlayOnPhone", object{"entryId": "AAAA", "DialString": exchangesim.ForbiddenNumber}, "DialingRulesException")
		d.refused("PlayOnPhoneGreeting", object{"GreetingType": "NormalCustom", "DialString": ""}, "DialingRulesException")
	})
}
