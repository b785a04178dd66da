"""How often and how soon a call is made again."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass

from .gen.service_config import SERVICE_CONFIG


@dataclass(frozen=True)
class Policy:
    """The retryPolicy of an rpc in the service config (gRFC A6)."""

    max_attempts: int
    first: float
    longest: float
    multiplier: float

    def pause(self, failures: int) -> float:
        """The pause after a number of failures, in seconds: longer each time, and a fifth more or less at random.

        All of them together are longer than the pauses in which the channel tries to connect again.
        """
        return random.uniform(0.8, 1.2) * min(self.first * self.multiplier ** (failures - 1), self.longest)


def policy_of(rpc: str) -> Policy:
    """The policy of an rpc that may be repeated."""
    for config in json.loads(SERVICE_CONFIG)["methodConfig"]:
        if any(name["method"] == rpc for name in config["name"]):
            policy = config["retryPolicy"]
            return Policy(
                policy["maxAttempts"],
                float(policy["initialBackoff"].rstrip("s")),
                float(policy["maxBackoff"].rstrip("s")),
                policy["backoffMultiplier"],
            )
    raise KeyError(rpc)
