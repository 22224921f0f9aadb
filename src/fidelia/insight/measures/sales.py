"""Sales over time: what was sold and given back, period by period, and how concentrated it is on the best customers.

Purchases come in as the fact table `purchases`; amounts are minor units of one currency, tax included, after discounts.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

import ibis
from ibis import _

Period = Literal["day", "week", "month", "quarter", "year"]
_UNITS: Final = {"day": "D", "week": "W", "month": "M", "quarter": "Q", "year": "Y"}
PARTS: Final = 100


def sales_by_period(purchases: ibis.Table, *, currency: str, period: Period = "month") -> ibis.Table:
    """Sales, returns and their difference in each period, with the number of sales and of customers who bought.

    A return counts in the period in which it was made, not in that of the sale: earlier periods never change. Periods
    are of the engine's time zone (UTC). A period without purchases is absent. Customers are known ones; anonymous sales
    count in the amounts.

    Columns: period (day on which it begins); sales, customers as int64; sold, returned (at most 0), net in minor units.
    """
    own = purchases.filter(_.currency == currency)
    is_sale = own.kind == "sale"
    return (
        own.mutate(period=own.occurred_at.truncate(_UNITS[period]).date(), is_sale=is_sale)
        .group_by("period")
        .agg(
            sales=_.is_sale.cast("int64").sum(),
            customers=_.customer_id.nunique(where=_.is_sale).cast("int64"),
            sold=_.total.sum(where=_.is_sale).fill_null(0).cast("int64"),
            returned=_.total.sum(where=~_.is_sale).fill_null(0).cast("int64"),
            net=_.total.sum().cast("int64"),
        )
        .order_by("period")
    )


def amount_by_customer(purchases: ibis.Table, *, since: datetime, as_of: datetime, currency: str) -> ibis.Table:
    """Net amount of each known customer: sales less returns that occurred after `since` and not after `as_of`.

    Columns: customer_id; amount in minor units, int64; it may be negative where older sales were given back.
    """
    inside = purchases.filter(
        _.customer_id.notnull(), _.currency == currency, _.occurred_at > since, _.occurred_at <= as_of
    )
    return inside.group_by("customer_id").agg(amount=_.total.sum().cast("int64"))


def lorenz_points(amounts: ibis.Table) -> ibis.Table:
    """Share of the sales that the best customers make: for each hundredth of the customers, best first.

    The curve of Lorenz read from its top: 10 % of the customers make `amount_share` of the sales. An amount below zero
    counts as nothing. Customers with equal amounts are interchangeable, so the curve does not depend on their order.

    Source: Lorenz, *Methods of Measuring the Concentration of Wealth* (1905). `amounts`: customer_id, amount. Columns:
    part (1 to 100), customers and amount (both cumulated), people and total (of everybody); none where nobody spent.
    """
    positive = amounts.mutate(spent=ibis.greatest(_.amount, 0))
    ranked = positive.mutate(
        place=ibis.row_number().over(ibis.window(order_by=[ibis.desc("spent"), "customer_id"])) + 1,
        people=_.count().over(ibis.window()),
        total=_.spent.sum().over(ibis.window()),
        running=_.spent.sum().over(ibis.cumulative_window(order_by=[ibis.desc("spent"), "customer_id"])),
    )
    parts = ranked.mutate(part=(_.place * PARTS + _.people - 1) // _.people)
    return (
        parts.filter(_.total > 0)
        .group_by("part")
        .agg(
            customers=_.place.max().cast("int64"),
            amount=_.running.max().cast("int64"),
            people=_.people.max().cast("int64"),
            total=_.total.max().cast("int64"),
        )
        .order_by("part")
    )


def concentration(amounts: ibis.Table) -> ibis.Table:
    """0 when all customers spend the same, near 1 when one of them makes all the sales.

    G = 2·Σ i·xᵢ ÷ (n·Σ xᵢ) − (n + 1) ÷ n, the amounts xᵢ in ascending order, i from 1 to n; amounts below zero count
    as nothing. Source: Gini, *Variabilità e mutabilità* (1912), in the form of Dixon et al., Ecology 68 (1987).

    `amounts`: customer_id, amount. One row: people, total as int64, gini as float64 (absent where nobody spent).
    """
    positive = amounts.mutate(spent=ibis.greatest(_.amount, 0))
    ranked = positive.mutate(place=ibis.row_number().over(ibis.window(order_by=["spent", "customer_id"])) + 1)
    sums = ranked.agg(
        people=_.count().cast("int64"),
        total=_.spent.sum().cast("int64"),
        weighted=(_.place.cast("float64") * _.spent.cast("float64")).sum(),
    )
    people, total = sums.people.cast("float64"), sums.total.cast("float64")
    gini = 2 * sums.weighted / (people * total) - (people + 1) / people
    return sums.select("people", "total", gini=(sums.total > 0).ifelse(gini, ibis.null("float64")))
