"""Questions about products."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from fidelia.kernel.actor import Actor
from fidelia.kernel.money import Money

from .errors import UnknownProduct
from .models import MarginRate, Product, ProductCost, ProductPrice, StockLevel, UnitCost

LIMIT_MAX = 200
ONE = 1_000  # thousandths of a unit
RATE_SCALE = 10_000


def get_products_by_code(codes: Iterable[str]) -> dict[str, Product]:
    """Return the products of these codes, by code; those unknown are left out. One query."""
    return {product.code: product for product in Product.objects.filter(code__in=set(codes))}


def categories_of(product_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return the category of each of these products, empty where it has none."""
    found = Product.objects.filter(id__in=list(product_ids)).values_list("id", "category")
    return {product_id: category or "" for product_id, category in found}


def get_product(*, by: Actor, code: str) -> Product:
    """Return the product of this code. Raises Denied (product.see), UnknownProduct."""
    by.require("product.see")
    product = Product.objects.filter(code=code).first()
    if product is None:
        raise UnknownProduct(f"There is no product “{code}”.")
    return product


def list_products(*, by: Actor, text: str = "", after: str = "", limit: int = 50) -> list[Product]:
    """Return products in order of code, from after a code on, whose code begins with or name holds `text`.

    Raises Denied (product.see).
    """
    by.require("product.see")
    products = Product.objects.filter(code__gt=after)
    if text:
        products = products.filter(Q(code__istartswith=text) | Q(name__icontains=text))
    return list(products.order_by("code")[: min(limit, LIMIT_MAX)])


def list_sellable(*, by: Actor, text: str, limit: int = 8) -> list[Product]:
    """Return products for a till: the one of exactly this code, else those whose code or name begins so or holds it.

    Raises Denied (purchase.record). What the rows say of costs is nothing.
    """
    if not by.may_somewhere("purchase.record"):
        by.require("purchase.record")
    exact = Product.objects.filter(code=text).first()
    if exact is not None:
        return [exact]
    found = Product.objects.filter(Q(code__istartswith=text) | Q(name__icontains=text))
    return list(found.order_by("name", "code")[: min(limit, LIMIT_MAX)])


def cost_on(product_id: UUID, currency: str, day: date) -> Money | None:
    """Return what one unit of the product cost on a day, to the minor unit; None where no cost was known."""
    found = unit_cost_on(product_id, currency, day)
    return None if found is None else found.of_quantity(ONE)


def unit_cost_on(product_id: UUID, currency: str, day: date) -> UnitCost | None:
    """Return what one unit of the product cost on a day, as finely as it is known; None where no cost was known."""
    return costs_on([product_id], currency, day).get(product_id)


def costs_on(product_ids: Iterable[UUID], currency: str, day: date) -> dict[UUID, UnitCost]:
    """Return what one unit of each product cost on a day; those of which no cost was known are left out. One query."""
    costs = ProductCost.objects.filter(product_id__in=list(product_ids), currency=currency, valid_from__lte=day)
    latest = costs.order_by("product_id", "-valid_from").distinct("product_id")
    return {cost.product_id: cost.unit_cost for cost in latest}


def list_costs(*, by: Actor, code: str) -> list[ProductCost]:
    """Return every cost of a product, the latest first. Raises Denied (product.see), UnknownProduct."""
    product = get_product(by=by, code=code)
    return list(ProductCost.objects.filter(product=product).order_by("-valid_from", "currency")[:LIMIT_MAX])


def find_costs(named: Iterable[tuple[str, str, date]]) -> list[ProductCost]:
    """Return the costs of these products, currencies and days, with their products, in the order asked."""
    asked = list(dict.fromkeys(named))
    costs = ProductCost.objects.filter(
        product__code__in={code for code, _currency, _day in asked}, valid_from__in={day for _c, _cur, day in asked}
    ).select_related("product")
    found = {(cost.product.code, cost.currency, cost.valid_from): cost for cost in costs}
    return [found[key] for key in asked if key in found]


def find_stock(named: Iterable[tuple[str, UUID]]) -> list[StockLevel]:
    """Return the last counts of these products in these stores, with their products, in the order asked."""
    asked = list(dict.fromkeys(named))
    levels = StockLevel.objects.filter(
        product__code__in={code for code, _store in asked}, store_id__in={store for _code, store in asked}
    ).select_related("product")
    found = {(level.product.code, level.store_id): level for level in levels}
    return [found[key] for key in asked if key in found]


def lowest_prices(codes: Iterable[str], currency: str, *, at: datetime, days: int) -> dict[str, int]:
    """Return the lowest price of each product, by code, in force at any time of the `days` before an instant.

    In minor units; those without a known price are left out. The price that begins at the instant itself is not
    counted: it is the cut. One query.
    """
    since = at - timedelta(days=days)
    rows = ProductPrice.objects.filter(product__code__in=set(codes), valid_from__lt=at).order_by("valid_from")
    lowest: dict[str, int | None] = {}
    for code, price, its_currency, valid_from in rows.values_list("product__code", "price", "currency", "valid_from"):
        known = price if its_currency == currency else None
        before = lowest.get(code) if valid_from > since else None  # what came earlier had ended before the window
        lowest[code] = known if before is None else before if known is None else min(before, known)
    return {code: price for code, price in lowest.items() if price is not None}


