"""Set what products cost from given days on, which margin is assumed where no cost is known, and what is in stock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import connection

from fidelia.access.operations import record_audit
from fidelia.kernel.actor import Actor
from fidelia.kernel.bulk import stage_rows
from fidelia.kernel.db import require_transaction, transaction_of_use_case
from fidelia.kernel.idempotency import RequestKey, claim
from fidelia.kernel.ids import new_id
from fidelia.kernel.money import Money, exponent_of

from ..errors import MalformedProduct, UnknownProduct
from ..models import UnitCost
from .products import require_few

RATE_SCALE = 10_000
SCALE_MAX = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCost:
    """What one unit of a product costs from a day on; a UnitCost may be finer than a minor unit."""

    code: str
    cost: Money | UnitCost
    valid_from: date


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMarginRate:
    """The margin assumed of a category from a day on, in ten-thousandths of the price; "" is every other category."""

    category: str
    rate: int
    valid_from: date


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStock:
    """How much of a product a store had at a moment, in thousandths of a unit."""

    code: str
    store_id: UUID
    quantity: int
    counted_at: datetime


def set_costs_in_bulk(*, by: Actor, at: datetime, rows: Sequence[NewCost], source: str = "") -> int:
    """Set what products cost from given days on, in the caller's transaction; return how many costs are new or other.

    Raises Denied (product.change), TooManyRows, MalformedProduct, UnknownProduct naming the first code not known.
    """
    by.require("product.change")
    require_transaction()
    require_few(rows)
    costs = [_checked_cost(row, f"/{number}") for number, row in enumerate(rows)]
    stage_rows(
        "staged_cost",
        {"code": "text", "currency": "text", "amount": "bigint", "scale": "smallint", "valid_from": "date"},
        (
            (row.code, cost.currency, cost.amount, cost.scale, row.valid_from)
            for row, cost in zip(rows, costs, strict=True)
        ),
    )
    _require_known("staged_cost")
    with connection.cursor() as cursor:
        cursor.execute(_SET_COSTS, {"at": at, "source": source})
        changed: int = cursor.rowcount
    _audit(by, at, "cost_batch", changed)
    return changed


def set_margin_rates(*, by: Actor, at: datetime, rows: Sequence[NewMarginRate], source: str = "") -> int:
    """Set the margins assumed of categories, in the caller's transaction; return how many are new or other.

    Raises Denied (product.change), TooManyRows, MalformedProduct for a rate beyond 100 %.
    """
    by.require("product.change")
    require_transaction()
    require_few(rows)
    for number, row in enumerate(rows):
        if not -RATE_SCALE <= row.rate <= RATE_SCALE:
            raise MalformedProduct("A margin lies between −100 % and 100 %.", pointer=f"/{number}/rate")
    stage_rows(
        "staged_rate",
        {"category": "text", "rate": "integer", "valid_from": "date"},
        ((row.category, row.rate, row.valid_from) for row in rows),
    )
    with connection.cursor() as cursor:
        cursor.execute(_SET_RATES, {"at": at, "source": source})
        changed: int = cursor.rowcount
    _audit(by, at, "margin_batch", changed)
    return changed


def set_stock_in_bulk(*, by: Actor, at: datetime, rows: Sequence[NewStock], source: str = "") -> int:
    """Say what stores have in stock, in the caller's transaction; return how many levels are new or other.

    A level counted before the one that is known changes nothing. Raises Denied (product.change), TooManyRows,
    UnknownProduct.
    """
    by.require("product.change")
    require_transaction()
    require_few(rows)
    stage_rows(
        "staged_stock",
        {"code": "text", "store_id": "uuid", "quantity": "bigint", "counted_at": "timestamptz"},
        ((row.code, row.store_id, row.quantity, row.counted_at) for row in rows),
    )
    _require_known("staged_stock")
    with connection.cursor() as cursor:
        cursor.execute(_SET_STOCK, {"at": at, "source": source})
        changed: int = cursor.rowcount
    _audit(by, at, "stock_batch", changed)
    return changed


def change_costs(*, by: Actor, at: datetime, rows: Sequence[NewCost], once: RequestKey | None = None) -> int:
    """The use case around `set_costs_in_bulk`, with its refusals and those of `claim`."""
    with transaction_of_use_case():
        claim(once, at=at, resource_type="cost_batch", resource_id=new_id())
        return set_costs_in_bulk(by=by, at=at, rows=rows, source="api")


def change_margin_rates(
    *, by: Actor, at: datetime, rows: Sequence[NewMarginRate], once: RequestKey | None = None
) -> int:
    """The use case around `set_margin_rates`, with its refusals and those of `claim`."""
    with transaction_of_use_case():
        claim(once, at=at, resource_type="margin_batch", resource_id=new_id())
        return set_margin_rates(by=by, at=at, rows=rows, source="api")


def change_stock(*, by: Actor, at: datetime, rows: Sequence[NewStock], once: RequestKey | None = None) -> int:
    """The use case around `set_stock_in_bulk`, with its refusals and those of `claim`."""
    with transaction_of_use_case():
        claim(once, at=at, resource_type="stock_batch", resource_id=new_id())
        return set_stock_in_bulk(by=by, at=at, rows=rows, source="api")


_UNKNOWN = """
select s.code from {staged} s where not exists (select from products_product p where p.code = s.code) limit 1
"""
_SET_COSTS = """
insert into products_cost as c (product_id, currency, amount, scale, valid_from, source, recorded_at)
select distinct on (p.id, s.currency, s.valid_from)
    p.id, s.currency, s.amount, s.scale, s.valid_from, %(source)s, %(at)s
