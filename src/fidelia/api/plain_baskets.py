"""A basket as tills try it all day, read by one go straight into what is asked of the verb.

It takes less than `EvaluationIn` does and means the same by it, as `plain_purchases` does of a purchase: what pays,
what is delivered and what tries other rules is left to the schema.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType
from pydantic_core import PydanticCustomError

from fidelia.activity.operations.checkouts import BasketLine, CheckoutBasket, Evaluation, Tax
from fidelia.activity.operations.checkouts.requests import TAXES_MAX
from fidelia.kernel.errors import FideliaError
from fidelia.kernel.money import exponent_of

from .baskets import read_price, read_tax
from .plain_purchases import KEPT, MARKS_OF_NAME, MARKS_OF_TEXT, SLUG, Member, OddBody, read_member, read_quantity
from .schemas.activity import Channel
from .schemas.types import read_instant

_PRICE = re.compile(r"[0-9]{1,13}(\.[0-9]{1,9})?", re.ASCII)
_RATE = re.compile(r"[0-9]{1,4}(\.[0-9]{1,6})?", re.ASCII)


class _Tax(msgspec.Struct, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1, max_length=40)]
    rate: str


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    product: Annotated[str, Meta(min_length=1, max_length=80)]
    quantity: str
    unit_price: str
    taxes: Annotated[list[_Tax], Meta(max_length=TAXES_MAX)] | UnsetType = UNSET
    description: Annotated[str, Meta(max_length=200)] = ""
    category: Annotated[str, Meta(max_length=300)] = ""
    brand: Annotated[str, Meta(max_length=120)] = ""


class _Basket(msgspec.Struct, forbid_unknown_fields=True):
    currency: str
    lines: list[_Line]
    programme: str = ""
    member: Member | None = None
    store: Annotated[str, Meta(max_length=40)] = ""
    channel: Channel | Literal[""] = ""
    occurred_at: str = ""
    explain: bool | UnsetType = UNSET


_decode = msgspec.json.Decoder(_Basket).decode


def read_plain_evaluation(raw: bytes) -> Evaluation:
    """Return what a body asks to evaluate. Raises OddBody."""
    try:
        body = _decode(raw)
        if b"\\" in raw or raw.count(b'"') != _marks_of(body):
            raise OddBody
        return Evaluation(basket=_asked(body), explain=body.explain is True)
    except (msgspec.DecodeError, UnicodeDecodeError, PydanticCustomError, FideliaError):
        raise OddBody from None


def _marks_of(body: _Basket) -> int:
    """Return how many quotation marks a body has in which no name is given twice, and nothing empty or null."""
    texts = 1 + 3 * len(body.lines)
    texts += bool(body.programme) + bool(body.store) + bool(body.channel) + bool(body.occurred_at)
    names = 1 + (body.explain is not UNSET)
    for line in body.lines:
        texts += bool(line.description) + bool(line.category) + bool(line.brand)
        if line.taxes is not UNSET:
            names += 1
            texts += 2 * len(line.taxes)
    if body.member is not None:
        names += 1
        texts += bool(body.member.customer_id) + bool(body.member.identity)
    return MARKS_OF_NAME * names + MARKS_OF_TEXT * texts


def _asked(body: _Basket) -> CheckoutBasket:
    exponent_of(body.currency)
    customer_id, identity = (None, None) if body.member is None else read_member(body.member)
    if body.programme and not SLUG.fullmatch(body.programme):
        raise OddBody
    return CheckoutBasket(
        currency=body.currency,
        lines=tuple([_line(line, body.currency) for line in body.lines]),
        programme=body.programme or None,
        customer_id=customer_id,
        identity=identity,
        store=body.store or None,
        channel=body.channel or "store",
        occurred_at=read_instant(body.occurred_at) if body.occurred_at else None,
    )


def _line(line: _Line, currency: str) -> BasketLine:
    price, scale = _price(line.unit_price, currency)
    taxes = () if line.taxes is UNSET else tuple([_tax(tax.name, tax.rate) for tax in line.taxes])
    return BasketLine(
        *(line.product, read_quantity(line.quantity), price, scale, line.description, line.category, line.brand, taxes)
    )


@lru_cache(maxsize=KEPT)
def _price(text: str, currency: str) -> tuple[int, int]:
    if not _PRICE.fullmatch(text):
        raise OddBody
    return read_price(text, currency, "")


@lru_cache(maxsize=KEPT)
def _tax(name: str, rate: str) -> Tax:
    if not _RATE.fullmatch(rate):
        raise OddBody
    return read_tax(name, rate, False, None)
