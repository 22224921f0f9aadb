"""Points ahead die at the end that the terms give them, each lot at its own, or with the silence of who holds them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest

from fidelia.insight.backtest.resampling import Futures
from fidelia.insight.operations.points_ahead import Ahead, Lot, life_of_points
from fidelia.kernel.ids import new_id
from fidelia.programme.models import Programme
from fidelia.programme.queries import Terms, parse_document
from tests.programme.cast import DOCUMENT, programme

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 11, 23, tzinfo=UTC)


def terms_of(**points: Any) -> Terms:
    shop = Programme.objects.first() or programme()
    return parse_document(shop, {**DOCUMENT, "points": points}, version_id=new_id())


def ahead(lots: list[Lot], issued: list[float], *bought: tuple[int, int, float], rate: float = 0.0) -> Ahead:
    """One future: points issued by month, and (customer, month, points) of what is bought."""
    customer, month, points = (np.array([each[n] for each in bought]) for n in range(3))
    kept = (customer.astype(np.int64), month.astype(np.int64), points.astype(np.float64)[:, None], points)
    found = np.array(issued)[None, :, None]
    futures = Futures(found, np.ones((1, len(issued))), (kept,), 2, 1.0, ())
    return Ahead(AT, lots, {"a": 0, "b": 1}, futures, np.array([rate]) if rate else np.empty(0))


def lot(account: str, born: date, points: int, active: date | None = None) -> Lot:
    return Lot(account, born, active or born, points)


def dying(found: Ahead, terms: Terms) -> list[float]:
    flow = life_of_points(np.random.default_rng(1), found, terms, 0)
    return [round(float(each), 6) for each in flow["expiring"][0]]


def test_each_lot_dies_at_its_own_end_not_at_its_age() -> None:
    """A year to the end of its month: of 2 and 29 December 2025, both die with December 2026, the second month."""
    held = [lot("a", date(2025, 12, 2), 30), lot("b", date(2025, 12, 29), 12), lot("a", date(2026, 3, 5), 7)]
    terms = terms_of(validity_months=12, ends="month")
    assert dying(ahead(held, [0, 0, 0, 0, 0, 0]), terms) == [0, 42, 0, 0, 7, 0]
    by_year = terms_of(validity_months=12, ends="year")
    assert dying(ahead(held, [0, 0, 0]), by_year) == [0, 42, 0]
    by_day = terms_of(validity_months=12, ends="day")
    assert dying(ahead(held, [0, 0, 0]), by_day) == [30, 12, 0]


def test_what_is_issued_later_dies_later_and_what_is_spent_does_not_die() -> None:
    terms = terms_of(validity_months=2, ends="day")
    assert dying(ahead([], [100, 0, 0, 0]), terms) == [0, 0, 100, 0]
    assert dying(ahead([], [100, 0, 0, 0], rate=0.5), terms) == [0, 0, 12.5, 0]
    for_ever = terms_of()
    assert dying(ahead([lot("a", date(2020, 1, 1), 5)], [9, 0]), for_ever) == [0, 0]


def test_points_that_live_on_with_purchases_die_of_silence_alone() -> None:
    """Three months after the last activity: who buys again in the first month keeps all, who does not loses all."""
    terms = terms_of(validity_months=3, ends="day", counts_from="activity")
    held = [
        lot("a", date(2024, 1, 1), 50, date(2026, 9, 1)), lot("b", date(2024, 1, 1), 70, date(2026, 9, 1)),
        lot("never bought", date(2026, 10, 25), 5),
    ]  # fmt: skip
    assert dying(ahead(held, [10, 0, 0, 0, 0], (0, 0, 10.0)), terms) == [70, 0, 5, 60, 0]
