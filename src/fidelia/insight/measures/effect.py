"""Effect: what a treated group did more, or less, than a control group, with its 95 % interval.

Inputs are counts and sums, whole numbers that SQL can add up; nothing here needs the rows. Assignment must be by
chance: people count in the arm they were drawn into, whether or not anything reached them (intention to treat).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt
from statistics import NormalDist
from typing import Final, Literal

from scipy.special import nctdtrinc, stdtrit

from fidelia.insight.fits.sentences import Sentence
from fidelia.insight.fits.sentences import gettext_noop as _
from fidelia.kernel.errors import Invalid

Finding = Literal["positive", "negative", "no effect found"]
CONFIDENCE: Final = 0.95
POWER: Final = 0.80
Z: Final = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
_BISECTIONS: Final = 60
PEOPLE_OF_T: Final = 3  # with fewer in both groups together a deviation cannot be told
PEOPLE_MAX: Final = 1_000_000_000


class TooFewPeople(Invalid):
    """A group has too few people for an interval."""

    default_code = "too_few_people"


@dataclass(frozen=True, slots=True)
class Proportion:
    """`count` of `people` did it."""

    count: int
    people: int

    def __post_init__(self) -> None:
        if self.people < 1:
            raise TooFewPeople(Sentence(_("A share needs at least one person in the group.")))
        if not 0 <= self.count <= self.people:
            raise Invalid(Sentence(_("A share counts between none and all of the people in the group.")))

    @property
    def value(self) -> float:
        return self.count / self.people


@dataclass(frozen=True, slots=True)
class Sample:
    """A quantity over `people`: its sum and its sum of squares, as whole numbers (minor units), zeros included."""

    people: int
    total: int
    squares: int

    def __post_init__(self) -> None:
        if self.people < 2:
            raise TooFewPeople(Sentence(_("A mean with an interval needs at least two people in the group.")))
        if self.squares * self.people < self.total**2:
            raise Invalid(Sentence(_("The sum of squares does not belong to this sum.")))

    @property
    def mean(self) -> float:
        return self.total / self.people

    @property
    def variance(self) -> float:
        """The unbiased variance; by fractions, because floats lose it when the mean is large."""
        return float((self.squares - Fraction(self.total**2, self.people)) / (self.people - 1))


@dataclass(frozen=True, slots=True)
class Effect:
    """Treated minus control, with the bounds of the 95 % interval; "no effect found" when the interval holds 0."""

    difference: float
    low: float
    high: float
    n_treated: int
    n_control: int

    @property
    def finding(self) -> Finding:
        if self.low > 0:
            return "positive"
        elif self.high < 0:
            return "negative"
        else:
            return "no effect found"


def difference_of_proportions(*, treated: Proportion, control: Proportion) -> Effect:
    """Share of the treated less share of the control group, with a 95 % interval by Newcombe's hybrid score method.

    Unit: a share between −1 and 1. The interval combines the two Wilson score intervals; unlike difference ± 1.96
    standard errors it keeps its coverage for small groups and rare events, and never leaves −1 to 1.
    Source: Newcombe, *Statistics in Medicine* 17 (1998) 873–890, method 10; Wilson, *JASA* 22 (1927) 209–212.
    """
    difference = treated.value - control.value
    treated_low, treated_high = wilson_interval(treated)
    control_low, control_high = wilson_interval(control)
    below = sqrt((treated.value - treated_low) ** 2 + (control_high - control.value) ** 2)
    above = sqrt((treated_high - treated.value) ** 2 + (control.value - control_low) ** 2)
    return Effect(difference, difference - below, difference + above, treated.people, control.people)


def wilson_interval(share: Proportion) -> tuple[float, float]:
    """Return the 95 % score interval of one share. Source: Wilson 1927."""
    n, p = share.people, share.value
    middle = 2 * n * p + Z**2
    half = Z * sqrt(Z**2 + 4 * n * p * (1 - p))
    return max(0.0, (middle - half) / (2 * (n + Z**2))), min(1.0, (middle + half) / (2 * (n + Z**2)))


def difference_of_means(*, treated: Sample, control: Sample) -> Effect:
    """Mean of the treated less mean of the control group, with a 95 % interval by Welch's t.

    Unit: that of the quantity (minor units of money, points). Variances may differ; people who bought nothing count
    with 0. Source: Welch, *Biometrika* 34 (1947) 28–35; degrees of freedom by Satterthwaite, *Biometrics* 2 (1946).
    """
    difference = treated.mean - control.mean
    a, b = treated.variance / treated.people, control.variance / control.people
    half = 0.0
    if a + b > 0:
        freedom = (a + b) ** 2 / (a**2 / (treated.people - 1) + b**2 / (control.people - 1))
        half = float(stdtrit(freedom, (1 + CONFIDENCE) / 2)) * sqrt(a + b)
    return Effect(difference, difference - half, difference + half, treated.people, control.people)


def smallest_lift_seen(*, base: float, n_treated: int, n_control: int, power: float = POWER) -> float | None:
    """Smallest rise of a share above `base` that groups of these sizes would show, four times in five.

    "Show" is a 95 % interval that leaves out 0. Unit: a share (0.05 is five points). None when even a rise to 100 %
    would be missed. Source: normal approximation with the pooled variance under no effect, as in Fleiss, Levin & Paik,
    *Statistical Methods for Rates and Proportions* (2003), chapter 4, and R's power.prop.test. Raises TooFewPeople.
    """
    if min(n_treated, n_control) < 1:
        raise TooFewPeople(Sentence(_("Both groups need at least one person.")))
    if not 0 <= base < 1:
        raise Invalid(Sentence(_("The base share lies between 0 and 1.")))
    if _power_of_lift(base, 1 - base, n_treated, n_control) < power:
        return None
    low, high = 0.0, 1 - base
    for _step in range(_BISECTIONS):
        middle = (low + high) / 2
        if _power_of_lift(base, middle, n_treated, n_control) < power:
            low = middle
        else:
            high = middle
    return high


def people_needed_for_lift(
    *, base: float, lift: float, share_treated: float = 0.5, power: float = POWER
) -> tuple[int, int]:
    """People that must be drawn, (treated, control), for a rise of a share from `base` by `lift` to be shown.

    "Shown" as in `smallest_lift_seen`: a 95 % interval that leaves out 0, four times in five. Unit of `base` and
    `lift`: a share (0.05 is five points); `share_treated` of all are treated. Raises Invalid for shares that cannot be,
    and when more than a thousand million people would be needed.
    """
    if not (0 <= base < 1 and 0 < lift <= 1 - base):
        raise Invalid(
            Sentence(_("The base share lies between 0 and 1, and the lift above 0 and up to what is left to 1."))
        )
    return _fewest(lambda treated, control: _power_of_lift(base, lift, treated, control) >= power, share_treated, power)


def people_needed_for_difference(
    *, deviation: float, difference: float, share_treated: float = 0.5, power: float = POWER
) -> tuple[int, int]:
    """People that must be drawn, (treated, control), for a difference of means of this size to be shown.

    Unit of both: that of the quantity; `deviation` is its standard deviation between people. As
    `people_needed_for_lift`.
    """
    if not (deviation >= 0 and difference > 0):
        raise Invalid(Sentence(_("A deviation is not negative, and the difference to be shown is above 0.")))

    def is_enough(treated: int, control: int) -> bool:
        if treated + control < PEOPLE_OF_T:
            return False
        seen = smallest_difference_seen(deviation=deviation, n_treated=treated, n_control=control, power=power)
        return seen <= difference

    return _fewest(is_enough, share_treated, power)


def _fewest(is_enough: Callable[[int, int], bool], share_treated: float, power: float) -> tuple[int, int]:
    if not (0 < share_treated < 1 and 0 < power < 1):
        raise Invalid(Sentence(_("The share of the treated and the power lie between 0 and 1.")))
    low, high = 1, 2
    while not is_enough(*_arms(high, share_treated)):
        low, high = high, 2 * high
        if high > PEOPLE_MAX:
            raise Invalid(
                Sentence(_("No campaign has so many people: look for a larger effect, or be content with less power."))
            )
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(*_arms(middle, share_treated)) else (middle, high)
    return _arms(high, share_treated)


def _arms(people: int, share_treated: float) -> tuple[int, int]:
    treated = max(1, round(people * share_treated))
    return treated, max(1, people - treated)


def _power_of_lift(base: float, lift: float, n_treated: int, n_control: int) -> float:
    p_control, p_treated = base, base + lift
    pooled = (p_control * n_control + p_treated * n_treated) / (n_control + n_treated)
    under_none = sqrt(pooled * (1 - pooled) * (1 / n_treated + 1 / n_control))
    under_lift = sqrt(p_treated * (1 - p_treated) / n_treated + p_control * (1 - p_control) / n_control)
    margin = lift - Z * under_none
    if under_lift == 0:
        return 1.0 if margin > 0 else 0.0
    return NormalDist().cdf(margin / under_lift)


def smallest_difference_seen(*, deviation: float, n_treated: int, n_control: int, power: float = POWER) -> float:
    """Smallest difference of means that groups of these sizes would show, four times in five.

    Unit: that of `deviation`, the standard deviation of the quantity between people. Exact for normal quantities of one
    deviation: the noncentral t whose upper 2.5 % bound of no effect is passed with the power. Source: Cohen,
    *Statistical Power Analysis for the Behavioral Sciences* (1988), chapter 2; as R's power.t.test and G*Power. Raises
    TooFewPeople.
    """
    if min(n_treated, n_control) < 1 or n_treated + n_control < PEOPLE_OF_T:
        raise TooFewPeople(Sentence(_("Both groups need at least one person, and one of them two.")))
    freedom = n_treated + n_control - 2
    bound = stdtrit(freedom, (1 + CONFIDENCE) / 2)
    shift = float(nctdtrinc(freedom, 1 - power, bound))
    return shift * deviation * sqrt(1 / n_treated + 1 / n_control)
