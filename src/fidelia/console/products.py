"""Products: the list by code, name, category and brand; one product with its costs, and what it sold on demand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http.response import HttpResponseBase
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from fidelia.activity.queries import sum_product_sales
from fidelia.kernel import clock
from fidelia.kernel.money import Money
from fidelia.organisation.queries import list_stores
from fidelia.products.models import Product
from fidelia.products.queries import (
    ProductFilters,
    count_products,
    find_products,
    get_product,
    list_brands,
    list_categories,
    list_costs,
    list_stock,
)
from fidelia.ui.formats import number
from fidelia.ui.parts import Chip

from .customers.filtering import Choice, Filter
from .pages import ConsoleRequest, show, signed_in
from .paging import asked_place, page_of, query_without
from .speech import Speech, speech_of

PAGE_SIZE = 50
NAMES = ("category", "brand", "sort_of")
CHOICES_MAX = 60
SALES_DAYS = 365


@signed_in
def products(request: ConsoleRequest) -> HttpResponseBase:
    by = request.actor
    text = request.GET.get("q", "").strip()[:200]
    filters = _filters(request)
    chosen = {each.name: each.chosen.value for each in filters if each.chosen}
    narrowed = ProductFilters(
        chosen.get("category", ""),
        chosen.get("brand", ""),
        {"products": True, "fees": False}.get(chosen.get("sort_of", "")),
    )
    place = asked_place(request)
    found = find_products(
        by=by, text=text, filters=narrowed, after=_code(place.after), before=_code(place.before), limit=PAGE_SIZE + 1
    )  # fmt: skip
    total = count_products(by=by, text=text, filters=narrowed)
    page = page_of(
        request, place, found, PAGE_SIZE, key_of=lambda row: (row.code,), total=number(total, get_language() or "en"),
        order=_("sorted by code"),
    )  # fmt: skip
    chips = [Chip(each.lead, each.chosen.text, query_without(request, each.name)) for each in filters if each.chosen]
    context: dict[str, Any] = {
        "text": text,
        "filters": filters,
        "chips": chips,
        "reset_url": query_without(request, *NAMES) if len(chips) > 1 else "",
        "rows": page.rows,
        "page": page.pager,
        "asked": {"sort": ""},
        "nothing_at_all": not total and not text and not chips,
    }
    return show(request, "console/products/list.html", context, partial="rows")


@signed_in
def product(request: ConsoleRequest, code: str) -> HttpResponseBase:
    """One product. What it sold is counted when asked for: its receipts are read one by one."""
    by, speech = request.actor, speech_of(clock.now())
    found = get_product(by=by, code=code)
    stores = {store.id: store.name for store in list_stores(by=by)}
    asks = "sales" in request.GET and by.may_somewhere("purchase.see")
    context = {
        "product": found,
        "name": found.name or found.code,
        "parts": found.category.split("/") if found.category else [],
        "costs": [
            {"cost": each, "text": speech.money(each.unit_cost.of_quantity(1_000).minor, each.currency)}
            for each in list_costs(by=by, code=code)
        ],
        "stock": [
            {
                "store": stores.get(each.store_id, ""),
                "quantity": _quantity(each.quantity, speech),
                "at": each.counted_at,
            }
            for each in list_stock(by=by, code=code)
        ],
        "price": Money(found.price, found.price_currency) if found.price is not None else None,
        "sales": _sales(request, found, speech) if asks else None,
        "may_count": by.may_somewhere("purchase.see"),
    }
    return show(request, "console/products/one.html", context, partial="sales")


def _sales(request: ConsoleRequest, found: Product, speech: Speech) -> list[dict[str, str]]:
    since = speech.now - timedelta(days=SALES_DAYS)
    return [
        {
            "net": speech.money(each.net, each.currency),
            "quantity": _quantity(each.quantity, speech),
            "receipts": speech.number(each.receipts),
        }
        for each in sum_product_sales(by=request.actor, product_id=found.id, since=since)
    ]


def _quantity(thousandths: int, speech: Speech) -> str:
    whole, part = divmod(thousandths, 1_000)
    return speech.number(whole if not part else thousandths / 1_000)


def _filters(request: ConsoleRequest) -> list[Filter]:
    by = request.actor
    offered = [
        ("category", _("Category is"), _with_parents(list_categories(by=by))),
        ("brand", _("Brand is"), [(brand, brand) for brand in list_brands(by=by)]),
        ("sort_of", _("Kind is"), [("products", _("Products")), ("fees", _("Fees and postage"))]),
    ]
    return [
        Filter(name, lead, [Choice(value, text, request.GET.get(name) == value) for value, text in choices])
        for name, lead, choices in offered
        if choices
    ]


def _with_parents(paths: list[str]) -> list[tuple[str, str]]:
    """Each category with those above it: Home, Home / Kitchen."""
    every = {"/".join(path.split("/")[:depth]) for path in paths for depth in range(1, path.count("/") + 2)}
    return [(path, path.replace("/", " / ")) for path in sorted(every)[:CHOICES_MAX]]


def _code(place: tuple[str, ...] | None) -> str | None:
    return place[0] if place else None
