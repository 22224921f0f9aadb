"""Where the web server listens."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Mapping
from dataclasses import dataclass

from fidelia.worker.errors import HeldByAnother, WrongVariable

DEFAULT = "127.0.0.1:8000"


@dataclass(frozen=True, slots=True)
class Address:
    """A host and a TCP port."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """The address for a browser on this machine."""
        host = "localhost" if self.host in ("127.0.0.1", "0.0.0.0", "::", "::1") else self.host  # noqa: S104
        return f"http://{host}:{self.port}"


def read_address(environ: Mapping[str, str]) -> Address:
    """Return where to listen, from FIDELIA_LISTEN (`host:port`). Raises WrongVariable."""
    text = environ.get("FIDELIA_LISTEN") or DEFAULT
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdecimal() or not 1 <= int(port) <= 65535:
        raise WrongVariable(f"FIDELIA_LISTEN is “{text}”; write host:port, for instance {DEFAULT}.")
    return Address(host.strip("[]"), int(port))


def refuse_taken(address: Address) -> None:
    """Raise HeldByAnother when another program listens there."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind((address.host, address.port))
        except OSError as error:
            place = f"{address.host}:{address.port}"
            raise HeldByAnother(
                f"Fidelia cannot listen at {place} ({error.strerror}); let FIDELIA_LISTEN name another place."
            ) from error


def is_answering(address: Address) -> bool:
    """Tell whether somebody takes connections there."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address.host, address.host)  # noqa: S104
    with contextlib.suppress(OSError), socket.create_connection((host, address.port), timeout=1):
        return True
    return False
