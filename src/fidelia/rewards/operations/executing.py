"""Reserve, consume, release and give back what a checkout takes: building blocks, one statement each.

The checkout calls the same functions of the database inside its own writing statement (sql/taking.sql); these are for
verbs that have a transaction of their own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import DatabaseError

from fidelia.kernel.db import prepared_cursor, read_jsonb, require_transaction
from fidelia.kernel.outbox import Origin

from ..errors import refusal_of


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitItem:
    """What a checkout counts of one limit: `amount` and `capacity` in uses, minor units of money, or of points.

    `scope_id` is the member's or store's for whom it is counted (None: in all). `starts_on` is the first day of the
    period (None: there is none), `ends_on` the first after it. For a limit over the last days, `starts_on` is the day
    of the checkout and `rolling_from` the first that counts. `alerts` are shares in hundredths. What `spreads` is
    counted in slots while there is much left, so that checkouts of many members do not wait for one row.
    """

    subject: str
    amount: int
    capacity: int
    scope_id: UUID | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    rolling_from: date | None = None
    alerts: tuple[int, ...] = ()
    spreads: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """What a checkout takes. `at` is its moment in the world, by which validity is judged; `now` the moment here.

    `coupons` are ids of codes; the others pair an id with an amount in minor units, or with pieces. `sold_cards` are
    the codes of gift cards that its lines sell or charge again: they are locked with those that pay.
    """

    programme_id: UUID
    currency: str
    at: datetime
    now: datetime
    checkout_id: UUID | None = None
    purchase_id: UUID | None = None
    customer_id: UUID | None = None
    store_id: UUID | None = None
    expires_at: datetime | None = None
    origin: Origin = Origin.LIVE
    coupons: tuple[int, ...] = ()
    vouchers: tuple[tuple[UUID, int], ...] = ()
    gift_cards: tuple[tuple[UUID, int], ...] = ()
    stock: tuple[tuple[UUID, int], ...] = ()
    limits: tuple[LimitItem, ...] = ()
    sold_cards: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return what the functions of the database read; lists of nothing are left out."""
        given = {
            **{name: getattr(self, name) for name in ("programme_id", "currency", "at", "now", "checkout_id")},
            **{name: getattr(self, name) for name in ("purchase_id", "customer_id", "store_id", "expires_at")},
            "origin": str(self.origin),
            "coupons": [{"id": code_id} for code_id in self.coupons],
            "vouchers": [{"id": id, "amount": amount} for id, amount in self.vouchers],
            "gift_cards": [{"id": id, "amount": amount} for id, amount in self.gift_cards],
            "stock": [{"id": id, "pieces": pieces} for id, pieces in self.stock],
            "limits": list(self.limits),
            "sold_cards": list(self.sold_cards),
        }
        return {name: msgspec.to_builtins(value) for name, value in given.items() if value is not None and value != []}


@dataclass(frozen=True, slots=True, kw_only=True)
class GivingBack:
    """What comes back of what a purchase took: all of it (`whole`), or these parts. Limits by subject.

    A gift card that is filled again can be spent until `gift_cards_until` at least.
    """

    purchase_id: UUID
    at: datetime
    now: datetime
    whole: bool = False
    coupons: tuple[int, ...] = ()
    vouchers: tuple[tuple[UUID, int], ...] = ()
    gift_cards: tuple[tuple[UUID, int], ...] = ()
    stock: tuple[tuple[UUID, int], ...] = ()
    limits: tuple[tuple[str, int], ...] = ()
    gift_cards_until: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        """Return what rewards_give_back reads."""
        given = {
            "purchase_id": self.purchase_id,
            "at": self.at,
            "now": self.now,
            "whole": self.whole,
            "coupons": [{"id": code_id} for code_id in self.coupons],
            "vouchers": [{"id": id, "amount": amount} for id, amount in self.vouchers],
            "gift_cards": [{"id": id, "amount": amount} for id, amount in self.gift_cards],
            "stock": [{"id": id, "pieces": pieces} for id, pieces in self.stock],
            "limits": [{"subject": subject, "amount": amount} for subject, amount in self.limits],
            "gift_cards_until": self.gift_cards_until,
        }
        return {name: msgspec.to_builtins(value) for name, value in given.items() if value not in ([], None)}


def reserve(taking: Taking) -> None:
    """Set aside what an open checkout names, instead of all that it had set aside, until `expires_at`.

    Raises every refusal of `errors.RAISED`; the transaction is then aborted.
    """
    assert taking.checkout_id is not None, "what is reserved is reserved by a checkout"
    assert taking.expires_at is not None, "a reservation has an end"
    _call("select rewards_reserve(%s::jsonb)", taking.as_json())


def consume(taking: Taking) -> dict[str, int]:
    """Take what a closing checkout names and drop what it had set aside; return the balance of each gift card.

    All or nothing. Raises every refusal of `errors.RAISED`; the transaction is then aborted.
    """
    assert taking.purchase_id is not None, "what is taken is taken by a purchase"
    cards: dict[str, int] = _call("select rewards_consume(%s::jsonb)", taking.as_json())["gift_cards"]
    return cards


def release(checkout_id: UUID) -> None:
    """Drop all that a checkout has set aside."""
    require_transaction()
    with prepared_cursor() as cursor:
        cursor.execute("select rewards_release(%s)", [checkout_id])


def give_back(back: GivingBack) -> None:
    """Give back what a purchase took, or a part; into the periods in which it was counted. Raises MoreThanUsed."""
    _call("select rewards_give_back(%s::jsonb)", back.as_json())


def _call(statement: str, request: dict[str, Any]) -> Any:
    require_transaction()
    with refusals(), prepared_cursor() as cursor:
        cursor.execute(statement, [json.dumps(request)])
        return read_jsonb(cursor.fetchone()[0] or None)


@contextmanager
def refusals() -> Iterator[None]:
    """Turn what a function of rewards refuses into the refusal of that name."""
    try:
        yield
    except DatabaseError as error:
        refusal = refusal_of(error)
        if refusal is None:
            raise
        raise refusal from error