def list_prices(*, by: Actor, code: str) -> list[ProductPrice]:
    """Return what a product was sold for, the latest first. Raises Denied (product.see), UnknownProduct."""
    product = get_product(by=by, code=code)
    return list(ProductPrice.objects.filter(product=product).order_by("-valid_from")[:LIMIT_MAX])


def list_margin_rates(*, by: Actor) -> list[MarginRate]:
    """Return the margins assumed of categories, by category, the latest first. Raises Denied (product.see)."""
    by.require("product.see")
    return list(MarginRate.objects.order_by("category", "-valid_from")[: LIMIT_MAX * 5])


def list_stock(*, by: Actor, code: str) -> list[StockLevel]:
    """Return what each store had of a product when it was last counted. Raises Denied (product.see), UnknownProduct."""
    product = get_product(by=by, code=code)
    return list(StockLevel.objects.filter(product=product).order_by("store_id")[: LIMIT_MAX * 5])


def list_brands(*, by: Actor) -> list[str]:
    """Return the brands of the products, in order, at most 1,000. Raises Denied (product.see)."""
    by.require("product.see")
    brands = Product.objects.exclude(brand="").values_list("brand", flat=True).distinct().order_by("brand")
    return list(brands[: LIMIT_MAX * 5])


@dataclass(frozen=True, slots=True)
class SoldLine:
    """A line of which the margin is asked: `net` as it was paid for the whole line, `quantity` in thousandths."""

    product_id: UUID
    category: str
    quantity: int
    net: Money
    sold_on: date


@dataclass(frozen=True, slots=True)
class Margin:
    """What a line left over. `is_assumed`: by the rate of its category, because no cost is known."""

    amount: Money
    is_assumed: bool


def margins_of(lines: Sequence[SoldLine]) -> list[Margin | None]:
    """Return the margin of each line: net less cost on its day, else by the assumed rate, else None. Two queries.

    Costs and nets are compared as they are kept: give both with the same taxes. Half a minor unit is rounded away from
    zero.
    """
    costs: dict[tuple[UUID, str], list[ProductCost]] = defaultdict(list)
    for cost in ProductCost.objects.filter(product_id__in={line.product_id for line in lines}).order_by("valid_from"):
        costs[cost.product_id, cost.currency].append(cost)
    rates: dict[str, list[MarginRate]] = defaultdict(list)
    for rate in MarginRate.objects.order_by("valid_from"):
        rates[rate.category].append(rate)
    return [_margin_of(line, costs[line.product_id, line.net.currency], rates) for line in lines]


def _margin_of(line: SoldLine, costs: list[ProductCost], rates: dict[str, list[MarginRate]]) -> Margin | None:
    known = [cost for cost in costs if cost.valid_from <= line.sold_on]
    if known:
        return Margin(line.net - known[-1].unit_cost.of_quantity(line.quantity), is_assumed=False)
    rate = _rate_of(line.category, line.sold_on, rates)
    if rate is None:
        return None
    exact = abs(line.net.minor * rate)
    minor = (exact * 2 + RATE_SCALE) // (2 * RATE_SCALE)
    sign = -1 if line.net.minor * rate < 0 else 1
    return Margin(Money(sign * minor, line.net.currency), is_assumed=True)


def _rate_of(category: str, day: date, rates: dict[str, list[MarginRate]]) -> int | None:
    """Return the rate of the nearest category on the path upwards that has one on that day."""
    path = category
    while True:
        known = [rate.rate for rate in rates.get(path, ()) if rate.valid_from <= day]
        if known:
            return known[-1]
        if not path:
            return None
        path = path.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class ProductFilters:
    """What a list of products is narrowed to: a category with all beneath it, a brand, products or fees."""

    category: str = ""
    brand: str = ""
    is_product: bool | None = None


def find_products(
    *,
    by: Actor,
    text: str = "",
    filters: ProductFilters | None = None,
    after: str | None = None,
    before: str | None = None,
    limit: int = 50,
) -> list[Product]:
    """Return products in order of code, whose code begins with or name holds `text`; `after` and `before` are codes.

    Raises Denied (product.see).
    """
    found = _narrowed(by, text, filters or ProductFilters())
    if before is not None:
        return list(found.filter(code__lt=before).order_by("-code")[: min(limit, LIMIT_MAX)])[::-1]
    if after is not None:
        found = found.filter(code__gt=after)
    return list(found.order_by("code")[: min(limit, LIMIT_MAX)])


def count_products(*, by: Actor, text: str = "", filters: ProductFilters | None = None) -> int:
    """Return how many products `find_products` goes through. Raises Denied (product.see)."""
    return _narrowed(by, text, filters or ProductFilters()).count()


def list_categories(*, by: Actor) -> list[str]:
    """Return the paths of the products' categories, in order, at most 1,000. Raises Denied (product.see)."""
    by.require("product.see")
    paths = Product.objects.exclude(category="").values_list("category", flat=True).distinct().order_by("category")
    return list(paths[: LIMIT_MAX * 5])


def _narrowed(by: Actor, text: str, filters: ProductFilters) -> QuerySet[Product]:
    by.require("product.see")
    found = Product.objects.all()
    if text:
        found = found.filter(Q(code__istartswith=text) | Q(name__icontains=text))
    if filters.category:
        found = found.filter(Q(category=filters.category) | Q(category__startswith=f"{filters.category}/"))
    if filters.brand:
        found = found.filter(brand=filters.brand)
    if filters.is_product is not None:
        found = found.filter(is_product=filters.is_product)
    return found
