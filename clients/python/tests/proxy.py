"""A way to a server that breaks when a test wants it to."""

from __future__ import annotations

import socket
import threading
import time
from typing import Set


class Proxy:
    """Passes connections on to a target, "host:port"."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.sent = b""  # by clients
        self.refusals = 0  # so many connections are broken at once
        self.distance = 0.0  # seconds that each answer is under way
        self._passing = threading.Event()
        self._passing.set()
        self._sockets: Set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def address(self) -> str:
        """The host and port of this end."""
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    def cut(self) -> None:
        """Breaks the connections."""
        for connection in list(self._sockets):
            _break(connection)

    def hold(self) -> None:
        """Keeps back what the server answers until release."""
        self._passing.clear()

    def release(self) -> None:
        """Passes on what was kept back."""
        self._passing.set()

    def lead(self, target: str) -> None:
        """Has new connections go to another server, and breaks the others."""
        self.target = target
        self.cut()

    def stop(self) -> None:
        """Breaks all connections, and makes no more."""
        self.release()
        _break(self._listener)
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.refusals > 0:
                self.refusals -= 1
                client.close()
                continue
            host, _, port = self.target.rpartition(":")
            try:
                server = socket.create_connection((host, int(port)))
            except OSError:
                client.close()
                continue
            self._sockets |= {client, server}
            threading.Thread(target=self._pass, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self._pass, args=(server, client, False), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, from_client: bool) -> None:
        try:
            while data := source.recv(65536):
                if from_client:
                    self.sent += data
                else:
                    self._passing.wait()
                    time.sleep(self.distance)
                sink.sendall(data)
        except OSError:
            pass
        _break(sink)
        _break(source)
        source.close()
        self._sockets.discard(source)


def _break(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # it is broken already
