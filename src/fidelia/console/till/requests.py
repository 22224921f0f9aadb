"""A sale as the page of the till sends it, and as activity takes it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from fidelia.activity.operations import LineRequest, PurchaseRequest
from fidelia.kernel.money import exponent_of
from fidelia.programme.models import Programme

UNIT = 1000


class TillLine(msgspec.Struct):
    """A line of the basket: quantity in thousandths, the price of one unit in minor units of the currency."""

    product: str
    quantity: int
    price: int
    name: str = ""

    @property
    def net(self) -> int:
        """The money of the line, half a minor unit rounded up."""
        return (2 * self.quantity * self.price + UNIT) // (2 * UNIT)


class TillSale(msgspec.Struct):
    """A sale, or a basket on its way to be one. `key` and `receipt` are of the page and stay with the sale.

    `named` is what was scanned off line and names a member only once it is sent. `chosen` are the offers taken or left,
    `expected` what the page said was to pay.
    """

    store: str
    till: str
    lines: list[TillLine]
    occurred_at: datetime | None = None
    customer_id: UUID | None = None
    key: str = ""
    receipt: str = ""
    named: str = ""
    chosen: dict[str, bool] = {}
    expected: int | None = None


def as_purchase(sale: TillSale, programme: Programme, at: datetime) -> PurchaseRequest:
    """Return the request that records the sale."""
    return PurchaseRequest(
        idempotency_key=sale.key,
        receipt_number=sale.receipt,
        occurred_at=sale.occurred_at or at,
        currency=programme.currency,
        lines=tuple(_line(line, programme.currency) for line in sale.lines),
        programme=programme.slug,
        customer_id=sale.customer_id,
        store=sale.store,
    )


def _line(line: TillLine, currency: str) -> LineRequest:
    return LineRequest(
        product_code=line.product,
        quantity=line.quantity,
        net=line.net,
        description=line.name,
        unit_price=line.price,
        unit_price_scale=exponent_of(currency),
    )
