"""Files of what products cost from given days on, and of the margins assumed where no cost is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from fidelia.intake.changes import Book
from fidelia.intake.kinds import ImportKind, Total
from fidelia.intake.models import Import
from fidelia.intake.plain import KNOWN, READY, PlainSteps
from fidelia.intake.staged import REASONS, OpenRow, RowReader, bad
from fidelia.intake.targets import Column, Kind, Option, Target
from fidelia.intake.values import BadCell, read_day, read_percent
from fidelia.kernel.actor import Actor
from fidelia.kernel.localized import LocalizedText as Text
from fidelia.kernel.money import exponent_of

from ...models import MarginRate, ProductCost, UnitCost
from ...queries import get_products_by_code
from ..costs import RATE_SCALE, SCALE_MAX, NewCost, NewMarginRate, set_costs_in_bulk, set_margin_rates
from .products import CODE

AMOUNT_MAX = 10**15
VALID_FROM = Column(
    "valid_from", Text("From", "À partir du"), Kind.DAY,
    synonyms=("valid from", "from", "date", "à partir du", "date d’effet", "effective date", "début", "start date"),
)  # fmt: skip
FROM_OPTION = Option(
    "valid_from", Text("From, for rows without a date", "À partir du, pour les lignes sans date"), Kind.DAY,
    default="2000-01-01",
)  # fmt: skip
COSTS = Target(
    "costs",
    Text("Costs of products", "Coûts des produits"),
    columns=(
        CODE,
        Column(
            "cost", Text("Unit cost", "Coût unitaire"), Kind.MONEY, required=True,
            synonyms=("cost", "unit cost", "coût", "coût unitaire", "prix d’achat", "pa", "purchase price", "pamp",
                      "prix de revient", "cogs", "cost price", "prix achat"),
        ),
        VALID_FROM,
        Column("currency", Text("Currency", "Devise"), Kind.TEXT, length_max=3, synonyms=("currency", "devise")),
    ),
    options=(Option("currency", Text("Currency", "Devise"), default="EUR"), FROM_OPTION),
)  # fmt: skip
MARGINS = Target(
    "margins",
    Text("Assumed margins by category", "Taux de marge supposés par catégorie"),
    columns=(
        Column(
            "category", Text("Category", "Catégorie"), Kind.TEXT, length_max=300,
            synonyms=("category", "catégorie", "famille", "department", "rayon", "univers"),
            help=Text("Empty for every other category.", "Vide pour toutes les autres catégories."),
        ),
        Column(
            "rate", Text("Margin rate", "Taux de marge"), Kind.PERCENT, required=True,
            synonyms=("margin", "marge", "taux de marge", "margin rate", "taux", "rate", "marge %"),
        ),
        VALID_FROM,
    ),
    options=(FROM_OPTION,),
)  # fmt: skip
COST_REASONS = {
    **REASONS,
    "unknown_product": Text("there is no product “{text}”", "il n’y a pas de produit « {text} »"),
    "unknown_currency": Text("“{text}” is not a currency", "« {text} » n’est pas une devise"),
    "not_a_margin": Text("a margin of {text} % is beyond the price", "une marge de {text} % dépasse le prix"),
}


def understand_costs(rows: RowReader, _found: Import, _at: datetime) -> Any:
    """Return what reads one row of this import."""
    return partial(_read_cost, str(rows.options["currency"]), _default_day(rows))


def _default_day(rows: RowReader) -> date:
    text = str(rows.options["valid_from"])
    try:
        return read_day(text, rows.reading)
    except BadCell:
        return date.fromisoformat(text)


def _read_cost(default: str, since: date, row: OpenRow) -> NewCost:
    currency = row.text("currency", 3).upper() or default
    try:
        least = exponent_of(currency)
    except Exception:
        raise bad("unknown_currency", text=currency) from None
    code = row.required("code", 64)
    cost = row.money("cost", currency)
    if cost is None:
        raise BadCell.because("missing", column=row.header("cost"))
    if cost < 0:
        raise bad("negative", text=row.cell("cost"))
    scale = min(max(least, -int(cost.normalize().as_tuple().exponent)), SCALE_MAX)
    amount = row.exact("cost", cost, scale, AMOUNT_MAX)
    return NewCost(code=code, cost=UnitCost(amount, scale, currency), valid_from=row.day("valid_from") or since)


def judge_costs(items: Sequence[NewCost]) -> list[tuple[Any, ...]]:
    """A cost of an unknown product is rejected; one that is set already is known."""
    products = get_products_by_code([item.code for item in items])
    costs = ProductCost.objects.filter(product__in=products.values()).select_related("product")
    known = {(cost.product.code, cost.valid_from, cost.unit_cost) for cost in costs}
    return [
        ("rejected", "unknown_product", {"text": item.code})
        if item.code not in products
        else KNOWN if (item.code, item.valid_from, item.cost) in known else READY
        for item in items
    ]  # fmt: skip


def write_costs(items: Sequence[NewCost], *, by: Actor, at: datetime, found: Import) -> Mapping[str, int]:
    return {"set_costs": set_costs_in_bulk(by=by, at=at, rows=items, source=f"import:{found.id.hex}")}


def understand_margins(rows: RowReader, _found: Import, _at: datetime) -> Any:
    """Return what reads one row of this import."""
    return partial(_read_margin, rows, _default_day(rows))


def _read_margin(rows: RowReader, since: date, row: OpenRow) -> NewMarginRate:
    rate = read_percent(row.required("rate"), rows.reading)
    if not -100 <= rate <= 100:
        raise bad("not_a_margin", text=str(rate))
    units = row.exact("rate", rate * Decimal(RATE_SCALE) / 100, 0, RATE_SCALE)
    category = "/".join(part.strip() for part in row.text("category", 300).split("/"))
    return NewMarginRate(category=category, rate=units, valid_from=row.day("valid_from") or since)


def judge_margins(items: Sequence[NewMarginRate]) -> list[tuple[Any, ...]]:
    known = set(MarginRate.objects.values_list("category", "valid_from", "rate"))
    return [KNOWN if (item.category, item.valid_from, item.rate) in known else READY for item in items]


def write_margins(items: Sequence[NewMarginRate], *, by: Actor, at: datetime, found: Import) -> Mapping[str, int]:
    return {"set_margins": set_margin_rates(by=by, at=at, rows=items, source=f"import:{found.id.hex}")}


def _key_of_cost(item: NewCost) -> tuple[str, str, date]:
    return item.code, item.cost.currency, item.valid_from


COST_BOOK: Book[NewCost] = Book(
    ProductCost,
    ("amount", "scale", "source"),
    lambda items: ProductCost.objects.filter(product__code__in={item.code for item in items}),
)
MARGIN_BOOK: Book[NewMarginRate] = Book(
    MarginRate,
    ("rate", "source"),
    lambda items: MarginRate.objects.filter(category__in={item.category for item in items}),
)
COST_STEPS = PlainSteps(COSTS, "product.change", understand_costs, _key_of_cost, judge_costs, write_costs, COST_BOOK)
MARGIN_STEPS = PlainSteps(
    MARGINS, "product.change", understand_margins, lambda item: (item.category, item.valid_from), judge_margins,
    write_margins, MARGIN_BOOK,
)  # fmt: skip
COSTS_KIND = ImportKind(
    COSTS,
    "product.change",
    COST_STEPS.check,
    COST_STEPS.record,
    COST_STEPS.undo,
    reasons=COST_REASONS,
    totals=(
        Total(
            "set_costs",
            Text("Costs set", "Coûts enregistrés"),
            Text("New, or another amount.", "Nouveaux, ou d’un autre montant."),
        ),
    ),
)
MARGINS_KIND = ImportKind(
    MARGINS,
    "product.change",
    MARGIN_STEPS.check,
    MARGIN_STEPS.record,
    MARGIN_STEPS.undo,
    reasons=COST_REASONS,
    totals=(
        Total(
            "set_margins",
            Text("Margin rates set", "Taux de marge enregistrés"),
            Text("They count only where no cost is known.", "Ils ne comptent que là où aucun coût n’est connu."),
        ),
    ),
)
