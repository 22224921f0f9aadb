"""Rotation: which products lie too long, and which are about to run out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from fidelia.insight.measures.products import rotation
from fidelia.insight.report.blocks import Block, Grid, Words
from fidelia.insight.report.facts import ReportFacts
from fidelia.insight.report.speech import Speech

WINDOW_DAYS: Final = 90
SHOWN: Final = 10
SOON_DAYS: Final = 14
THOUSANDTHS: Final = 1_000


def rotation_blocks(facts: ReportFacts, names: Mapping[str, str], speech: Speech) -> list[Block]:
    """Return what lies longest and what ends first, at the pace of the last 90 days; why not, without any stock."""
    _ = speech.text
    if facts.stock is None:
        told = _("No stock is known, so nothing is said of how fast products turn: a count by product brings it.")
        return [Words(told)]
    days = min(WINDOW_DAYS, facts.days)
    since = facts.as_of - timedelta(days=days)
    rows = facts.rows(rotation(facts.lines, facts.stock, since=since, as_of=facts.as_of))
    moving = sorted((row for row in rows if row["days_of_stock"] is not None), key=lambda row: -row["days_of_stock"])
    still = sorted((row for row in rows if row["days_of_stock"] is None and row["units"] > 0),
                   key=lambda row: (-row["units"], row["product_code"]))  # fmt: skip
    ending = [row for row in reversed(moving) if row["days_of_stock"] <= SOON_DAYS]
    stock, sold = sum(row["units"] for row in moving), sum(row["sold"] for row in moving)
    blocks: list[Block] = [Words(_(
        "At the pace of the last {days} days the stock of {n} products lasts {lasts} days on the whole; {ending} end "
        "within {soon} days, and {still} were not sold at all.",
        days=days, n=speech.number(len(moving)), lasts=speech.number(stock * days / sold) if sold else "–",
        ending=speech.number(len(ending)), soon=SOON_DAYS, still=speech.number(len(still)),
    ))]  # fmt: skip
    for title, shown in (
        (_("What ends first"), ending), (_("What lies longest"), moving[: len(moving) - len(ending)]),
        (_("In stock and not sold in {days} days", days=days), still),
    ):  # fmt: skip
        if shown:
            blocks.append(_table(title, shown[:SHOWN], names, speech))
    return blocks


def _table(title: str, rows: list[dict[str, Any]], names: Mapping[str, str], speech: Speech) -> Grid:
    _ = speech.text
    table = [
        [
            f"{names[row['product_code']]} ({row['product_code']})" if names.get(row["product_code"]) else
            row["product_code"],
            speech.number(row["units"] / THOUSANDTHS), speech.number(row["sold"] / THOUSANDTHS),
            "–" if row["days_of_stock"] is None else speech.number(row["days_of_stock"]),
        ]
        for row in rows
    ]  # fmt: skip
    return Grid(title, [_("Product"), _("Units in stock"), _("Units sold"), _("Days of stock")], table)
