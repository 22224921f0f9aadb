"""Dependence on promotions: who buys at full price, and who only when there is a discount."""

from __future__ import annotations

from typing import Final

import ibis
from ibis import _

BANDS: Final = ("never", "up_to_quarter", "up_to_half", "more_than_half", "always")


def promotion_dependence(purchases: ibis.Table, lines: ibis.Table, *, currency: str) -> ibis.Table:
    """How much of what a customer buys is bought at a discount: share of the amount of discounted lines.

    A line is discounted when a discount above zero was given on it. The share is the amount of such lines (after
    discount) ÷ the amount of all lines of sales, per known customer: never, up to a quarter, up to half, more than
    half, always. The depth is the discount ÷ the amount before it.

    `lines`: purchase_id, net, discount (minor units, at least 0), is_product. One row per band that has people: band,
    people, amount, discounted, discount as int64.
    """
    people = people_by_band(purchases, lines, currency=currency)
    return (
        people.group_by("band")
        .agg(
            people=_.count().cast("int64"),
            amount=_.amount.sum().cast("int64"),
            discounted=_.discounted.sum().cast("int64"),
            discount=_.discount.sum().cast("int64"),
        )
        .order_by("band")
    )


def people_by_band(purchases: ibis.Table, lines: ibis.Table, *, currency: str) -> ibis.Table:
    """Return what `promotion_dependence` counts: customer_id, band, amount, discounted, discount (minor units)."""
    sales = purchases.filter(_.kind == "sale", _.currency == currency, _.customer_id.notnull())
    bought = lines.filter(_.is_product, _.net >= 0).join(sales.select("purchase_id", "customer_id"), "purchase_id")
    people = (
        bought.group_by("customer_id")
        .agg(
            amount=_.net.sum().cast("int64"),
            discounted=_.net.sum(where=_.discount > 0).fill_null(0).cast("int64"),
            discount=_.discount.sum().cast("int64"),
        )
        .filter(_.amount > 0)
    )
    return people.mutate(band=_band(people))


def _band(people: ibis.Table) -> ibis.Value:
    return ibis.cases(
        (people.discounted == 0, "never"),
        (people.discounted == people.amount, "always"),
        (people.discounted * 4 <= people.amount, "up_to_quarter"),
        (people.discounted * 2 <= people.amount, "up_to_half"),
        else_="more_than_half",
    )