from staged_cost s join products_product p on p.code = s.code
order by p.id, s.currency, s.valid_from, s.ctid desc
on conflict (product_id, currency, valid_from) do update
    set amount = excluded.amount, scale = excluded.scale, source = excluded.source, recorded_at = excluded.recorded_at
where (c.amount, c.scale) <> (excluded.amount, excluded.scale)
"""
_SET_RATES = """
insert into products_margin_rate as r (category, rate, valid_from, source, recorded_at)
select distinct on (s.category, s.valid_from) s.category, s.rate, s.valid_from, %(source)s, %(at)s
from staged_rate s order by s.category, s.valid_from, s.ctid desc
on conflict (category, valid_from) do update
    set rate = excluded.rate, source = excluded.source, recorded_at = excluded.recorded_at
where r.rate <> excluded.rate
"""
_SET_STOCK = """
insert into products_stock as k (product_id, store_id, quantity, counted_at, source, recorded_at)
select distinct on (p.id, s.store_id) p.id, s.store_id, s.quantity, s.counted_at, %(source)s, %(at)s
from staged_stock s join products_product p on p.code = s.code
order by p.id, s.store_id, s.counted_at desc, s.ctid desc
on conflict (product_id, store_id) do update
    set quantity = excluded.quantity, counted_at = excluded.counted_at, source = excluded.source,
        recorded_at = excluded.recorded_at
where excluded.counted_at >= k.counted_at
    and (k.quantity, k.counted_at) <> (excluded.quantity, excluded.counted_at)
"""


def _require_known(staged: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_UNKNOWN.format(staged=staged))
        unknown = cursor.fetchone()
    if unknown is not None:
        raise UnknownProduct(f"There is no product “{unknown[0]}”.", product=unknown[0])


def _checked_cost(row: NewCost, pointer: str) -> UnitCost:
    cost = row.cost if isinstance(row.cost, UnitCost) else UnitCost.of(row.cost)
    exponent_of(cost.currency)
    if cost.amount < 0:
        raise MalformedProduct("A cost is never negative.", pointer=f"{pointer}/cost")
    if not 0 <= cost.scale <= SCALE_MAX:
        raise MalformedProduct(f"A cost has at most {SCALE_MAX} decimals.", pointer=f"{pointer}/cost")
    return cost


def _audit(by: Actor, at: datetime, object_type: str, changed: int) -> None:
    if changed:
        record_audit(
            by=by, at=at, verb="product.change", object_type=object_type, object_id=new_id(), after={"count": changed}
        )
