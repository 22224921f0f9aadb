"""The textbook's customer value: the sum of margins of those who stay, less what it cost to win them.

    V = Σ m · S(t) / (1 + d)^t − CAC,   t from `start` to `periods` (or without end)
    S(t) = ∏ (1 − c_i), i = 1 to t;   c_i = c · (1 + g)^(i − 1), at most 1

With constant churn (g = 0, r = 1 − c) and no discount this is Σ m r^t − CAC: m r / (1 − r) − CAC when the first margin
comes after the first renewal (start = 1), and m / (1 − r) − CAC when it comes at once (start = 0). Textbooks use both,
and they differ by m: so the start is always said. Source: Gupta & Lehmann, "Customers as Assets", *Journal of
Interactive Marketing* 17 (2003) 9–24; Berger & Nasr, same journal 12 (1998) 17–30, for both starts.
"""

from __future__ import annotations

from typing import Final, Literal

import numpy as np

from fidelia.insight.errors import ImpossibleNumbers

from .arrays import Floats
from .sentences import Sentence
from .sentences import gettext_noop as _

PERIODS_MAX: Final = 100_000
VANISHED: Final = 1e-15


def textbook_value(
    *,
    margin: float,
    churn: float,
    start: Literal[0, 1],
    acquisition_cost: float = 0.0,
    churn_growth: float = 0.0,
    discount: float = 0.0,
    periods: int | None = None,
) -> float:
    """Return the value of one customer won: money in the unit of `margin`, which is per period.

    `churn`, `churn_growth` and `discount` are shares per period (0.2 is 20 %); `periods` None sums without end. Raises
    ImpossibleNumbers, also when the sum has no end (nobody leaves and nothing is discounted).
    """
    _check(margin, churn, churn_growth, discount, acquisition_cost)
    if periods is None and churn_growth == 0:
        ratio = (1 - churn) / (1 + discount)
        if ratio >= 1:
            raise ImpossibleNumbers(
                Sentence(
                    _(
                        "Nobody leaves and nothing is discounted: the sum never ends. Give a number of "
                        "periods, a churn above 0 or a discount."
                    )
                )
            )
        return margin * ratio**start / (1 - ratio) - acquisition_cost
    terms = textbook_margins(
        margin=margin, churn=churn, start=start, churn_growth=churn_growth, discount=discount, periods=periods
    )
    return float(terms.sum()) - acquisition_cost


def textbook_margins(
    *,
    margin: float,
    churn: float,
    start: Literal[0, 1],
    churn_growth: float = 0.0,
    discount: float = 0.0,
    periods: int | None = None,
) -> Floats:
    """Return the discounted margin of each period from `start` to `periods`: the terms of the sum.

    Without `periods` until the terms vanish. Raises ImpossibleNumbers.
    """
    _check(margin, churn, churn_growth, discount, 0.0)
    if periods is not None and not start <= periods <= PERIODS_MAX:
        raise ImpossibleNumbers(
            Sentence(_("The periods run from the start to {most} at most."), most=f"{PERIODS_MAX:,}")
        )
    last = PERIODS_MAX if periods is None else periods
    leaving = np.minimum(churn * _growing(churn_growth, last), 1.0)
    staying = np.concatenate([[1.0], np.cumprod(1 - leaving)])
    worth = staying * (1 + discount) ** -np.arange(last + 1.0)
    if periods is None:
        alive = np.flatnonzero(worth > VANISHED)
        if len(alive) > PERIODS_MAX:
            raise ImpossibleNumbers(
                Sentence(_("The sum hardly shrinks from period to period: give a number of periods."))
            )
        worth = worth[: alive[-1] + 1]
    return margin * worth[start:]


def _growing(growth: float, periods: int) -> Floats:
    with np.errstate(over="ignore"):
        found: Floats = np.exp(np.minimum(np.log1p(growth) * np.arange(periods), 700.0))
    return found


def _check(margin: float, churn: float, growth: float, discount: float, cost: float) -> None:
    if not np.isfinite([margin, churn, growth, discount, cost]).all():
        raise ImpossibleNumbers(
            Sentence(_("A number is missing or infinite: give margin, churn, growth, discount and cost."))
        )
    if not 0 <= churn <= 1 or growth <= -1 or discount < 0:
        raise ImpossibleNumbers(
            Sentence(
                _(
                    "Churn is a share from 0 to 1 per period, its growth is above −100 %, and a discount "
                    "is not negative."
                )
            )
        )
