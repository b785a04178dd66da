"""Programs that the tests start: the gateway and what it needs."""

from __future__ import annotations

import os
import re
import subprocess
import threading
from typing import Dict, List, Optional

# "make build" puts the gateway's binary there.
BINARY = os.environ.get("GATEWAY_BINARY", os.path.join(os.path.dirname(__file__), "../../../bin/umgateway"))

LOOPBACK = ["--http-addr", "127.0.0.1:0", "--grpc-addr", "127.0.0.1:0", "--admin-addr", ""]


class Program:
    """A program that runs until it is stopped, and what it has written."""

    def __init__(self, command: List[str], environment: Optional[Dict[str, str]] = None) -> None:
        self._process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            env={**os.environ, **(environment or {})},
        )
        self.output = ""
        self._ended = False
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def wrote(self, pattern: str) -> re.Match[str]:
        """Waits until the output holds the pattern."""
        with self._changed:
            while True:
                found = re.search(pattern, self.output)
                if found:
                    return found
                if self._ended:
                    raise AssertionError(f"the program has ended without having written {pattern}:\n{self.output}")
                self._changed.wait()

    def end(self) -> int:
        """Waits until the program has ended, and returns how."""
        self._reader.join()
        return self._process.wait()

    def stop(self) -> None:
        """Ends the program."""
        self._process.terminate()
        self.end()

    def _read(self) -> None:
        assert self._process.stdout
        with self._process.stdout as lines:
            for line in lines:
                with self._changed:
                    self.output += line
                    self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()


def gateway(*arguments: str) -> Program:
    """Starts the gateway's command."""
    return Program([BINARY, *arguments])


def grpc_address(program: Program) -> str:
    """The address on which a gateway serves gRPC, once it does."""
    return program.wrote(r"gRPC ready at (\S+)")[1]
