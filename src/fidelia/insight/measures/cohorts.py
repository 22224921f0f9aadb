"""Cohorts: customers who first bought in the same month, and what became of them month by month."""

from __future__ import annotations

from datetime import date, datetime

import ibis
from ibis import _

from .rfm import sales_kept


def cohorts(purchases: ibis.Table, lines: ibis.Table, *, as_of: datetime, currency: str) -> ibis.Table:
    """Of the customers who first bought in a month, how many bought again so many months later, and for how much.

    Retention is active ÷ size: a customer is active in a month with at least one sale not returned in full. Month 0 is
    that of the first purchase, so it is always everybody. The amount is sales less returns of the month. The month in
    which `as_of` lies is not over: its figures are so far (`is_partial`).

    Columns: cohort (first day of its month), age (months since), size, active, amount (minor units) as int64,
    is_partial. A month in which nobody of the cohort bought nor gave anything back is absent.
    """
    inside = purchases.filter(_.customer_id.notnull(), _.occurred_at <= as_of)
    born = first_months(sales_kept(inside, lines, as_of=as_of))
    sizes = born.group_by("cohort").agg(size=_.count().cast("int64"))
    months = activity_by_month(inside, lines, as_of=as_of, currency=currency)
    aged = months.join(born, "customer_id").mutate(
        age=(_.month.year() - _.cohort.year()) * 12 + _.month.month() - _.cohort.month()
    )
    # A return of a purchase from before the first kept sale is older than the cohort; it belongs to no month of it.
    grown = (
        aged.filter(_.age >= 0)
        .group_by("cohort", "age")
        .agg(active=_.is_active.cast("int64").sum(), amount=_.amount.sum().cast("int64"))
    )
    now = ibis.date(as_of.year, as_of.month, 1)
    return (
        grown.join(sizes, "cohort")
        .mutate(age=_.age.cast("int64"))
        .select("cohort", "age", "size", "active", "amount", is_partial=_month_of(_.cohort, _.age) >= now)
        .order_by("cohort", "age")
    )


def active_people(
    purchases: ibis.Table, lines: ibis.Table, *, as_of: datetime, currency: str, cohort: date, age: int
) -> ibis.Table:
    """Return whom `cohorts` counts as active: customer_id of those who first bought in the month that begins on
    `cohort` and bought something kept so many months later.
    """
    inside = purchases.filter(_.customer_id.notnull(), _.occurred_at <= as_of)
    born = first_months(sales_kept(inside, lines, as_of=as_of)).filter(_.cohort == cohort)
    months = activity_by_month(inside, lines, as_of=as_of, currency=currency)
    place = cohort.year * 12 + cohort.month - 1 + age
    then = months.filter(_.month == date(place // 12, place % 12 + 1, 1), _.is_active)
    return then.semi_join(born, "customer_id").select("customer_id")


def first_months(kept: ibis.Table) -> ibis.Table:
    """Month of the first kept sale of each customer: customer_id, cohort (first day of the month)."""
    return kept.group_by("customer_id").agg(cohort=_.occurred_at.min().truncate("M").date())


def activity_by_month(inside: ibis.Table, lines: ibis.Table, *, as_of: datetime, currency: str) -> ibis.Table:
    """Per customer and month: is_active (bought something kept) and net amount."""
    kept = sales_kept(inside, lines, as_of=as_of).select(kept_id="purchase_id")
    own = inside.filter(_.currency == currency)
    return (
        own.left_join(kept, own.purchase_id == kept.kept_id)
        .mutate(month=_.occurred_at.truncate("M").date())
        .group_by("customer_id", "month")
        .agg(is_active=_.kept_id.notnull().any(), amount=_.total.sum().cast("int64"))
    )


def _month_of(cohort: ibis.Value, age: ibis.Value) -> ibis.Value:
    months = cohort.year() * 12 + cohort.month() - 1 + age
    return ibis.date(months // 12, months % 12 + 1, 1)
