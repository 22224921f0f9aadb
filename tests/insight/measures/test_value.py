"""Margin, portfolio, budget, loyalty and profit, fixed bands."""

from __future__ import annotations

from fractions import Fraction

import ibis
import pytest

from fidelia.insight.errors import MalformedBands, MalformedBudget, MalformedRate
from fidelia.insight.measures.bands import Bands, with_band_scores
from fidelia.insight.measures.margin import margin_by_customer, with_margin
from fidelia.insight.measures.portfolio import allocate_budget, portfolio, portfolio_totals
from fidelia.insight.measures.profitability import loyalty_and_profit, margin_by_purchase
from tests.insight.measures.history import AS_OF, History, rows_of


def test_a_known_cost_counts_and_an_unknown_one_is_assumed() -> None:
    history = History()
    history.sale("leonore", 9, ("tea-1", 1000), cost=350)
    sale = history.sale("leonore", 8, ("tea-1", 999))
    history.back(sale, 7, ("tea-1", 999))
    purchases, lines = history.tables()
    valued = with_margin(lines, assumed_rate=Fraction(1, 3), cost_column="cost")
    assert [(row["margin"], row["is_assumed"]) for row in rows_of(valued.order_by("occurred_at"))] == [
        (650, False), (333, True), (-333, True),
    ]  # fmt: skip
    assert rows_of(margin_by_customer(purchases, valued)) == [
        {"customer_id": "leonore", "amount": 1000, "margin": 650, "assumed": 0}
    ]


def test_a_rate_beyond_the_amount_is_refused() -> None:
    with pytest.raises(MalformedRate):
        with_margin(History().tables()[1], assumed_rate=Fraction(11, 10))


PEOPLE = {"customer_id": ["a", "b", "c", "d"], "value": [100, 10, 100, 10], "potential": [9, 9, 1, 1]}


def test_the_four_classes_are_those_of_value_and_potential() -> None:
    classed = portfolio(ibis.memtable(PEOPLE))
    assert {row["customer_id"]: row["class"] for row in rows_of(classed)} == {
        "a": "stars", "b": "question_marks", "c": "profit_customers", "d": "to_select",
    }  # fmt: skip
    totals = {
        row["class"]: (row["people"], row["value"], row["potential"]) for row in rows_of(portfolio_totals(classed))
    }
    assert totals["stars"] == (1, 100, 9)


def test_a_named_cut_takes_the_place_of_the_mean() -> None:
    classed = rows_of(portfolio(ibis.memtable(PEOPLE), value_cut=5, potential_cut=10))
    assert {row["class"] for row in classed} == {"profit_customers"}


def test_a_budget_is_shared_to_the_cent_among_classes_with_people() -> None:
    people = {"stars": 10, "question_marks": 5, "to_select": 1}
    shares = allocate_budget(10_001, people)
    assert shares == {"stars": 5001, "question_marks": 4375, "profit_customers": 0, "to_select": 625}
    assert sum(shares.values()) == 10_001


@pytest.mark.parametrize(("budget", "people"), [(-1, {"stars": 1}), (100, {}), (100, {"to_select": 0})])
def test_a_budget_for_nobody_is_refused(budget: int, people: dict[str, int]) -> None:
    with pytest.raises(MalformedBudget):
        allocate_budget(budget, people)


def test_what_customers_bring_is_told_by_years_of_loyalty() -> None:
    history = History()
    history.sale("leonore", 800, ("tea-1", 1000))
    history.sale("leonore", 10, ("tea-1", 3000))
    history.sale("rocco", 100, ("tea-1", 500))
    history.sale("rocco", 10, ("tea-1", 500))
    history.sale("pizarro", 500, ("tea-1", 9000))
    purchases, lines = history.tables()
    margins = margin_by_purchase(with_margin(lines, assumed_rate=Fraction(1, 2)))
    found = rows_of(loyalty_and_profit(purchases, margins, lines, as_of=AS_OF))
    assert [tuple(row.values()) for row in found] == [(0, 1, 2, 1000, 500), (2, 1, 1, 3000, 1500)]


def test_fixed_bands_score_each_customer_alone() -> None:
    summary = ibis.memtable(
        {"customer_id": ["a", "b"], "recency_days": [30, 366], "frequency": [10, 1], "amount": [9_999, 50_000]}
    )
    scores = {row["customer_id"]: row for row in rows_of(with_band_scores(summary, Bands()))}
    assert [scores["a"][name] for name in ("recency_score", "frequency_score", "amount_score")] == [5, 5, 2]
    assert [scores["b"][name] for name in ("recency_score", "frequency_score", "amount_score")] == [1, 1, 5]
    assert (scores["a"]["segment"], scores["b"]["segment"]) == ("champions", "hibernating")


@pytest.mark.parametrize(
    "wrong", [{"frequency": (1, 2, 3)}, {"recency_days": (30, 90, 180, 365)}, {"amount": (1, 1, 2, 3)}]
)
def test_bands_out_of_order_are_refused(wrong: dict[str, tuple[int, ...]]) -> None:
    with pytest.raises(MalformedBands):
        Bands(**wrong)
