"""The margin of a history: by known costs where there are some, by rates assumed elsewhere, and how much is which."""

from __future__ import annotations

from dataclasses import dataclass

import ibis

from fidelia.insight.measures.margin import with_margin

from .facts import ReportFacts
from .speech import Speech


@dataclass(frozen=True, slots=True)
class MarginFound:
    """`rate`: margin per amount sold. `assumed`: the share of the amounts, 0 to 1, whose cost nobody told."""

    rate: float
    assumed: float


def lines_with_margin(facts: ReportFacts) -> ibis.Table:
    """Return the lines with margin (minor units) and is_assumed; see `measures.margin.with_margin`."""
    if "cost" not in facts.has:
        return with_margin(facts.lines, assumed_rate=facts.margin_rate)
    rates = "margin_rate" if "margin_rate" in facts.lines.columns else None  # a file has no rates of categories
    return with_margin(facts.lines, assumed_rate=facts.margin_rate, cost_column="cost", rate_column=rates)


def margin_of(facts: ReportFacts) -> MarginFound:
    """Return the margin of all lines per amount sold; the assumed rate itself where nothing else is known."""
    if "cost" not in facts.has:
        return MarginFound(float(facts.margin_rate), 1.0)
    lines = lines_with_margin(facts)
    (found,) = facts.rows(
        lines.agg(
            net=lines.net.sum(),
            margin=lines.margin.sum(),
            size=lines.net.abs().sum(),
            assumed=lines.net.abs().sum(where=lines.is_assumed).fill_null(0),
        )
    )
    if not found["size"] or found["net"] <= 0:
        return MarginFound(float(facts.margin_rate), 1.0)
    return MarginFound(float(found["margin"]) / float(found["net"]), float(found["assumed"]) / float(found["size"]))


def margin_in_words(facts: ReportFacts, speech: Speech) -> str:
    """Say where the margin comes from."""
    _ = speech.text
    found, rate = margin_of(facts), speech.share(float(facts.margin_rate), 0)
    if "cost" not in facts.has:
        return _("The margin is assumed: {rate} of sales, since the history knows no costs.", rate=rate)
    return _(
        "The margin was {margin} of sales: what was paid less the known costs, as they are kept. For {assumed} of the "
        "sales no cost is known: there it is assumed, by the rate of the category or else {rate}.",
        margin=speech.share(found.rate), assumed=speech.share(found.assumed), rate=rate,
    )  # fmt: skip
