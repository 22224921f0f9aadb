"""Silence is held against a person's own rhythm, or everybody's where there is none yet."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from fidelia.insight.errors import TooLittleToFit
from fidelia.insight.fits import find_silence

END = date(2026, 6, 30)


def purchases(**days_before_end: list[int]) -> tuple[list[str], list[str]]:
    rows = [(name, (END - timedelta(days=days)).isoformat()) for name, all_ in days_before_end.items() for days in all_]
    return [name for name, _day in rows], [day for _name, day in rows]


def test_the_same_silence_is_much_for_one_and_nothing_for_another() -> None:
    weekly = [30 + 7 * week for week in range(8)]
    monthly = [30 + 30 * month for month in range(8)]
    found = find_silence(*purchases(weekly=weekly, monthly=monthly), until=END)
    assert found.customers.tolist() == ["monthly", "weekly"]
    assert found.silence.tolist() == [30, 30]
    assert found.usual.tolist() == [30, 7]
    assert found.states == ["in rhythm", "silent"]
    assert found.chance.tolist() == [1, 1 / 8]


def test_an_irregular_customer_gets_more_time() -> None:
    """Intervals 3, 5, 20, 40, 12: the longest was 40 days, so 35 is late and no more."""
    days = np.cumsum([35, 3, 5, 20, 40, 12]).tolist()
    found = find_silence(*purchases(florestan=days), until=END)
    assert found.usual.tolist() == [12]
    assert found.limit[0] == pytest.approx(12 + 3 * 1.4826 * 8)
    assert found.states == ["late"]
    assert found.chance.tolist() == [2 / 6]


def test_few_purchases_are_held_against_everybody() -> None:
    weekly = [1 + 7 * week for week in range(20)]
    found = find_silence(*purchases(rocco=weekly, marzelline=[100], jaquino=[3, 10]), until=END)
    assert found.customers.tolist() == ["jaquino", "marzelline", "rocco"]
    assert found.own_rhythm.tolist() == [False, False, True]
    assert found.usual.tolist() == [7, 7, 7]
    assert found.states == ["in rhythm", "silent", "in rhythm"]
    assert found.chance[1] == pytest.approx(1 / 21)


def test_the_chance_is_true_to_its_word() -> None:
    """Of 2,000 customers whose rhythm has not changed, those with a chance of at most 10 % are about 10 %."""
    rng = np.random.default_rng(1814)
    who = np.repeat(np.arange(2_000), 21)
    intervals = np.maximum(np.rint(rng.gamma(2.0, 400.0, (2_000, 21))), 1)
    days = np.datetime64(END) - np.cumsum(intervals, axis=1).astype(int).ravel().astype("timedelta64[D]")
    found = find_silence(who, days, until=END)
    assert (found.chance <= 0.10).mean() == pytest.approx(2 / 21, abs=0.02)


def test_nobody_with_two_days_has_no_rhythm() -> None:
    with pytest.raises(TooLittleToFit, match="there is no rhythm yet"):
        find_silence(*purchases(a=[1], b=[5]), until=END)
