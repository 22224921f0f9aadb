"""A file of what stores have in stock: the last count of a product in a store is what is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from fidelia.intake.changes import Book
from fidelia.intake.kinds import ImportKind, Total
from fidelia.intake.models import Import
from fidelia.intake.plain import KNOWN, READY, PlainSteps
from fidelia.intake.staged import OpenRow, RowReader, bad
from fidelia.intake.targets import Column, Kind, Option, Target
from fidelia.intake.values import BadCell, read_moment
from fidelia.kernel.actor import Actor
from fidelia.kernel.calendar import zone_of
from fidelia.kernel.localized import LocalizedText as Text
from fidelia.organisation.models import Store
from fidelia.organisation.queries import find_stores_by_codes

from ...models import StockLevel
from ...queries import get_products_by_code
from ..costs import NewStock, set_stock_in_bulk
from .costs import COST_REASONS
from .products import CODE

QUANTITY_MAX = 10**12
STOCK = Target(
    "stock",
    Text("Stock levels", "Niveaux de stock"),
    columns=(
        CODE,
        Column(
            "store", Text("Store", "Magasin"), Kind.CODE, required=True, length_max=40,
            synonyms=("store", "magasin", "store code", "code magasin", "point de vente", "pdv", "store id", "shop",
                      "site", "entrepôt"),
        ),
        Column(
            "quantity", Text("Quantity", "Quantité"), Kind.NUMBER, required=True,
            synonyms=("quantity", "quantité", "stock", "qty", "qté", "stock level", "stock disponible", "on hand"),
        ),
        Column(
            "counted_at", Text("Counted on", "Compté le"), Kind.MOMENT,
            synonyms=("counted at", "date", "inventory date", "date d’inventaire", "compté le", "date stock"),
        ),
    ),
    options=(
        Option("time_zone", Text("Time zone", "Fuseau horaire"), default="Europe/Paris"),
    ),
)  # fmt: skip
REASONS = {
    **COST_REASONS,
    "unknown_store": Text("there is no store “{text}”", "il n’y a pas de magasin « {text} »"),
    "older_count": Text("a later count is known", "un comptage plus récent est connu"),
}


@dataclass(frozen=True, slots=True)
class SaidStock:
    """A row understood; the store is still a code."""

    code: str
    store: str
    quantity: int
    counted_at: datetime


def understand(rows: RowReader, _found: Import, at: datetime) -> Any:
    """Return what reads one row of this import; without a date it was counted now."""
    return partial(_read, rows, str(rows.options["time_zone"]), at)


def _read(rows: RowReader, zone: str, at: datetime, row: OpenRow) -> SaidStock:
    quantity = row.minor("quantity", 3, QUANTITY_MAX)
    if quantity is None:
        raise BadCell.because("missing", column=row.header("quantity"))
    text = row.cell("counted_at")
    counted_at = read_moment(text, zone_of(zone), None, rows.reading) if text else at
    if counted_at > at:
        raise bad("in_the_future", text=text)
    return SaidStock(row.required("code", 64), row.required("store", 40), quantity, counted_at.astimezone(UTC))


def judge(items: Sequence[SaidStock]) -> list[tuple[Any, ...]]:
    products = get_products_by_code([item.code for item in items])
    stores = find_stores_by_codes(codes={item.store for item in items})
    levels = StockLevel.objects.filter(product__in=products.values())
    known = {(level.product_id, level.store_id): (level.counted_at, level.quantity) for level in levels}
    return [_judged(item, products, stores, known) for item in items]


def _judged(
    item: SaidStock, products: Mapping[str, Any], stores: Mapping[str, Store], known: Mapping[Any, Any]
) -> tuple[Any, ...]:
    if item.code not in products:
        return "rejected", "unknown_product", {"text": item.code}
    elif item.store not in stores:
        return "rejected", "unknown_store", {"text": item.store}
    level = known.get((products[item.code].id, stores[item.store].id))
    if level is not None and level == (item.counted_at, item.quantity):
        return KNOWN
    elif level is not None and level[0] > item.counted_at:
        return "rejected", "older_count", {}
    return READY


def write(items: Sequence[SaidStock], *, by: Actor, at: datetime, found: Import) -> Mapping[str, int]:
    stores = find_stores_by_codes(codes={item.store for item in items})
    rows = [
        NewStock(
            code=item.code, store_id=stores[item.store].id, quantity=item.quantity, counted_at=item.counted_at
        )
        for item in items
    ]  # fmt: skip
    return {"set_levels": set_stock_in_bulk(by=by, at=at, rows=rows, source=f"import:{found.id.hex}")}


BOOK: Book[SaidStock] = Book(
    StockLevel,
    ("quantity", "counted_at", "source"),
    lambda items: StockLevel.objects.filter(product__code__in={item.code for item in items}),
)
STEPS = PlainSteps(
    STOCK, "product.change", understand, lambda item: (item.code, item.store, item.counted_at), judge, write, BOOK
)
STOCK_KIND = ImportKind(
    STOCK,
    "product.change",
    STEPS.check,
    STEPS.record,
    STEPS.undo,
    reasons=REASONS,
    totals=(
        Total(
            "set_levels",
            Text("Levels set", "Niveaux enregistrés"),
            Text("New, or counted later.", "Nouveaux, ou comptés plus tard."),
        ),
    ),
)
