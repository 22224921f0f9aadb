"""RFM: how recently, how often and for how much each customer bought, and the five scores of each.

Purchases come in as the fact table `purchases` (one row per sale or return, total in minor units, tax included, after
discounts, negative for a return), with `lines` for which sale a returned line takes back. Each function below is one
step; `rfm` chains them.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import ibis
from ibis import _

from .segments import CELLS

SCORES: Final = 5
WINDOW_DAYS: Final = 730
SECONDS_PER_DAY: Final = 86_400


def rfm(
    purchases: ibis.Table, lines: ibis.Table, *, as_of: datetime, currency: str, window_days: int = WINDOW_DAYS
) -> ibis.Table:
    """Recency, frequency and amount of each customer who bought in the window, with scores and a group. Scores are
    fifths, from 5 for the best to 1: customers with equal values have equal scores, so fifths may differ in size.

    Recency is the number of whole days (24 hours) since the last sale; frequency the number of sales (receipts);
    amount the total of sales and returns, tax included, in minor units of one currency. A sale that was returned in
    full is no sale: it counts neither for recency nor for frequency, and its amount cancels out. The window is the
    `window_days` days that end at `as_of`. Scores are quintiles: 5 is the best fifth, and customers with equal values
    have equal scores. A customer without a sale in the window has no RFM.

    Source: Hughes, *Strategic Database Marketing* (1994), for the three measures and their fifths; `segments` for the
    groups. Columns: customer_id; last_sale_at; recency_days, frequency, amount and recency_score, frequency_score,
    amount_score as int64; segment. Instants are read in UTC: the engine's session must say so.
    """
    inside = purchases_in_window(purchases, as_of=as_of, window_days=window_days)
    summary = summary_by_customer(with_kept(inside, lines, as_of=as_of), as_of=as_of, currency=currency)
    return with_segments(with_scores(summary))


def purchases_in_window(purchases: ibis.Table, *, as_of: datetime, window_days: int) -> ibis.Table:
    """Sales and returns of known customers that occurred after `as_of` less `window_days` and not after `as_of`."""
    since = as_of - timedelta(days=window_days)
    return purchases.filter(_.customer_id.notnull(), _.occurred_at > since, _.occurred_at <= as_of)


def sales_kept(inside: ibis.Table, lines: ibis.Table, *, as_of: datetime) -> ibis.Table:
    """Sales in the window less those that returns dated until `as_of` have taken back in full (see `with_kept`)."""
    return with_kept(inside, lines, as_of=as_of).filter(_.is_kept).select("customer_id", "purchase_id", "occurred_at")


def with_kept(inside: ibis.Table, lines: ibis.Table, *, as_of: datetime) -> ibis.Table:
    """Add is_kept: a sale that returns dated until `as_of` have not taken back in full.

    A sale is taken back in full when lines of returns name it and add up to at least its total; one return may take
    back lines of several sales. A line that names no sale (it was not found) takes nothing back here; it still lowers
    the amount.
    """
    returns = lines.filter(_.returns_purchase_id.notnull(), _.occurred_at <= as_of)
    taken_back = returns.group_by(sale_id=_.returns_purchase_id).agg(returned=_.net.sum().cast("int64"))
    joined = inside.left_join(taken_back, inside.purchase_id == taken_back.sale_id)
    is_kept = (_.kind == "sale") & (_.returned.isnull() | (_.total + _.returned > 0))
    return joined.mutate(is_kept=is_kept).drop("sale_id", "returned")


def summary_by_customer(marked: ibis.Table, *, as_of: datetime, currency: str) -> ibis.Table:
    """One row per customer with a kept sale: when the last was, number of sales, net amount in `currency`.

    `marked`: purchases, one row each, with is_kept. One pass over them makes all three.
    """
    people = marked.group_by("customer_id").agg(
        last_sale_at=_.occurred_at.max(where=_.is_kept),
        frequency=_.purchase_id.count(where=_.is_kept),
        net=_.total.sum(where=_.currency == currency),
    )
    return people.filter(_.frequency > 0).select(
        "customer_id",
        "last_sale_at",
        recency_days=((int(as_of.timestamp()) - _whole_seconds(_.last_sale_at)) // SECONDS_PER_DAY).cast("int64"),
        frequency=_.frequency.cast("int64"),
        amount=_.net.fill_null(0).cast("int64"),
    )


def _whole_seconds(moment: ibis.Value) -> ibis.Value:
    # DuckDB's epoch() is a double and rounds when cast: a last sale at 23:59:59.7 would be a day younger.
    return moment.truncate("s").epoch_seconds().cast("int64")


def with_scores(summary: ibis.Table) -> ibis.Table:
    """Add the fifth in which each value lies: 1 + 5 × (customers with a worse value) ÷ (all customers), rounded down.

    Equal values share a score, so a score never depends on an id: cutting equal fifths through the ties would call one
    single-purchase customer new and another one promising by chance alone. Fifths with many ties are therefore unequal.
    """
    return summary.mutate(
        recency_score=_fifth(summary, -summary.recency_days),
        frequency_score=_fifth(summary, summary.frequency),
        amount_score=_fifth(summary, summary.amount),
    )


def _fifth(summary: ibis.Table, value: ibis.Value) -> ibis.Value:
    worse = ibis.rank().over(ibis.window(order_by=value))  # Ibis ranks from 0, equal values alike
    everybody = summary.count().over(ibis.window())
    return (worse * SCORES // everybody + 1).cast("int64")


def with_segments(scored: ibis.Table) -> ibis.Table:
    """Add the name of the group in which the recency and frequency scores lie (see `segments`)."""
    cell = scored.recency_score * 10 + scored.frequency_score
    branches = [(cell == recency * 10 + frequency, key) for (recency, frequency), key in sorted(CELLS.items())]
    return scored.mutate(segment=ibis.cases(*branches))
