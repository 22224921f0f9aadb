"""Purchases, returns, and why they gave the points they gave."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints, field_validator, model_validator

from fidelia.activity.models import Purchase, PurchaseLine
from fidelia.activity.operations.requests import EXCHANGE
from fidelia.activity.operations.writing import LineRow, PurchaseRow
from fidelia.kernel.money import exponent_of, format_scaled
from fidelia.kernel.points import format_points
from fidelia.programme.queries import get_programme_by_id

from .types import (
    UPDATED_UNTIL,
    CurrencyCode,
    Id,
    IdentityText,
    Input,
    Instant,
    Name40,
    Name60,
    Name80,
    Output,
    PageQuery,
    Quantity,
    Since,
    Slug,
    Text120,
    Text200,
    Text300,
    shown,
)

Channel = Literal["store", "web", "phone", "app", "other"]
Price = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,16}(\.[0-9]{1,4})?$", max_length=21)]
LINES_MAX = 1_000
ROWS_MAX = 1_000

PURCHASE_ID = "019a5c1e-8f00-7b00-8000-000000000004"
LINES_IN = [
    {"product": "TEA-250", "quantity": "2", "net": "9.80", "description": "Thé de Séville, 250 g"},
    {"product": "CUP-01", "quantity": "1", "net": "6.20"},
]
PURCHASE_IN = {
    "receipt_number": "T03-000042",
    "occurred_at": "2026-03-02T10:15:00+01:00",
    "currency": "EUR",
    "total": "16.00",
    "member": {"identity": "card:2990000000017"},
    "store": "lyon-01",
    "channel": "store",
    "lines": LINES_IN,
}


class MemberIn(Input):
    """Who buys: by id, or by an identity."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})
    customer_id: Id = None  # type: ignore[assignment] # left out, never null
    identity: IdentityText = None  # type: ignore[assignment]

    @model_validator(mode="after")
    def _names_once(self) -> MemberIn:
        if len(self.model_fields_set) != 1:
            raise ValueError("Name the member once: customer_id or identity.")
        return self


class LineIn(Input):
    """One line: what is paid for it, tax included, after discounts."""

    product: Name80 = Field(description="The code of the product.")
    quantity: Quantity = Field(description="Above zero, up to three decimals.")
    net: Price
    description: Text200 = ""
    category: Text300 = Field("", description="Used where the product is not in the file of products.")
    brand: Text120 = Field("", description="Used where the product is not in the file of products.")

    @field_validator("quantity", "net", mode="before")
    @classmethod
    def _is_bought(cls, value: Any) -> Any:
        """A till that sends an exchange as it prints it is told what to send instead."""
        if isinstance(value, str) and value.startswith("-"):
            raise ValueError(EXCHANGE)
        return value


class PurchaseIn(Input):
    """A closed purchase. Without a member it is anonymous, and gives no points."""

    model_config = shown(PURCHASE_IN)
    receipt_number: Name80 = Field(description="Recorded once per source.")
    occurred_at: Instant = Field(description="The rules in force then decide. At most five minutes ahead of now.")
    currency: CurrencyCode
    lines: list[LineIn] = Field(min_length=1, max_length=LINES_MAX)
    total: Price | None = Field(None, description="Checked against the sum of the lines when given.")
    programme: Slug | None = Field(None, description="Needed only where there are several.")
    member: MemberIn | None = None
    store: Name40 | None = Field(None, description="The code of the store.")
    channel: Channel = "store"
    source: Name60 | None = Field(None, description="The stream of receipts; without it, the key’s own.")


class PurchaseBatchIn(Input):
    """Up to 1,000 purchases and returns, in any order. Each row is read, recorded or refused by itself.

    A row is what `POST /purchases` takes; with `"kind": "return"` what `POST /returns` takes, with
    `"kind": "lone_return"` what `POST /lone-returns` takes. With `idempotency_key` it has a key of its own.
    """

    model_config = shown(
        {
            "purchases": [
                {**PURCHASE_IN, "idempotency_key": "till-3-000042"},
                {
                    "kind": "return",
                    "receipt_number": "T03-000043",
                    "occurred_at": "2026-03-02T10:25:00+01:00",
                    "sold": {"receipt_number": "T03-000042"},
                    "lines": [{"line_number": 2}],
                },
            ]
        }
    )
    purchases: list[dict[str, Any]] = Field(min_length=1, max_length=ROWS_MAX)


class ReturnedLineIn(Input):
    """So much of one line; without a quantity, all that is left of it."""

    line_number: int = Field(ge=1, le=LINES_MAX)
    quantity: Quantity | None = None


class ReturnIn(Input):
    """Lines given back; without lines, all that is left of the purchase."""

    model_config = shown(
        {
            "receipt_number": "T03-000043",
            "occurred_at": "2026-03-03T11:00:00+01:00",
            "lines": [{"line_number": 2, "quantity": "1"}],
        }
    )
    receipt_number: Name80
    occurred_at: Instant
    lines: list[ReturnedLineIn] = Field([], max_length=LINES_MAX)
    source: Name60 | None = None
    store: Name40 | None = Field(None, description="The store to which it was brought; without it, that of the sale.")


class PurchaseQuery(PageQuery):
    """Which purchases."""

    customer_id: Id | None = Field(None, description="Those of one customer.")
    updated_since: Since | None = Field(
        None, description="An instant, or the `updated_until` of an answer. Recorded at this instant or after."
    )


