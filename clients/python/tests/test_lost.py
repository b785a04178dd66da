"""What happens when the connection to the gateway breaks."""

from concurrent.futures import ThreadPoolExecutor
from typing import Callable, TypeVar

import grpc
from umgateway import GatewayError, calls, mailbox

from .stand import MESSAGE, Stand

T = TypeVar("T")


def play(number: str, request_id: str = "") -> calls.PlayOnPhoneRequest:
    return calls.PlayOnPhoneRequest(entry_id=MESSAGE, dial_string=number, request_id=request_id)


class Lost(Stand):
    def losing(self, operation: str, text: str, call: Callable[[], T]) -> T:
        """Makes a call whose answer is lost on the way: Exchange has carried it out by then."""
        with ThreadPoolExecutor() as pool:
            self.backend.hold()
            answer = pool.submit(call)
            self.was_asked(operation, text)
            self.way.cut()
            self.backend.release()
            return answer.result()

    def test_a_read_is_repeated(self) -> None:
        client = self.client()
        call_id = client.play_on_phone_once(play("4255550200")).call_id
        info = self.losing("GetCallInfo", call_id, lambda: client.get_call_info(calls.GetCallInfoRequest(call_id=call_id)))
        self.assertNotEqual(info.call_state, calls.CALL_STATE_UNSPECIFIED)
        self.losing("Disconnect", call_id, lambda: client.disconnect(calls.DisconnectRequest(call_id=call_id)))

    def test_a_connection_that_is_refused_at_first_is_made_again(self) -> None:
        self.way.refusals = 1
        self.assertTrue(self.client().is_um_enabled().enabled)
        self.assertEqual(self.way.refusals, 0)

    def test_a_gateway_that_is_far_away_is_reached(self) -> None:
        self.way.distance = 1.3
        self.addCleanup(setattr, self.way, "distance", 0.0)
        self.assertTrue(self.client().is_um_enabled().enabled)

    def test_a_telephone_is_not_rung_again_without_a_request_id(self) -> None:
        client = self.client()
        with self.assertRaises(GatewayError) as lost:
            self.losing("PlayOnPhone", "4255550210", lambda: client.play_on_phone(play("4255550210")))
        self.assertTrue(lost.exception.is_lost, lost.exception)
        client.is_um_enabled()
        self.assertEqual(self.asked("PlayOnPhone", "4255550210"), 1)

    def test_a_telephone_that_must_ring_once_rings_once_though_the_answer_was_lost(self) -> None:
        client = self.client()
        placed = self.losing("PlayOnPhone", "4255550220", lambda: client.play_on_phone_once(play("4255550220")))
        self.assertTrue(placed.call_id)
        self.assertEqual(self.asked("PlayOnPhone", "4255550220"), 1)
        greeting = calls.PlayOnPhoneGreetingRequest(
            greeting_type=calls.GREETING_TYPE_NORMAL_CUSTOM, dial_string="4255550230"
        )
        self.losing("PlayOnPhoneGreeting", "4255550230", lambda: client.play_on_phone_greeting_once(greeting))
        self.assertEqual(self.asked("PlayOnPhoneGreeting", "4255550230"), 1)
        self.assertEqual(greeting.request_id, "", "the caller's request was changed")

    def test_the_same_request_id_rings_once_also_after_a_restart_of_the_gateway(self) -> None:
        client = self.client()
        request = play("4255550240", "request-1")
        with ThreadPoolExecutor() as pool:
            first, again = pool.map(client.play_on_phone_once, (request, request))
        self.restart()
        later = client.play_on_phone_once(request)
        self.assertEqual((again, later), (first, first))
        self.assertEqual(self.asked("PlayOnPhone", "4255550240"), 1)
        with self.assertRaises(GatewayError) as reused:
            client.play_on_phone_once(play("4255550299", "request-1"))
        self.assertEqual((reused.exception.reason, reused.exception.request_id), ("REQUEST_ID_REUSED", "request-1"))

    def test_one_new_pin_is_made_at_most(self) -> None:
        client = self.client()
        before = self.asked("ResetPIN")
        for _ in range(2):
            client.reset_pin_once(mailbox.ResetPINRequest(request_id="pin-1"))
        self.assertEqual(self.asked("ResetPIN"), before + 1)

    def test_an_error_says_that_the_gateway_was_not_reached(self) -> None:
        self.way.refusals = 1000
        self.addCleanup(setattr, self.way, "refusals", 0)
        with self.assertRaises(GatewayError) as unreached:
            self.client().play_on_phone_once(play("4255550250"))
        error = unreached.exception
        self.assertEqual((error.code, error.reason), (grpc.StatusCode.UNAVAILABLE, ""))
        self.assertRegex(error.request_id or "", r"^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$")
        self.assertEqual(self.asked("PlayOnPhone", "4255550250"), 0)
