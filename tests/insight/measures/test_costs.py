"""Costs of lines: the same as `products.queries.margins_of` says, line by line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from random import Random
from typing import Any

import ibis
import pytest
from django.db import transaction

from fidelia.insight.measures.costs import with_costs, with_margin_rates
from fidelia.insight.measures.margin import with_margin
from fidelia.kernel.money import Money
from fidelia.products.models import MarginRate, Product, ProductCost, UnitCost
from fidelia.products.operations import (
    NewCost,
    NewMarginRate,
    NewProduct,
    add_products_in_bulk,
    set_costs_in_bulk,
    set_margin_rates,
)
from fidelia.products.queries import SoldLine, margins_of
from tests.cast import AT, SYSTEM

pytestmark = pytest.mark.django_db(transaction=True)
DAY = date(2026, 1, 1)


def catalogue(draw: Random) -> list[Product]:
    """Twelve products, half with costs at some days in two currencies, and rates of categories and what is beneath."""
    codes = [f"P{number}" for number in range(12)]
    days = [DAY + timedelta(days=10 * step) for step in range(6)]
    costs = [
        NewCost(code=code, cost=UnitCost(draw.randrange(90_000), draw.randrange(7), currency), valid_from=day)
        for code in codes[:6] for day in draw.sample(days, 3) for currency in ("EUR", "GBP")
    ]  # fmt: skip
    rates = [
        NewMarginRate(category=category, rate=draw.randrange(-3_000, 9_000), valid_from=day)
        for category, day in (("Tea", days[1]), ("Tea", days[3]), ("Tea/Green", days[2]), ("Coffee", days[0]))
    ]
    with transaction.atomic():
        add_products_in_bulk(by=SYSTEM, at=AT, rows=[NewProduct(code=code, name=code) for code in codes])
        set_costs_in_bulk(by=SYSTEM, at=AT, rows=costs)
        set_margin_rates(by=SYSTEM, at=AT, rows=rates)
    return list(Product.objects.order_by("code"))


def told(rows: Sequence[dict[str, Any]]) -> ibis.Table:
    costs = ibis.memtable(
        [
            {"product_id": str(one.product_id), "currency": one.currency, "amount": one.amount, "scale": one.scale,
             "valid_from": one.valid_from}
            for one in ProductCost.objects.all()
        ]
    )  # fmt: skip
    priced = with_costs(ibis.memtable(rows), costs, currency="EUR", exponent=2)
    categories = {row["category"] for row in rows}
    return with_margin_rates(priced, list(MarginRate.objects.values("category", "rate", "valid_from")), categories)


def test_costs_and_rates_are_those_of_the_catalogue_line_by_line() -> None:
    draw = Random(5)
    products = catalogue(draw)
    rows = [
        {
            "number": number, "product_id": str(draw.choice(products).id),
            "category": draw.choice(["Tea", "Tea/Green", "Tea/Green/Sencha", "Coffee/Beans", "Teapots", ""]),
            "quantity": draw.choice([1_000, 333, 2_500, -1_000]),
            "sold_on": DAY + timedelta(days=draw.randrange(-5, 70)), "net": draw.randrange(-9_000, 9_000),
        }
        for number in range(400)
    ]  # fmt: skip
    lines = with_margin(told(rows), assumed_rate=Fraction(0), cost_column="cost", rate_column="margin_rate")
    found = ibis.duckdb.connect().to_pyarrow(lines.order_by("number")).to_pylist()
    sold = [
        SoldLine(
            next(one.id for one in products if str(one.id) == row["product_id"]), row["category"], row["quantity"],
            Money(row["net"], "EUR"), row["sold_on"],
        )
        for row in rows
    ]  # fmt: skip
    expected = margins_of(sold)
    assert len(found) == len(rows), "a line stays one line"
    assert {one.is_assumed if one else None for one in expected} == {True, False, None}
    assert [(row["margin"], row["is_assumed"]) for row in found] == [
        (one.amount.minor, one.is_assumed) if one else (0, True) for one in expected
    ]


def test_a_rate_of_every_other_category_counts_for_lines_without_one() -> None:
    rows = [{"category": name, "sold_on": DAY, "net": 999, "number": place} for place, name in enumerate(["", "Tea"])]
    rates = [{"category": "", "rate": 5_000, "valid_from": DAY}, {"category": "Tea", "rate": 2_000, "valid_from": DAY}]
    lines = with_margin(with_margin_rates(ibis.memtable(rows), rates, {"Tea"}), rate_column="margin_rate")
    found = ibis.duckdb.connect().to_pyarrow(lines.order_by("number")).to_pylist()
    assert [(row["margin"], row["is_assumed"]) for row in found] == [(500, True), (200, True)]


def test_instants_are_days_of_the_sale() -> None:
    """The cost of a day counts from its first instant on."""
    costs = ibis.memtable([{"product_id": "p", "currency": "EUR", "amount": 5, "scale": 2, "valid_from": DAY}])
    clocks = [datetime.combine(DAY, time(), tzinfo=UTC) + timedelta(hours=hours) for hours in (-1, 0)]
    rows = ibis.memtable([{"product_id": "p", "quantity": 1_000, "at": clock} for clock in clocks])
    lines = with_costs(rows.mutate(sold_on=rows["at"].date()), costs, currency="EUR", exponent=2).order_by("at")
    assert ibis.duckdb.connect().to_pyarrow(lines)["cost"].to_pylist() == [None, 5]
