"""Intervals that stay valid when one looks every day, and stops when one likes (confidence sequences).

An ordinary 95 % interval misses the truth one time in twenty at one look; over many looks it misses some time almost
surely, and who stops at the first "significant" day finds effects that are none. These intervals hold the truth at all
looks together with 95 %. The price is width: about half as wide again for means, up to three times for exact shares.

Shares   exact for any number of people: by Ville's inequality the likelihood ratio of a beta mixture against the true
         share, B(a + s, b + f) / B(a, b) / (p^s (1 − p)^f), ever reaches 1/ε with probability ε at most; the interval
         is every p that has not. For a difference each arm has half of ε. Source: Robbins, *Annals of Mathematical
         Statistics* 41 (1970) 1397–1409; Howard, Ramdas, McAuliffe & Sekhon, *Annals of Statistics* 49 (2021)
         1055–1080.
Means    asymptotic, by a normal mixture: with n people so far and a variance V of the difference
             half width = sqrt(V · (u + 1) / u · log((u + 1) / ε²)),   u = u* · n / planned
         u* = −W₋₁(−ε² / e) − 1 makes it narrowest when all planned people are in; any other number is as valid. Source:
         Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas, *Annals of Statistics* 52 (2024) 2613–2640, theorem 2.2.
"""

from __future__ import annotations

from collections.abc import Callable
from math import log, log1p, sqrt
from typing import Final

import numpy as np
from scipy.special import betaln, lambertw

from fidelia.insight.errors import ImpossibleNumbers
from fidelia.insight.measures.effect import CONFIDENCE, Effect, Proportion, Sample, TooFewPeople

from ..sentences import Sentence
from ..sentences import gettext_noop as _

MISS: Final = 1 - CONFIDENCE
PEOPLE_MIN: Final = 30
_BISECTIONS: Final = 50


def looked_at_share(share: Proportion, *, miss: float = MISS) -> tuple[float, float]:
    """Return the bounds of one share, valid at every look, for people who come in one after another.

    Unit: a share. `miss` is the chance that any look ever misses the truth.
    """
    if not 0 < miss < 1:
        raise ImpossibleNumbers(Sentence(_("The chance to miss lies between 0 and 1: 0.05 for an interval of 95 %.")))
    hits, misses = share.count, share.people - share.count
    mixture = float(betaln(1 + hits, 1 + misses)) - log(1 / miss)

    def is_out(p: float) -> bool:
        return mixture > hits * log(p) + misses * log1p(-p)

    low = 0.0 if hits == 0 else _edge(is_out, share.value, 0.0)
    high = 1.0 if misses == 0 else _edge(is_out, share.value, 1.0)
    return low, high


def looked_at_difference_of_shares(*, treated: Proportion, control: Proportion) -> Effect:
    """Share of the treated less share of the control group, with a 95 % interval that is valid at every look.

    Unit: a share between −1 and 1. Exact, also for few people and rare events; with hundreds of events in each group
    `looked_at_difference_of_means` of Sample(people, count, count) is narrower.
    """
    treated_low, treated_high = looked_at_share(treated, miss=MISS / 2)
    control_low, control_high = looked_at_share(control, miss=MISS / 2)
    difference = treated.value - control.value
    return Effect(difference, treated_low - control_high, treated_high - control_low, treated.people, control.people)


def looked_at_difference_of_means(*, treated: Sample, control: Sample, planned_people: int) -> Effect:
    """Mean of the treated less mean of the control group, with a 95 % interval that is valid at every look.

    Unit: that of the quantity. `planned_people` are those expected in both groups when all are in; it must be said
    before the first look and not changed. Shares may be given as samples of 0 and 1 when events are not rare: the
    interval is then narrower than the exact one. Raises TooFewPeople below 30 in a group, where the approximation is
    not good.
    """
    if min(treated.people, control.people) < PEOPLE_MIN:
        raise TooFewPeople(
            Sentence(
                _("Means are looked at from {least} people in each group on: wait for more."), least=f"{PEOPLE_MIN}"
            )
        )
    if planned_people < 2 * PEOPLE_MIN:
        raise ImpossibleNumbers(
            Sentence(_("Plan for at least {least} people in both groups together."), least=f"{2 * PEOPLE_MIN}")
        )
    variance = treated.variance / treated.people + control.variance / control.people
    information = best_information(MISS) * (treated.people + control.people) / planned_people
    half = sqrt(variance * (information + 1) / information * log((information + 1) / MISS**2))
    difference = treated.mean - control.mean
    return Effect(difference, difference - half, difference + half, treated.people, control.people)


def best_information(miss: float) -> float:
    """Return u* = −W₋₁(−ε² / e) − 1, at which the normal mixture is narrowest."""
    return float(-lambertw(-(miss**2) / np.e, -1).real - 1)


def _edge(is_out: Callable[[float], bool], inside: float, outside: float) -> float:
    """Bisect between a share that is in and a bound that is out; the likelihood has one top, so there is one edge."""
    for _step in range(_BISECTIONS):
        middle = (inside + outside) / 2
        if is_out(middle):
            outside = middle
        else:
            inside = middle
    return outside
