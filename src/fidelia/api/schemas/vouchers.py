"""Vouchers, and pieces to give away."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from fidelia.kernel.money import Money
from fidelia.rewards.queries import show_code
from fidelia.rewards.queries.stock import StockRow
from fidelia.rewards.queries.vouchers import VoucherRow

from .programme import TextOut
from .rewards import CUSTOMER_ID, CodeText, TextIn, text_out
from .types import Amount, CurrencyCode, Day, Id, Input, Name60, Output, Slug, shown

_VOUCHER_ID = "019a5c1e-9200-7000-8000-000000000002"
_STOCK_ID = "019a5c1e-9400-7000-8000-000000000004"


class VoucherIn(Input):
    """A voucher to issue; days are of the programme's zone, both included."""

    model_config = shown({
        "programme": "fidelio", "amount": "10.00", "currency": "EUR",
        "name": {"en": "Loyalty cheque", "fr": "Chèque fidélité"},
        "valid_from": "2026-12-01", "valid_until": "2027-02-28", "customer_id": CUSTOMER_ID, "minimum_basket": "30.00",
    })  # fmt: skip
    programme: Slug | None = None
    amount: Amount
    currency: CurrencyCode
    name: TextIn
    valid_from: Day
    valid_until: Day | None = None
    customer_id: Id | None = None
    minimum_basket: Amount = "0"
    is_divisible: bool = False
    purpose: Literal["single", "multi"] = "multi"
    code: CodeText | None = None


_VOUCHER = {
    "id": _VOUCHER_ID, "code": "7KQ2-X9RB-4MTN", "name": {"en": "Loyalty cheque", "fr": "Chèque fidélité"},
    "customer_id": CUSTOMER_ID, "amount": "10.00", "left": "10.00", "currency": "EUR", "minimum_basket": "30.00",
    "is_divisible": False, "purpose": "multi", "valid_from": "2026-11-30T23:00:00Z",
    "valid_until": "2027-02-28T23:00:00Z", "state": "open", "issued_at": "2026-12-01T09:30:00Z",
}  # fmt: skip


class VoucherOut(Output):
    """A voucher with what is left of it. `state`: open, used, expired, not_yet or revoked."""

    model_config = shown(_VOUCHER)
    id: UUID
    code: str
    name: TextOut
    customer_id: UUID | None
    amount: str
    left: str
    currency: str
    minimum_basket: str
    is_divisible: bool
    purpose: str
    valid_from: datetime
    valid_until: datetime | None
    state: str
    issued_at: datetime


class VoucherPage(Output):
    """The vouchers of a member, the newest first, at most 200."""

    model_config = shown({"data": [_VOUCHER], "next": None})
    data: list[VoucherOut]
    next: str | None


class VoucherQuery(Input):
    """Whose vouchers."""

    customer_id: Id


class StockIn(Input):
    """Pieces to give away; `pieces` left out: without end."""

    model_config = shown({"programme": "fidelio", "key": "mug", "name": {"en": "Mug", "fr": "Tasse"}, "pieces": 500})
    programme: Slug | None = None
    key: Name60
    name: TextIn
    pieces: int | None = Field(None, ge=0, le=10**12)
    product: str = Field("", max_length=64, pattern=r"^[^\x00]*$")
    store: str | None = Field(None, min_length=1, max_length=40)


class PiecesIn(Input):
    """How many pieces there are in all, those given included; null: without end."""

    model_config = shown({"pieces": 600})
    pieces: int | None = Field(ge=0, le=10**12)


_STOCK = {
    "id": _STOCK_ID, "key": "mug", "name": {"en": "Mug", "fr": "Tasse"}, "product": "MUG-1", "store_id": None,
    "pieces": 500, "given": 12, "reserved": 1, "left": 487, "ended_at": None,
}  # fmt: skip


class StockOut(Output):
    """Pieces to give away: in all, given, set aside by open checkouts, left."""

    model_config = shown(_STOCK)
    id: UUID
    key: str
    name: TextOut
    product: str
    store_id: UUID | None
    pieces: int | None
    given: int
    reserved: int
    left: int | None
    ended_at: datetime | None


class StockPage(Output):
    """All there is to give away, by key, at most 1,000."""

    model_config = shown({"data": [_STOCK], "next": None})
    data: list[StockOut]
    next: str | None


def voucher_out(row: VoucherRow, at: datetime) -> VoucherOut:
    one = row.voucher
    plain = ("id", "customer_id", "currency", "is_divisible", "purpose", "valid_from", "valid_until", "issued_at")
    return VoucherOut(
        code=show_code("####-####-####", one.code),
        name=text_out(one.name),
        amount=Money(one.amount, one.currency).text(),
        left=Money(row.left, one.currency).text(),
        minimum_basket=Money(one.minimum_basket, one.currency).text(),
        state=row.state_at(at),
        **{name: getattr(one, name) for name in plain},
    )


def stock_out(row: StockRow) -> StockOut:
    one = row.stock
    return StockOut(
        id=one.id,
        key=one.key,
        name=text_out(one.name),
        product=one.product_code,
        store_id=one.store_id,
        pieces=one.pieces,
        given=row.given,
        reserved=row.reserved,
        left=row.left,
        ended_at=one.ended_at,
    )
