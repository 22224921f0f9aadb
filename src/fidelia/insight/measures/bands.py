"""RFM by fixed bands: scores by thresholds that a person names, which stay comparable from one month to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import ibis

from fidelia.insight.errors import MalformedBands

from .rfm import SCORES, with_segments


@dataclass(frozen=True, slots=True)
class Bands:
    """Four thresholds for each measure, from the worst to the best.

    Recency in days, falling: (365, 180, 90, 30) gives 5 to who bought at most 30 days ago. Frequency in sales and
    amount in minor units, rising: (2, 3, 5, 10) gives 5 to who bought at least ten times.
    """

    recency_days: tuple[int, ...] = (365, 180, 90, 30)
    frequency: tuple[int, ...] = (2, 3, 5, 10)
    amount: tuple[int, ...] = (5_000, 10_000, 25_000, 50_000)

    def __post_init__(self) -> None:
        for name, thresholds, falling in (
            ("recency_days", self.recency_days, True),
            ("frequency", self.frequency, False),
            ("amount", self.amount, False),
        ):
            ordered = thresholds[::-1] if falling else thresholds
            if len(thresholds) != SCORES - 1 or any(low >= high for low, high in pairwise(ordered)):
                raise MalformedBands("Give four thresholds, each beyond the one before.", pointer=f"/{name}")


def with_band_scores(summary: ibis.Table, bands: Bands) -> ibis.Table:
    """Score by fixed thresholds: 1, and one more for each threshold that the customer reaches.

    Unlike quintiles, a score depends on nobody else, so groups can grow and shrink over time. `summary` is that of
    `rfm.summary_by_customer`; columns as `rfm` gives them.
    """
    return with_segments(
        summary.mutate(
            recency_score=_reached([summary.recency_days <= most for most in bands.recency_days]),
            frequency_score=_reached([summary.frequency >= least for least in bands.frequency]),
            amount_score=_reached([summary.amount >= least for least in bands.amount]),
        )
    )


def _reached(tests: Sequence[ibis.Value]) -> ibis.Value:
    score = ibis.literal(1, "int64")
    for test in tests:
        score = score + test.cast("int64")
    return score.cast("int64")
