"""Products: what each sells, to how many, how often they come back for it, how fast it turns, and what goes with it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import ibis
from ibis import _

from .rfm import SECONDS_PER_DAY

PAIR_PRODUCTS_MAX: Final = 1_000


def product_performance(purchases: ibis.Table, lines: ibis.Table, *, currency: str) -> ibis.Table:
    """What each product sold: amount, units, purchases, buyers; penetration, purchase frequency and repeat rate.

    Penetration: buyers of the product ÷ buyers of anything. Purchase frequency: purchases with the product ÷ its
    buyers. Repeat rate: buyers with at least two purchases of it ÷ its buyers. The three speak of known customers;
    amount and units also count anonymous sales, less what was given back.

    Source of the terms: Ehrenberg, *Repeat-Buying* (1972). Columns: product_code; amount (minor units), units
    (thousandths), purchases, buyers, repeat_buyers as int64; penetration, frequency, repeat_rate as float64 (absent
    where nobody known bought it).
    """
    own = purchases.filter(_.currency == currency).select("purchase_id", "kind", "customer_id")
    sold = lines.filter(_.is_product).select("purchase_id", "product_code", "net", "quantity").join(own, "purchase_id")
    totals = sold.group_by("product_code").agg(
        amount=_.net.sum().cast("int64"),
        units=_.quantity.sum().cast("int64"),
        purchases=_.purchase_id.nunique(where=_.kind == "sale").cast("int64"),
    )
    bought = sold.filter(_.kind == "sale", _.customer_id.notnull())
    by_buyer = bought.group_by("product_code", "customer_id").agg(times=_.purchase_id.nunique())
    loyal = by_buyer.group_by(code=_.product_code).agg(
        buyers=_.count().cast("int64"),
        repeat_buyers=(_.times >= 2).cast("int64").sum(),
        times=_.times.sum().cast("int64"),
    )
    everybody = bought.agg(everybody=_.customer_id.nunique().cast("int64"))
    return (
        totals.left_join(loyal, totals.product_code == loyal.code)
        .cross_join(everybody)
        .select(
            *("product_code", "amount", "units", "purchases"),
            buyers=_.buyers.fill_null(0),
            repeat_buyers=_.repeat_buyers.fill_null(0),
            penetration=_.buyers.cast("float64") / _.everybody.cast("float64"),
            frequency=_.times.cast("float64") / _.buyers.cast("float64"),
            repeat_rate=_.repeat_buyers.cast("float64") / _.buyers.cast("float64"),
        )
    )


def rotation(lines: ibis.Table, stock: ibis.Table, *, since: datetime, as_of: datetime) -> ibis.Table:
    """How many days the stock of a product lasts at the pace of the period.

    Days of stock = stock ÷ (units sold less units given back, per day). Absent where nothing was sold.

    `stock`: product_code, units (thousandths of a unit, all places together). Columns: product_code, units, sold
    (thousandths, int64), days_of_stock (float64).
    """
    days = max(1, round((as_of - since).total_seconds() / SECONDS_PER_DAY))
    inside = lines.filter(_.is_product, _.occurred_at > since, _.occurred_at <= as_of)
    sold = inside.group_by(code=_.product_code).agg(sold=_.quantity.sum().cast("int64"))
    joined = stock.left_join(sold, stock.product_code == sold.code)
    pace = joined.sold.cast("float64") / days
    return joined.select(
        "product_code",
        "units",
        sold=joined.sold.fill_null(0),
        days_of_stock=(joined.sold > 0).ifelse(joined.units.cast("float64") / pace, ibis.null("float64")),
    )


def bought_together(lines: ibis.Table, *, purchases_min: int = 20, products_max: int = PAIR_PRODUCTS_MAX) -> ibis.Table:
    """Pairs of products that lie in one basket more often than chance would put them there.

    Support: baskets with both ÷ baskets. Confidence: baskets with both ÷ baskets with the first. Lift: confidence ÷
    (baskets with the second ÷ baskets); 1 is chance. Only the `products_max` products that most baskets hold are
    paired, and only pairs in at least `purchases_min` baskets are told: a rare pair has a high lift by accident.

    Source: Agrawal, Imielinski & Swami, SIGMOD 1993; lift: Brin et al., SIGMOD 1997. `lines`: purchase_id,
    product_code, is_product, net; returned lines (net below zero) are left out. One row per ordered pair: first,
    second, baskets (int64), support, confidence, lift (float64).
    """
    held = lines.filter(_.is_product, _.net > 0).select("purchase_id", "product_code").distinct()
    everything = held.agg(all_baskets=_.purchase_id.nunique().cast("int64"))
    counted = held.group_by("product_code").agg(baskets=_.count().cast("int64"))
    common = counted.order_by(ibis.desc("baskets"), "product_code").limit(products_max)
    kept = held.semi_join(common, "product_code")
    left, right = kept.select("purchase_id", first="product_code"), kept.select("purchase_id", second="product_code")
    pairs = (
        left.join(right, "purchase_id")
        .filter(_.first != _.second)
        .group_by("first", "second")
        .agg(baskets=_.count().cast("int64"))
        .filter(_.baskets >= purchases_min)
    )
    of_first = common.select(first="product_code", first_baskets="baskets")
    of_second = common.select(second="product_code", second_baskets="baskets")
    whole = pairs.join(of_first, "first").join(of_second, "second").cross_join(everything)
    confidence = whole.baskets.cast("float64") / whole.first_baskets
    return whole.select(
        *("first", "second", "baskets"),
        support=whole.baskets.cast("float64") / whole.all_baskets,
        confidence=confidence,
        lift=confidence * whole.all_baskets / whole.second_baskets,
    ).order_by(ibis.desc("lift"), ibis.desc("baskets"), "first", "second")
