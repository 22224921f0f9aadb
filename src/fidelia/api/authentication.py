"""Bearer keys: one statement finds the key, its rights and scope, and counts the request against its limit."""

from __future__ import annotations

from django.http import HttpRequest

from fidelia.access.operations import Admission, admit

from .bodies import read_body
from .errors import KeyMissing
from .exchange import exchange_of


class BearerKey:
    """Admits the caller of an operation; a batch counts as many requests as it has rows."""

    openapi_security_schema = {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key, `live_…` or `test_…`. A test key acts on sandbox programmes only.",
    }

    def __init__(self, *, counts_rows: bool = False) -> None:
        self.counts_rows = counts_rows

    def __call__(self, request: HttpRequest) -> Admission:
        exchange = exchange_of(request)
        scheme, _space, key_text = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer" or not key_text.strip():
            raise KeyMissing("Send your API key: Authorization: Bearer live_…")
        cost = _rows_of(read_body(request)) if self.counts_rows else 1
        exchange.admission = admit(key_text=key_text.strip(), cost=cost, at=exchange.at)
        return exchange.admission


def _rows_of(body: object) -> int:
    rows = body.get("purchases") if isinstance(body, dict) else None
    return max(1, len(rows)) if isinstance(rows, list) else 1
