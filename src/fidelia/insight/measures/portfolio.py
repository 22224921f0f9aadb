"""The customer portfolio: value today against potential, in four classes, and a budget shared among them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import ibis
from ibis import _

from fidelia.insight.errors import MalformedBudget
from fidelia.kernel.money import split_by_largest_remainder

CLASSES: Final = ("stars", "question_marks", "profit_customers", "to_select")
# A starting point that the page says is one: keep the stars, win the question marks, let the others cost little.
DEFAULT_WEIGHTS: Final[Mapping[str, int]] = {"stars": 40, "question_marks": 35, "profit_customers": 20, "to_select": 5}


def portfolio(people: ibis.Table, *, value_cut: float | None = None, potential_cut: float | None = None) -> ibis.Table:
    """Class of each customer by value (margin so far) and potential (margin expected): high or low of each.

    Stars: both high. Question marks: low value, high potential. Profit customers: high value, low potential. Customers
    to select: both low. A cut is the mean of all customers unless one is named; at the cut itself a customer is high.

    `people`: customer_id, value, potential in minor units. Adds class, value_cut, potential_cut.
    """
    cut = people.mutate(value_cut=_cut(people.value, value_cut), potential_cut=_cut(people.potential, potential_cut))
    is_valued, has_potential = cut.value >= cut.value_cut, cut.potential >= cut.potential_cut
    return cut.mutate(
        **{
            "class": ibis.cases(
                (is_valued & has_potential, "stars"),
                (has_potential, "question_marks"),
                (is_valued, "profit_customers"),
                else_="to_select",
            )
        }
    )


def portfolio_totals(classed: ibis.Table) -> ibis.Table:
    """People, value and potential of each class: class, people, value, potential as int64."""
    return (
        classed.group_by("class")
        .agg(
            people=_.count().cast("int64"), value=_.value.sum().cast("int64"), potential=_.potential.sum().cast("int64")
        )
        .order_by("class")
    )


def allocate_budget(
    budget: int, people: Mapping[str, int], weights: Mapping[str, int] = DEFAULT_WEIGHTS
) -> dict[str, int]:
    """Share a budget (minor units) among the classes by weight; a class without people gets nothing.

    The shares sum to the budget exactly, by largest remainder. Returns minor units by class, in the order of CLASSES.
    Raises MalformedBudget.
    """
    if budget < 0:
        raise MalformedBudget("A budget is not negative.", pointer="/budget")
    counted = [weights.get(name, 0) if people.get(name, 0) else 0 for name in CLASSES]
    if min(counted) < 0 or not any(counted):
        raise MalformedBudget("At least one class with people has a weight above zero.", pointer="/weights")
    return dict(zip(CLASSES, split_by_largest_remainder(budget, counted), strict=True))


def _cut(column: ibis.Value, given: float | None) -> ibis.Value:
    return column.cast("float64").mean().over(ibis.window()) if given is None else ibis.literal(float(given))
