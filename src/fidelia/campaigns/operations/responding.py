"""What money did to each class of customers: the campaigns with control groups, joined with the class of each person
when they were drawn.

A class's effect is what its people brought more, a person, over all campaigns: the effect of each campaign on its
people of the class, weighted by how many of them were treated, as their cost is. Effects of a few people are drawn
towards that of all (`fits.pooling`). Whoever was drawn for two campaigns counts in both, as if they were two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt

import numpy as np

from fidelia.insight.fits.pooling import pool_effects
from fidelia.insight.measures.portfolio import CLASSES
from fidelia.insight.measures.tallies import Tally

from ..models import Arm
from .costing import cost_of
from .parting import PEOPLE_MIN, part_of
from .watching import WatchedCampaign


@dataclass(frozen=True, slots=True)
class ClassEffect:
    """What was measured of one class, over all campaigns. Money in minor units a treated person.

    `margin` brought more, with `deviation` (its standard error); `cost` of one person; `treated` and `control` people.
    """

    margin: float
    deviation: float
    cost: float
    treated: int
    control: int


@dataclass(frozen=True, slots=True, eq=False)
class Response:
    """`effects`: by class, as measured; `classes` those in their order, `margins` a person after pooling, `covariance`
    of these, `drawn` how far each was drawn towards the others, 0 to 1. `used`: names of the campaigns it was learnt
    from; `unknown_cost`: how many were left out since what they cost is not known, or was nothing.
    """

    effects: Mapping[str, ClassEffect] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    margins: tuple[float, ...] = ()
    covariance: tuple[tuple[float, ...], ...] = ()
    drawn: tuple[float, ...] = ()
    used: tuple[WatchedCampaign, ...] = ()
    unknown_cost: int = 0


@dataclass(frozen=True, slots=True)
class _Seen:
    """One campaign's people of one class: spent more a person, its variance, what one cost and had taken off."""

    difference: float
    variance: float
    cost: float
    put_back: float
    treated: int
    control: int


def response_of(watched: Sequence[WatchedCampaign], *, currency: str, rate: float) -> Response:
    """Return how each class answered what was spent on it; `rate` is the margin per amount sold.

    Campaigns in `currency` alone, with a cost above zero and ten people of the class in each arm; classes with thirty
    in each arm over all of them. What discounts and vouchers took off is put back before the rate, as where
    instruments are told.
    """
    seen: dict[str, list[_Seen]] = {}
    used, unknown = [], 0
    for one in watched:
        result, version_id = one.result, one.campaign.version_id
        if result is None or version_id is None or result.currency != currency or not result.parts.get("class"):
            continue
        found = {name: part_of(result, "class", name) for name in CLASSES}
        told = {name: part for name, part in found.items() if part.treated is not None and part.control is not None}
        people = result.tallies[Arm.TREATED.value]["people"]
        whole = cost_of(version_id, result.given, currency=currency, day=result.counted_until.date()).whole if (
            result.given
        ) else None  # fmt: skip
        if told and not whole:
            unknown += 1
            continue
        put_back = (result.given.get("discount", 0) + result.given.get("voucher_used", 0)) / people if people else 0.0
        for name, part in told.items():
            assert whole is not None, "left out above"
            assert part.treated is not None, "told"
            assert part.control is not None, "told"
            seen.setdefault(name, []).append(_seen(part.treated, part.control, whole / people, put_back))
        used += [one] if told else []
    effects = {name: _together(seen[name], rate) for name in CLASSES if name in seen}
    enough: dict[str, ClassEffect] = {
        name: one for name, one in effects.items() if one.deviation > 0 and min(one.treated, one.control) >= PEOPLE_MIN
    }
    return _pooled(enough, tuple(used) if enough else (), unknown)


def _seen(treated: Tally, control: Tally, cost: float, put_back: float) -> _Seen:
    one, other = treated.spent(), control.spent()
    variance = one.variance / one.people + other.variance / other.people
    return _Seen(one.mean - other.mean, variance, cost, put_back, one.people, other.people)


def _together(seen: Sequence[_Seen], rate: float) -> ClassEffect:
    treated = sum(one.treated for one in seen)
    return ClassEffect(
        margin=rate * sum(one.treated * (one.difference + one.put_back) for one in seen) / treated,
        deviation=rate * sqrt(sum(one.treated**2 * one.variance for one in seen)) / treated,
        cost=sum(one.treated * one.cost for one in seen) / treated,
        treated=treated, control=sum(one.control for one in seen),
    )  # fmt: skip


def _pooled(effects: Mapping[str, ClassEffect], used: tuple[WatchedCampaign, ...], unknown: int) -> Response:
    """Draw the returns of the classes towards each other: margin for each 1 spent, since one may cost more a person."""
    if not effects:
        return Response(used=used, unknown_cost=unknown)
    costs = np.array([one.cost for one in effects.values()])
    found = pool_effects(
        [one.margin / one.cost for one in effects.values()], [one.deviation / one.cost for one in effects.values()]
    )
    covariance = found.covariance * np.outer(costs, costs)
    return Response(
        effects, tuple(effects), tuple((found.means * costs).tolist()), tuple(map(tuple, covariance.tolist())),
        tuple(found.drawn.tolist()), used, unknown,
    )  # fmt: skip
