"""Margin: what is left of a sale when its goods are paid, by their cost where known, by an assumed rate elsewhere.

Who shows a margin says which part of it is assumed: each result keeps the two apart.
"""

from __future__ import annotations

from fractions import Fraction

import ibis
from ibis import _

from fidelia.insight.errors import MalformedRate

DEFAULT_RATE = Fraction(30, 100)
RATE_SCALE = 10_000  # of the rates of categories


def with_margin(
    lines: ibis.Table,
    *,
    assumed_rate: Fraction = DEFAULT_RATE,
    cost_column: str | None = None,
    rate_column: str | None = None,
) -> ibis.Table:
    """Add the margin of each line: its amount less the cost of its goods, or the assumed rate of its amount.

    Amounts are as sold (tax included unless the file says otherwise), so the rate is one of sales, not of costs. The
    assumed margin is rounded down to a minor unit; a returned line (a negative amount) gives back what it gave.

    `cost_column`: the cost of the whole line in minor units, absent where it is not known. `rate_column`: a rate of the
    line's own in ten-thousandths, assumed before the common one, half a minor unit rounded away from zero. Adds margin
    (int64) and is_assumed. Raises MalformedRate.
    """
    if not 0 <= assumed_rate <= 1:
        raise MalformedRate("A margin rate lies between 0 and 1.", pointer="/assumed_rate")
    assumed = _share(lines.net, assumed_rate)
    if rate_column is not None:
        assumed = _by_own_rate(lines.net, lines[rate_column]).fill_null(assumed)
    if cost_column is None:
        return lines.mutate(margin=assumed, is_assumed=ibis.literal(True))
    cost = lines[cost_column]
    return lines.mutate(margin=(lines.net - cost).fill_null(assumed).cast("int64"), is_assumed=cost.isnull())


def margin_by_customer(purchases: ibis.Table, lines: ibis.Table) -> ibis.Table:
    """Margin of each known customer over the purchases given: customer_id, amount, margin, assumed (minor units)."""
    named = purchases.filter(_.customer_id.notnull()).select("purchase_id", "customer_id")
    return (
        lines.join(named, "purchase_id")
        .group_by("customer_id")
        .agg(
            amount=_.net.sum().cast("int64"),
            margin=_.margin.sum().cast("int64"),
            assumed=_.margin.sum(where=_.is_assumed).fill_null(0).cast("int64"),
        )
    )


def _by_own_rate(amount: ibis.Value, rate: ibis.Value) -> ibis.Value:
    exact = amount * rate
    magnitude = (exact.abs() * 2 + RATE_SCALE) // (2 * RATE_SCALE)
    return ((exact < 0).ifelse(-magnitude, magnitude)).cast("int64")


def _share(amount: ibis.Value, rate: Fraction) -> ibis.Value:
    # Magnitude and sign apart: engines differ on where a division of negative whole numbers rounds to.
    magnitude = amount.abs() * rate.numerator // rate.denominator
    return ((amount < 0).ifelse(-magnitude, magnitude)).cast("int64")
