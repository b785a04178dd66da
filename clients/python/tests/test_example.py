"""The example does what the README says, as it is printed there."""

import os
import sys
import unittest

from .programs import LOOPBACK, Program, gateway, grpc_address

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Example(unittest.TestCase):
    def test_it_places_watches_and_ends_a_call(self) -> None:
        demo = gateway("demo", *LOOPBACK)
        self.addCleanup(demo.stop)
        example = Program(
            [sys.executable, os.path.join(PACKAGE, "examples", "call.py")],
            {"GATEWAY": grpc_address(demo), "PYTHONPATH": os.path.join(PACKAGE, "src")},
        )
        self.assertEqual(example.end(), 0, example.output)
        self.assertTrue(
            example.output.endswith(
                "CALL_STATE_CONNECTED EVENT_CAUSE_NONE\nCALL_STATE_DISCONNECTED EVENT_CAUSE_NONE\n"
            ),
            example.output,
        )
