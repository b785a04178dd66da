"""A gateway before a simulated Exchange server, with breakable ways to both."""

from __future__ import annotations

import os
import re
import tempfile
import unittest

from umgateway import Client

from .programs import LOOPBACK, Program, gateway, grpc_address
from .proxy import Proxy

MESSAGE = "AAAAAFhIZSBwZXJzb25hbCBtZXNzYWdl"

ANSWERED, BUSY, FORBIDDEN = "4255550100", "4255550101", "4255550104"


class Stand(unittest.TestCase):
    """The stand is that of all tests of a class."""

    exchange: Program
    backend: Proxy
    gateway: Program
    way: Proxy
    directory: tempfile.TemporaryDirectory[str]

    @classmethod
    def setUpClass(cls) -> None:
        cls.directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.directory.cleanup)
        cls.exchange = gateway("simulate", "--addr", "127.0.0.1:0", "--log-soap")
        cls.addClassCleanup(cls.exchange.stop)
        cls.backend = Proxy(cls.exchange.wrote(r"ready at http://([\d.:]+)")[1])
        cls.addClassCleanup(cls.backend.stop)
        cls._serve()
        cls.addClassCleanup(lambda: cls.gateway.stop())
        cls.way = Proxy(grpc_address(cls.gateway))
        cls.addClassCleanup(cls.way.stop)

    @classmethod
    def _serve(cls) -> None:
        cls.gateway = gateway(
            "serve",
            *LOOPBACK,
            *("--backend-url", f"http://{cls.backend.address}/UnifiedMessaging/Service.asmx"),
            *("--ledger", os.path.join(cls.directory.name, "ledger.db"), "--drain-timeout", "1s"),
        )

    def client(self) -> Client:
        """Makes a client that shares its connection with no other."""
        client = Client(self.way.address, plaintext=True, options={"grpc.use_local_subchannel_pool": 1})
        self.addCleanup(client.close)
        return client

    def restart(self) -> None:
        """Has another gateway take over, which knows of the first one's calls only what is in the ledger."""
        self.gateway.stop()
        self._serve()
        self.way.lead(grpc_address(self.gateway))

    def asked(self, operation: str, text: str = "") -> int:
        """Tells how often Exchange was asked for an operation with a text in it."""
        requests = [e for e in self.exchange.output.split("--> ") if f'/{operation}"' in e]
        return sum(text in request for request in requests)

    def was_asked(self, operation: str, text: str) -> None:
        """Waits until Exchange was asked for an operation with a text in it."""
        self.exchange.wrote(rf'--> [^\n]*/{operation}"(?:(?!--> )[\s\S])*{re.escape(text)}')
