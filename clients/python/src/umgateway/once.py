"""Calls that must not take effect twice."""

from __future__ import annotations

import time
import uuid
from typing import Any, Callable, TypeVar

from .errors import GatewayError
from .policy import policy_of

Request = TypeVar("Request")
Response = TypeVar("Response")


def once(call: Callable[[Request], Response], request: Request) -> Response:
    """Makes a call that must not take effect twice.

    It gives it a request_id, unless it has one, and makes it again under the same one when the connection was lost or not
    made: however often, the gateway carries it out once at most. An error tells the request_id, under which the call may
    still be repeated.
    """
    policy = policy_of("Disconnect")
    marked: Any = type(request)()
    marked.CopyFrom(request)
    marked.request_id = marked.request_id or str(uuid.uuid4())
    failures = 0
    while True:
        try:
            return call(marked)
        except GatewayError as error:
            error.request_id = marked.request_id
            failures += 1
            if not error.is_lost or failures == policy.max_attempts:
                raise
            time.sleep(policy.pause(failures) if error.retry_after is None else error.retry_after)
