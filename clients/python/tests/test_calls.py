"""What each method of a client does."""

import grpc
from google.protobuf.duration_pb2 import Duration
from umgateway import GatewayError, calls, mailbox

from .stand import ANSWERED, FORBIDDEN, MESSAGE, Stand


class Calls(Stand):
    def test_every_rpc_does_what_the_schema_says(self) -> None:
        client = self.client()
        lease = calls.HangUpLease(unattended=Duration(seconds=60))
        request = calls.PlayOnPhoneRequest(entry_id=MESSAGE, dial_string=ANSWERED, lease=lease)
        call_id = client.play_on_phone(request).call_id
        info = client.get_call_info(calls.GetCallInfoRequest(call_id=call_id))
        self.assertIn(info.call_state, (calls.CALL_STATE_CONNECTING, calls.CALL_STATE_ALERTED))
        self.assertEqual(info.event_cause, calls.EVENT_CAUSE_NONE)
        renewed = client.renew_lease(calls.RenewLeaseRequest(call_id=call_id))
        self.assertGreater(renewed.hang_up_time.seconds, 0)
        event = next(client.watch(call_id))
        self.assertGreater(event.sequence, 0)
        self.assertFalse(event.ended)
        client.disconnect(calls.DisconnectRequest(call_id=call_id))
        info = client.get_call_info(calls.GetCallInfoRequest(call_id=call_id))
        self.assertEqual(info.call_state, calls.CALL_STATE_DISCONNECTED)

        greeting = calls.PlayOnPhoneGreetingRequest(greeting_type=calls.GREETING_TYPE_OOF_CUSTOM, dial_string=ANSWERED)
        call_id = client.play_on_phone_greeting(greeting).call_id
        client.disconnect(calls.DisconnectRequest(call_id=call_id))

        self.assertTrue(client.is_um_enabled().enabled)
        client.set_oof_status(mailbox.SetOofStatusRequest(enabled=True))
        client.set_missed_call_notification_enabled(mailbox.SetMissedCallNotificationEnabledRequest(enabled=False))
        client.set_play_on_phone_dial_string(mailbox.SetPlayOnPhoneDialStringRequest(dial_string="5100"))
        folder = mailbox.SetTelephoneAccessFolderEmailRequest(base64_folder_id="Zm9sZGVy")
        client.set_telephone_access_folder_email(folder)
        properties = client.get_um_properties()
        self.assertTrue(properties.oof_status)
        self.assertFalse(properties.missed_call_notification_enabled)
        self.assertEqual(properties.play_on_phone_dial_string, "5100")
        self.assertEqual(properties.telephone_access_folder_email, "Zm9sZGVy")
        client.set_oof_status(mailbox.SetOofStatusRequest(enabled=False))
        self.assertFalse(client.get_um_properties().oof_status)
        client.reset_pin()

    def test_an_error_tells_its_reason_and_what_exchange_said(self) -> None:
        client = self.client()
        with self.assertRaises(GatewayError) as unknown:
            client.get_call_info(calls.GetCallInfoRequest(call_id="bm90aGluZy/+"))
        error = unknown.exception
        self.assertEqual(
            (error.code, error.reason, error.domain), (grpc.StatusCode.NOT_FOUND, "CALL_NOT_FOUND", "umgateway")
        )
        assert error.fault
        self.assertEqual(error.fault.exception_type, "InvalidCallIdException")
        self.assertTrue(error.log_id and error.message)
        self.assertIn("CALL_NOT_FOUND", str(error))
        with self.assertRaises(GatewayError) as forbidden:
            client.play_on_phone_once(calls.PlayOnPhoneRequest(entry_id=MESSAGE, dial_string=FORBIDDEN))
        self.assertEqual(forbidden.exception.reason, "DIALING_RULES_FORBID")
        self.assertEqual(self.asked("PlayOnPhone", FORBIDDEN), 1)

    def test_an_error_names_the_fields_that_are_wrong(self) -> None:
        with self.assertRaises(GatewayError) as refused:
            self.client().play_on_phone(calls.PlayOnPhoneRequest(entry_id=MESSAGE))
        error = refused.exception
        self.assertEqual((error.code, error.reason), (grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_INVALID"))
        self.assertEqual([violation.field for violation in error.violations], ["dial_string"])
        self.assertTrue(error.violations[0].description)

    def test_a_deadline_ends_a_call_that_takes_longer(self) -> None:
        client = self.client()
        client.is_um_enabled()
        self.backend.hold()
        self.addCleanup(self.backend.release)
        with self.assertRaises(GatewayError) as late:
            client.get_um_properties(timeout=0.2)
        self.assertIs(late.exception.code, grpc.StatusCode.DEADLINE_EXCEEDED)
