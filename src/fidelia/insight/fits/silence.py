"""Silence against a person's own rhythm: is this customer later than he himself ever is?

A weekly customer who has not come for a month is lost sooner than a yearly one. So the silence since the last purchase
is held against the customer's own intervals, with nothing assumed of their distribution:

    usual      median of the customer's intervals between buying days
    limit      usual + 3 · 1.4826 · median absolute deviation, at least twice the usual, at least the longest interval
    chance     (1 + intervals at least as long as the silence) / (intervals + 1)

`chance` is exact when intervals come in no order: if nothing has changed, the present one is as likely to be the
longest as any other. It can never fall below 1 / (intervals + 1), which is why few purchases say little: customers
with fewer than four intervals are held against everybody's, and told apart by `own_rhythm`. Sources: for the deviation
Hampel, *JASA* 69 (1974) 383–393; for the chance Vovk, Gammerman & Shafer, *Algorithmic Learning in a Random World*
(2005).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fidelia.insight.errors import TooLittleToFit

from .arrays import Booleans, Floats, Integers
from .purchases import count_purchases, days_by_customer
from .sentences import Sentence
from .sentences import gettext_noop as _

OWN_INTERVALS_MIN: Final = 4
TO_DEVIATION: Final = 1.4826
State = Literal["in rhythm", "late", "silent"]


@dataclass(frozen=True, slots=True, eq=False)
class Silence:
    """One row per customer, in order of their ids; times in days.

    intervals   between buying days, 0 for those who bought once
    usual       median interval (of all customers where there are fewer than four)
    limit       silence beyond which the customer is silent
    silence     days since the last purchase
    chance      of a silence this long if the rhythm has not changed, 0 to 1
    own_rhythm  whether the rhythm is the customer's own
    """

    customers: NDArray[Any]
    intervals: Integers
    usual: Floats
    limit: Floats
    silence: Floats
    chance: Floats
    own_rhythm: Booleans

    @property
    def states(self) -> list[State]:
        """In rhythm up to the usual interval's double, late up to the limit, then silent."""
        late, silent = self.silence > np.minimum(2 * self.usual, self.limit), self.silence > self.limit
        return ["silent" if gone else "late" if slow else "in rhythm" for slow, gone in zip(late, silent, strict=True)]


def find_silence(customers: ArrayLike, days: ArrayLike, *, until: date | np.datetime64) -> Silence:
    """Days since each customer's last purchase, held against the customer's own rhythm: the usual gaps between
    purchases.

    Silence is counted to the end of the day `until`. One row per purchase, in any order; purchases after `until` are
    left out. Raises ImpossibleNumbers, TooLittleToFit when nobody bought on two days.
    """
    counted = count_purchases(customers, days, until=until, unit_days=1.0)
    buyer, day = days_by_customer(customers, days, until=until)
    gaps, owner = np.diff(day).astype(np.float64), buyer[1:]
    same = buyer[1:] == buyer[:-1]
    gaps, owner = gaps[same], owner[same]
    if not gaps.size:
        raise TooLittleToFit(Sentence(_("Nobody bought on two days: there is no rhythm yet. Take a longer period.")))
    number = counted.frequency.astype(np.int64)
    silence = counted.age - counted.recency
    usual, limit, chance = _against_all(gaps, silence)
    own = number >= OWN_INTERVALS_MIN
    usual[own], limit[own], chance[own] = _against_own(gaps, owner, number, silence, own)
    return Silence(counted.customers, number, usual, limit, silence, chance, own)


def _against_all(gaps: Floats, silence: Floats) -> tuple[Floats, Floats, Floats]:
    usual, limit = _rhythm(gaps[None, :])
    ordered = np.sort(gaps)
    as_long = len(gaps) - np.searchsorted(ordered, silence, side="left")
    # The longest of all would be an extreme of many: without a rhythm of their own people are silent past 95 % of all.
    bound = max(float(np.quantile(ordered, 0.95)), 2 * float(usual[0]))
    n = len(silence)
    return np.full(n, usual[0]), np.full(n, min(bound, float(limit[0]))), (1 + as_long) / (len(gaps) + 1)


def _against_own(
    gaps: Floats, owner: Integers, number: Integers, silence: Floats, own: Booleans
) -> tuple[Floats, Floats, Floats]:
    """Customers with as many intervals are looked at together, as the rows of a table."""
    usual, limit, chance = (np.zeros(len(number)) for _column in range(3))
    first = np.concatenate([[0], np.cumsum(number)[:-1]])
    for count in np.unique(number[own]):
        people = np.flatnonzero(number == count)
        table = gaps[first[people][:, None] + np.arange(count)]
        usual[people], limit[people] = _rhythm(table)
        chance[people] = (1 + (table >= silence[people][:, None]).sum(axis=1)) / (count + 1)
    return usual[own], limit[own], chance[own]


def _rhythm(table: Floats) -> tuple[Floats, Floats]:
    usual = np.median(table, axis=1)
    spread = TO_DEVIATION * np.median(np.abs(table - usual[:, None]), axis=1)
    limit = np.maximum(np.maximum(usual + 3 * spread, 2 * usual), table.max(axis=1))
    return usual, limit
