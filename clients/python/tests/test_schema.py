"""What is written by hand agrees with the schema."""

import json
import re
import unittest

from umgateway import SERVICE_CONFIG, Client, calls, mailbox


def snake(rpc: str) -> str:
    """Turns the name of an rpc into that of a method: IsUMEnabled into is_um_enabled."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", rpc).lower()


class Schema(unittest.TestCase):
    def test_every_rpc_has_a_method(self) -> None:
        services = (calls.DESCRIPTOR.services_by_name["CallService"], mailbox.DESCRIPTOR.services_by_name["MailboxService"])
        rpcs = [method.name for service in services for method in service.methods]
        methods = {"watch" if rpc == "WatchCall" else snake(rpc) for rpc in rpcs}
        self.assertEqual(methods - set(vars(Client)), set())

    def test_what_must_not_be_repeated_is_safe_once(self) -> None:
        for config in json.loads(SERVICE_CONFIG)["methodConfig"]:
            for name in config["name"]:
                once = snake(name["method"]) + "_once"
                self.assertEqual(hasattr(Client, once), "retryPolicy" not in config, once)
