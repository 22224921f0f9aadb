"""A program that calls the API, as tests write it: a key, JSON, and what came back."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

from django.test import Client

from fidelia.access.models import ApiKey
from fidelia.access.operations import issue_key
from fidelia.kernel.actor import EVERYWHERE, Mode, Scope
from tests.cast import AT, SYSTEM

TILL_RIGHTS = (
    *("customer.create", "customer.see", "customer.see_contacts", "customer.change", "customer.record_consent"),
    *("enrolment.create", "enrolment.end", "points.see", "purchase.record", "purchase.return", "purchase.see"),
    *("decision.see", "product.see", "product.change", "programme.see", "store.see"),
    *("coupon.*", "voucher.*", "gift_card.*", "stock.*"),
)


class Answer:
    """The status, the headers, and the JSON of an answer."""

    def __init__(self, response: Any) -> None:
        self.status: int = response.status_code
        self.headers = response.headers
        self.body: bytes = response.content
        self.media_type: str = response.headers.get("Content-Type", "").split(";")[0]

    def json(self) -> Any:
        return json.loads(self.body)

    def problem(self, status: int, code: str) -> dict[str, Any]:
        """Return the problem, having checked that it is one of this status and code."""
        assert self.media_type == "application/problem+json", self.body
        problem: dict[str, Any] = self.json()
        assert (self.status, problem["code"]) == (status, code), problem
        assert problem["status"] == status
        assert problem["type"].endswith(f"/api/docs/errors#{code}")
        assert problem["title"]
        assert problem["detail"]
        return problem


class Caller:
    """Calls with one key. Each write carries a fresh Idempotency-Key unless the test names it."""

    def __init__(self, *rights: str, mode: Mode = "live", scope: Scope = EVERYWHERE, limit: int = 100_000) -> None:
        issued = issue_key(
            by=SYSTEM, at=AT, name="Marzelline’s till", rights=rights or TILL_RIGHTS, mode=mode, scope=scope,
            limit_per_minute=limit,
        )  # fmt: skip
        self.key: ApiKey = issued.key
        self.text = issued.text
        self.client = Client(raise_request_exception=True)

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, None, **headers)

    def post(self, path: str, body: Any = None, *, key: str | None = None, **headers: str) -> Answer:
        return self.send("POST", path, body, **{"Idempotency-Key": key or str(uuid4()), **headers})

    def put(self, path: str, body: Any = None, *, key: str | None = None, **headers: str) -> Answer:
        return self.send("PUT", path, body, **{"Idempotency-Key": key or str(uuid4()), **headers})

    def patch(self, path: str, body: Any, *, key: str | None = None, **headers: str) -> Answer:
        return self.send("PATCH", path, body, **{"Idempotency-Key": key or str(uuid4()), **headers})

    def send(self, method: str, path: str, body: Any, **headers: str) -> Answer:
        """Send a body (bytes as they are, anything else as JSON; None: no body) to a path under /api/v1."""
        content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"Authorization": f"Bearer {self.text}", **headers}
        return Answer(
            self.client.generic(
                method,
                f"/api/v1{path}",
                content,
                content_type=sent.pop("Content-Type", "application/json" if content else ""),
                headers={name: value for name, value in sent.items() if value},
            )
        )


def basket(**changes: Any) -> dict[str, Any]:
    """Two bags of coffee and a mug for Florestan, in the shop on the day of the tests."""
    body: dict[str, Any] = {
        "receipt_number": str(uuid4()),
        "occurred_at": "2026-03-02T10:15:00+01:00",
        "currency": "EUR",
        "member": {"identity": "card:2990441788200"},
        "lines": [
            {"product": "moka", "quantity": "2", "net": "34.90", "category": "coffee"},
            {"product": "mug", "quantity": "1", "net": "14.50"},
        ],
    }
    return body | changes
