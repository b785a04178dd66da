"""Calls umgateway, the gateway before Exchange Unified Messaging, over gRPC.

``Client`` is where to begin. ``calls`` and ``mailbox`` hold the messages and enums of the schema.
"""

from .client import Client
from .credential import Basic, Bearer, Credential
from .errors import GatewayError, Violation
from .gen.service_config import SERVICE_CONFIG
from .gen.um.v1 import call_service_pb2 as calls
from .gen.um.v1 import mailbox_service_pb2 as mailbox

__all__ = [
    "SERVICE_CONFIG",
    "Basic",
    "Bearer",
    "Client",
    "Credential",
    "GatewayError",
    "Violation",
    "calls",
    "mailbox",
]
