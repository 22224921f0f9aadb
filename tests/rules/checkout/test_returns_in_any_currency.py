"""Whatever way a basket of everything comes back, the parts sum to the whole, at no, two and three decimals."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fidelia.rules.cases import bill_of
from fidelia.rules.pricing import Returned, Reversal, everything_left, freeze, reverse

from .test_promises import require_whole, some_return

# A price, a shipping cost, what a gift card holds, and what points pay, in each currency.
MONEY = {
    "JPY": ("333", "490", "777", 1),
    "EUR": ("3.33", "4.90", "7.77", 1),
    "KWD": ("0.333", "1.905", "0.777", 1),
}


def basket_of(currency: str, sharing: str, tax_rounding: str) -> dict[str, Any]:
    """Three for two, buy one get one, a gift, a share of the order, a tax left alone; two tenders and shipping."""
    price, shipping, held, worth = MONEY[currency]
    return {
        "currency": currency,
        "rates": {"vat20": 20, "vat5": "5.5", "top8": {"rate": "8.875", "included": False}},
        "arithmetic": {"sharing": sharing, "tax_rounding": tax_rounding},
        "rules": [
            {"key": "three", "lines": 'line.product == "tea"', "sets": {"of": 3, "shared": True}},
            {"key": "pair", "lines": 'line.product == "mug"', "buy_get": {"buy": 1, "get": 1, "percent": 50}},
            {"key": "gift", "gift": {"product": "soap"}},
            {"key": "order", "percent_off": {"percent": "12.5", "of": "order"}},
            {"key": "maker", "lines": 'line.product == "cup"', "percent_off": 10, "lowers_tax": False},
            {"key": "ship", "percent_off": {"percent": 30, "of": "shipping"}},
            {"key": "base", "points_per": {"amount": 1, "points": 3}},
            {"key": "tier", "credit_tier": 77},
        ],
        "lines": [
            {"product": "tea", "price": price, "quantity": 7, "taxes": ["vat5"]},
            {"product": "mug", "price": price, "quantity": 3, "taxes": ["vat20"]},
            {"product": "cup", "price": price, "quantity": 2, "taxes": ["top8"]},
            {"product": "kilo", "price": price, "quantity": "0.350", "taxes": ["vat5"]},
        ],
        "shipping": [{"price": shipping, "taxes": ["vat20"]}],
        "products": {"soap": {"price": price, "taxes": ["vat20"], "stock": 5}},
        "gift_cards": [{"key": "card", "balance": held}],
        "points": {"balance": 300, "wanted": "all"},
        "pays": {"points": 100, "amount": worth},
    }


@pytest.mark.parametrize("currency", sorted(MONEY))
@given(
    sharing=st.sampled_from(["largest_remainder", "first", "last", "carried"]),
    tax_rounding=st.sampled_from(["line", "unit", "rate_by_net", "keep_gross"]),
    data=st.data(),
)
@settings(max_examples=25, deadline=None)
def test_any_returns_of_a_basket_of_everything_sum_to_the_whole(
    currency: str, sharing: str, tax_rounding: str, data: Any
) -> None:
    _, bill = bill_of(basket_of(currency, sharing, tax_rounding))
    frozen = freeze(bill)
    already: list[Returned] = []
    parts: list[Reversal] = []
    for _ in range(data.draw(st.integers(0, 8))):
        now = some_return(frozen, already, data)
        if now:
            parts.append(reverse(frozen, now, already=already))
            already += now
    rest = everything_left(frozen, already)
    if rest:
        parts.append(reverse(frozen, rest, already=already))
    require_whole(bill, parts)
