"""The demo's invented shop keeps its true parameters beside its history: from the receipts alone they are found again.

In shop time, in which the process runs (`fidelia.demo.simulation.clock`): seasons are no part of these models.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import pytest

from fidelia.demo.simulation import PERSONS, Shop, simulate_shop
from fidelia.demo.simulation.catalog import POSTAGE
from fidelia.demo.simulation.clock import OPENS
from fidelia.demo.simulation.parameters import COMPANIES, BuyerParameters
from fidelia.insight.fits import (
    BuyingHistory,
    SpendingHistory,
    fit_gamma_gamma,
    fit_pareto_nbd,
)

ENDS_ON = date(2026, 11, 22)
DAYS_PER_WEEK, HOURS_OPEN = 7.0, 10.0
KINDS = {"person": PERSONS, "company": COMPANIES}


@pytest.fixture(scope="module")
def shop() -> Shop:
    return simulate_shop(customers=20_000, seed=1814, ends_on=ENDS_ON)


def histories(shop: Shop, kind: str) -> tuple[BuyingHistory, SpendingHistory]:
    """Weeks of shop time from the receipts of named customers before the campaign; euros without postage."""
    sales = [
        one for one in shop.history if one.customer >= 0 and one.net > 0 and shop.people[one.customer].kind == kind
    ]
    who = np.array([one.customer for one in sales])
    when = np.array([shop_time(shop, one.at) for one in sales])
    euros = np.array([sum(line.net for line in one.lines if line.code != POSTAGE) for one in sales]) / 100
    order = np.lexsort((when, who))
    who, when, euros = who[order], when[order], euros[order]
    _ids, first, count = np.unique(who, return_index=True, return_counts=True)
    x = count - 1.0
    born, last = when[first], when[first + count - 1]
    t_x = np.where(x > 0, np.maximum(last - born, 0.01), 0.0)
    end = shop.clock.shop_time_of(shop.launch_at.date()) / DAYS_PER_WEEK
    repeats = np.add.reduceat(euros, first) - euros[first]
    return (
        BuyingHistory.from_arrays(x, t_x, np.maximum(end - born, t_x)),
        SpendingHistory.from_arrays(x, repeats / np.maximum(x, 1)),
    )


def shop_time(shop: Shop, at: datetime) -> float:
    """Weeks of shop time; within a day time passes evenly here, which is off by an hour or two at most."""
    day = shop.clock.day_of(at)
    begins, ends = (shop.clock.shop_time_of(one) for one in (day, day + timedelta(days=1)))
    hour = at.hour + at.minute / 60 + 1.5  # UTC to Paris, within an hour
    share = min(max((hour - OPENS) / HOURS_OPEN, 0.0), 1.0)
    return (begins + share * (ends - begins)) / DAYS_PER_WEEK


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["person", "company"])
def test_the_truth_of_the_invented_shop_is_found_again(shop: Shop, kind: str) -> None:
    """All parameters of a model together, by the Mahalanobis distance; beyond these bounds once in a thousand."""
    truth: BuyerParameters = KINDS[kind]
    history, spending = histories(shop, kind)
    buying = fit_pareto_nbd(history)
    true = [truth.r, truth.alpha, truth.s, truth.beta]
    gap = np.log(list(buying.parameters.values())) - np.log(true)
    assert buying.converged
    assert gap @ np.linalg.solve(buying.covariance, gap) < 18.5
    money = fit_gamma_gamma(spending)
    gap = np.log(list(money.parameters.values())) - np.log([truth.p, truth.q, truth.gamma])
    assert gap @ np.linalg.solve(money.covariance, gap) < 16.3
