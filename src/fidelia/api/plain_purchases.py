"""A purchase as tills send it all day, read by one go straight into what is asked of the verb.

It takes less than `PurchaseIn` does and means the same by it: whatever is odd (an escape, a name given twice, an empty
text, a member too many) is nothing here, and is left to the schema, which takes it or says what is wrong.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta
from pydantic_core import PydanticCustomError

from fidelia.activity.operations import LineRequest, PurchaseRequest
from fidelia.customers.queries import normalise_identity
from fidelia.kernel.errors import FideliaError
from fidelia.kernel.money import exponent_of, parse_scaled

from .schemas.activity import LINES_MAX, Channel
from .schemas.types import read_instant

KEPT = 20_000  # numbers once read; tills send the same ones all day
_QUANTITY = re.compile(r"[0-9]{1,7}(\.[0-9]{1,3})?", re.ASCII)
_PRICE = re.compile(r"[0-9]{1,16}(\.[0-9]{1,4})?", re.ASCII)
SLUG = re.compile(r"[-a-zA-Z0-9_]{1,60}", re.ASCII)
_IDENTITY = re.compile(r"([a-z][a-z0-9_.-]{0,39}):(.{1,320})", re.ASCII)
_ID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
# Of each member that a body may have: two quotation marks around its name, and two around its text.
MARKS_OF_NAME = 2
MARKS_OF_TEXT = 4


class OddBody(Exception):
    """The body is not as plain as most are."""


class Member(msgspec.Struct, forbid_unknown_fields=True):
    customer_id: str = ""
    identity: str = ""


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    product: Annotated[str, Meta(max_length=80)]
    quantity: str
    net: str
    description: Annotated[str, Meta(max_length=200)] = ""
    category: Annotated[str, Meta(max_length=300)] = ""
    brand: Annotated[str, Meta(max_length=120)] = ""


class _Purchase(msgspec.Struct, forbid_unknown_fields=True):
    receipt_number: Annotated[str, Meta(min_length=1, max_length=80)]
    occurred_at: str
    currency: str
    lines: Annotated[list[_Line], Meta(min_length=1, max_length=LINES_MAX)]
    total: str = ""
    programme: str = ""
    member: Member | None = None
    store: Annotated[str, Meta(max_length=40)] = ""
    channel: Channel | Literal[""] = ""
    source: Annotated[str, Meta(max_length=60)] = ""


_decode = msgspec.json.Decoder(_Purchase).decode


def read_plain_purchase(raw: bytes, key: str) -> tuple[PurchaseRequest, str | None]:
    """Return what a body asks to record, and the stream of receipts that it names. Raises OddBody."""
    try:
        body = _decode(raw)
        if b"\\" in raw or raw.count(b'"') != _marks_of(body):
            raise OddBody
        return _asked(body, key), body.source or None
    except (msgspec.DecodeError, UnicodeDecodeError, PydanticCustomError, FideliaError):
        raise OddBody from None


def _marks_of(body: _Purchase) -> int:
    """Return how many quotation marks a body has in which no name is given twice, and nothing empty or null."""
    texts = 3 + 3 * len(body.lines)
    texts += bool(body.total) + bool(body.programme) + bool(body.store) + bool(body.channel) + bool(body.source)
    for line in body.lines:
        texts += bool(line.description) + bool(line.category) + bool(line.brand)
    names = 1
    if body.member is not None:
        names += 1
        texts += bool(body.member.customer_id) + bool(body.member.identity)
    return MARKS_OF_NAME * names + MARKS_OF_TEXT * texts


def _asked(body: _Purchase, key: str) -> PurchaseRequest:
    exponent = exponent_of(body.currency)
    customer_id, identity = (None, None) if body.member is None else read_member(body.member)
    if body.programme and not SLUG.fullmatch(body.programme):
        raise OddBody
    return PurchaseRequest(
        idempotency_key=key,
        receipt_number=body.receipt_number,
        occurred_at=read_instant(body.occurred_at),
        currency=body.currency,
        lines=tuple([_line(line, exponent) for line in body.lines]),
        total=_price(body.total, exponent) if body.total else None,
        programme=body.programme or None,
        customer_id=customer_id,
        identity=identity,
        store=body.store or None,
        channel=body.channel or "store",
    )


def _line(line: _Line, exponent: int) -> LineRequest:
    if not line.product:
        raise OddBody
    return LineRequest(
        line.product,
        read_quantity(line.quantity),
        _price(line.net, exponent),
        line.description,
        line.category,
        line.brand,
    )


def read_member(member: Member) -> tuple[UUID | None, tuple[str, str] | None]:
    """Return the id of a customer, or the identity by which one is named. Raises OddBody."""
    if member.customer_id and not member.identity and _ID.fullmatch(member.customer_id):
        return UUID(member.customer_id), None
    found = _IDENTITY.fullmatch(member.identity)
    if member.customer_id or found is None:
        raise OddBody
    return None, (found[1], normalise_identity(found[1], found[2]))


@lru_cache(maxsize=KEPT)
def read_quantity(text: str) -> int:
    """Return a quantity in thousandths. Raises OddBody."""
    if not _QUANTITY.fullmatch(text):
        raise OddBody
    return parse_scaled(text, 3)


@lru_cache(maxsize=KEPT)
def _price(text: str, exponent: int) -> int:
    if not _PRICE.fullmatch(text):
        raise OddBody
    return parse_scaled(text, exponent)
