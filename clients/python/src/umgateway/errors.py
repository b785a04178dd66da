"""Why a call failed, read from the details of its status."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Optional, Tuple

import grpc
from google.protobuf.message import DecodeError

from .gen.rpc import error_details_pb2, status_pb2
from .gen.um.v1 import errors_pb2

_DETAILS = "grpc-status-details-bin"


@dataclass(frozen=True)
class Violation:
    """What is wrong with a field of the request."""

    field: str
    description: str


class GatewayError(Exception):
    """What the gateway said, or that it was not reached."""

    code: grpc.StatusCode
    """The status code."""
    message: str
    """What happened, for developers."""
    reason: str = ""
    """The reason, such as "CALL_NOT_FOUND"; docs/reasons.md explains each. Empty if it is not the gateway's word."""
    domain: str = ""
    """Whose reason it is: "umgateway"."""
    metadata: Dict[str, str]
    """What the gateway says besides."""
    violations: Tuple[Violation, ...] = ()
    """The fields of the request that are wrong."""
    retry_after: Optional[float] = None
    """When a repetition makes sense, in seconds; None if it does not, or if nobody knows."""
    log_id: str = ""
    """The id by which the error is found in the gateway's log."""
    fault: Optional[errors_pb2.SoapFault] = None
    """What Exchange said."""
    request_id: Optional[str] = None
    """The request_id that the call was given: under it, it may be repeated."""

    def __init__(self, code: grpc.StatusCode, message: str, details: bytes = b"") -> None:
        super().__init__(f"{code.name}: {message}")
        self.code = code
        self.message = message
        self.metadata = {}
        for detail in _parse(status_pb2.Status, details).details:
            self._read(detail.type_url.rpartition("/")[2], detail.value)
        if self.reason:
            self.args = (f"{code.name} {self.reason}: {message}",)

    @classmethod
    def of(cls, error: grpc.RpcError) -> GatewayError:
        """Reads the error of a call."""
        trailers = dict(error.trailing_metadata() or ())
        return cls(error.code(), error.details() or "", trailers.get(_DETAILS, b""))

    @property
    def is_lost(self) -> bool:
        """Whether the connection was lost, or not made: what may be repeated at all, may be repeated after that."""
        broken = (grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN)
        return self.code is grpc.StatusCode.UNAVAILABLE or (not self.reason and self.code in broken)

    def _read(self, name: str, value: bytes) -> None:
        if name == "google.rpc.ErrorInfo":
            info = _parse(error_details_pb2.ErrorInfo, value)
            self.reason, self.domain, self.metadata = info.reason, info.domain, dict(info.metadata)
        elif name == "google.rpc.BadRequest":
            fields = _parse(error_details_pb2.BadRequest, value).field_violations
            self.violations = tuple(Violation(v.field, v.description) for v in fields)
        elif name == "google.rpc.RetryInfo":
            delay = _parse(error_details_pb2.RetryInfo, value).retry_delay
            self.retry_after = delay.seconds + delay.nanos / 1e9
        elif name == "google.rpc.RequestInfo":
            self.log_id = _parse(error_details_pb2.RequestInfo, value).request_id
        elif name == "um.v1.SoapFault":
            self.fault = _parse(errors_pb2.SoapFault, value)


def _parse(kind: Any, value: bytes) -> Any:
    """Parses a message. What is not one, which only something before the gateway can have made, is an empty one."""
    message = kind()
    try:
        message.ParseFromString(value)
    except DecodeError:
        return kind()
    return message
