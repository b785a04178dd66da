"""How a call is followed to its end."""

from __future__ import annotations

import threading
import time
from typing import Any, Callable, Iterator

import grpc

from .errors import GatewayError
from .gen.um.v1 import call_service_pb2 as calls
from .policy import policy_of

Begin = Callable[[calls.WatchCallRequest], Any]


def watch(begin: Begin, call_id: str, after_sequence: int, silence: float) -> Iterator[calls.WatchCallResponse]:
    """Yields each change of a call, over however many streams: a stream that breaks off is begun again from where it was."""
    policy = policy_of("WatchCall")
    failures = 0
    while True:
        try:
            for event in _one_stream(begin(calls.WatchCallRequest(call_id=call_id, after_sequence=after_sequence)), silence):
                after_sequence, failures = event.sequence, 0
                yield event
                if event.ended:
                    return
            lost = GatewayError(grpc.StatusCode.UNAVAILABLE, "the gateway ended the stream before the call had ended")
        except GatewayError as error:
            if not error.is_lost:
                raise
            lost = error
        failures += 1
        if failures == policy.max_attempts:
            raise lost
        time.sleep(policy.pause(failures) if lost.retry_after is None else lost.retry_after)


def _one_stream(stream: Any, silence: float) -> Iterator[calls.WatchCallResponse]:
    """Yields the changes of one stream, and fails when it is silent for too long."""
    silent = threading.Event()

    def expect() -> threading.Timer:
        def give_up() -> None:
            silent.set()
            stream.cancel()

        timer = threading.Timer(silence, give_up)
        timer.daemon = True
        timer.start()
        return timer

    watchdog = expect()
    try:
        for event in stream:
            watchdog.cancel()
            if not event.heartbeat:
                yield event
            watchdog = expect()
    except grpc.RpcError as error:
        if silent.is_set():
            message = f"nothing was heard of the gateway for {silence} s"
            raise GatewayError(grpc.StatusCode.UNAVAILABLE, message) from error
        raise GatewayError.of(error) from error
    finally:
        watchdog.cancel()
        stream.cancel()
