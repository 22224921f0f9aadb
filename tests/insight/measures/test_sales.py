"""Sales by period, and how concentrated they are, against plain Python."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

import pytest

from fidelia.insight.measures.sales import amount_by_customer, concentration, lorenz_points, sales_by_period
from tests.insight.measures.history import AS_OF, History, random_history, rows_of


@pytest.mark.parametrize("seed", [1, 2])
def test_a_month_counts_what_was_sold_and_given_back_in_it(seed: int) -> None:
    history = random_history(seed)
    expected: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    buyers = defaultdict(set)
    for row in history.purchases:
        month = expected[f"{row['occurred_at']:%Y-%m}-01"]
        month[0] += row["kind"] == "sale"
        month[1 if row["kind"] == "sale" else 2] += row["total"]
        if row["kind"] == "sale" and row["customer_id"]:
            buyers[f"{row['occurred_at']:%Y-%m}-01"].add(row["customer_id"])
    found = rows_of(sales_by_period(history.tables()[0], currency="EUR"))
    assert {str(row["period"]): [row["sales"], row["sold"], row["returned"]] for row in found} == expected
    assert {str(row["period"]): row["customers"] for row in found if row["customers"]} == {
        month: len(people) for month, people in buyers.items()
    }
    assert all(row["net"] == row["sold"] + row["returned"] for row in found)


def test_another_currency_is_not_added() -> None:
    history = History()
    history.sale("leonore", 3, ("tea-1", 500))
    assert rows_of(sales_by_period(history.tables()[0], currency="GBP")) == []


def amounts_of(*amounts: int) -> History:
    history = History()
    for place, amount in enumerate(amounts):
        history.sale(f"c{place:03}", 3, ("tea-1", amount))
    return history


def lorenz(history: History) -> list[dict[str, int]]:
    return rows_of(lorenz_points(_amounts(history)))


def _amounts(history: History):  # type: ignore[no-untyped-def]
    return amount_by_customer(history.tables()[0], since=AS_OF - timedelta(days=9), as_of=AS_OF, currency="EUR")


def test_the_best_tenth_makes_the_share_it_makes() -> None:
    points = lorenz(amounts_of(*([9100] + [100] * 9)))
    assert (points[0]["part"], points[0]["amount"], points[0]["total"]) == (10, 9100, 10000)
    assert points[-1]["part"] == 100
    assert points[-1]["amount"] == 10000


def test_the_curve_of_many_customers_has_a_hundred_parts() -> None:
    points = lorenz(amounts_of(*range(1, 1001)))
    assert [row["part"] for row in points] == list(range(1, 101))
    assert points[9]["customers"] == 100
    assert points[9]["amount"] == sum(range(901, 1001))


@pytest.mark.parametrize(
    ("amounts", "gini"),
    [((5, 5, 5, 5), 0.0), ((0, 0, 0, 8), 0.75), ((1, 2, 3, 4), 0.25), ((-7, 0, 8), 2 / 3)],
)
def test_the_gini_coefficient_is_that_of_the_formula(amounts: tuple[int, ...], gini: float) -> None:
    (row,) = rows_of(concentration(_amounts(amounts_of(*amounts))))
    assert row["gini"] == pytest.approx(gini, abs=1e-12)


def test_where_nobody_spent_there_is_no_curve() -> None:
    history = amounts_of(0, 0)
    assert lorenz(history) == []
    assert rows_of(concentration(_amounts(history)))[0]["gini"] is None
