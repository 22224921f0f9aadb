"""Cohorts against plain Python, and where they begin and end."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

import pytest

from fidelia.insight.measures.cohorts import cohorts
from tests.insight.measures.history import AS_OF, History, random_history, rows_of


def found(history: History) -> dict[tuple[date, int], dict[str, Any]]:
    table = cohorts(*history.tables(), as_of=AS_OF, currency="EUR")
    return {(row["cohort"], row["age"]): row for row in rows_of(table)}


def month(moment: Any) -> date:
    return date(moment.year, moment.month, 1)


def months_between(early: date, late: date) -> int:
    return (late.year - early.year) * 12 + late.month - early.month


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_active_customers_are_those_who_kept_a_purchase_of_the_month(seed: int) -> None:
    history = random_history(seed)
    born: dict[str, date] = {}
    for sale in sorted(history.kept_sales(), key=lambda row: row["occurred_at"]):
        born.setdefault(sale["customer_id"], month(sale["occurred_at"]))
    active = defaultdict(set)
    for sale in history.kept_sales():
        cohort = born[sale["customer_id"]]
        active[cohort, months_between(cohort, month(sale["occurred_at"]))].add(sale["customer_id"])
    rows = found(history)
    assert {place: row["active"] for place, row in rows.items() if row["active"]} == {
        place: len(people) for place, people in active.items()
    }
    sizes: dict[date, int] = defaultdict(int)
    for cohort in born.values():
        sizes[cohort] += 1
    assert all(row["size"] == sizes[cohort] for (cohort, _age), row in rows.items())
    assert all(rows[cohort, 0]["active"] == size for cohort, size in sizes.items())


def test_the_month_that_is_not_over_says_so() -> None:
    history = History()
    history.sale("leonore", 40, ("tea-1", 500))
    history.sale("leonore", 1, ("tea-1", 500))
    rows = found(history)
    assert {age: row["is_partial"] for (_cohort, age), row in rows.items()} == {0: False, 1: True}


def test_a_purchase_given_back_in_full_begins_no_cohort() -> None:
    history = History()
    sale = history.sale("leonore", 70, ("tea-1", 500))
    history.back(sale, 60, ("tea-1", 500))
    history.sale("leonore", 5, ("tea-1", 700))
    assert [(cohort.month, age, row["amount"]) for (cohort, age), row in found(history).items()] == [(11, 0, 700)]
