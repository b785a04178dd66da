"""How a call is followed."""

from typing import Callable, List

import grpc
from umgateway import Client, GatewayError, calls

from .stand import ANSWERED, BUSY, MESSAGE, Stand


class Watch(Stand):
    def place(self, client: Client, number: str) -> str:
        return client.play_on_phone_once(calls.PlayOnPhoneRequest(entry_id=MESSAGE, dial_string=number)).call_id

    def follow(
        self, client: Client, call_id: str, each: Callable[[calls.WatchCallResponse], object]
    ) -> List[calls.WatchCallResponse]:
        """Follows a call to its end, which comes when somebody has answered."""
        seen = []
        for event in client.watch(call_id):
            seen.append(event)
            each(event)
            if event.call_state == calls.CALL_STATE_CONNECTED:
                client.disconnect(calls.DisconnectRequest(call_id=call_id))
        return seen

    def assert_whole(self, events: List[calls.WatchCallResponse]) -> None:
        """Checks that the events are those of one call: each once, in order, the end last."""
        sequences = [event.sequence for event in events]
        self.assertEqual(sequences, sorted(set(sequences)))
        self.assertEqual([event.ended for event in events], [False] * (len(events) - 1) + [True])
        self.assertFalse(any(event.heartbeat for event in events))

    def test_a_call_is_followed_to_its_end(self) -> None:
        client = self.client()
        seen = self.follow(client, self.place(client, ANSWERED), lambda event: None)
        self.assert_whole(seen)
        states = [event.call_state for event in seen]
        self.assertEqual(states[-2:], [calls.CALL_STATE_CONNECTED, calls.CALL_STATE_DISCONNECTED])

    def test_the_end_says_why(self) -> None:
        client = self.client()
        last = self.follow(client, self.place(client, BUSY), lambda event: None)[-1]
        self.assertEqual(
            (last.call_state, last.event_cause), (calls.CALL_STATE_DISCONNECTED, calls.EVENT_CAUSE_USER_BUSY)
        )

    def test_a_watch_goes_on_where_the_connection_broke(self) -> None:
        client = self.client()
        seen = self.follow(client, self.place(client, ANSWERED), lambda event: self.way.cut())
        self.assert_whole(seen)
        self.assertGreaterEqual(len(seen), 3)

    def test_a_watch_goes_on_at_the_gateway_that_takes_over(self) -> None:
        client = self.client()
        call_id = self.place(client, ANSWERED)
        events = client.watch(call_id)
        self.assertFalse(next(events).ended)
        self.restart()
        client.disconnect(calls.DisconnectRequest(call_id=call_id))
        self.assertEqual([event.ended for event in events], [True])

    def test_what_cannot_be_followed_fails_with_what_the_gateway_says(self) -> None:
        with self.assertRaises(GatewayError) as unknown:
            next(self.client().watch("bm9uZQ=="))
        self.assertEqual(unknown.exception.reason, "CALL_NOT_FOUND")

    def test_silence_is_taken_for_a_lost_connection(self) -> None:
        client = self.client()
        call_id = self.place(client, ANSWERED)
        self.way.hold()
        self.addCleanup(self.way.cut)
        self.addCleanup(self.way.release)
        with self.assertRaises(GatewayError) as silent:
            next(client.watch(call_id, silence=0.1))
        self.assertIs(silent.exception.code, grpc.StatusCode.UNAVAILABLE)
        self.assertIn("nothing was heard", silent.exception.message)
