"""Add and change products, with a few statements whatever their number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import connection

from fidelia.access.operations import record_audit
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.bulk import stage_rows
from fidelia.kernel.db import require_transaction, transaction_of_use_case
from fidelia.kernel.idempotency import RequestKey, claim
from fidelia.kernel.ids import new_id
from fidelia.kernel.outbox import Origin, announce

from ..errors import MalformedProduct, TooManyRows
from ..events import ProductsChanged

ROWS_MAX = 200_000
LENGTHS_MAX = {"code": 64, "name": 300, "category": 300, "brand": 120}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProduct:
    """A product as a file or a form gives it. `category` is a path such as "Home/Kitchen".

    None leaves what is known of the product: a file of sales names products by code and words, and says no more.
    """

    code: str
    name: str | None = None
    category: str | None = None
    brand: str | None = None
    is_product: bool | None = None
    earns: bool | None = None
    launched_on: date | None = None
    price: int | None = None
    price_currency: str | None = None
    partner_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class BulkResult:
    """How many rows of a batch were new, changed something, or said what was known."""

    added: int
    changed: int
    unchanged: int


def change_products(
    *, by: Actor, at: datetime, rows: Sequence[NewProduct], once: RequestKey | None = None
) -> BulkResult:
    """Add products, or change those known by their code: the use case around `add_products_in_bulk`, with its refusals.

    Raises also what `claim` raises for a request that came before.
    """
    with transaction_of_use_case():
        claim(once, at=at, resource_type="product_batch", resource_id=new_id())
        return add_products_in_bulk(by=by, at=at, rows=rows, origin=Origin.LIVE)


def add_products_in_bulk(
    *, by: Actor, at: datetime, rows: Sequence[NewProduct], origin: Origin = Origin.BACKFILL
) -> BulkResult:
    """Add products, or change those known by their code, in the caller's transaction; three statements.

    A code that comes twice counts as its last row. Announces one ProductsChanged. Raises Denied (product.change),
    TooManyRows (200,000), MalformedProduct with a pointer such as /17/code.
    """
    for scope in {Scope(row.partner_id) for row in rows}:
        by.require("product.change", scope)
    require_transaction()
    require_few(rows)
    checked = {row.code: row for row in (_check(row, f"/{number}") for number, row in enumerate(rows))}
    stage_rows("staged_product", _STAGED, (_columns_of(row) for row in checked.values()))
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT, {"at": at})
        written = [inserted for (inserted,) in cursor.fetchall()]
    result = BulkResult(sum(written), len(written) - sum(written), len(checked) - len(written))
    if written:
        counts = {"added": result.added, "changed": result.changed}
        record_audit(by=by, at=at, verb="product.change", object_type="product_batch", object_id=new_id(), after=counts)
        announce(ProductsChanged(occurred_at=at, origin=origin, added=result.added, changed=result.changed))
    return result


_STAGED = {
    "id": "uuid",
    "code": "text",
    "name": "text",
    "category": "text",
    "brand": "text",
    "is_product": "boolean",
    "earns": "boolean",
    "launched_on": "date",
    "price": "bigint",
    "price_currency": "text",
    "partner_id": "uuid",
}
# `xmax = 0` tells an inserted row from an updated one; a row that says what is known is neither. Columns of the
# insertion carry their defaults, so what a row leaves unsaid is taken from the staged row once more for the update.
_UPSERT = """
insert into products_product as p
    (id, code, name, category, brand, is_product, earns, launched_on, price, price_currency, partner_id,
     recorded_at, updated_at)
select s.id, s.code,
    coalesce(s.name, known.name, ''), coalesce(s.category, known.category, ''), coalesce(s.brand, known.brand, ''),
    coalesce(s.is_product, known.is_product, true), coalesce(s.earns, known.earns, true),
    coalesce(s.launched_on, known.launched_on), coalesce(s.price, known.price),
    coalesce(s.price_currency, known.price_currency, ''), coalesce(s.partner_id, known.partner_id), %(at)s, %(at)s
from staged_product s left join products_product known on known.code = s.code
order by s.code
on conflict (code) do update set
    name = excluded.name, category = excluded.category, brand = excluded.brand, is_product = excluded.is_product,
    earns = excluded.earns, launched_on = excluded.launched_on, price = excluded.price,
    price_currency = excluded.price_currency, partner_id = excluded.partner_id,
    updated_at = excluded.updated_at
where (p.name, p.category, p.brand, p.is_product, p.earns, p.launched_on, p.price, p.price_currency, p.partner_id)
    is distinct from
    (excluded.name, excluded.category, excluded.brand, excluded.is_product, excluded.earns, excluded.launched_on,
     excluded.price, excluded.price_currency, excluded.partner_id)
returning p.xmax = 0
"""


def require_few(rows: Sequence[object]) -> None:
    """Raises TooManyRows."""
    if len(rows) > ROWS_MAX:
        raise TooManyRows(f"At most {ROWS_MAX} rows are taken at once.")


def _check(row: NewProduct, pointer: str) -> NewProduct:
    category = None if row.category is None else "/".join(part.strip() for part in row.category.split("/"))
    clean = {
        "code": row.code.strip(),
        "name": None if row.name is None else " ".join(row.name.split()),
        "category": category,
        "brand": None if row.brand is None else " ".join(row.brand.split()),
    }
    for name, value in clean.items():
        _check_text(name, value, f"{pointer}/{name}")
    if not clean["code"]:
        raise MalformedProduct("A product has a code.", pointer=f"{pointer}/code")
    return NewProduct(
        **clean,  # type: ignore[arg-type] # the code is a text: checked above
        is_product=row.is_product,
        earns=row.earns,
        launched_on=row.launched_on,
        price=row.price,
        price_currency=row.price_currency,
        partner_id=row.partner_id,
    )


def _check_text(name: str, value: str | None, pointer: str) -> None:
    if value is not None and (len(value) > LENGTHS_MAX[name] or "\x00" in value):
        raise MalformedProduct(f"A product’s {name} has at most {LENGTHS_MAX[name]} characters.", pointer=pointer)


def _columns_of(row: NewProduct) -> tuple[object, ...]:
    return (
        *(new_id(), row.code, row.name, row.category, row.brand, row.is_product, row.earns, row.launched_on),
        *(row.price, row.price_currency, row.partner_id),
    )
