"""What the law says of promotions: ceiling and prior price, to the unit."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from fidelia.kernel.localized import LocalizedText
from fidelia.rules.effects import Advantage, AmountOff, BuyGet, PercentOff, Sets, Step
from fidelia.rules.effects import Volume as VolumePrices
from fidelia.rules.law import (
    Ceiling,
    Finding,
    PricedLine,
    Volume,
    check_ceiling,
    check_prior_price,
    check_rules,
    check_volume,
)
from fidelia.rules.rule_set import Rule

FRANCE = Ceiling(34, 100, ("Food",))
TEA = PricedLine("1", "Food/Tea", listed=1_000, unit_listed=500)


@pytest.mark.parametrize(
    ("immediate", "deferred", "found"),
    [(340, 0, None), (341, 0, 341), (0, 341, 341), (200, 140, None), (200, 141, 341)],
)
def test_advantages_now_and_later_are_counted_together(immediate: int, deferred: int, found: int | None) -> None:
    line = replace(TEA, immediate=immediate, deferred=deferred)
    expected = () if found is None else (Finding("promotion_ceiling", "above_ceiling", "1", found, 340),)
    assert check_ceiling(FRANCE, [line]) == expected


def test_a_third_of_a_cent_is_not_rounded_up() -> None:
    assert check_ceiling(FRANCE, [replace(TEA, listed=99, immediate=33)]) == ()
    assert check_ceiling(FRANCE, [replace(TEA, listed=99, immediate=34)])[0].allowed == 33


@pytest.mark.parametrize(
    ("category", "concerned"), [("Food", True), ("Food/Tea", True), ("Foodies", False), ("Books", False), ("", False)]
)
def test_only_the_products_that_the_policy_names_are_concerned(category: str, concerned: bool) -> None:
    found = check_ceiling(FRANCE, [replace(TEA, category=category, immediate=1_000)])
    assert bool(found) == concerned
    assert check_ceiling(replace(FRANCE, categories=("*",)), [replace(TEA, category=category, immediate=1_000)])


def test_deferred_advantages_count_only_where_the_policy_says_so() -> None:
    assert check_ceiling(replace(FRANCE, counts_deferred=False), [replace(TEA, deferred=1_000)]) == ()


def test_an_announced_cut_is_counted_from_the_lowest_price_of_the_days_before() -> None:
    cut = replace(TEA, immediate=100, announced=True)
    assert check_prior_price([replace(cut, lowest=500)]) == ()
    assert check_prior_price([replace(cut, lowest=450)]) == (
        Finding("prior_price", "above_prior_price", "1", found=500, allowed=450),
    )
    known = replace(cut, lowest=450)
    quiet = [replace(known, announced=False), replace(known, lowest=None), replace(known, immediate=0)]
    assert check_prior_price(quiet) == ()


HALF = Advantage("percent", Fraction(1, 2))
FREE = Advantage("percent", Fraction(1))


@pytest.mark.parametrize(
    ("effect", "share"),
    [
        (PercentOff(Fraction(34, 100)), None),
        (PercentOff(Fraction(35, 100)), 3_500),
        (PercentOff(Fraction(1), target="shipping"), None),
        (Sets(3, 1, FREE), None),
        (Sets(2, 1, FREE), 5_000),
        (Sets(2, 1, HALF), None),
        (BuyGet(FREE, buy_units=2), None),
        (BuyGet(FREE, buy_units=1), 5_000),
        (VolumePrices("units", (Step(1_000, HALF), Step(5_000, Advantage("percent", Fraction(1, 5))))), 5_000),
        (AmountOff(10_000), None),
    ],
)
def test_a_rule_that_alone_may_pass_the_ceiling_is_named_before_it_is_published(effect: Any, share: int | None) -> None:
    rule = Rule(key="offer", name=LocalizedText("Offer", "Offre"), effect=effect)
    expected = () if share is None else (Finding("promotion_ceiling", "may_pass_ceiling", "offer", share, 3_400),)
    assert check_rules(FRANCE, [rule]) == expected
    assert check_rules(replace(FRANCE, categories=()), [rule]) == ()


FRANCE_2025 = Ceiling.of(
    {"share": [34, 100], "categories": ["Food", "Hygiene", "Hygiene/Baby food"],
     "shares": {"Hygiene": [40, 100]}, "volume": [25, 100]}
)  # fmt: skip


@pytest.mark.parametrize(
    ("category", "allowed"),
    [("Food/Tea", 340), ("Hygiene/Soap", 400), ("Hygiene/Baby food/Milk", 340), ("Books", None)],
)
def test_a_category_may_have_a_share_of_its_own_and_the_longer_path_counts(category: str, allowed: int | None) -> None:
    found = check_ceiling(FRANCE_2025, [replace(TEA, category=category, immediate=300, deferred=101)])
    assert [one.allowed for one in found] == ([] if allowed is None else [allowed])


def test_a_rule_is_refused_beforehand_only_beyond_the_greatest_share() -> None:
    def found(percent: int) -> tuple[Finding, ...]:
        name = LocalizedText(en="x", fr="x")
        return check_rules(FRANCE_2025, [Rule("x", name, PercentOff(Fraction(percent, 100)))])

    assert found(40) == ()
    assert [(one.percent_found, one.percent_allowed) for one in found(41)] == [("41 %", "40 %")]


def test_a_quarter_of_the_volume_is_sold_under_promotion_and_no_unit_more() -> None:
    sold = [("Food/Tea", 3_000, 1_000), ("Food", 1_000, 0), ("Hygiene", 4_000, 1_001), ("Books", 9_000, 9_000)]
    quarter = Fraction(1, 4)
    assert check_volume(FRANCE_2025, sold) == (
        Volume("Food", 4_000, 1_000, quarter), Volume("Hygiene", 4_000, 1_001, quarter),
    )  # fmt: skip
    assert [one.is_above for one in check_volume(FRANCE_2025, sold)] == [False, True]
    assert check_volume(FRANCE, sold) == ()
