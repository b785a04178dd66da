"""As whom to call."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from typing import Callable, Optional, Union


@dataclass(frozen=True)
class Bearer:
    """A bearer token, or a function that returns the present one."""

    token: Union[str, Callable[[], str]] = field(repr=False)

    def authorization(self) -> str:
        """The value of the header that shows it."""
        return f"Bearer {self.token if isinstance(self.token, str) else self.token()}"


@dataclass(frozen=True)
class Basic:
    """A user name and a password."""

    user: str
    password: str = field(repr=False)

    def authorization(self) -> str:
        """The value of the header that shows it."""
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()


Credential = Union[Bearer, Basic]


def check_plain(address: str, credential: Optional[Credential]) -> None:
    """Refuses to show a credential to whoever listens on the way to another machine."""
    host = address.rpartition(":")[0]
    if credential is not None and not re.fullmatch(r"localhost|127(\.\d+){3}|\[::1\]", host):
        raise ValueError(f"a credential goes to {host} over TLS only")
