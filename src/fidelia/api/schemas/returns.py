"""Returns that name no purchase by its id: by the receipt of the sale, or alone; and claims of anonymous purchases."""

from __future__ import annotations

from datetime import datetime

from pydantic import ConfigDict, Field, model_validator

from .activity import (
    LINES_IN,
    PURCHASE,
    LineIn,
    MemberIn,
    Price,
    PurchaseIn,
    PurchaseOut,
    ReturnIn,
)
from .types import CurrencyCode, Day, Id, Input, Name60, Name80, Output, shown

SOLD = {"receipt_number": "T03-000042"}


class SoldIn(Input):
    """The receipt of the sale."""

    receipt_number: Name80
    source: Name60 | None = Field(None, description="Its stream of receipts; without it, that of the return.")


class ReturnOfReceiptIn(ReturnIn):
    """Lines of a sale given back; without lines, all that is left of it."""

    model_config = shown(
        {
            "receipt_number": "T07-000310",
            "occurred_at": "2026-03-03T11:00:00+01:00",
            "sold": SOLD,
            "store": "lyon-02",
            "lines": [{"line_number": 1, "quantity": "1"}],
        }
    )
    sold: SoldIn


class LoneReturnIn(PurchaseIn):
    """Goods that came back without their receipt: what they are and what was paid back, above zero as in a sale."""

    model_config = shown(
        {
            "receipt_number": "T03-000044",
            "occurred_at": "2026-03-03T11:05:00+01:00",
            "currency": "EUR",
            "member": {"identity": "card:2990000000017"},
            "lines": LINES_IN[1:],
        }
    )
    lines: list[LineIn] = Field(min_length=1, max_length=1_000)


class ReceiptIn(Input):
    """What is printed on a receipt, and shows that one holds it."""

    receipt_number: Name80
    bought_on: Day = Field(description="The day of the purchase where the programme is.")
    total: Price
    currency: CurrencyCode
    source: Name60 | None = Field(None, description="The stream of receipts, where it is known.")


class ClaimIn(Input):
    """Which purchase, by its receipt or (who may see it) by its id; and whose it is."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "receipt": {
                        "receipt_number": "T03-000041", "bought_on": "2026-03-02", "total": "16.00", "currency": "EUR"
                    },
                    "member": {"identity": "card:2990000000017"},
                }
            ]
        }
    )  # fmt: skip
    receipt: ReceiptIn | None = None
    purchase_id: Id | None = None
    member: MemberIn

    @model_validator(mode="after")
    def _names_once(self) -> ClaimIn:
        if (self.receipt is None) == (self.purchase_id is None):
            raise ValueError("Name the purchase once: by its receipt or by purchase_id.")
        return self


class ClaimOut(Output):
    """The purchase as it is the member's now, and since when."""

    model_config = shown({"claimed_at": "2026-03-04T08:30:00Z", "purchase": PURCHASE})
    claimed_at: datetime
    purchase: PurchaseOut
