"""A small shop for the tests of insight and campaigns: its operator, its customers and their purchases, as rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from fidelia.activity.models import Purchase, PurchaseLine
from fidelia.customers.operations import NewCustomer, add_customers_in_bulk
from fidelia.kernel.ids import new_id
from fidelia.organisation.operations import set_up_operator
from tests.cast import AT, SYSTEM


def open_shop() -> None:
    set_up_operator(
        by=SYSTEM, at=AT, name="Maison Éléonore", country="FR", currency="EUR", language="fr", time_zone="Europe/Paris"
    )


def customers(count: int) -> list[UUID]:
    rows = [
        NewCustomer(source="import", given_name=f"Client {number:05}", email=f"client{number}@exemple.fr")
        for number in range(count)
    ]
    with transaction.atomic():
        return add_customers_in_bulk(by=SYSTEM, at=AT, rows=rows)


def purchase(customer_id: UUID | None, total: int, occurred_at: datetime, **other: Any) -> Purchase:
    """An unsaved row; `buy` writes them."""
    key = str(new_id())
    given: dict[str, Any] = {
        "kind": "sale", "source": "test", "receipt_number": key, "idempotency_owner": "test", "idempotency_key": key,
        "request_hash": b"0" * 32, "customer_id": customer_id, "channel": "store", "currency": "EUR", "total": total,
        "product_total": total, "occurred_at": occurred_at, "recorded_at": occurred_at, "origin": "live",
    }  # fmt: skip
    return Purchase(**given | other)


def buy(rows: Sequence[Purchase]) -> None:
    """Write purchases, each with one line that takes back what the purchase takes back."""
    Purchase.objects.bulk_create(rows)
    PurchaseLine.objects.bulk_create(line_of(row) for row in rows)


def line_of(row: Purchase) -> PurchaseLine:
    return PurchaseLine(
        purchase=row, line_number=1, product_code="COFFEE", description="", is_product=True, net=row.total,
        quantity=1_000 if row.kind == "sale" else -1_000, points=row.points,
        returns_purchase_id=row.returns_purchase_id,
    )  # fmt: skip