_LINE = {
    "line_number": 1,
    "product": "TEA-250",
    "description": "Thé de Séville, 250 g",
    "quantity": "2.000",
    "net": "9.80",
    "is_product": True,
    "points": "9",
    "returns_line_number": None,
}
PURCHASE = {
    "id": PURCHASE_ID,
    "kind": "sale",
    "source": "key:019a5c1e-1000-7000-8000-000000000002",
    "receipt_number": "T03-000042",
    "programme": "fidelio",
    "customer_id": "019a5c1e-7f3a-7c55-9d6e-3f0c2b9a1d10",
    "enrolment_id": "019a5c1e-8a11-7d01-8b7e-51f4f2f0aa01",
    "store_id": "019a5c1e-0002-7000-8000-000000000001",
    "channel": "store",
    "currency": "EUR",
    "total": "16.00",
    "product_total": "16.00",
    "points_currency": "NOTES",
    "points": "15",
    "balance_after": "480",
    "rule_version_id": "019a5c1e-5500-7000-8000-00000000000a",
    "returns_purchase_id": None,
    "borne_by_store_id": None,
    "occurred_at": "2026-03-02T09:15:00Z",
    "recorded_at": "2026-03-02T09:15:01Z",
    "origin": "live",
    "lines": [_LINE],
}


class LineOut(Output):
    """One line with the points it gave; of a return, quantity, net and points are below zero."""

    line_number: int
    product: str
    description: str
    quantity: str
    net: str
    is_product: bool
    points: str
    returns_line_number: int | None


class PurchaseOut(Output):
    """A purchase or a return as it is recorded. It never changes."""

    model_config = shown(PURCHASE)
    id: UUID
    kind: Literal["sale", "return"]
    source: str
    receipt_number: str
    programme: str | None
    customer_id: UUID | None
    enrolment_id: UUID | None
    store_id: UUID | None
    channel: str
    currency: str
    total: str
    product_total: str = Field(description="The lines that are products: without postage and fees.")
    points_currency: str | None
    points: str
    balance_after: str | None
    rule_version_id: UUID | None
    returns_purchase_id: UUID | None
    borne_by_store_id: UUID | None = Field(description="Of a return: the store whose sales and points it lowers.")
    occurred_at: datetime
    recorded_at: datetime
    origin: str
    lines: list[LineOut]


class PurchasePage(Output):
    """Purchases and returns, the newest first."""

    model_config = shown({"data": [PURCHASE], "next": None, "updated_until": None})
    data: list[PurchaseOut]
    next: str | None
    updated_until: str | None = Field(None, description=UPDATED_UNTIL)


class RowOut(Output):
    """What became of one row: the purchase, or the problem."""

    index: int
    outcome: Literal["recorded", "known", "refused"]
    status: int
    replayed: bool = Field(description="It was known already, by its key or by its receipt.")
    purchase: PurchaseOut | None
    problem: dict[str, Any] | None


class PurchaseBatchOut(Output):
    """What became of every row, in order."""

    model_config = shown(
        {
            "recorded": 1,
            "replayed": 0,
            "refused": 0,
            "rows": [
                {
                    "index": 0,
                    "outcome": "recorded",
                    "status": 201,
                    "replayed": False,
                    "purchase": PURCHASE,
                    "problem": None,
                }
            ],
        }
    )
    recorded: int
    replayed: int
    refused: int
    rows: list[RowOut]


@lru_cache(maxsize=256)
def counts_in(programme_id: UUID) -> tuple[str, str, int]:
    """Return slug, points currency and scale of a programme. None of them ever changes, so they are read once."""
    programme = get_programme_by_id(programme_id)
    return programme.slug, programme.points_currency.code, programme.points_currency.scale


def purchase_out(purchase: Purchase | PurchaseRow, lines: Iterable[PurchaseLine | LineRow]) -> PurchaseOut:
    return PurchaseOut(**purchase_fields(purchase, lines))


def purchase_fields(purchase: Purchase | PurchaseRow, lines: Iterable[PurchaseLine | LineRow]) -> dict[str, Any]:
    """Return the fields of a PurchaseOut, in its order, as `answer` writes them."""
    slug, points_currency, scale = counts_in(purchase.programme_id) if purchase.programme_id else (None, None, 0)
    exponent, after = exponent_of(purchase.currency), purchase.balance_after
    return {
        "id": purchase.purchase_id,
        "kind": "sale" if purchase.kind == Purchase.Kind.SALE else "return",
        "source": purchase.source,
        "receipt_number": purchase.receipt_number,
        "programme": slug,
        "customer_id": purchase.customer_id,
        "enrolment_id": purchase.enrolment_id,
        "store_id": purchase.store_id,
        "channel": purchase.channel,
        "currency": purchase.currency,
        "total": format_scaled(purchase.total, exponent),
        "product_total": format_scaled(purchase.product_total, exponent),
        "points_currency": points_currency,
        "points": format_points(purchase.points, scale),
        "balance_after": None if after is None else format_points(after, scale),
        "rule_version_id": purchase.rule_version_id,
        "returns_purchase_id": purchase.returns_purchase_id,
        "borne_by_store_id": purchase.borne_by_store_id,
        "occurred_at": purchase.occurred_at,
        "recorded_at": purchase.recorded_at,
        "origin": purchase.origin,
        "lines": [_line_fields(line, exponent, scale) for line in lines],
    }


def _line_fields(line: PurchaseLine | LineRow, exponent: int, scale: int) -> dict[str, Any]:
    return {
        "line_number": line.line_number,
        "product": line.product_code,
        "description": line.description,
        "quantity": format_scaled(line.quantity, 3),
        "net": format_scaled(line.net, exponent),
        "is_product": line.is_product,
        "points": format_points(line.points, scale),
        "returns_line_number": line.returns_line_number,
    }
