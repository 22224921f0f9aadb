"""One exchange: what is known of a request from its arrival to its answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import activate

from fidelia.access.operations import Admission, ReadingInSet
from fidelia.kernel.actor import Actor
from fidelia.kernel.clock import now
from fidelia.kernel.ids import new_id

_REQUEST_ID = re.compile(r"[\x21-\x7e]{1,128}")
UNREAD: Any = object()


@dataclass(slots=True)
class Exchange:
    """The instant of a request, read once; its id; who asks, once admitted; and its body, once read."""

    request_id: str
    at: datetime
    admission: Admission | None = None
    body: Any = UNREAD

    @property
    def by(self) -> Actor:
        assert self.admission is not None, "every address but the description of the API asks for a key"
        return self.admission.actor

    @property
    def key_id(self) -> UUID:
        key_id = self.by.id
        assert key_id is not None, "only keys are admitted"
        return key_id

    @property
    def stream(self) -> str:
        """The stream of receipts of a key that names no other."""
        return f"key:{self.key_id}"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A hot call that is read and found good: what to read with the admission of its caller, and how to serve it then.

    `serve` takes the exchange, admitted, and the text that was read. `names_object` says that the address does.
    """

    reading: ReadingInSet
    serve: Callable[[Exchange, str], HttpResponse]
    names_object: bool = False


def new_exchange(given_id: str, languages: str) -> Exchange:
    """Return the exchange of a request that has just arrived; a caller's own X-Request-Id is kept.

    What it is told is in English, or in French where Accept-Language begins with it: never in whatever language the
    page before it, served by the same thread, was shown.
    """
    activate("fr" if languages[:2].lower() == "fr" else "en")
    return Exchange(given_id if _REQUEST_ID.fullmatch(given_id) else str(new_id()), at=now())


def begin_exchange(request: HttpRequest) -> Exchange:
    """Attach a new exchange to a request."""
    exchange = new_exchange(request.META.get("HTTP_X_REQUEST_ID", ""), request.META.get("HTTP_ACCEPT_LANGUAGE", ""))
    request.exchange = exchange  # type: ignore[attr-defined]
    return exchange


def exchange_of(request: HttpRequest) -> Exchange:
    """Return the exchange of a request that came by the door of the API."""
    exchange = request.exchange  # type: ignore[attr-defined]
    assert isinstance(exchange, Exchange), "requests enter by ApiDoor"
    return exchange
