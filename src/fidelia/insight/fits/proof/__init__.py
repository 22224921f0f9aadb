"""Proof: did it work? Control groups looked at every day, whom it works for, and what to say without a control group.

The plain difference with its interval, its power and the size of groups is in `fidelia.insight.measures.effect`; here
are intervals that may be looked at as often as one likes, uplift with Qini, matched comparison and curves of
satisfaction. Each says "no effect found" when that is so.
"""

from __future__ import annotations

from .matching import Balance, MatchedComparison, compare_matched
from .qini import QiniCurve, QiniFinding, find_qini, normalised_uplift_area, qini_curve, uplift_at, uplift_curve
from .satisfaction import CurvePoint, SatisfactionCurve, curve_by_satisfaction
from .sequential import looked_at_difference_of_means, looked_at_difference_of_shares, looked_at_share
from .uplift import Uplift, fit_uplift

__all__ = [
    "Balance",
    "CurvePoint",
    "MatchedComparison",
    "QiniCurve",
    "QiniFinding",
    "SatisfactionCurve",
    "Uplift",
    "compare_matched",
    "curve_by_satisfaction",
    "find_qini",
    "fit_uplift",
    "looked_at_difference_of_means",
    "looked_at_difference_of_shares",
    "looked_at_share",
    "normalised_uplift_area",
    "qini_curve",
    "uplift_at",
    "uplift_curve",
]
