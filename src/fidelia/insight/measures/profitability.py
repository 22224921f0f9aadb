"""Loyalty and profit: what customers bring the longer they stay."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import ibis
from ibis import _

from .rfm import SECONDS_PER_DAY, sales_kept

YEAR_DAYS: Final = 365


def loyalty_and_profit(
    purchases: ibis.Table, margins: ibis.Table, lines: ibis.Table, *, as_of: datetime, window_days: int = YEAR_DAYS
) -> ibis.Table:
    """Do loyal customers bring more: purchases, basket and margin of a customer in the window, by years of loyalty.

    Years are whole years from the first kept purchase to the end of the window; customers with a purchase in the window
    count. It shows who stays, not what staying does: those who bought little have left, and are not in the older rows.

    Source of the question: Reichheld & Sasser, Harvard Business Review 1990; of the doubt: Reinartz & Kumar, Journal of
    Marketing 2000. `margins`: purchase_id, margin (minor units, one row per purchase). Columns: years; customers,
    purchases, amount, margin as int64.
    """
    inside = purchases.filter(_.customer_id.notnull(), _.occurred_at <= as_of)
    since = as_of - timedelta(days=window_days)
    people = people_by_years(purchases, lines, as_of=as_of, window_days=window_days)
    sums = _sums(inside.filter(_.occurred_at > since), margins)
    return (
        people.join(sums, "customer_id")
        .group_by("years")
        .agg(
            customers=_.count().cast("int64"),
            purchases=_.sales.sum().cast("int64"),
            amount=_.amount.sum().cast("int64"),
            margin=_.margin.sum().cast("int64"),
        )
        .order_by("years")
    )


def people_by_years(
    purchases: ibis.Table, lines: ibis.Table, *, as_of: datetime, window_days: int = YEAR_DAYS
) -> ibis.Table:
    """Return whom `loyalty_and_profit` counts: customer_id, sales (kept ones in the window), years (whole ones)."""
    inside = purchases.filter(_.customer_id.notnull(), _.occurred_at <= as_of)
    kept = sales_kept(inside, lines, as_of=as_of)
    since = as_of - timedelta(days=window_days)
    born = kept.group_by("customer_id").agg(born_at=_.occurred_at.min())
    recent = kept.filter(_.occurred_at > since).group_by("customer_id").agg(sales=_.purchase_id.count())
    people = recent.join(born, "customer_id")
    return people.mutate(years=_years(people.born_at, as_of)).drop("born_at")


def margin_by_purchase(lines: ibis.Table) -> ibis.Table:
    """Margin of each purchase (see `margin.with_margin`): purchase_id, margin in minor units."""
    return lines.group_by("purchase_id").agg(margin=_.margin.sum().cast("int64"))


def _sums(recent: ibis.Table, margins: ibis.Table) -> ibis.Table:
    known = margins.select(margin_of="purchase_id", margin="margin")
    return (
        recent.left_join(known, recent.purchase_id == known.margin_of)
        .group_by("customer_id")
        .agg(amount=_.total.sum().cast("int64"), margin=_.margin.sum().fill_null(0).cast("int64"))
    )


def _years(born_at: ibis.Value, as_of: datetime) -> ibis.Value:
    seconds = int(as_of.timestamp()) - born_at.truncate("s").epoch_seconds().cast("int64")
    return (seconds // (YEAR_DAYS * SECONDS_PER_DAY)).cast("int64")
