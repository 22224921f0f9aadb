"""Money: exact at the edges, exact when shared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fidelia.kernel.money import MalformedAmount, Money, UnknownCurrency, format_scaled, parse_scaled
from fidelia.kernel.money import split_by_largest_remainder as split


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [("12.30", "EUR", 1230), ("12.3", "EUR", 1230), ("-0.01", "GBP", -1), ("500", "JPY", 500), ("1.234", "TND", 1234)],
)
def test_it_reads_decimals_into_minor_units(text: str, currency: str, minor: int) -> None:
    assert Money.parse(text, currency) == Money(minor, currency)


@pytest.mark.parametrize("text", ["", "1,20", "1e3", "0x10", "1.234", "١٢", "99999999999999999999", "NaN"])
def test_it_refuses_what_is_not_a_plain_amount(text: str) -> None:
    with pytest.raises(MalformedAmount):
        Money.parse(text, "EUR")


def test_it_refuses_a_currency_that_does_not_exist() -> None:
    with pytest.raises(UnknownCurrency):
        Money.parse("1.00", "EURO")


@given(st.integers(-(2**62), 2**62), st.integers(0, 4))
def test_text_and_number_are_inverse(number: int, scale: int) -> None:
    assert parse_scaled(format_scaled(number, scale), scale) == number


@given(st.integers(-(10**12), 10**12), st.lists(st.integers(0, 10**9), min_size=1, max_size=30))
def test_shares_sum_to_the_whole_and_differ_from_proportion_by_less_than_one(total: int, weights: list[int]) -> None:
    parts = split(total, weights)
    assert sum(parts) == total
    whole = sum(weights)
    if whole:
        assert all(abs(part * whole - total * weight) < whole for part, weight in zip(parts, weights, strict=True))


def test_ties_go_to_the_earlier_share() -> None:
    assert split(10, [1, 1, 1]) == [4, 3, 3]
    assert split(-10, [1, 1, 1]) == [-4, -3, -3]


@pytest.mark.parametrize(
    ("weights", "total", "parts"),
    [
        ([4000, 2000, 2000], 300, [150, 75, 75]),
        ([4300, 1400, 2300], 299, [161, 52, 86]),
        ([1000, 1000, 1000], 299, [100, 100, 99]),
        ([10, 20, 10, 30, 50, 20, 10, 40], 95, [5, 10, 5, 15, 25, 10, 5, 20]),
        ([10, 20, 10, 30, 50, 20, 10, 40], 93, [5, 10, 5, 15, 24, 10, 5, 19]),
        ([10, 0], 40, [40, 0]),
        ([0, 0], 10, [5, 5]),
        ([100, 100], -20, [-10, -10]),
    ],
)
def test_published_splits_come_out_to_the_unit(weights: list[int], total: int, parts: list[int]) -> None:
    """The cases that Vendure publishes for sharing a discount over the lines of an order."""
    assert split(total, weights) == parts
