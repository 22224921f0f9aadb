"""From dated purchases to what the models need: how often, how long ago, how old, how much.

Purchases of one day are one purchase (the models allow no two at the same moment, and papers count so). The first
purchase brings a customer into the file and is not counted by `frequency` nor by `mean_spend`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fidelia.insight.errors import ImpossibleNumbers, TooLittleToFit

from .arrays import Floats, Integers, numbers_of, places_of, same_length
from .gamma_gamma import SpendingHistory
from .history import BuyingHistory
from .sentences import Sentence
from .sentences import gettext_noop as _

DAYS_PER_WEEK: Final = 7.0
Days = NDArray[np.datetime64]


@dataclass(frozen=True, slots=True, eq=False)
class CountedPurchases:
    """One row per customer who bought until the cut-off, in order of their ids.

    frequency, recency, age   x, t_x and T in units of `unit_days` days
    mean_spend                mean amount of a repeat purchase (a day's total), 0 without one or without amounts
    born                      day of the first purchase
    repeat_days               day of each repeat purchase of these customers, the held-out ones included
    held_out                  purchases after the cut-off until `observed_until`, 0 without a holdout
    messages                  what was left out and why
    """

    customers: NDArray[Any]
    frequency: Floats
    recency: Floats
    age: Floats
    mean_spend: Floats
    born: Days
    repeat_days: Days
    held_out: Floats
    unit_days: float
    messages: tuple[Sentence, ...]

    @property
    def history(self) -> BuyingHistory:
        return BuyingHistory.from_arrays(self.frequency, self.recency, self.age)

    @property
    def spending(self) -> SpendingHistory:
        return SpendingHistory.from_arrays(self.frequency, self.mean_spend)


def count_purchases(
    customers: ArrayLike,
    days: ArrayLike,
    *,
    until: date | np.datetime64,
    amounts: ArrayLike | None = None,
    observed_until: date | np.datetime64 | None = None,
    unit_days: float = DAYS_PER_WEEK,
) -> CountedPurchases:
    """Count each customer's purchases until the end of the day `until`, and in the holdout after it.

    `customers`, `days` and `amounts` have one row per purchase, in any order; duplicates of a day are one purchase with
    the sum of their amounts. Rows with a negative amount are returns and make no purchase; rows after `observed_until`
    (or `until`) lie in the future of the observation: both are left out and told. Raises ImpossibleNumbers when a day
    is missing or columns differ in length, TooLittleToFit when nothing is left.
    """
    who, when, spent = _rows_of(customers, days, amounts)
    end, last = _day_number(until), _day_number(until if observed_until is None else observed_until)
    if unit_days <= 0 or last < end:
        raise ImpossibleNumbers(
            Sentence(_("The unit of time must be positive, and the holdout must end after the cut-off."))
        )
    future, returned = when > last, spent < 0
    kept = ~(future | returned)
    ids, place = places_of(who[kept])
    buyer, day, total = _by_day(place, when[kept], spent[kept])
    return _per_customer(
        ids, buyer, day, total, end=end, unit_days=unit_days, messages=_left_out(future, returned & ~future)
    )


def days_by_customer(
    customers: ArrayLike, days: ArrayLike, *, until: date | np.datetime64
) -> tuple[Integers, Integers]:
    """Return (place of the customer among those who bought until then, day number) of each buying day, in that order.

    Raises as `count_purchases`.
    """
    who, when, spent = _rows_of(customers, days, None)
    kept = when <= _day_number(until)
    _ids, place = places_of(who[kept])
    buyer, day, _total = _by_day(place, when[kept], spent[kept])
    return buyer, day


def _rows_of(customers: ArrayLike, days: ArrayLike, amounts: ArrayLike | None) -> tuple[NDArray[Any], Integers, Floats]:
    who = np.atleast_1d(np.asarray(customers))
    try:
        moments = np.atleast_1d(np.asarray(days, dtype="datetime64[D]"))
    except (TypeError, ValueError):
        raise ImpossibleNumbers(Sentence(_("A day cannot be read as a date: mend the file (2026-11-22)."))) from None
    if np.isnat(moments).any():
        raise ImpossibleNumbers(
            Sentence(
                _("Row {row} has no day: mend or leave it out."), row=f"{int(np.flatnonzero(np.isnat(moments))[0]) + 1}"
            )
        )
    spent = np.zeros(len(moments)) if amounts is None else numbers_of(amounts, "amount")
    same_length(customers=np.arange(float(len(who))), days=np.arange(float(len(moments))), amounts=spent)
    return who, moments.astype(np.int64), spent


def _by_day(place: Integers, when: Integers, spent: Floats) -> tuple[Integers, Integers, Floats]:
    """Return customer, day and total of each buying day, in order of customer and day."""
    if not len(place):
        raise TooLittleToFit(
            Sentence(_("No purchase is left to count: check the dates against the end of the period."))
        )
    begin = int(when.min())
    span = int(when.max()) - begin + 1
    keys, of_row = np.unique(place * span + (when - begin), return_inverse=True)
    totals: Floats = np.bincount(of_row.reshape(-1), weights=spent).astype(np.float64)
    buyer, day = (keys // span).astype(np.int64), (keys % span + begin).astype(np.int64)
    return buyer, day, totals


def _per_customer(
    ids: NDArray[Any],
    buyer: Integers,
    day: Integers,
    total: Floats,
    *,
    end: int,
    unit_days: float,
    messages: list[Sentence],
) -> CountedPurchases:
    n, inside = len(ids), day <= end
    count = np.bincount(buyer[inside], minlength=n)
    held_out = np.bincount(buyer[~inside], minlength=n)
    known = count > 0
    if not known.any():
        raise TooLittleToFit(Sentence(_("Nobody bought before the end of the period: take a later end.")))
    first_row = np.concatenate([[0], np.cumsum(count + held_out)[:-1]])
    last_row = first_row + np.maximum(count, 1) - 1
    born = day[first_row]
    amount = np.bincount(buyer[inside], weights=total[inside], minlength=n) - total[first_row]
    mean = np.where(count > 1, amount / np.maximum(count - 1, 1), 0.0)
    if (~known).any():
        told = _("Left out, for they bought for the first time after the cut-off: {count} customers.")
        messages.append(Sentence(told, count=f"{(~known).sum()}"))
    return CountedPurchases(
        customers=ids[known],
        frequency=(count[known] - 1).astype(np.float64),
        recency=(day[last_row] - born)[known] / unit_days,
        age=(end - born)[known] / unit_days,
        mean_spend=np.maximum(mean[known], 0.0),
        born=born[known].astype("datetime64[D]"),
        repeat_days=_repeats(day, buyer, first_row, known).astype("datetime64[D]"),
        held_out=held_out[known].astype(np.float64),
        unit_days=unit_days,
        messages=tuple(messages),
    )


def _repeats(day: Integers, buyer: Integers, first_row: Integers, known: NDArray[np.bool_]) -> Integers:
    again = known[buyer]
    again[first_row] = False
    return day[again]


def _left_out(future: NDArray[np.bool_], returned: NDArray[np.bool_]) -> list[Sentence]:
    messages = []
    if future.any():
        told = _("Left out, for they are dated after the end of the observation: {count} purchases.")
        messages.append(Sentence(told, count=f"{future.sum()}"))
    if returned.any():
        told = _("Left out, for a negative amount is a return and no purchase: {count} rows.")
        messages.append(Sentence(told, count=f"{returned.sum()}"))
    return messages


def _day_number(day: date | np.datetime64) -> int:
    return int(np.asarray(day, dtype="datetime64[D]").astype(np.int64))
