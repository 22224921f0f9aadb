"""What the goods of each line cost, as the platform knew it on the day of the sale; the measure is products' own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

import ibis
from ibis import _

SCALES: Final = range(7)  # how many decimals a cost may have


def with_costs(lines: ibis.Table, costs: ibis.Table, *, currency: str, exponent: int) -> ibis.Table:
    """Add the cost of each line, of its quantity, by what one unit of its product cost on the day of the sale.

    As `products.queries.margins_of`: the latest cost in force in the line's currency counts, half a minor unit is
    rounded away from zero, a returned line gives its cost back. `lines`: product_id, quantity (thousandths), sold_on.
    `costs`: the facts `product_costs`. `exponent` is that of the currency. Adds cost (int64, minor units), absent where
    none was known.
    """
    own = costs.filter(_.currency == currency)
    following = ibis.window(group_by="product_id", order_by="valid_from")
    priced = own.select(
        costs_of="product_id", amount="amount", cost_scale="scale", cost_from="valid_from",
        cost_until=own.valid_from.lead().over(following),
    )  # fmt: skip
    lines = lines.view()  # the computed day of a line is no column of what it was joined from
    matched = lines.left_join(
        priced,
        [
            lines.product_id == priced.costs_of,
            lines.sold_on >= priced.cost_from,
            priced.cost_until.isnull() | (lines.sold_on < priced.cost_until),
        ],
    )
    exact = (matched.amount * matched.quantity).abs()
    shifts = {scale: scale + 3 - exponent for scale in SCALES}
    rounded = ibis.cases(
        *((matched.cost_scale == scale, _shifted(exact, shift)) for scale, shift in shifts.items()),
        else_=ibis.null("int64"),
    )
    cost = (matched.quantity < 0).ifelse(-rounded, rounded).cast("int64")
    return matched.mutate(cost=cost).drop("costs_of", "amount", "cost_scale", "cost_from", "cost_until")


def with_margin_rates(lines: ibis.Table, rates: Iterable[Mapping[str, Any]], categories: Iterable[str]) -> ibis.Table:
    """Add the margin rate of the category of each line on the day of the sale: that of the nearest one above it.

    `lines`: category, sold_on; `rates`: rows of the facts `margin_rates`; `categories`: those that lines have. Adds
    margin_rate (int64, ten-thousandths of the amount), absent where no category has one.
    """
    known: dict[str, list[tuple[date, int]]] = defaultdict(list)
    for row in rates:
        known[row["category"]].append((row["valid_from"], row["rate"]))
    spans = [(category, *span) for category in {"", *categories} for span in _spans(category, known)]
    if not spans:
        return lines.mutate(margin_rate=ibis.null("int64"))
    names = ("rates_of", "rate_from", "rate_until", "margin_rate")
    schema = {"rates_of": "string", "rate_from": "date", "rate_until": "date", "margin_rate": "int64"}
    table = ibis.memtable([dict(zip(names, span, strict=True)) for span in spans], schema=schema)
    lines = lines.view()
    matched = lines.left_join(
        table,
        [
            lines.category.fill_null("") == table.rates_of,
            lines.sold_on >= table.rate_from,
            lines.sold_on < table.rate_until,
        ],
    )
    return matched.drop("rates_of", "rate_from", "rate_until")


def _shifted(exact: ibis.Value, shift: int) -> ibis.Value:
    if shift < 0:
        return (exact * 10**-shift).cast("int64")
    return ((exact * 2 + 10**shift) // (2 * 10**shift)).cast("int64")


def _spans(category: str, known: Mapping[str, list[tuple[date, int]]]) -> list[tuple[date, date, int]]:
    """From when until when (exclusive) which rate counts: a nearer category wins from its own first day on."""
    path = [category]
    while path[-1]:
        path.append(path[-1].rpartition("/")[0])
    days = sorted({day for one in path for day, _rate in known.get(one, ())})
    spans = []
    for day, until in zip(days, [*days, date.max][1:], strict=True):
        nearest = next(one for one in path if any(begun <= day for begun, _rate in known.get(one, ())))
        spans.append((day, until, max(found for found in known[nearest] if found[0] <= day)[1]))
    return spans
