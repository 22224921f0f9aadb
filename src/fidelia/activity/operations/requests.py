"""What a till sends: a purchase or a return, checked as far as it can be without looking anything up."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from fidelia.kernel.money import exponent_of

from ..errors import MalformedLines, OccurredInFuture, TotalDiffers
from ..targets import LINES_MAX

QUANTITY_SCALE = 3
UNIT = 10**QUANTITY_SCALE
QUANTITY_MAX = 1_000_000 * UNIT
NET_MAX = 10**12
CLOCK_SKEW = timedelta(minutes=5)  # tills whose clock runs ahead by less are believed
LATE_AFTER = timedelta(days=1)
EXCHANGE = (
    "What is given back is no line of a purchase. Of an exchange, send what is bought as a purchase and what comes "
    "back as a return, both with the number of the one receipt."
)


class LineRequest(msgspec.Struct, frozen=True):
    """One line of a purchase. `quantity` in thousandths of a unit; `net` in minor units, after discounts, tax included.

    `unit_price`, where given, is in units of 10^-unit_price_scale and only kept: what is paid is `net`.
    Category and brand are the till's own words, used where the product is not in the file of products.
    """

    product_code: str
    quantity: int
    net: int
    description: str = ""
    category: str = ""
    brand: str = ""
    unit_price: int | None = None
    unit_price_scale: int | None = None


@dataclass(frozen=True, slots=True)
class PurchaseRequest:
    """A purchase as a till sends it. The member is named by id or by an identity (scheme and value), or not at all."""

    idempotency_key: str
    receipt_number: str
    occurred_at: datetime
    currency: str
    lines: tuple[LineRequest, ...]
    total: int | None = None
    programme: str | None = None
    customer_id: UUID | None = None
    identity: tuple[str, str] | None = None
    store: str | None = None
    channel: str = "store"

    @property
    def net_total(self) -> int:
        return sum(line.net for line in self.lines)

    @property
    def names_member(self) -> bool:
        return self.customer_id is not None or self.identity is not None


@dataclass(frozen=True, slots=True)
class ReturnedLine:
    """So much of one line given back, in thousandths of a unit; None for all that is left of it."""

    line_number: int
    quantity: int | None = None


@dataclass(frozen=True, slots=True)
class SoldReceipt:
    """The receipt of the purchase that is given back; without a source, of the stream in which the return comes."""

    number: str
    source: str | None = None


@dataclass(frozen=True, slots=True)
class ReturnRequest:
    """Lines of an earlier purchase given back; no lines named means all that is left.

    The purchase is named by its id or by its receipt. `store` is the code of the store to which it was brought, where
    that is named: else the purchase's own. `reason` is why, where somebody says it; the audit keeps it.
    """

    idempotency_key: str
    receipt_number: str
    occurred_at: datetime
    purchase_id: UUID | None = None
    lines: tuple[ReturnedLine, ...] = ()
    store: str | None = None
    sold: SoldReceipt | None = None
    reason: str | None = None


# Left out of the hash where not given, so that a return sent before these were known is known when it comes again.
_JOINED_LATER = ("store", "sold", "reason")


def check_purchase(request: PurchaseRequest, at: datetime) -> None:
    """Raise OccurredInFuture, UnknownCurrency, MalformedLines or TotalDiffers."""
    check_moment(request.occurred_at, at)
    exponent_of(request.currency)
    if not 1 <= len(request.lines) <= LINES_MAX:
        raise MalformedLines(
            f"A purchase has 1 to {LINES_MAX} lines; this one has {len(request.lines)}.", pointer="/lines"
        )
    for i, line in enumerate(request.lines):
        check_line(line, f"/lines/{i}")
    if request.total is not None and request.total != request.net_total:
        raise TotalDiffers("The total is not the sum of the lines.", pointer="/total")


def check_moment(occurred_at: datetime, at: datetime) -> None:
    """Raise OccurredInFuture for what is dated more than five minutes after now."""
    if occurred_at > at + CLOCK_SKEW:
        raise OccurredInFuture("It is dated in the future.", pointer="/occurred_at")


def check_line(line: LineRequest, pointer: str) -> None:
    """Raise MalformedLines with a pointer below the line's own."""
    if not line.product_code.strip():
        raise MalformedLines("A line names its product.", pointer=f"{pointer}/product")
    if line.quantity < 0 or line.net < 0:
        raise MalformedLines(EXCHANGE, pointer=f"{pointer}/{'quantity' if line.quantity < 0 else 'net'}")
    if not 0 < line.quantity <= QUANTITY_MAX:
        raise MalformedLines("A quantity is above zero and at most a million.", pointer=f"{pointer}/quantity")
    if line.net > NET_MAX:
        raise MalformedLines("The amount of a line is at most ten billion.", pointer=f"{pointer}/net")


def hash_of_request(
    kind: Literal["sale", "return", "lone return"], request: PurchaseRequest | ReturnRequest, source: str
) -> bytes:
    """Return the SHA-256 by which the same idempotency key with another request is told apart."""
    later = _JOINED_LATER if isinstance(request, ReturnRequest) else ()
    values = {name: getattr(request, name) for name in request.__slots__ if name != "idempotency_key"}
    content = {name: value for name, value in values.items() if value is not None or name not in later}
    content["occurred_at"] = request.occurred_at.timestamp()  # the instant, whatever the clock it was read from
    return hashlib.sha256(msgspec.json.encode([kind, source, content], order="deterministic")).digest()
