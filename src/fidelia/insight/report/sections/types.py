"""FRAT: what kind of goods customers buy, beside how recently, often and for much."""

from __future__ import annotations

from typing import Any, Final

from ibis import _ as column

from fidelia.insight.measures.frat import VARIED, frat
from fidelia.insight.report.blocks import Block, Grid
from fidelia.insight.report.facts import ReportFacts
from fidelia.insight.report.speech import Speech

TYPES_SHOWN: Final = 10


def types_of_purchase(facts: ReportFacts, speech: Speech) -> list[Block]:
    """Return the table of customers by type of purchase, the largest sales first; the smallest types together."""
    _ = speech.text
    table = frat(
        facts.purchases, facts.lines, as_of=facts.as_of, currency=facts.currency, type_column="category",
        window_days=facts.days + 1,
    )  # fmt: skip
    totals = table.group_by("type").agg(
        people=column.count().cast("int64"),
        amount=column.amount.sum().cast("int64"),
        sales=column.frequency.sum().cast("int64"),
        recency=column.recency_days.median(),
    )
    found = sorted(facts.rows(totals), key=lambda row: (-row["amount"], row["type"]))
    people, amount = (max(1, sum(row[name] for row in found)) for name in ("people", "amount"))
    rows = [_row(row, people, amount, speech) for row in found[:TYPES_SHOWN]]
    columns = [
        _("Most of what they buy"), _("Customers"), _("Share of customers"), _("Sales"), _("Share of sales"),
        _("Purchases per customer"), _("Days since the last"),
    ]  # fmt: skip
    return [Grid(_("What kind of goods do they buy?"), columns, rows)]


def _row(row: dict[str, Any], people: int, amount: int, speech: Speech) -> list[str]:
    _ = speech.text
    return [
        _("Of several kinds") if row["type"] == VARIED else str(row["type"]),
        speech.number(row["people"]), speech.share(row["people"] / people), speech.money(row["amount"]),
        speech.share(row["amount"] / amount), speech.number(row["sales"] / row["people"], 1),
        speech.number(row["recency"] or 0),
    ]  # fmt: skip
