"""RFM against fixed bands, which stay comparable from one report to the next; fifths are those of this file alone."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fidelia.insight.measures.bands import Bands
from fidelia.insight.report.blocks import Block, Grid, Words, mark
from fidelia.insight.report.facts import ReportFacts
from fidelia.insight.report.speech import Speech

BANDED: Final = ("recency", "frequency", "amount")
# 1, 2, 2.5 and 5 times powers of ten: the amounts that people think in.
ROUND: Final = tuple(digit * 10**power for power in range(14) for digit in (1, 2, 5))


def fixed_bands(people: dict[str, Any], facts: ReportFacts, speech: Speech) -> list[Block]:
    """Return the table of customers by band of recency, frequency and amount, best band first."""
    _ = speech.text
    bands = _bands_of(people, facts)
    scores = band_scores(people, facts)
    recency, frequency, amount = (_counted(scores[name]) for name in BANDED)
    days = [_("up to {n} days ago", n=speech.number(most)) for most in reversed(bands.recency_days)]
    days.append(_("longer ago than {n} days", n=speech.number(bands.recency_days[0])))
    times = [_("{n} and more", n=speech.number(least)) for least in reversed(bands.frequency)]
    times.append(_("once"))
    spent = [_("from {amount}", amount=speech.whole_money(least)) for least in reversed(bands.amount)]
    spent.append(_("less than {amount}", amount=speech.whole_money(bands.amount[0])))
    rows = [
        [str(5 - place), days[place], speech.number(recency[place]), times[place], speech.number(frequency[place]),
         spent[place], speech.number(amount[place])]
        for place in range(5)
    ]  # fmt: skip
    columns = [
        _("Score"), _("Last purchase"), _("Customers"), _("Purchases"), _("Customers"), _("Spent"), _("Customers"),
    ]  # fmt: skip
    counts = {"recency": recency, "frequency": frequency, "amount": amount}
    marks = [
        ["", *(cell for name in BANDED for cell in ("", mark("band", name, 5 - place) if counts[name][place] else ""))]
        for place in range(5)
    ]  # fmt: skip
    return [
        Grid(_("The same by fixed bands"), columns, rows, marks=marks),
        Words(_("Fifths compare these customers with one another; fixed bands compare one report with the next.")),
    ]  # fmt: skip


def band_scores(people: dict[str, Any], facts: ReportFacts) -> dict[str, NDArray[np.int64]]:
    """Return the score of each customer by recency, frequency and amount: one more than the thresholds they reach."""
    bands = _bands_of(people, facts)
    reached = {
        "recency": [people["recency_days"] <= most for most in bands.recency_days],
        "frequency": [people["frequency"] >= least for least in bands.frequency],
        "amount": [people["amount"] >= least for least in bands.amount],
    }
    return {name: 1 + np.sum(tests, axis=0) for name, tests in reached.items()}


def _bands_of(people: dict[str, Any], facts: ReportFacts) -> Bands:
    return Bands(amount=_round_amounts(people["amount"], facts.scale))


def _counted(scores: NDArray[np.int64]) -> list[int]:
    """Customers whose score is 5, 4, … 1."""
    return [int((scores == score).sum()) for score in range(5, 0, -1)]


def _round_amounts(amounts: NDArray[np.int64], scale: int) -> tuple[int, ...]:
    """Return four rising round amounts, in minor units, near the fifths of what customers spent."""
    middle = float(np.median(amounts[amounts > 0])) / scale if (amounts > 0).any() else 1.0
    nearest = min(range(len(ROUND)), key=lambda place: abs(np.log(ROUND[place] / max(middle, 1.0))))
    begin = max(0, nearest - 1)
    return tuple(round(one * scale) for one in ROUND[begin : begin + 4])
