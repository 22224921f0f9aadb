"""What a product was sold for is kept by the database with each change, and the lowest of the last days is found."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fidelia.products.models import Product
from fidelia.products.queries import list_prices, lowest_prices
from tests.cast import AT, SYSTEM

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def sold_for(price: int | None, days_ago: int) -> None:
    at = AT - days_ago * DAY
    values = {"price": price, "price_currency": "EUR", "updated_at": at}
    if not Product.objects.filter(code="tea").update(**values):
        Product.objects.create(code="tea", recorded_at=at, **values)


def lowest(days: int = 30) -> int | None:
    return lowest_prices(["tea", "unknown"], "EUR", at=AT, days=days).get("tea")


def test_the_price_in_force_when_the_days_begin_counts_and_earlier_ones_do_not() -> None:
    sold_for(100, 60)
    sold_for(500, 40)
    sold_for(450, 10)
    sold_for(480, 5)
    assert lowest() == 450
    assert lowest(7) == 450, "it was in force until the fifth day before"
    assert lowest(4) == 480
    assert lowest(50) == 100
    assert [row.price for row in list_prices(by=SYSTEM, code="tea")] == [480, 450, 500, 100]


def test_the_cut_itself_is_not_a_price_before() -> None:
    sold_for(500, 40)
    sold_for(300, 0)
    assert lowest() == 500


def test_a_price_of_another_currency_or_no_longer_known_is_none() -> None:
    sold_for(500, 40)
    sold_for(None, 20)
    assert lowest(10) is None
    assert lowest_prices(["tea"], "CHF", at=AT, days=30) == {}


def test_what_does_not_change_the_price_is_not_a_price() -> None:
    sold_for(500, 40)
    Product.objects.update(name="Tea", updated_at=AT)
    assert len(list_prices(by=SYSTEM, code="tea")) == 1
